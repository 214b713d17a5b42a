"""The collector of garbage comes seldom, in programs of our own alone."""

from __future__ import annotations

import gc
import subprocess
import sys

from classifier.garbage import collect_seldom


def test_a_batch_at_hand_is_not_looked_through() -> None:
    before = gc.get_threshold()
    try:
        collect_seldom()
        assert gc.isenabled()
        assert gc.get_threshold()[0] > 256 * 100  # mails of a batch, containers of a mail
    finally:
        gc.set_threshold(*before)


def test_a_library_leaves_it_as_it_is() -> None:
    code = (
        "import gc; before = gc.get_threshold(); import classifier, classifier.cli;"
        "classifier.classify(b'Subject: no\\n\\nmail'); assert gc.get_threshold() == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
