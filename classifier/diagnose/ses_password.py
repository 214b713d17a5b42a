"""SMTP passwords of Amazon SES: derived from an IAM secret, for one region (version 4).

docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html has the algorithm: a key signed by the
words below in turn, as AWS Signature Version 4 derives its own, and one byte for the version.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

from classifier.errors import OperatorError

__all__ = ["REGIONS", "derive", "derive_old", "region_of"]

_VERSION: Final = b"\x04"
_DATE, _SERVICE, _END, _MESSAGE = "11111111", "ses", "aws4_request", "SendRawEmail"

#: Where SES has an SMTP endpoint (docs.aws.amazon.com/general/latest/gr/ses.html), the busiest
#: first. Only searched when a password fits another region than it should.
REGIONS: Final = (
    *("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "ap-southeast-1"),
    *("us-east-2", "us-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-south-1"),
    *("eu-central-2", "ap-south-1", "ap-south-2", "ap-northeast-1", "ap-northeast-2"),
    *("ap-northeast-3", "ap-southeast-3", "ap-southeast-5", "ca-central-1", "ca-west-1"),
    *("sa-east-1", "me-south-1", "me-central-1", "il-central-1", "af-south-1"),
    *("us-gov-west-1", "us-gov-east-1"),
)
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]{3,12}){1,3}-[1-9]")
_HOST: Final = re.compile(
    r"(?:email-smtp(?:-fips)?|feedback-smtp)\.([a-z0-9-]{5,30})\.amazon(?:aws|ses)\.com"
)


def derive(secret: str, region: str) -> str:
    """The SMTP password that belongs to an IAM secret access key in a region.

    Raises `OperatorError` for a region that is none or an empty secret.
    """
    faults = [] if _REGION.fullmatch(region) else [f"{region!r} is no region of AWS"]
    faults += [] if secret.strip() else ["the secret access key is empty"]
    if faults:
        raise OperatorError("ses-password", faults, "Give a region such as eu-west-1 by --region.")
    signature = ("AWS4" + secret).encode("utf-8", "surrogateescape")
    for word in (_DATE, region, _SERVICE, _END, _MESSAGE):
        signature = hmac.new(signature, word.encode(), hashlib.sha256).digest()
    return base64.b64encode(_VERSION + signature).decode()


def derive_old(secret: str) -> str:
    """The password as it was made before 10 January 2019 (version 2), for every region alike."""
    key = secret.encode("utf-8", "surrogateescape")
    return base64.b64encode(
        b"\x02" + hmac.new(key, _MESSAGE.encode(), hashlib.sha256).digest()
    ).decode()


def region_of(host: str | None) -> str | None:
    """The region of an SES endpoint, by its name."""
    found = _HOST.fullmatch((host or "").lower().rstrip("."))
    return found.group(1) if found else None
