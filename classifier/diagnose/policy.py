"""The least that Amazon must allow for the checks: a policy made from what they ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from classifier.diagnose.checks import CHECKS

__all__ = ["make_policy"]

#: Permissions that can be given for one thing, by the form of its name (ARN); the others are given
#: for all (docs.aws.amazon.com/service-authorization/latest/reference/).
_FORMS: Final[Mapping[str, str]] = {
    "ses:GetEmailIdentity": "arn:aws:ses:{region}:*:identity/{name}",
    "ses:GetConfigurationSetEventDestinations": "arn:aws:ses:{region}:*:configuration-set/{name}",
    "iam:ListAccessKeys": "arn:aws:iam::*:user/{name}",
    "lambda:GetFunctionConfiguration": "arn:aws:lambda:{region}:*:function:{name}",
    "logs:FilterLogEvents": "arn:aws:logs:{region}:*:log-group:{name}:*",
}


def make_policy(region: str | None, names: Mapping[str, Sequence[str]]) -> str:
    """The policy as JSON. `names` says what to give a permission for, `*` where nothing is said.

    Every permission is one that reads.
    """
    wanted = sorted({permission for check in CHECKS for permission in check.wants})
    everywhere = [each for each in wanted if each not in _FORMS]
    statements = [_state("ReadOnly", everywhere, ["*"])]
    for permission in (each for each in wanted if each in _FORMS):
        form = _FORMS[permission]
        given = names.get(permission) or ["*"]
        resources = [form.format(region=region or "*", name=name) for name in given]
        statements.append(_state(permission.partition(":")[2], [permission], resources))
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _state(name: str, actions: list[str], resources: list[str]) -> dict[str, object]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}
