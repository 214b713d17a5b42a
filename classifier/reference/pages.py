"""The pages of the reference together: written into a folder, and compared with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from classifier.errors import OperatorError
from classifier.reference.markdown import write_codes, write_formats, write_reasons, write_rules
from classifier.reference.webpage import write_webpage

__all__ = ["FOLDER", "PAGES", "stale_pages", "write_pages"]

#: Where a checkout keeps its pages.
FOLDER: Final = Path("classifier/reference")

#: What writes each page.
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "reasons.md": write_reasons,
    "rules.md": write_rules,
    "codes.md": write_codes,
    "formats.md": write_formats,
    "reference.html": write_webpage,
}


def write_pages(folder: Path) -> list[Path]:
    """Write every page that differs from what stands in `folder`; the paths of these.

    Raises `OperatorError` where the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in _stale(folder):
            path.write_bytes(text)
            written.append(path)
    except OSError as error:
        fault = f"cannot be written ({error.strerror or error})"
        raise OperatorError(str(folder), [fault], "Name a folder that may be written.") from error
    return written


def stale_pages(folder: Path) -> list[Path]:
    """The pages in `folder` that are missing or not as the data would have them now."""
    return [path for path, _ in _stale(folder)]


def _stale(folder: Path) -> list[tuple[Path, bytes]]:
    pages = {folder / name: write().encode() for name, write in PAGES.items()}
    return [
        (path, text)
        for path, text in pages.items()
        if not path.is_file() or path.read_bytes() != text
    ]
