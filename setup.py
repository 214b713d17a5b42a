"""Compiles what each mail goes through, where a wheel is built and a C compiler is at hand.

pyproject.toml says all the rest. mypyc turns the very modules that are run otherwise into C, which
takes about a fifth off the time of a mail. An editable installation is never compiled, so that what
is edited is what runs. $WHYBOUNCE_PURE decides for a wheel, too: 1 leaves it plain Python, with the
same answers; 0 wants it compiled, and fails where that cannot be. pip shows what is said here only
with -v; `whybounce --version` says what became of it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from setuptools import Distribution, Extension, setup
from setuptools.errors import BaseError, CCompilerError

#: What the smallest of modules takes: a compiler that runs, Python's headers, and a linker.
TRIAL = "#include <Python.h>\nPyObject *PyInit_trial(void) { return NULL; }\n"
CURE = "a C compiler and Python's headers are wanted (Debian: apt install gcc python3-dev)"
FAILED = "whybounce: not compiled, see above; WHYBOUNCE_PURE=1 builds it as plain Python"

#: What most of the time of a mail is spent in. Types of records that are read from JSON
#: (`msgspec.json.decode`) are not among them: they are read by their annotations, which do not
#: come through the compiler.
COMPILED = [
    "classifier/addresses.py",
    "classifier/advice.py",
    "classifier/autoreply.py",
    "classifier/batch/judging.py",
    "classifier/charset.py",
    "classifier/codes.py",
    "classifier/dates.py",
    "classifier/disposition.py",
    "classifier/dsn.py",
    "classifier/evidence.py",
    "classifier/feedback.py",
    "classifier/formats/__init__.py",
    "classifier/formats/aol.py",
    "classifier/formats/dialogue.py",
    "classifier/formats/exchange.py",
    "classifier/formats/gateways.py",
    "classifier/formats/gmail.py",
    "classifier/formats/lists.py",
    "classifier/formats/marks.py",
    "classifier/formats/mentions.py",
    "classifier/formats/owners.py",
    "classifier/formats/prose.py",
    "classifier/formats/servers.py",
    "classifier/formats/services.py",
    "classifier/headers.py",
    "classifier/joining.py",
    "classifier/judge.py",
    "classifier/lexicon.py",
    "classifier/mbox.py",
    "classifier/message.py",
    "classifier/model/features.py",
    "classifier/model/scorer.py",
    "classifier/model/vectors.py",
    "classifier/notice.py",
    "classifier/pipeline.py",
    "classifier/reading.py",
    "classifier/reply.py",
    "classifier/report.py",
    "classifier/rules/contest.py",
    "classifier/rules/engine.py",
    "classifier/rules/index.py",
    "classifier/wrapped.py",
    "classifier/writers.py",
]


def find_fault() -> str:
    """What keeps C from being compiled here, found out by compiling some; empty where nothing."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "trial.c")
        source.write_text(TRIAL)
        trial = Distribution({"ext_modules": [Extension("trial", [str(source)])]})
        command = trial.get_command_obj("build_ext")
        command.build_lib = command.build_temp = folder
        try:
            trial.run_command("build_ext")
        except (BaseError, CCompilerError) as fault:
            return str(fault)
    return ""


def is_to_be_compiled() -> bool:
    """Whether a wheel is built that can be compiled, and nobody wants it plain."""
    chosen = os.environ.get("WHYBOUNCE_PURE", "")
    if chosen not in ("", "0", "1"):
        sys.exit(f"WHYBOUNCE_PURE={chosen}: 1 leaves a wheel plain Python, 0 wants it compiled")
    if chosen == "1" or not {"bdist_wheel", "build_ext"} & set(sys.argv):
        return False
    fault = find_fault()
    if fault and chosen:
        sys.exit(f"whybounce: WHYBOUNCE_PURE=0, but {CURE}: {fault}")
    if fault:
        sys.stderr.write(f"whybounce: stays plain Python, about a fifth slower; {CURE}: {fault}\n")
    return not fault


def compile_modules(folder: str) -> list[Extension]:
    """The modules in C, which is written to `folder`."""
    from mypyc.build import mypycify

    # The types were checked with all packages installed; here are those that count.
    options = ["--config-file=", "--ignore-missing-imports"]
    modules = mypycify([*options, *COMPILED], opt_level="2", target_dir=folder)
    for each in modules:  # what another compiler warns of is no reason to install nothing
        each.extra_compile_args = [word for word in each.extra_compile_args if word != "-Werror"]
    return modules


def main() -> None:
    """Build, in a folder of its own: a wheel takes all that lies in build/, of older builds too."""
    wanted = is_to_be_compiled()
    with TemporaryDirectory() as folder:
        try:
            setup(
                ext_modules=compile_modules(folder) if wanted else [],
                options={"build": {"build_base": folder}},
            )
        except (Exception, SystemExit) as stop:
            if wanted and getattr(stop, "code", True):
                sys.stderr.write(FAILED + "\n")
            raise


main()
