"""aiosmtpd on a port that the system chooses."""

from __future__ import annotations

import asyncio
from typing import Self

from aiosmtpd.controller import Controller

__all__ = ["Loopback", "Player"]


class Loopback(Controller):
    """A controller whose `port` is known once it has started."""

    def __init__(self, handler: object, **settings: object) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=0, **settings)  # type: ignore[arg-type]

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Player:
    """Plays a server on one free port of 127.0.0.1 while the `with` lasts."""

    _server: Loopback

    @property
    def port(self) -> int:
        """The port; 0 before the server has started."""
        return int(self._server.port)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop(no_assert=True)
