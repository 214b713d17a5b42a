"""Play both stories on loopback, and let `whybounce diagnose` say what happened."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from classifier.cli import app
from tests.replay.account import REGION
from tests.replay.stories import play_policy, play_rotation
from tests.replay.world import RELAY_HOST, World, open_world

__all__ = ["main", "run"]

_FIRST = """
1. Gmail sends as the author, by the login at the relay that was stored once. Since then
   somebody rotated the access key. Gmail's bounce says "535 Authentication Credentials
   Invalid", and nothing of who has to act.
"""
_SECOND = """
2. The application sends the same mail by the same relay, with the new key. The relay
   takes it; the recipient's Exchange Online finds it authentic, and refuses it by a rule.
"""


def main() -> None:
    """Both stories, with the program's own output."""
    with tempfile.TemporaryDirectory() as name, open_world(Path(name)) as world:
        folder = Path(name)
        _say(_FIRST)
        bounce, user, password = play_rotation(world)
        first = folder / "send-as-bounce.eml"
        first.write_bytes(bounce)
        stored = {"WHYBOUNCE_SMTP_USER": user, "WHYBOUNCE_SMTP_PASSWORD": password}
        relay = ["--relay", f"{RELAY_HOST}:{world.relay.port}"]
        run(world, ["diagnose", str(first), *relay], stored)
        _say(_SECOND)
        second = folder / "rule-bounce.eml"
        second.write_bytes(play_policy(world))
        run(world, ["diagnose", str(second)], {})
        run(world, ["diagnose", str(second), "--letter", "-"], {})


def run(world: World, arguments: Sequence[str], variables: dict[str, str]) -> int:
    """Print a command and run it, with the replay's DNS and Amazon; its exit status."""
    shown = [Path(each).name if each.startswith(os.sep) else each for each in arguments]
    _say(f"$ whybounce {' '.join(shown)}\n")
    form = [] if "--letter" in arguments else ["--format", "text"]
    whole = [*arguments, *form, "--dns", world.dns]
    with _environment(world, variables):
        return int(app(whole, prog_name="whybounce", standalone_mode=False) or 0)


@contextlib.contextmanager
def _environment(world: World, variables: dict[str, str]) -> Iterator[None]:
    """Variables as an operator would have set them; the others stay as they are."""
    wanted = {"SSL_CERT_FILE": world.cafile, "AWS_DEFAULT_REGION": REGION, **variables}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
