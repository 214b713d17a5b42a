"""The two failures that look alike: a login rotated away, and a rule of the recipient's."""

from __future__ import annotations

import smtplib
import ssl
from typing import Final

from classifier.diagnose.ses_password import derive
from tests.replay.gmail import send_as
from tests.replay.world import DOMAIN, RECIPIENT, RELAY_HOST, World

__all__ = ["play_policy", "play_rotation"]

_MAIL: Final = (
    f"From: mira@{DOMAIN}\r\nTo: {RECIPIENT}\r\nSubject: Glaze samples for the spring set\r\n"
    "Date: Tue, 12 May 2026 10:54:18 +0200\r\nMessage-ID: <glaze-0orders@mail.gmail.test>\r\n"
    'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="UTF-8"\r\n\r\n'
    "The three glaze samples leave the kiln on Thursday.\r\n"
).encode()


def play_rotation(world: World) -> tuple[bytes, str, str]:
    """Somebody rotates the access key, and Gmail goes on with the old password.

    The bounce, and the user and password that Gmail has stored.
    """
    old_user, old_password = world.user, world.password
    # the new key is in use at the relay; the old one is deleted, as rotation wants it
    world.user, world.secret = world.account.add_key()
    world.password = derive(world.secret, world.account.region)
    world.relay.users.clear()
    world.relay.users[world.user] = world.password
    owner = world.account.iam.get_access_key_last_used(AccessKeyId=old_user)["UserName"]
    world.account.iam.delete_access_key(UserName=owner, AccessKeyId=old_user)
    tls = ssl.create_default_context(cafile=world.cafile)
    bounce = send_as(_MAIL, (RELAY_HOST, world.relay.port), tls, old_user, old_password)
    if bounce is None:
        raise RuntimeError("the relay took a password that it should refuse")
    return bounce, old_user, old_password


def play_policy(world: World) -> bytes:
    """The application's way: the relay takes the mail, and the recipient's rule refuses it."""
    client = smtplib.SMTP("127.0.0.1", world.relay.port, timeout=10)
    client._host = RELAY_HOST  # type: ignore[attr-defined]
    with client:
        client.starttls(context=ssl.create_default_context(cafile=world.cafile))
        client.login(world.user, world.password)
        client.sendmail(f"mira@{DOMAIN}", [RECIPIENT], _MAIL)
    if not world.exchange.reports:
        raise RuntimeError("the receiver let through what its rule should refuse")
    return world.exchange.reports[-1]
