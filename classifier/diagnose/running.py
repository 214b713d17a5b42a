"""Running the checks: side by side, each with an end, none able to break another."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import msgspec

from classifier.diagnose.checks import CHECKS, Check
from classifier.diagnose.context import Context
from classifier.diagnose.finding import Finding, Says
from classifier.diagnose.resolver import Unanswered
from classifier.terminal import scrub

__all__ = ["choose_checks", "run_checks"]

_LONGEST = 1000  # characters of one line of a finding


def choose_checks(context: Context, checks: Sequence[Check] = CHECKS) -> tuple[Check, ...]:
    """The checks that the verdict asks for; all of them where there is no bounce."""
    category = context.row.category if context.row else None
    return tuple(
        check
        for check in checks
        if category is None or not check.serves or category in check.serves
    )


def run_checks(context: Context, checks: Sequence[Check] = CHECKS) -> tuple[Finding, ...]:
    """The findings of the checks, in their order. Never raises.

    All run at once. What has not ended after `context.timeout` seconds (and a little, so that it
    can say so itself) is left behind, which is said.
    """
    results: list[tuple[Finding, ...] | None] = [None] * len(checks)

    def work(place: int, check: Check) -> None:
        results[place] = _run(context, check)

    threads = [
        # daemons: what hangs must not keep the program from its end
        threading.Thread(target=work, args=(place, check), daemon=True)
        for place, check in enumerate(checks)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + context.timeout * 1.5
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = f"did not end within {context.timeout:g} seconds"
    found = [
        result if result is not None else _all_unknown(check, late)
        for check, result in zip(checks, results, strict=True)
    ]
    return tuple(_clean(context, finding) for result in found for finding in result)


def _run(context: Context, check: Check) -> tuple[Finding, ...]:
    try:
        found = check.run(context)
    except Unanswered as error:
        return _all_unknown(check, str(error))
    except ImportError as error:
        cure = "pip install 'whybounce[diagnose,aws]'"
        return _all_unknown(check, f"needs {error.name}, which is not installed: {cure}")
    except Exception as error:  # a fault of ours costs its check, never the run
        # Its text may quote anything; the type is enough to find the place.
        return _all_unknown(check, f"this check failed ({type(error).__name__}); please report it")
    return found if isinstance(found, tuple) else (found,)


def _all_unknown(check: Check, why: str) -> tuple[Finding, ...]:
    return tuple(Says(name, check.hop).unknown(why) for name in check.names)


def _clean(context: Context, finding: Finding) -> Finding:
    """The finding without any secret, and without what UTF-8 cannot hold."""

    def clean(text: str) -> str:
        return context.blotter.clean(scrub(text))[:_LONGEST]

    return msgspec.structs.replace(
        finding,
        what=clean(finding.what),
        evidence=tuple(clean(line) for line in finding.evidence if line),
        advice=clean(finding.advice) if finding.advice else None,
    )
