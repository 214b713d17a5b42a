"""The trail of one message through the code that sent it: a Lambda function and its log."""

from __future__ import annotations

import datetime
from typing import Final

from classifier.diagnose.aws import Aws, Denied, Silent
from classifier.diagnose.context import Context
from classifier.diagnose.finding import Finding, Hop, Says

__all__ = ["check_function", "check_log"]

_FUNCTION: Final = Says(
    "lambda", Hop.AUTHOR, "docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html"
)
_LOG: Final = Says(
    "log",
    Hop.AUTHOR,
    "docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html",
)
_AROUND: Final = datetime.timedelta(minutes=15)
_LINES: Final = 8
_TROUBLE: Final = (
    '?ERROR ?Error ?Exception ?"Task timed out" ?MessageRejected ?AccessDenied ?Throttling'
)


def check_function(context: Context) -> Finding:
    """Whether the function that sends is there, active, and sends by this region."""
    if context.function is None or context.aws is None:
        return _FUNCTION.skipped("no function is named", "Name one with --lambda.")
    aws, name = context.aws, context.function
    try:
        found = aws.ask("lambda", "get_function_configuration", FunctionName=name)
    except Denied as error:
        return _FUNCTION.unknown(f"the keys at hand lack the permission {error}")
    except Silent as error:
        return _FUNCTION.unknown(str(error))
    if found is None:
        what = f"there is no function {name} in {aws.region}"
        return _FUNCTION.broken(what, advice="Check its name and region.")
    state, last = (
        str(found.get("State", "Active")),
        str(found.get("LastUpdateStatus", "Successful")),
    )
    seen = (
        f"{name}: {state}, last update {last} on {str(found.get('LastModified'))[:10]},"
        f" runtime {found.get('Runtime')}, timeout {found.get('Timeout')} s"
    )
    # Names of variables only: their values are where people keep passwords.
    names = sorted(map(str, found.get("Environment", {}).get("Variables", {})))
    lines = (seen, f"variables: {', '.join(names)[:300]}") if names else (seen,)
    if state == "Failed" or last == "Failed":
        why = str(found.get("StateReason") or found.get("LastUpdateStatusReason") or "")[:200]
        what = f"the function {name} failed to deploy"
        return _FUNCTION.broken(what, *lines, why, advice="Deploy it again.")
    if state not in ("Active", "Inactive"):
        return _FUNCTION.warning(f"the function {name} is {state.lower()}", *lines)
    return _FUNCTION.ok(f"the function {name} is there", *lines)


def check_log(context: Context) -> Finding:
    """What the log says of this message, and of trouble around its time."""
    if not context.log_groups or context.aws is None:
        return _LOG.skipped("no log group is named", "Name one with --log-group.")
    if context.sent is None:
        return _LOG.skipped("the time of the message is not known")
    aws, seen, own = context.aws, [], False
    try:
        for group in context.log_groups[:4]:
            ours = (
                _lines(aws, group, context.sent, f'"{_quoted(context.message_id)}"')
                if context.message_id
                else []
            )
            trouble = _lines(aws, group, context.sent, _TROUBLE)
            if ours is None or trouble is None:
                what = f"there is no log group {group} in {aws.region}"
                return _LOG.unknown(what, advice="Check its name and region.")
            own = own or bool(ours)
            seen += [*ours, *(line for line in trouble if line not in ours)]
    except Denied as error:
        return _LOG.unknown(f"the keys at hand lack the permission {error}")
    except Silent as error:
        return _LOG.unknown(str(error))
    place = f"{context.sent:%Y-%m-%d %H:%M} UTC"
    if not seen:
        return _LOG.ok(f"the log has neither the message nor trouble around {place}")
    if own:
        return _LOG.ok(f"the log has the message around {place}", *seen[:_LINES])
    what = f"the log has trouble around {place}, and not this message"
    return _LOG.warning(what, *seen[:_LINES], advice="Read the lines; one may be of this message.")


def _quoted(message_id: str | None) -> str:
    # SES gives its own id without the brackets and the host
    bare = (message_id or "").strip("<>").partition("@")[0]
    return "".join(sign for sign in bare if sign.isalnum() or sign in "-_.+=")[:128]


def _lines(aws: Aws, group: str, sent: datetime.datetime, pattern: str) -> list[str] | None:
    found = aws.ask(
        "logs",
        "filter_log_events",
        logGroupName=group,
        startTime=int((sent - _AROUND).timestamp() * 1000),
        endTime=int((sent + _AROUND).timestamp() * 1000),
        filterPattern=pattern,
        limit=_LINES,
    )
    if found is None:
        return None
    return [
        f"{group}: {str(event.get('message', '')).strip()[:300]}"
        for event in found.get("events", ())
    ]
