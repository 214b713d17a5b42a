"""The summary of a run: what broke, since when, whose fault it is, and what to do first.

    summary = Summary()
    for row in rows:
        summary.add(row)              # a `rows.Row`, or a `records.Detail` that was read back
    for step in first_steps(summary):
        print(step.title, step.told, step.todo)

Memory is bounded whatever the length of the run. Summaries of parts can be merged, and kept as JSON
(`msgspec.json.encode(summary)`, `msgspec.json.decode(data, type=Summary)`).
"""

from classifier.summary.counting import Cause, Group, Summary, Template
from classifier.summary.examples import Example
from classifier.summary.steps import Step, first_steps
from classifier.summary.text import describe_summary
from classifier.summary.words import ACTORS

__all__ = [
    "ACTORS",
    "Cause",
    "Example",
    "Group",
    "Step",
    "Summary",
    "Template",
    "describe_summary",
    "first_steps",
]
