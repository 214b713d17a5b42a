"""The work of `whybounce evaluate`: labelled corpora in, tables and plots out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from classifier.cli.common import CLOSED, Shape, complain, look
from classifier.cli.progress import Progress
from classifier.corpus import folder as corpora
from classifier.corpus.answers import ask
from classifier.corpus.evaluation import Evaluation, evaluate
from classifier.corpus.plots import draw_plots
from classifier.corpus.samples import Labelled, read_labelled
from classifier.corpus.sheets import write_markdown, write_text
from classifier.errors import OperatorError
from classifier.model.seen import Seen
from classifier.pipeline import Classifier
from classifier.sinks import Closed, open_output
from classifier.terminal import Palette

__all__ = ["evaluate_model"]

_NEEDED: Final = "matplotlib"
_CURE: Final = "install it with the extra `plots`: pip install 'whybounce[plots]'"


def evaluate_model(
    model: str,
    paths: Sequence[Path],
    output: Path | None,
    rules: Sequence[Path],
    shape: Shape,
    progress: bool | None,
    colour: bool | None,
) -> int:
    """Evaluate on the corpora under `paths`; the exit status.

    `model` is a folder, `default` or `none`. Tables go to standard output, into `output` also
    plots. Raises `OperatorError` for faults of the model, the rules, the corpora or `output`.
    """
    classifier = Classifier(rules, None if model == "none" else model)
    scorer = classifier.load_model()
    found = corpora.find(paths)
    labelled = _read(found, progress)
    counts = {path: len(each) for path, each in labelled.items()}
    if not any(counts.values()):
        cure = "Name a corpus of replies, or of mails whose labels have a reason."
        raise OperatorError(", ".join(map(str, found)), ["holds no labelled failure"], cure)
    cases = ask([each for some in labelled.values() for each in some], classifier)
    name = None if scorer is None else scorer.card.name
    evaluation = evaluate(cases, name, counts, bool(len(Seen.load(classifier.folder))))
    try:
        with open_output(None) as out:
            out.write(_write(evaluation, shape, colour))
    except Closed:
        return CLOSED
    if output is not None:
        _write_files(evaluation, output)
    return 0


def _read(found: Sequence[Path], progress: bool | None) -> dict[str, list[Labelled]]:
    mails = [file for path in found for file in (path / corpora.MESSAGES).rglob("*")]
    total = sum(file.stat().st_size for file in mails if file.is_file())
    with Progress(progress, total or None) as bar:
        labelled = read_labelled(found, lambda size: bar.advance(size, 0))
    for path in found:
        corpus = corpora.read(path)
        wanted = len(corpus.entries) + sum(label.reason is not None for label in corpus.labels)
        missed = wanted - len(labelled[str(path)])
        if missed > 0:
            complain(
                f"{path}: {missed:,} of {wanted:,} labels are of no failure that is found in the"
                " mails, and are left out (`whybounce corpus check` names them)"
            )
    return labelled


def _write(evaluation: Evaluation, shape: Shape, colour: bool | None) -> bytes:
    if shape is Shape.JSON:
        return _encode(evaluation)
    seen = look(None, colour)
    lines = write_text(evaluation, seen.text_width, Palette(seen.colour))
    return "\n".join([*lines, ""]).encode(seen.encoding, "replace")


def _encode(evaluation: Evaluation) -> bytes:
    return msgspec.json.format(msgspec.json.encode(evaluation), indent=1) + b"\n"


def _write_files(evaluation: Evaluation, output: Path) -> None:
    """The tables as a page and as JSON, and the plots, where matplotlib is there to draw them."""
    files = {
        "evaluation.md": write_markdown(evaluation).encode(),
        "evaluation.json": _encode(evaluation),
    }
    try:
        files |= draw_plots(evaluation)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != _NEEDED:
            raise
        complain(f"no plots are drawn, because matplotlib is missing; {_CURE}")
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (output / name).write_bytes(content)
    except OSError as error:
        fault = f"cannot be written ({error.strerror or error})"
        raise OperatorError(str(output), [fault], "Name a folder that may be written.") from error
    complain(f"{output}: wrote {', '.join(files)}")
