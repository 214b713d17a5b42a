"""All checks, in one visible tuple: what each is for, what it needs, whether it proves its hop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from classifier.diagnose.checks.bounce import check_bounce
from classifier.diagnose.checks.dkim import check_keys, check_signature
from classifier.diagnose.checks.dmarc import check_alignment, check_dmarc
from classifier.diagnose.checks.login import check_login, check_test_mail
from classifier.diagnose.checks.recipient_dns import (
    check_dane,
    check_mta_sts,
    check_receiver,
    check_recipient_mx,
    check_tenant,
)
from classifier.diagnose.checks.relay import check_relay
from classifier.diagnose.checks.sender_dns import (
    check_bimi,
    check_mail_from,
    check_ptr,
    check_sender_mx,
    check_tls_reports,
)
from classifier.diagnose.checks.ses import (
    check_account,
    check_events,
    check_identity,
    check_reputation,
    check_suppression,
)
from classifier.diagnose.checks.ses_login import check_ses_key, check_ses_password
from classifier.diagnose.checks.ses_trail import check_function, check_log
from classifier.diagnose.checks.spf import check_spf, check_spf_path
from classifier.diagnose.context import Context
from classifier.diagnose.finding import Finding, Hop
from classifier.reasons import Category

__all__ = ["CHECKS", "PROOFS", "Check"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `names` are those of its findings, all at `hop`.

    `serves` holds the categories of verdict that ask for it, and is empty where each does. `wants`
    are the permissions at Amazon that it needs.
    """

    run: Callable[[Context], Finding | tuple[Finding, ...]]
    names: tuple[str, ...]
    hop: Hop
    serves: frozenset[Category] = frozenset()
    wants: tuple[str, ...] = ()


_LOGIN: Final = frozenset({Category.SENDER_CREDENTIALS, Category.RATE, Category.UNDETERMINED})
_WAY: Final = _LOGIN | {Category.TRANSPORT, Category.SUPPRESSED}
_RECEIVER: Final = frozenset(Category) - _LOGIN - {Category.SUPPRESSED} | {Category.UNDETERMINED}
_TLS: Final = frozenset({Category.TRANSPORT, Category.UNDETERMINED})

CHECKS: Final = (
    Check(run=check_bounce, names=("bounce",), hop=Hop.MX),
    Check(run=check_spf, names=("spf",), hop=Hop.AUTHOR),
    Check(run=check_spf_path, names=("spf-path",), hop=Hop.AUTHOR),
    Check(run=check_keys, names=("dkim-keys",), hop=Hop.AUTHOR),
    Check(run=check_signature, names=("dkim-signature",), hop=Hop.AUTHOR),
    Check(run=check_dmarc, names=("dmarc",), hop=Hop.AUTHOR),
    Check(run=check_alignment, names=("alignment",), hop=Hop.AUTHOR),
    Check(run=check_mail_from, names=("mail-from",), hop=Hop.AUTHOR),
    Check(run=check_sender_mx, names=("sender-mx",), hop=Hop.AUTHOR),
    Check(run=check_tls_reports, names=("tls-rpt",), hop=Hop.AUTHOR, serves=_TLS),
    Check(run=check_bimi, names=("bimi",), hop=Hop.AUTHOR, serves=_TLS),
    Check(
        run=check_function,
        names=("lambda",),
        hop=Hop.AUTHOR,
        wants=("lambda:GetFunctionConfiguration",),
    ),
    Check(run=check_log, names=("log",), hop=Hop.AUTHOR, wants=("logs:FilterLogEvents",)),
    Check(
        run=check_relay,
        names=("relay-reach", "relay-tls", "relay-auth"),
        hop=Hop.SUBMISSION,
        serves=_WAY,
    ),
    Check(run=check_login, names=("login",), hop=Hop.SUBMISSION, serves=_WAY),
    Check(run=check_ses_password, names=("ses-password",), hop=Hop.SUBMISSION, serves=_WAY),
    Check(
        run=check_ses_key,
        names=("ses-key",),
        hop=Hop.SUBMISSION,
        serves=_WAY,
        wants=("iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"),
    ),
    Check(
        run=check_account,
        names=("ses-sending", "ses-sandbox", "ses-quota"),
        hop=Hop.RELAY,
        wants=("ses:GetAccount", "ses:GetEmailIdentity"),
    ),
    Check(
        run=check_identity,
        names=("ses-identity", "ses-dkim", "ses-mail-from"),
        hop=Hop.RELAY,
        wants=("ses:GetEmailIdentity",),
    ),
    Check(
        run=check_suppression,
        names=("ses-suppression",),
        hop=Hop.RELAY,
        wants=("ses:GetSuppressedDestination",),
    ),
    Check(
        run=check_events,
        names=("ses-events",),
        hop=Hop.RELAY,
        wants=("ses:GetConfigurationSetEventDestinations",),
    ),
    Check(
        run=check_reputation,
        names=("ses-reputation",),
        hop=Hop.RELAY,
        wants=("ses:GetSendStatistics",),
    ),
    Check(run=check_ptr, names=("ptr",), hop=Hop.RELAY),
    Check(run=check_recipient_mx, names=("recipient-mx",), hop=Hop.MX, serves=_RECEIVER),
    Check(run=check_receiver, names=("receiver",), hop=Hop.MX, serves=_RECEIVER),
    Check(run=check_tenant, names=("tenant",), hop=Hop.MX, serves=_RECEIVER),
    Check(run=check_mta_sts, names=("mta-sts",), hop=Hop.MX, serves=_TLS),
    Check(run=check_dane, names=("dane",), hop=Hop.MX, serves=_TLS),
    Check(run=check_test_mail, names=("test-mail",), hop=Hop.MX),
)

#: The checks that must all be good before a hop is green, where the bounce does not prove it. A
#: receiving system and a mailbox are proved by delivery alone.
PROOFS: Final = {
    Hop.AUTHOR: frozenset({"spf", "dkim-keys", "dmarc", "alignment"}),
    Hop.SUBMISSION: frozenset({"relay-reach", "relay-tls", "relay-auth", "login"}),
    Hop.RELAY: frozenset({"ses-sending", "ses-identity", "ses-dkim"}),
    Hop.MX: frozenset({"test-mail"}),
    Hop.MAILBOX: frozenset[str](),
}
