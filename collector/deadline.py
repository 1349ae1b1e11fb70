"""Connections whose answers have a deadline of their own, however slowly they drip: status, headers and body together.

The timeout of a socket is for one reading only: a byte every few seconds would keep a call alive for ever.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

READ_TIMEOUT_S = 20.0
DEADLINE_S = 30.0


class _TimedReader(io.RawIOBase):
    """Reads a socket; no reading lasts beyond the moment at which the whole answer must be there."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket, self._raw = sock, sock.makefile("rb", buffering=0)
        self._give_up_at = time.monotonic() + DEADLINE_S

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Some bytes. Raises TimeoutError."""
        left = self._give_up_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._socket.settimeout(min(READ_TIMEOUT_S, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket; the connection may be used again."""
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedTlsConnection(HTTPSConnection):
    response_class = _TimedResponse


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


TIMED_POOLS: dict[str, type] = {"http": _TimedPool, "https": _TimedTlsPool}
