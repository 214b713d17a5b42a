"""An account at Amazon: moto's, and by hooks of botocore what moto does not have.

What the hooks answer is checked against botocore's own description of the API, as its Stubber
does, so that no field can be invented.
"""

from __future__ import annotations

import contextlib
import datetime
from typing import Any, Final
from urllib.parse import unquote

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.validate import ParamValidator
from moto import mock_aws

__all__ = ["REGION", "USER", "Account"]

REGION: Final = "eu-west-1"
USER: Final = "ses-smtp-user"


class Account:
    """One account in one region, open as long as the `with` lasts.

    `account` is the answer to GetAccount, `identities` those to GetEmailIdentity (moto's have
    neither tokens nor MAIL FROM), `suppressed` the suppression list, `events` the event
    destinations by configuration set, `functions` the answers to GetFunctionConfiguration.
    `denied` are operations that the keys at hand may not call, `calls` those that were called.
    """

    def __init__(self, region: str = REGION) -> None:
        self.region = region
        self.account: dict[str, Any] = {
            "SendingEnabled": True,
            "ProductionAccessEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 312.0},
        }
        self.identities: dict[str, dict[str, Any]] = {}
        self.suppressed: dict[str, tuple[str, datetime.datetime]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.statistics: list[dict[str, Any]] = []
        self.functions: dict[str, dict[str, Any]] = {}
        self.denied: set[str] = set()
        self.calls: list[str] = []
        self._mock = mock_aws()

    def __enter__(self) -> Account:
        self._mock.start()
        session = self._session = botocore.session.Session()
        for service in ("sesv2", "ses", "iam", "lambda", "cloudwatch-logs"):
            session.register(f"before-call.{service}", self._before)
        boto3.setup_default_session(botocore_session=session, region_name=self.region)
        self.iam = boto3.client("iam")
        self.iam.create_user(UserName=USER)
        return self

    def __exit__(self, *error: object) -> None:
        boto3.DEFAULT_SESSION = None
        self._mock.stop()

    def hold(self, access: str, secret: str) -> None:
        """Make these the keys at hand, as an operator has them in the environment."""
        self._session.set_credentials(access, secret)

    def add_key(self) -> tuple[str, str]:
        """A new access key of the SMTP user: its id and its secret."""
        key = self.iam.create_access_key(UserName=USER)["AccessKey"]
        return str(key["AccessKeyId"]), str(key["SecretAccessKey"])

    def log(self, group: str, when: str, line: str) -> None:
        """A line in a log group; `when` is ISO 8601 with an offset."""
        logs = boto3.client("logs")
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName="all")
        moment = int(datetime.datetime.fromisoformat(when).timestamp() * 1000)
        events = [{"timestamp": moment, "message": line}]
        logs.put_log_events(logGroupName=group, logStreamName="all", logEvents=events)

    def _before(self, model: Any, params: Any, **_: object) -> Any:
        self.calls.append(model.name)
        if model.name in self.denied:
            error = {"Code": "AccessDeniedException", "Message": "not authorized"}
            return AWSResponse(None, 403, {}, None), {"Error": error}
        answer = self._answer(model.name, params)
        if answer is None:
            return None
        status, parsed = answer
        if status == 200:
            report = ParamValidator().validate(parsed, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return AWSResponse(None, status, {}, None), parsed

    def _answer(self, name: str, params: Any) -> tuple[int, dict[str, Any]] | None:
        missing = {"Error": {"Code": "NotFoundException", "Message": "not found"}}
        path = str(params.get("url_path", "")).rstrip("/").split("/")
        if name == "GetAccount":
            return 200, self.account
        if name == "GetEmailIdentity" and unquote(path[-1]) in self.identities:
            return 200, self.identities[unquote(path[-1])]
        if name == "GetSuppressedDestination":
            address = unquote(path[-1])
            if address not in self.suppressed:
                return 404, missing
            reason, since = self.suppressed[address]
            entry = {"EmailAddress": address, "Reason": reason, "LastUpdateTime": since}
            return 200, {"SuppressedDestination": entry}
        if name == "GetConfigurationSetEventDestinations":
            found = self.events.get(path[-2])
            return (404, missing) if found is None else (200, {"EventDestinations": found})
        if name == "GetSendStatistics" and self.statistics:
            return 200, {"SendDataPoints": self.statistics}
        if name == "GetFunctionConfiguration" and path[-2] in self.functions:
            return 200, self.functions[path[-2]]
        return None  # moto's
