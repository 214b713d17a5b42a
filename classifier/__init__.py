"""whybounce: why a mail bounced, who has to act, and on what evidence.

    import classifier

    for row in classifier.classify(open("bounce.eml", "rb").read()):
        print(row.recipient, row.reason, row.fault, row.evidence)

`read` gives what a mail reports, `classify` one record a failed recipient, `Classifier` the same
for many mails or with rules of one's own; `score` takes whole archives, and `to_pandas` makes a
table of what comes of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.batch.records import score, to_pandas
    from classifier.errors import OperatorError
    from classifier.judge import Verdict
    from classifier.pipeline import Classifier, classify, read
    from classifier.reasons import Advice, Category, Fault, Kind, Permanence, Reason
    from classifier.report import Failure, Report
    from classifier.rows import Row
    from classifier.taxonomies.scheme import translate

__all__ = [
    "Advice",
    "Category",
    "Classifier",
    "Failure",
    "Fault",
    "Kind",
    "OperatorError",
    "Permanence",
    "Reason",
    "Report",
    "Row",
    "Verdict",
    "__version__",
    "classify",
    "read",
    "score",
    "to_pandas",
    "translate",
]

__version__ = "0.1.0"

# Where each public name lives. They are loaded when first asked for (PEP 562), so that importing
# the package, as `whybounce --help` does, costs nothing.
_HOMES = {
    "classifier.batch.records": ("score", "to_pandas"),
    "classifier.errors": ("OperatorError",),
    "classifier.judge": ("Verdict",),
    "classifier.pipeline": ("Classifier", "classify", "read"),
    "classifier.reasons": ("Advice", "Category", "Fault", "Kind", "Permanence", "Reason"),
    "classifier.report": ("Failure", "Report"),
    "classifier.rows": ("Row",),
    "classifier.taxonomies.scheme": ("translate",),
}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
