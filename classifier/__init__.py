"""whybounce: why a mail bounced, who has to act, and on what evidence.

    import classifier

    for row in classifier.classify(open("bounce.eml", "rb").read()):
        print(row.recipient, row.reason, row.fault, row.evidence)

`read` gives what a mail reports, `classify` one record a failed recipient, `Classifier` the same
for many mails or with rules of one's own.
"""

from classifier.errors import OperatorError
from classifier.judge import Verdict
from classifier.pipeline import Classifier, classify, read
from classifier.reasons import Advice, Category, Fault, Kind, Permanence, Reason
from classifier.report import Failure, Report
from classifier.rows import Row

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
]

__version__ = "0.1.0"
