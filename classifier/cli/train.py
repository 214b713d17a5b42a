"""The work of `whybounce train`: labelled corpora in, a model out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from classifier.cli.common import complain
from classifier.errors import OperatorError

if TYPE_CHECKING:
    from classifier.model.corpus import Sample
    from classifier.model.train import Trained

__all__ = ["REPLIES", "SHIPPED", "require_sklearn", "train_model"]

REPLIES: Final = Path("corpora/replies")
SHIPPED: Final = Path("models/default")
_NEEDED: Final = ("sklearn", "scipy", "numpy")


def require_sklearn(command: str) -> None:
    """Raises `OperatorError` where scikit-learn is missing, with the cure."""
    try:
        import classifier.model.learn  # noqa: F401
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in _NEEDED:
            raise
        cure = "Install it with the extra `train`: pip install 'whybounce[train]'"
        raise OperatorError(command, ["needs scikit-learn, which is missing"], cure) from error


def train_model(
    corpora: Sequence[Path],
    output: Path | None,
    base: str = "default",
    name: str | None = None,
    rivals: bool = False,
) -> int:
    """Train on `corpora` and write the model into `output`; the exit status.

    Without corpora the shipped model is made again, from the catalogue and the rules. Raises
    `OperatorError` where scikit-learn is missing, a corpus has faults, or the base cannot be read.
    """
    require_sklearn("train")
    from classifier.corpus.samples import read_labelled, take_samples
    from classifier.model.corpus import read_rules
    from classifier.model.train import NAME, train
    from classifier.rules.loader import load_shipped

    rules = load_shipped()
    sources: dict[str, Sequence[Sample]] = {}
    if not corpora:
        labelled = read_labelled([REPLIES])
        sources |= {name: take_samples(found, rules) for name, found in labelled.items()}
        sources["the shipped rules' hits"] = read_rules(rules)
        output, base = output or SHIPPED, "none"
    elif output is None:
        raise OperatorError("train", ["has nowhere to write to"], "Say --out DIR.")
    else:
        _keep_base(base, output)
        labelled = read_labelled(corpora)
        sources |= {name: take_samples(found, rules) for name, found in labelled.items()}
    new = {id(sample) for found in sources.values() for sample in found}
    if base != "none":
        from classifier.model.samples import read_samples
        from classifier.model.store import find

        # The user's come first: what both have is judged as theirs.
        sources[f"what {base} was made from"] = read_samples(find(base))
    trained = train(
        sources, output, name or (NAME if not corpora else output.name), rivals, complain
    )
    card = trained.card
    never = "decides nothing" if not card.thresholds else f"decides {', '.join(card.thresholds)}"
    sys.stdout.write(f"{output}: {card.name}, {card.samples} replies, {never}\n")
    if base != "none":
        _compare(trained, base, output, new)
    return 0


def _keep_base(base: str, output: Path) -> None:
    from classifier.model.store import find

    if base != "none" and output.resolve() == find(base).resolve():
        fault = "would be written over the model that it is made from"
        raise OperatorError(str(output), [fault], "Name another folder with --out.")


def _compare(trained: Trained, base: str, output: Path, new: set[int]) -> None:
    """Say, and add to the report, how the new model does on the new replies."""
    from classifier.model.compare import compare, describe
    from classifier.model.scorer import Model

    fresh = [id(sample) in new for sample in trained.samples]
    found = compare(Model.load(base), trained.judged, trained.samples, fresh)
    lines = list(describe(found))
    report = output / "README.md"
    text = report.read_text(encoding="utf-8")
    section = f"\n## Against {base}, on replies new to both\n\n" + "\n".join(lines) + "\n"
    report.write_text(text + section, encoding="utf-8")
    sys.stdout.write(f"compared with {base} on what is new: {lines[0]}\n")
