"""Amazon's API, read-only: each call with the permission it needs, bounded, and asked once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

__all__ = ["PERMISSIONS", "Aws", "Denied", "Keys", "Silent"]

#: Every operation that is ever called, and the permission that its caller needs.
PERMISSIONS: Final[Mapping[tuple[str, str], str]] = {
    ("sesv2", "get_account"): "ses:GetAccount",
    ("sesv2", "get_email_identity"): "ses:GetEmailIdentity",
    ("sesv2", "get_suppressed_destination"): "ses:GetSuppressedDestination",
    ("sesv2", "get_configuration_set_event_destinations"): (
        "ses:GetConfigurationSetEventDestinations"
    ),
    ("ses", "get_send_statistics"): "ses:GetSendStatistics",
    ("iam", "get_access_key_last_used"): "iam:GetAccessKeyLastUsed",
    ("iam", "list_access_keys"): "iam:ListAccessKeys",
    ("lambda", "get_function_configuration"): "lambda:GetFunctionConfiguration",
    ("logs", "filter_log_events"): "logs:FilterLogEvents",
}
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_ABSENT: Final = frozenset(
    {"NotFoundException", "NoSuchEntity", "ResourceNotFoundException", "NoSuchEntityException"}
)
_BAD_KEYS: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}
    | {"ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId"}
)


class Denied(Exception):
    """The keys at hand lack a permission, which is the argument."""


class Silent(Exception):
    """Amazon could not be asked; the argument says why."""


class Keys(msgspec.Struct, frozen=True):
    """The access keys at hand. The secret is only ever compared, in this process."""

    access: str
    secret: Callable[[], str]
    temporary: bool

    def __repr__(self) -> str:
        return f"Keys({self.access!r}, ...)"


class Aws:
    """The account that the keys at hand belong to, in one region. Safe to use in threads."""

    def __init__(self, region: str, timeout: float = 10.0) -> None:
        """`timeout` in seconds, of one call."""
        self.region = region
        self._timeout = timeout
        self._lock = threading.RLock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._known: dict[str, dict[str, Any] | Exception | None] = {}

    def keys(self) -> Keys | None:
        """The keys that boto3 finds, in the environment, its files or the machine's role."""
        try:
            import boto3
        except ImportError:
            return None
        with self._lock:
            session = boto3.DEFAULT_SESSION or boto3.session.Session()
            found = session.get_credentials()
            if found is None:
                return None
            frozen = found.get_frozen_credentials()

        def reveal() -> str:
            return str(frozen.secret_key)

        return Keys(str(frozen.access_key), reveal, bool(frozen.token))

    def ask(
        self, service: str, operation: str, region: str | None = None, **parameters: object
    ) -> dict[str, Any] | None:
        """The response to one call; None where what it asks for does not exist.

        Raises `Denied` where a permission is missing, `Silent` where no answer came.
        """
        key = repr((service, operation, region, sorted(parameters.items())))
        with self._lock:  # one at a time, which also keeps below Amazon's rates
            if key not in self._known:
                self._known[key] = self._ask(service, operation, region, parameters)
            known = self._known[key]
        if isinstance(known, Exception):
            raise known
        return known

    def _ask(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, object]
    ) -> dict[str, Any] | Exception | None:
        permission = PERMISSIONS[service, operation]
        try:
            import botocore.exceptions
        except ImportError:
            return Silent("needs boto3: pip install 'whybounce[aws]'")
        try:
            client = self._client(service, region or self.region)
            response: dict[str, Any] = getattr(client, operation)(**parameters)
        except botocore.exceptions.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _DENIED:
                return Denied(permission)
            if code in _ABSENT:
                return None
            if code in _BAD_KEYS:
                return Silent(f"Amazon refuses the access keys at hand ({code})")
            return Silent(f"{permission}: Amazon answers {code or 'with an error'}")
        except (
            botocore.exceptions.NoCredentialsError,
            botocore.exceptions.PartialCredentialsError,
        ):
            return Silent("there are no AWS credentials at hand")
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            return Silent(f"{permission}: no answer from Amazon ({type(error).__name__})")
        return response

    def _client(self, service: str, region: str) -> Any:
        import boto3
        from botocore.config import Config

        if (service, region) not in self._clients:
            patience = max(1.0, self._timeout / 3)
            config = Config(
                connect_timeout=patience,
                read_timeout=patience,
                retries={"max_attempts": 1, "mode": "standard"},
                user_agent_extra="whybounce",
            )
            self._clients[service, region] = boto3.client(
                service, region_name=region, config=config
            )
        return self._clients[service, region]
