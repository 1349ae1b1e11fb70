"""Faults to come: each replaces, changes or spoils the answers to some requests, once or several times."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Event, Lock
from typing import Any

from tests.simulated_github.answers import Answer
from tests.simulated_github.wire import Request

FOR_EVER = -1
Rework = Callable[[Answer, Request], Answer]
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
    rework: Rework | None = None
    send: Send | None = None
    path: str = "*"
    times: int = 1

    def on(self, path: str) -> "Fault":
        """The same for the paths of this pattern."""
        self.path = path
        return self

    def repeated(self, times: int = FOR_EVER) -> "Fault":
        """The same so many times, or for ever."""
        self.times = times
        return self

    def apply(self, answer: Answer, request: Request) -> Answer:
        """The answer to send instead of the real one."""
        if self.change is not None:
            answer.body = _written(self.change(answer.json()))
        if self.body is not ...:
            answer.body = _written(self.body)
        if self.change is not None or self.body is not ... or self.status is not None:
            answer.headers.pop("etag", None)
        answer.status = self.status or answer.status
        if self.rework is not None:
            answer = self.rework(answer, request)
        for name, value in self.headers.items():
            answer.headers.pop(name.lower(), None)
            if value is not None:
                answer.headers[name.lower()] = value
        return answer


def _written(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


class FaultQueue:
    """The faults that wait, in the order in which they were added; the first whose path fits is used."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        """Let these happen next."""
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Let nothing happen any more."""
        with self._lock:
            self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, request: Request) -> Fault | None:
        """The fault that this request meets."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if fnmatchcase(request.path, fault.path):
                    fault.times -= 1
                    if fault.times == 0:
                        self._waiting.remove(fault)
                    return fault
        return None
