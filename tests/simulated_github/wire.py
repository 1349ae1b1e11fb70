"""Requests read from a socket and answers written to one: HTTP/1.1, as little of it as a server of JSON needs.

The library's own request handler parses headers as mail, which costs more than everything else here together.
"""

import gzip
import itertools
import socket
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedIOBase
from socketserver import StreamRequestHandler
from urllib.parse import parse_qsl, unquote

from tests.simulated_github.answers import Answer

REASONS = {status.value: status.phrase for status in HTTPStatus}
GREATEST_LINE = 65536
_numbers = itertools.count(1)


@dataclass(slots=True, eq=False)
class Connection:
    """A connection of a client, numbered, with the moment (monotonic) at which it was opened."""

    number: int = field(default_factory=lambda: next(_numbers))
    opened_at: float = field(default_factory=time.monotonic)


@dataclass(slots=True, eq=False)
class Request:
    """A request; names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    connection: Connection
    body: bytes = b""
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    keep_alive: bool = True

    def __post_init__(self) -> None:
        path, _, query = self.target.partition("?")
        self.path = unquote(path) if "%" in path else path
        if query:
            self.query = dict(parse_qsl(query, keep_blank_values=True))


def read_request(file: BufferedIOBase, connection: Connection) -> Request | None:
    """The next request of a connection, or None at its end."""
    line = file.readline(GREATEST_LINE)
    words = line.split()
    if len(words) != 3:
        return None
    headers: dict[str, str] = {}
    while (raw := file.readline(GREATEST_LINE)) not in (b"\r\n", b"\n", b""):
        name, _, value = raw.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    length = headers.get("content-length", "")
    body = file.read(int(length)) if length.isdigit() else b""
    method, target = words[0].decode("latin-1"), words[1].decode("latin-1")
    keep_alive = words[2] == b"HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Request(method, target, headers, connection, body, keep_alive=keep_alive)


def compress(request: Request, answer: Answer) -> None:
    """Pack the body where the client can unpack it."""
    if (
        answer.body
        and "content-encoding" not in answer.headers
        and "gzip" in request.headers.get("accept-encoding", "")
    ):
        answer.body = gzip.compress(answer.body, 1, mtime=0)
        answer.headers["content-encoding"] = "gzip"


def head(answer: Answer) -> bytes:
    """The status line and the headers, with the empty line after them."""
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def message(answer: Answer, chunked: bool = False) -> bytes:
    """The whole answer as it goes over the wire."""
    if answer.status in (204, 304):
        return head(answer)
    if chunked:
        answer.headers["transfer-encoding"] = "chunked"
        chunk = b"%x\r\n%b\r\n" % (len(answer.body), answer.body) if answer.body else b""
        return head(answer) + chunk + b"0\r\n\r\n"
    answer.headers.setdefault("content-length", str(len(answer.body)))
    return head(answer) + answer.body


class ConnectionHandler(StreamRequestHandler):
    """Serves the requests of one connection; what it does with each is the server's `exchange`."""

    disable_nagle_algorithm = True
    wbufsize = 0

    def handle(self) -> None:
        """Read and answer until the client leaves or the answer ends the connection."""
        connection = Connection()
        try:
            while (request := read_request(self.rfile, connection)) is not None:
                if not self.server.exchange(request, self.request) or not request.keep_alive:  # type: ignore[attr-defined]
                    return
        except OSError:
            return

    def finish(self) -> None:
        """Close what is left; the client may have gone."""
        try:
            super().finish()
        except OSError:
            return


def reset(connection: socket.socket) -> None:
    """Close so that the other side sees a reset instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()
