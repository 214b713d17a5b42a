"""The work of `whybounce diagnose` and `ses-password`: what is known in, what was proved out."""

from __future__ import annotations

import datetime
import getpass
import hmac
import ipaddress
import os
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from classifier.cli.common import CLOSED, Shape, complain, look, to_terminal
from classifier.diagnose.aws import Aws
from classifier.diagnose.chain import Diagnosis, State, diagnose_chain
from classifier.diagnose.checks import CHECKS
from classifier.diagnose.context import Context, Credentials, Endpoint, Signer
from classifier.diagnose.drawing import draw
from classifier.diagnose.facts import read_facts, region_in
from classifier.diagnose.fetching import fetch
from classifier.diagnose.letter import write_letter
from classifier.diagnose.policy import make_policy
from classifier.diagnose.resolver import Resolver
from classifier.diagnose.running import choose_checks, run_checks
from classifier.diagnose.secret import Blotter, Secret
from classifier.diagnose.ses_password import derive, region_of
from classifier.errors import OperatorError
from classifier.message import READ_CAP
from classifier.pipeline import Classifier, read
from classifier.sinks import Closed, Output, open_output

__all__ = ["Asked", "diagnose_mail", "print_ses_password"]

_BROKEN, _OPEN = 1, 3
_NAMED: Final = "Name the sending domain with --domain, or give a bounce."


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command, as they were given."""

    mail: str | None = None
    domain: str | None = None
    sender: str | None = None
    selectors: tuple[str, ...] = ()
    relay: str | None = None
    recipients: tuple[str, ...] = ()
    ip: str | None = None
    region: str | None = None
    configuration_set: str | None = None
    function: str | None = None
    log_groups: tuple[str, ...] = ()
    ask: bool = False
    send_test: str | None = None
    letter: str | None = None
    policy: bool = False
    dns: str | None = None
    timeout: float = 10.0
    format: Shape | None = None
    everything: bool = False
    output: str | None = None
    rules: tuple[str, ...] = ()
    model: str | None = "default"
    colour: bool | None = None


def diagnose_mail(asked: Asked) -> int:
    """Run the checks and write what they found; the exit status.

    Raises `OperatorError` for wrong options, and for a mail that is no bounce.
    """
    try:
        if asked.policy:
            with open_output(asked.output) as out:
                out.write(_policy(asked).encode() + b"\n")
            return 0
        context = make_context(asked)
        diagnosis = diagnose_chain(context, run_checks(context, choose_checks(context, CHECKS)))
        _write(asked, context, diagnosis)
    except Closed:
        return CLOSED
    states = {link.state for link in diagnosis.chain}
    if State.RED in states:
        return _BROKEN
    return _OPEN if State.UNKNOWN in states else 0


def _write(asked: Asked, context: Context, diagnosis: Diagnosis) -> None:
    if asked.letter != "-":
        with open_output(asked.output) as out:
            _show(asked, diagnosis, out)
    if asked.letter is None:
        return
    letter = context.blotter.clean(write_letter(context, diagnosis)).encode("utf-8", "replace")
    with open_output(asked.output if asked.letter == "-" else asked.letter) as out:
        out.write(letter)
    if asked.letter != "-":
        complain(f"the mail to the recipient's administrator is in {asked.letter}")


def _show(asked: Asked, diagnosis: Diagnosis, out: Output) -> None:
    shape = asked.format or (Shape.TEXT if to_terminal(asked.output) else Shape.JSON)
    if shape is Shape.JSON:
        out.write(msgspec.json.encode(diagnosis) + b"\n")
        return
    seen = look(asked.output, asked.colour)
    text = draw(diagnosis, seen.text_width, seen.colour, asked.everything)
    out.write(text.encode(seen.encoding, "backslashreplace"))


def make_context(asked: Asked) -> Context:
    """What is known before any check runs. Raises `OperatorError` for wrong options."""
    classifier = Classifier(asked.rules, asked.model)
    facts = _read_bounce(asked, classifier)
    _add_options(asked, facts)
    region = asked.region or region_of(facts["relay"].host if facts.get("relay") else None)
    region = region or region_in(facts.get("row"), facts.get("returned"))
    if asked.region:
        facts["provider"] = "amazon-ses"
    if facts.get("relay") and region_of(facts["relay"].host):
        facts["provider"] = "amazon-ses"
    if not facts.get("domain"):
        raise OperatorError("diagnose", ["the sending domain is not known"], _NAMED)
    aws = Aws(region, asked.timeout) if region else None
    credentials = _credentials(asked, facts.get("relay"))
    servers = [_endpoint("--dns", asked.dns, 53)] if asked.dns else []
    return Context(
        resolver=Resolver([(each.host, each.port) for each in servers], asked.timeout / 2),
        judge=classifier.explain,
        fetch=fetch,
        now=lambda: datetime.datetime.now(datetime.UTC),
        timeout=asked.timeout,
        credentials=credentials,
        aws=aws,
        blotter=_blotter(credentials),
        **facts,
    )


def _read_bounce(asked: Asked, classifier: Classifier) -> dict[str, Any]:
    if asked.mail is None:
        return {}
    raw = _read_mail(asked.mail)
    report = read(raw)
    rows = classifier.judge_report(report, asked.mail)
    if not any(row.reason for row in rows):
        fault = f"is no bounce, but: {report.kind}"
        raise OperatorError(asked.mail, [fault], "Give a bounce, or leave it out and say --domain.")
    return read_facts(raw, report, rows)


def _read_mail(path: str) -> bytes:
    cure = "Give the path of one mail, or - for standard input."
    try:
        if path == "-":
            return sys.stdin.buffer.read(READ_CAP * 8) if sys.stdin else b""
        with Path(path).open("rb") as file:
            return file.read(READ_CAP * 8)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OperatorError(path, [f"cannot be read ({why})"], cure) from error


def _add_options(asked: Asked, facts: dict[str, Any]) -> None:
    """What an operator says goes before what a mail says."""
    faults = []
    if asked.sender:
        facts["sender"] = asked.sender
        facts["domain"] = asked.sender.rpartition("@")[2].lower() or None
    if asked.domain:
        facts["domain"] = asked.domain.lower().rstrip(".")
    given = tuple(Signer(facts.get("domain") or "", each) for each in asked.selectors)
    facts["signers"] = (
        (*given, *facts.get("signers", ()))
        if asked.mail is None
        else (*facts.get("signers", ()), *given)
    )
    if asked.relay:
        facts["relay"] = _endpoint("--relay", asked.relay, 587)
    if asked.recipients:
        faults += [f"{each!r} is no address" for each in asked.recipients if "@" not in each]
        facts["recipients"] = tuple(asked.recipients)
    if asked.ip:
        try:
            facts["sending_ip"] = str(ipaddress.ip_address(asked.ip))
        except ValueError:
            faults.append(f"--ip {asked.ip!r} is no address")
    for name in ("configuration_set", "function", "send_test"):
        if getattr(asked, name):
            facts[name] = getattr(asked, name)
    facts["log_groups"] = asked.log_groups
    if faults:
        raise OperatorError("diagnose", faults, "See `whybounce diagnose --help`.")


def _endpoint(option: str, text: str, port: int) -> Endpoint:
    """HOST, HOST:PORT, or [ADDRESS]:PORT for IPv6."""
    host, digits = text, ""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        digits = rest.removeprefix(":")
    elif text.count(":") == 1:
        host, _, digits = text.partition(":")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0
    if not host or (digits and not 0 < number < 65536):
        raise OperatorError(option, [f"{text!r} is no HOST:PORT"], "Write it as host.example:587.")
    return Endpoint(host.lower().rstrip("."), number or port, trusted=True)


def _credentials(asked: Asked, relay: Endpoint | None) -> Credentials | None:
    """From a prompt, the environment or the keyring; never from the command line."""
    if asked.ask:
        if not sys.stdin or not sys.stdin.isatty():
            fault = "asks on a terminal, and there is none"
            raise OperatorError("--ask", [fault], "Set WHYBOUNCE_SMTP_USER and _PASSWORD instead.")
        sys.stderr.write("User of the relay: ")
        sys.stderr.flush()
        user = sys.stdin.readline().strip()
        return Credentials(user, Secret(getpass.getpass("Password: ", sys.stderr)), "the prompt")
    found = os.environ.get("WHYBOUNCE_SMTP_USER")
    if not found:
        return None
    password = os.environ.get("WHYBOUNCE_SMTP_PASSWORD")
    if password:
        return Credentials(found, Secret(password))
    kept = _keyring(found, relay)
    return Credentials(found, Secret(kept), "the keyring") if kept else None


def _keyring(user: str, relay: Endpoint | None) -> str | None:
    if relay is None:
        return None
    try:
        import keyring

        kept = keyring.get_password("whybounce", f"smtp://{user}@{relay.host}")
    except Exception:  # not installed, or a backend of whatever kind that fails
        return None
    return str(kept) if kept else None


def _blotter(credentials: Credentials | None) -> Blotter:
    names = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "WHYBOUNCE_SMTP_PASSWORD")
    secrets = [Secret(os.environ[name]) for name in names if os.environ.get(name)]
    users = [credentials.user] if credentials else []
    return Blotter([*secrets, *([credentials.password] if credentials else [])], users)


def _policy(asked: Asked) -> str:
    identities = [asked.domain or "", asked.sender or "", *asked.recipients]
    names = {
        # in the sandbox, the recipients' addresses and domains are looked up as well
        "ses:GetEmailIdentity": [each for each in identities if each],
        "ses:GetConfigurationSetEventDestinations": [asked.configuration_set or ""],
        "lambda:GetFunctionConfiguration": [asked.function or ""],
        "logs:FilterLogEvents": list(asked.log_groups),
    }
    named = {key: [each for each in values if each] for key, values in names.items()}
    return make_policy(asked.region, named)


def print_ses_password(region: str, check: bool) -> int:
    """Derive the password and print it, or compare the stored one with it; the exit status.

    The secret comes from $AWS_SECRET_ACCESS_KEY, a pipe or a prompt. Raises `OperatorError`.
    """
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY") or _read_secret()
    password = derive(secret.strip(), region)
    if not check:
        with open_output(None) as out:
            out.write(password.encode() + b"\n")
        return 0
    stored = os.environ.get("WHYBOUNCE_SMTP_PASSWORD")
    if not stored:
        fault = "there is no stored password to compare with"
        raise OperatorError("--check", [fault], "Put it into $WHYBOUNCE_SMTP_PASSWORD.")
    same = hmac.compare_digest(stored.encode("utf-8", "surrogateescape"), password.encode())
    with open_output(None) as out:
        state = "is" if same else "is not"
        out.write(f"the stored password {state} the one of this key in {region}\n".encode())
    return 0 if same else _BROKEN


def _read_secret() -> str:
    if sys.stdin is None:
        return ""
    if sys.stdin.isatty():
        return getpass.getpass("Secret access key: ", sys.stderr)
    return sys.stdin.readline(1024)
