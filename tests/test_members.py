"""Archives: what is read of a tar or zip, in which order, and what damage costs."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import subprocess
import sys
import tarfile
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from classifier import members as archives
from classifier import packed as packings
from classifier.archive import Item, Unreadable, read_paths
from classifier.members import judge_place

MAIL = b"Subject: one\n\nbody\n"
MBOX = b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\n" + MAIL + b"\n"
Found = list[Item | Unreadable]


def as_is(data: bytes) -> bytes:
    return data


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": as_is,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}


def make_tar(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as tar:
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    return packed.getvalue()


def make_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def read(path: Path, data: bytes) -> Found:
    path.write_bytes(data)
    return list(read_paths([path]))


def pipe(data: bytes) -> Found:
    """Through what can be read once only, and by the spoonful."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.left = io.BytesIO(data)

        def read(self, size: int = -1) -> bytes:
            return self.left.read(min(size, 1000))

    return list(read_paths(["-"], Pipe()))  # type: ignore[arg-type]


def names(found: Found, path: Path) -> list[str]:
    return [each.origin.removeprefix(f"{path}") for each in found]


FILES = {
    "b/2.eml": MAIL,
    "./a/box": MBOX + MBOX,
    "a/packed.mbox.gz": gzip.compress(MBOX),
    "a/packed.zst": zstd.compress(MAIL),
    "box/cur/1.a:2,S": b"no head at all",
    "box/tmp/1764000000.a.host": MAIL,
    "box/.Sent/new/3.b": MAIL,
    ".hidden/x.eml": MAIL,
    "a/.hidden.eml": MAIL,
    "a/picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a/notes.txt": b"nothing to see\n",
    "tmp/note.eml": MAIL,
    "a/lost.eml": b"",
    "n/" + "x" * 180 + "/" + "y" * 120 + ".eml": MAIL,
}
WANTED = [
    "/b/2.eml",
    "/a/box#0",
    "/a/box#1",
    "/a/packed.mbox.gz#0",
    "/a/packed.zst",
    "/box/cur/1.a:2,S",
    "/box/.Sent/new/3.b",
    "/tmp/note.eml",  # noqa: S108
    "/a/lost.eml",
    "/n/" + "x" * 180 + "/" + "y" * 120 + ".eml",
]


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_tar_is_read_in_its_order(tmp_path: Path, packer: str, form: int) -> None:
    path = tmp_path / "mails"
    data = PACKERS[packer](make_tar(FILES, form))
    found = read(path, data)
    assert names(found, path) == WANTED
    assert [each.origin for each in found if isinstance(each, Unreadable)] == [f"{path}/a/lost.eml"]
    assert [item.raw for item in found if isinstance(item, Item)][:2] == [MAIL, MAIL]
    assert ["-" + name for name in WANTED] == [each.origin for each in pipe(data)]
    assert [each.origin for each in read_paths([tmp_path])] == [each.origin for each in found]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_is_read_in_its_order(tmp_path: Path, method: int) -> None:
    path = tmp_path / "mails"
    found = read(path, make_zip({"x/": b"", **FILES}, method))
    assert names(found, path) == WANTED
    assert [item.raw for item in found if isinstance(item, Item)][:3] == [MAIL, MAIL, MAIL]


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            about = tarfile.TarInfo(f"x{kind.decode()}.eml")
            about.type, about.linkname = kind, "y.eml"
            tar.addfile(about)
        about = tarfile.TarInfo("y.eml")
        about.size = len(MAIL)
        tar.addfile(about, io.BytesIO(MAIL))
    assert names(read(tmp_path / "t", packed.getvalue()), tmp_path) == ["/t/y.eml"]


def test_tars_one_behind_the_other(tmp_path: Path) -> None:
    data = make_tar({"1.eml": MAIL}) + make_tar({"2.eml": MAIL}) + b"\0" * 100_000
    assert names(read(tmp_path / "t", data), tmp_path) == ["/t/1.eml", "/t/2.eml"]


def test_an_old_tar_is_told_by_its_sum(tmp_path: Path) -> None:
    block = bytearray(make_tar({"1.eml": MAIL}, tarfile.USTAR_FORMAT))
    block[257:512] = b"\0" * 255
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    assert names(read(tmp_path / "t", bytes(block)), tmp_path) == ["/t/1.eml"]


@pytest.mark.parametrize("name", ["1.eml", "café.eml", "a\nb.eml"])
def test_names_of_any_kind(tmp_path: Path, name: str) -> None:
    for data in (make_tar({name: MAIL}), make_zip({name: MAIL})):
        assert names(read(tmp_path / "t", data), tmp_path) == [f"/t/{name}"]


def test_how_deep_packings_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "t"
    inner = make_zip({"m.eml": MAIL, "m.gz": gzip.compress(MAIL)})
    found = read(path, gzip.compress(make_tar({"in.zip": inner, "in.tar.xz": b""})))
    assert names(found, path) == ["/in.zip/m.eml", "/in.zip/m.gz"]
    assert isinstance(found[1], Unreadable)
    assert found[1].why == "is packed too deep"
    found = read(path, make_zip({"in.tgz": gzip.compress(make_tar({"m.eml": MAIL}))}))
    assert names(found, path) == ["/in.tgz/m.eml"]


@pytest.mark.parametrize("data", [make_tar({"a.png": b"x"}), make_zip({"a.png": b"x"})])
def test_an_archive_without_mail(tmp_path: Path, data: bytes) -> None:
    (found,) = read(tmp_path / "t", data)
    assert isinstance(found, Unreadable)
    assert found.why == "holds no mail"
    (folder,) = read_paths([tmp_path])
    assert folder.origin == str(tmp_path)


def test_documents_are_passed_over(tmp_path: Path) -> None:
    data = make_zip({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n"})
    (found,) = read(tmp_path / "x.jar", data)
    assert isinstance(found, Unreadable)


# Damage


def test_a_damaged_header_costs_its_member_alone(tmp_path: Path) -> None:
    path = tmp_path / "t"
    files = {f"{n}.eml": MAIL for n in range(9)}
    for wreck in (b"\0" * 512, b"\xff" * 512, b"text\n".ljust(512, b".")):
        data = bytearray(make_tar(files, tarfile.USTAR_FORMAT))
        data[4 * 1024 : 4 * 1024 + 512] = wreck
        found = read(path, bytes(data))
        mails = [each.origin[-5:] for each in found if isinstance(each, Item)]
        assert mails == [f"{n}.eml" for n in range(9) if n != 4]
        (fault,) = (each for each in found if isinstance(each, Unreadable))
        assert fault.origin == str(path)
        assert fault.why.startswith("is damaged")
        assert isinstance(found[4], Unreadable)


@pytest.mark.parametrize("packer", PACKERS)
def test_a_tar_that_is_cut_off_gives_what_it_holds(tmp_path: Path, packer: str) -> None:
    mails = [
        MAIL + hashlib.shake_128(b"%d" % n).hexdigest(20_000).encode() + b"\n" for n in range(60)
    ]
    data = PACKERS[packer](make_tar({f"{n:02}.eml": mail for n, mail in enumerate(mails)}))
    path = tmp_path / "t"
    found = read(path, data[: len(data) // 2])
    faults = [each for each in found if isinstance(each, Unreadable)]
    assert [each.raw for each in found[:5] if isinstance(each, Item)] == mails[:5]
    assert len(faults) == 1
    assert faults[0] is found[-1]
    assert "could be read only in part" in faults[0].why


def test_a_damaged_member_of_a_zip_costs_itself_alone(tmp_path: Path) -> None:
    data = make_zip({"1.eml": MAIL, "2.eml": MAIL * 9, "3.eml": MAIL}, zipfile.ZIP_STORED)
    found = read(tmp_path / "z", data.replace(MAIL * 9, MAIL * 8 + MAIL.upper()))
    assert names(found, tmp_path) == ["/z/1.eml", "/z/2.eml", "/z/3.eml"]
    assert isinstance(found[1], Unreadable)
    for end in (30, len(data) // 2, len(data) - 3):
        (fault,) = read(tmp_path / "z", data[:end])
        assert isinstance(fault, Unreadable)
        assert "zip" in fault.why


def test_an_encrypted_member_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = bytearray(make_zip({"1.eml": MAIL, "2.eml": MAIL}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    secret, plain = read(tmp_path / "z", bytes(data))
    assert isinstance(secret, Unreadable)
    assert (secret.origin, secret.why) == (f"{tmp_path}/z/1.eml", "is encrypted")
    assert "password" in secret.cure
    assert isinstance(plain, Item)


def test_an_unknown_packer_is_told(tmp_path: Path) -> None:
    (found,) = read(tmp_path / "z", make_zip({"1.eml": MAIL}, zipfile.ZIP_LZMA))
    assert isinstance(found, Unreadable)
    assert "method 14" in found.why


def test_a_zip_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_zip({"1.eml": MAIL})
    assert [each.origin for each in pipe(data)] == ["-/1.eml"]
    monkeypatch.setattr("classifier.archive._ZIP_CAP", 50)
    (fault,) = pipe(data)
    assert isinstance(fault, Unreadable)
    assert fault.cure == "save it to a file, and name that"


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_whatever_is_flipped_nothing_is_raised(
    tmp_path: Path, make: Callable[[dict[str, bytes]], bytes]
) -> None:
    data = make({"1.eml": MAIL, "x/" + "y" * 150 + ".eml": MAIL, "b.gz": gzip.compress(MAIL)})
    places = [at for at in range(len(data)) if data[at]]
    assert places
    for at in places:
        for flip in (1, 0x80):
            hurt = bytearray(data)
            hurt[at] ^= flip
            assert read(tmp_path / "t", bytes(hurt))


# What is hostile


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_is_not_read_into_memory_whatever_it_claims(tmp_path: Path, kind: bytes) -> None:
    about = tarfile.TarInfo("x")
    about.type, about.size = kind, 1 << 40
    path = tmp_path / "t"
    path.write_bytes(make_tar({"1.eml": MAIL})[:1024] + about.tobuf(tarfile.GNU_FORMAT))
    with path.open("r+b") as file:
        file.truncate(40_000_000)  # of zeros
    first, last = read_paths([path])
    assert isinstance(first, Item)
    assert isinstance(last, Unreadable)


def test_a_member_with_holes_is_refused(tmp_path: Path) -> None:
    holes = tmp_path / "holes"
    with holes.open("wb") as file:
        file.write(MBOX)
        file.truncate(1 << 30)
    made = subprocess.run(
        ["tar", "-cS", "-C", tmp_path, "--format=gnu", "holes"], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this tar stores no holes")
    (found,) = pipe(made.stdout)
    assert isinstance(found, Unreadable)
    assert found.why == "is stored with holes"


def test_what_unpacks_to_far_too_much_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packings, "_FREE", 1_000_000)
    data = MBOX + b"\0" * 60_000_000
    for packed in (bz2.compress(data), zstd.compress(make_tar({"1.mbox": data}))):
        first, last = read(tmp_path / "bomb", packed)
        assert isinstance(first, Item)
        assert first.raw.startswith(MAIL)
        assert isinstance(last, Unreadable)
        assert "2,000 times" in last.why
    packed = make_zip({"1.mbox": data}, zipfile.ZIP_BZIP2)
    assert any(
        "2,000" in each.why for each in read(tmp_path / "z", packed) if isinstance(each, Unreadable)
    )


def test_a_zip_whose_directory_is_too_large_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_DIRECTORY", 500)
    (found,) = read(tmp_path / "z", make_zip({f"{n}.eml": MAIL for n in range(100)}))
    assert isinstance(found, Unreadable)
    assert found.why == "holds too many files for a zip"


def test_memory_is_bounded_whatever_an_archive_holds(tmp_path: Path) -> None:
    """A huge member, and very many small ones, in a process whose peak is measured."""
    code = """
        import io, resource, sys, tarfile, zipfile
        from classifier.archive import read_paths

        mail = b"From MAILER-DAEMON Tue Nov 24 07:51:50 2026\\nSubject: one\\n\\n"
        class Long(io.RawIOBase):
            left = 300_000_000
            def read(self, size=-1):
                size = min(size, self.left)
                self.left -= size
                return (mail + b"a line of text\\n" * (1 + size // 15))[:size]
        kind, path = sys.argv[1:]
        if kind == "tar":
            with tarfile.open(path, "w|gz") as tar:
                about = tarfile.TarInfo("1.mbox")
                about.size = Long.left
                tar.addfile(about, Long())
                for n in range(20_000):
                    about = tarfile.TarInfo(f"{n}.eml")
                    about.size = 12
                    tar.addfile(about, io.BytesIO(b"Subject: x\\n\\n"))
                    tar.members.clear()
        else:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                with archive.open("1.mbox", "w") as member:
                    source = Long()
                    while piece := source.read(1 << 20):
                        member.write(piece)
                archive.writestr("2.eml", b"Subject: x\\n\\n")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        count = sum(1 for _ in read_paths([path]))
        print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    pytest.importorskip("resource")
    for kind, least in (("tar", 20_001), ("zip", 2)):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), kind, str(tmp_path / kind)],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
        )
        count, grown = map(int, done.stdout.split())
        assert count >= least
        assert grown < 40  # MiB


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("a/b", False),
        ("a/b.eml", True),
        ("a/b.MBOX", True),
        ("cur/1", True),
        ("a/new/1", True),
        ("a/.b", None),
        (".a/b", None),
        (".Sent/cur/b", True),
        ("a/.Sent/b/cur/c", None),
        ("tmp/1764000000.x.y", None),
        ("tmp/x.eml", True),
        ("../a.eml", True),
    ],
)
def test_what_a_place_says(path: str, answer: bool | None) -> None:
    assert judge_place(path) is answer
