"""Faults to come: each replaces, changes or spoils the answers to some requests, once or several times.

The cases below have names; `cases.unicorn_502().on("*/views").repeated(3)` says where and how often.
"""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import cache, partial
from threading import Event, Lock
from typing import Any, Self
from zlib import DEFLATED, MAX_WBITS, compressobj

from tests.fake_github.answers import (
    JSON_TYPE,
    Answer,
    Request,
    head,
    json_answer,
    message,
    refusal,
    refused,
    retired_version,
)

FOR_EVER = -1
MEGABYTE = 1 << 20
Send = Callable[[socket.socket, Answer, Event], bool]
"""Writes an answer in its own way; says whether the connection may go on. The event is set when the server stops."""


@dataclass(slots=True)
class Fault:
    """What to do instead: `status`, `body` (bytes, text or a JSON value) and `headers` (None takes one away) replace.

    `change` gets the real body as a value and returns another; `rework` gets the real answer and the request.
    `send` writes it in a way of its own. `path` is a pattern for the path ("*/traffic/clones"), `times` how often.
    """

    status: int | None = None
    body: object = ...
    headers: Mapping[str, str | None] = field(default_factory=dict)
    change: Callable[[Any], Any] | None = None
    rework: Callable[[Answer, Request], Answer] | None = None
    send: Send | None = None
    path: str = "*"
    times: int = 1

    def on(self, path: str) -> Self:
        """The same for the paths of this pattern."""
        return replace(self, path=path)

    def repeated(self, times: int = FOR_EVER) -> Self:
        """The same so many times, or for ever."""
        return replace(self, times=times)

    def apply(self, answer: Answer, request: Request) -> Answer:
        """The answer to send instead of the real one."""
        if self.change is not None:
            answer.body = json.dumps(self.change(json.loads(answer.body))).encode()
        if self.body is not ...:
            body = self.body if isinstance(self.body, str | bytes) else json.dumps(self.body)
            answer.body = body.encode() if isinstance(body, str) else body
        if self.change is not None or self.body is not ... or self.status is not None:
            answer.headers.pop("etag", None)
        answer.status = self.status or answer.status
        if self.rework is not None:
            answer = self.rework(answer, request)
        for name, value in self.headers.items():
            answer.headers.pop(name, None)
            if value is not None:
                answer.headers[name] = value
        return answer


class FaultQueue:
    """The faults that wait, in the order in which they were added; the first whose path fits is used."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        self._waiting.extend(replace(fault) for fault in faults)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault that this request meets."""
        with self._lock:
            for fault in self._waiting:
                if fnmatchcase(request.path, fault.path):
                    fault.times -= 1
                    if fault.times == 0:
                        self._waiting.remove(fault)
                    return fault
        return None


def answered(answer: Answer) -> Fault:
    """One of GitHub's own refusals, at a wrong time."""
    return Fault(answer.status, answer.body, answer.headers)


# Broken connections


def _hang_up(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    return False


def _send_half(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    whole = message(answer)
    connection.sendall(whole[: len(whole) - (len(answer.body) + 1) // 2])
    return False


def _send_half_and_reset(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    _send_half(connection, answer, stopping)
    stopping.wait(0.02)  # a reset discards what the other side has not read yet
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()
    return False


def _send_chunks_without_end(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    connection.sendall(message(answer, chunked=True)[: -len(b"0\r\n\r\n")])
    return False


def _send_head(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    answer.headers["content-length"] = str(len(answer.body))
    connection.sendall(head(answer))
    stopping.wait(60)
    return False


def _send_nothing(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    stopping.wait(60)
    return False


closed_before_answer = partial(Fault, send=_hang_up)
reset_in_body = partial(Fault, send=_send_half_and_reset)
truncated_body = partial(Fault, send=_send_half)
chunked_without_end = partial(Fault, send=_send_chunks_without_end)
headers_then_nothing = partial(Fault, send=_send_head)
no_answer = partial(Fault, send=_send_nothing)


def slow_drip(interval_s: float) -> Fault:
    """The head at once, the body a byte at a time."""

    def send(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
        answer.headers["content-length"] = str(len(answer.body))
        connection.sendall(head(answer))
        for byte in answer.body:
            if stopping.wait(interval_s):
                return False
            connection.sendall(bytes([byte]))
        return True

    return Fault(send=send)


def huge_body(megabytes: int) -> Fault:
    """One great list of numbers, written piece by piece until the client has enough of it."""

    def send(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
        piece = b"12345678," * (MEGABYTE // 9)
        answer.headers["content-length"] = str(len(piece) * megabytes + 3)
        connection.sendall(head(answer) + b"[")
        for _ in range(megabytes):
            connection.sendall(piece)
        connection.sendall(b"0]")
        return True

    return Fault(send=send)


def gzip_bomb(megabytes: int) -> Fault:
    """Small on the wire, far too much when unpacked: zeros in a JSON list."""
    return Fault(body=_bomb(megabytes), headers={"content-encoding": "gzip"})


@cache
def _bomb(megabytes: int) -> bytes:
    packer = compressobj(6, DEFLATED, MAX_WBITS | 16)
    pieces = [packer.compress(b"0," * (MEGABYTE // 2)) for _ in range(megabytes)]
    return b"".join([packer.compress(b"["), *pieces, packer.compress(b"0]"), packer.flush()])


# Useless bodies and statuses

_HTML = {"content-type": "text/html; charset=utf-8"}
_LOGIN_PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body>Welcome.</body></html>\n"
_UNICORN = refused("html_unicorn_502").body

wrong_content_encoding = partial(Fault, headers={"content-encoding": "gzip"})
wrong_content_type = partial(Fault, headers={"content-type": "text/plain"})
html_with_200 = partial(Fault, 200, _LOGIN_PAGE, _HTML)
malformed_json = partial(Fault, 200, '{"count": 12, "uniques": ')
empty_body = partial(Fault, 200, b"")
null_body = partial(Fault, 200, b"null")
wrong_top_type = partial(Fault, 200, change=lambda body: {} if isinstance(body, list) else [body])
error_object_with_200 = partial(Fault, 200, {"message": "Server Error"})
accepted_202 = partial(Fault, 202, {})
no_content_204 = partial(Fault, 204, b"")
not_modified_unasked = partial(Fault, 304, b"")
unicorn_502 = partial(Fault, 502, _UNICORN, _HTML)
html_503_labelled_json = partial(Fault, 503, _UNICORN, {"content-type": JSON_TYPE})
not_found_once = partial(answered, refused("not_found"))
pages_limited_422 = partial(answered, refused("pagination_limited"))
unsupported_version_400 = partial(answered, refused("bad_api_version"))
retired_version_410 = partial(answered, retired_version("2022-11-28"))


def server_error(status: int, key: str = "message") -> Fault:
    """500, 502, 503 or 504; older answers have `error` instead of `message`."""
    return Fault(status, {key: "Server Error"})


def bad_credentials_401(text: str = "Bad credentials") -> Fault:
    """The token is refused, rightly or not."""
    return answered(refusal(401, text))


# Redirects


def redirect(status: int, location: Callable[[Request], str | None]) -> Fault:
    """A redirect to a place made from the request; None leaves the header out."""

    def rework(answer: Answer, request: Request) -> Answer:
        place = location(request)
        headers = {name: value for name, value in answer.headers.items() if name != "etag"}
        return json_answer({}, status, headers if place is None else {**headers, "location": place})

    return Fault(rework=rework)


def redirect_loop() -> Fault:
    return redirect(301, lambda request: f"http://{request.headers['host']}{request.target}").repeated()


def redirect_to_other_host() -> Fault:
    """To the same server under another host name, where a token must not be sent: it would be seen there."""
    return redirect(301, lambda request: f"http://localhost:{request.headers['host'].split(':')[-1]}{request.target}")


def redirect_to_plain_http() -> Fault:
    """To another, unencrypted address, at which nothing listens."""
    return redirect(301, lambda request: f"http://127.0.0.1:1{request.target}")


def relative_redirect() -> Fault:
    """To a place on the same host, named without scheme and host."""
    return redirect(301, lambda request: f"{request.target}?from=elsewhere")


# Limits


def strange_retry_after(value: str) -> Fault:
    """A secondary limit with a `retry-after` that is too long, negative, a text or a date."""
    return Fault(429, refused("secondary_limit").body, {"retry-after": value})


def primary_limit_with_reset(reset: Callable[[datetime], str | None]) -> Fault:
    """The primary limit with a reset made from GitHub's time; None leaves the header out."""

    def rework(answer: Answer, request: Request) -> Answer:
        limit = refused("primary_limit_user")
        limit.headers = {**answer.headers, **limit.headers, "x-ratelimit-remaining": "0"}
        value = reset(parsedate_to_datetime(answer.headers["date"]))
        limit.headers.pop("x-ratelimit-reset", None)
        if value is not None:
            limit.headers["x-ratelimit-reset"] = value
        return limit

    return Fault(rework=rework)


reset_in_the_past = partial(primary_limit_with_reset, lambda now: str(int(now.timestamp()) - 3600))
reset_in_milliseconds = partial(primary_limit_with_reset, lambda now: str((int(now.timestamp()) + 60) * 1000))
reset_missing = partial(primary_limit_with_reset, lambda _: None)
reset_far_ahead = partial(primary_limit_with_reset, lambda now: str(int(now.timestamp()) + 365 * 86400))
limit_text_with_remaining = partial(answered, refused("secondary_limit"))
_LIMIT_HEADERS = [f"x-ratelimit-{name}" for name in ("limit", "remaining", "used", "reset", "resource")]
no_limit_headers = partial(Fault, headers=dict.fromkeys(_LIMIT_HEADERS))
