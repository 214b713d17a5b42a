"""The SMTP credentials of SES: whether password and key belong together, and the key lives."""

from __future__ import annotations

import hmac
from typing import Final

from classifier.diagnose.aws import Denied, Silent
from classifier.diagnose.context import Context
from classifier.diagnose.finding import Finding, Hop, Says
from classifier.diagnose.ses_password import REGIONS, derive, derive_old, region_of

__all__ = ["check_ses_key", "check_ses_password"]

_PAGE: Final = "docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html"
_SAYS: Final = Says("ses-password", Hop.SUBMISSION, _PAGE)
_KEY: Final = Says("ses-key", Hop.SUBMISSION, _PAGE)
_ELSEWHERE: Final = "the mail does not go by Amazon SES"


def check_ses_password(context: Context) -> Finding:
    """Whether the stored SMTP password is the one that belongs to the access key at hand."""
    if not context.at_ses or context.aws is None:
        return _SAYS.skipped(_ELSEWHERE)
    credentials, keys = context.credentials, context.aws.keys()
    if credentials is None:
        return _SAYS.skipped("no SMTP password is at hand to compare")
    if keys is None:
        advice = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the SMTP user."
        return _SAYS.skipped("no secret access key is at hand to compare with", advice)
    if keys.temporary:
        return _SAYS.skipped(
            "the AWS keys at hand are temporary; SMTP passwords come of lasting ones"
        )
    region = (region_of(context.relay.host) if context.relay else None) or context.aws.region
    seen = f"SMTP user {credentials.user}, access key at hand {keys.access}, region {region}"
    if credentials.user != keys.access:
        what = (
            "the SMTP user is another access key than the one at hand, so nothing can be compared"
        )
        return _SAYS.skipped(f"{what} ({seen})")
    stored, secret = credentials.password.reveal(), keys.secret()
    renew = f"Store the password that `whybounce ses-password --region {region}` prints."
    if _same(stored, derive(secret, region)):
        return _SAYS.ok(f"the stored password is that of key {keys.access} in {region}", seen)
    if _same(stored, secret):
        what = "the stored password is the secret access key itself; SES wants one derived from it"
        return _SAYS.broken(what, seen, advice=renew)
    other = next((each for each in REGIONS if _same(stored, derive(secret, each))), None)
    if other:
        what = f"the stored password is for {other}, and the relay is in {region}"
        return _SAYS.broken(what, seen, advice=renew)
    if _same(stored, derive_old(secret)):
        what = "the stored password was made by the old way (before 2019)"
        return _SAYS.warning(what, seen, advice=renew)
    what = f"the stored password does not belong to key {keys.access}: it is another key's, or old"
    return _SAYS.broken(what, seen, advice=renew)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def check_ses_key(context: Context) -> Finding:
    """Whether the access key that is the SMTP user exists and is active."""
    if not context.at_ses or context.aws is None:
        return _KEY.skipped(_ELSEWHERE)
    if context.credentials is None:
        return _KEY.skipped("no SMTP user is at hand to look up")
    key = context.credentials.user
    if not (key.startswith("AKIA") and key.isalnum()):
        what = f"the SMTP user {key} is no access key, which every SMTP user of SES is"
        return _KEY.broken(
            what, advice="Use the SMTP user name that SES gave (it begins with AKIA)."
        )
    try:
        used = context.aws.ask("iam", "get_access_key_last_used", AccessKeyId=key)
        owner = (used or {}).get("UserName")
        listed = context.aws.ask("iam", "list_access_keys", UserName=owner) if owner else None
    except Denied as error:
        return _KEY.unknown(f"the keys at hand lack the permission {error}")
    except Silent as error:
        return _KEY.unknown(str(error))
    advice = "Make a new key for the SMTP user, and store the password derived from it."
    found = [
        each for each in (listed or {}).get("AccessKeyMetadata", ()) if each["AccessKeyId"] == key
    ]
    if not found:
        return _KEY.broken(f"the access key {key} does not exist any more", advice=advice)
    state = str(found[0].get("Status"))
    seen = f"key {key} of user {owner}: {state}"
    if state != "Active":
        return _KEY.broken(f"the access key {key} is switched off", seen, advice=advice)
    return _KEY.ok(f"the access key {key} is active", seen)
