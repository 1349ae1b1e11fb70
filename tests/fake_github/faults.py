"""Faults to come, and cases that have names: `cases.unicorn_502().on("*/views").repeated(3)`."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from threading import Lock
from typing import Any, Self

from tests.fake_github.answers import Answer, Request, message, refused

FOR_EVER = -1
RESET = "the connection is reset"
Send = Callable[[Answer], Iterable[bytes | float | str]]
"""Writes an answer in its own way, in bytes, seconds to wait, or RESET; then the connection ends."""


@dataclass(slots=True)
class Fault:
    """What to do instead: `status`, `body` (bytes, text or a JSON value) and `headers` (None takes one away) replace.

    `change` gets the real body as a value and returns another; `rework` gets the real answer and the request.
    `path` is a pattern for the path ("*/traffic/clones"), `times` how often.
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
        return replace(self, path=path)

    def repeated(self, times: int = FOR_EVER) -> Self:
        return replace(self, times=times)

    def apply(self, answer: Answer, request: Request) -> Answer:
        """The answer to send instead of the real one."""
        body = self.body if self.change is None else self.change(json.loads(answer.body))
        if body is not ...:
            text = body if isinstance(body, str | bytes) else json.dumps(body)
            answer.body = text.encode() if isinstance(text, str) else text
        if body is not ... or self.status is not None:
            answer.headers.pop("etag", None)
        answer.status = self.status or answer.status
        if self.rework is not None:
            answer = self.rework(answer, request)
        headers = {**answer.headers, **self.headers}
        answer.headers = {name: value for name, value in headers.items() if value is not None}
        return answer


class FaultQueue(list[Fault]):
    """The faults that wait, in the order in which they were added; the first whose path fits is used."""

    _lock = Lock()

    def add(self, *faults: Fault) -> None:
        self.extend(replace(fault) for fault in faults)

    def take(self, request: Request) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self if fnmatchcase(request.path, fault.path)), None)
            if fault is not None:
                fault.times -= 1
                if fault.times == 0:
                    self.remove(fault)
            return fault


def answered(answer: Answer) -> Fault:
    """One of GitHub's own refusals, at a wrong time."""
    return Fault(answer.status, answer.body, answer.headers)


closed_before_answer = partial(Fault, send=lambda _: [])
truncated_body = partial(Fault, send=lambda answer: [message(answer)[: -len(answer.body) // 2]])
reset_in_body = partial(Fault, send=lambda answer: [message(answer)[: -len(answer.body) // 2], 0.02, RESET])

_HTML = {"content-type": "text/html; charset=utf-8"}
_LOGIN_PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body>Welcome.</body></html>\n"
UNICORN = refused("html_unicorn_502").body

wrong_content_encoding = partial(Fault, headers={"content-encoding": "gzip"})
html_with_200 = partial(Fault, 200, _LOGIN_PAGE, _HTML)
malformed_json = partial(Fault, 200, '{"count": 12, "uniques": ')
wrong_top_type = partial(Fault, 200, change=lambda body: {} if isinstance(body, list) else [body])
error_object_with_200 = partial(Fault, 200, {"message": "Server Error"})
accepted_202 = partial(Fault, 202, {})
no_content_204 = partial(Fault, 204, b"")
unicorn_502 = partial(Fault, 502, UNICORN, _HTML)
not_found_once = partial(answered, refused("not_found"))
unsupported_version_400 = partial(answered, refused("bad_api_version"))
retired_version_410 = partial(Fault, 410, {"message": "API version 2026-03-10 is no longer supported."})


def bad_credentials_401(text: str = "Bad credentials") -> Fault:
    return Fault(401, {"message": text})


def redirect(status: int, location: Callable[[Request], str | None]) -> Fault:
    """A redirect to a place made from the request; None leaves the header out."""

    def rework(answer: Answer, request: Request) -> Answer:
        place = location(request)
        return Answer(status, b"{}", answer.headers | ({} if place is None else {"location": place}))

    return Fault(rework=rework)


redirect_loop = partial(redirect, 301, lambda request: f"http://{request.headers['host']}{request.target}")
redirect_to_other_host = partial(
    redirect, 301, lambda request: f"http://localhost:{request.headers['host'][10:]}{request.target}"
)
"""To the same server under another name, where a token must not be sent: it would be seen there."""
