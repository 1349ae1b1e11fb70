"""Requests, answers and how these are written; refusals in GitHub's own words, from `refusals.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(slots=True, eq=False)
class Request:
    """A GET, or a POST with a body; `target` is the path with its query, names of headers are in lower case,
    connections are numbered.
    """

    target: str
    headers: Mapping[str, str]
    connection: int
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def __post_init__(self) -> None:
        path, _, query = self.target.partition("?")
        self.path, self.query = unquote(path), dict(parse_qsl(query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """What a form has sent."""
        return dict(parse_qsl((self.body or b"").decode()))


@dataclass(slots=True)
class Answer:
    """Status, body, and headers with names in lower case."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def head(answer: Answer) -> bytes:
    """The status line and the headers, with the empty line after them."""
    headers = dict(answer.headers)
    if "transfer-encoding" not in headers and answer.status not in (204, 304):
        headers.setdefault("content-length", str(len(answer.body)))
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def message(answer: Answer, chunked: bool = False) -> bytes:
    if answer.status in (204, 304):
        return head(answer)
    if not chunked:
        return head(answer) + answer.body
    answer.headers["transfer-encoding"] = "chunked"
    chunk = b"%x\r\n%b\r\n" % (len(answer.body), answer.body) if answer.body else b""
    return head(answer) + chunk + b"0\r\n\r\n"


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"content-type": JSON_TYPE, **(headers or {})})


def refused(name: str, headers: Mapping[str, str] | None = None) -> Answer:
    """The refusal of this name in `refusals.json`, with headers of its own."""
    recorded = refusals()[name]
    body = recorded["body"] if isinstance(recorded["body"], str) else json.dumps(recorded["body"])
    kind = recorded["headers"].get("content-type", JSON_TYPE)
    return Answer(recorded["status"], body.encode(), {"content-type": kind, **(headers or {})})


@cache
def refusals() -> dict[str, Any]:
    """What GitHub answers when it refuses, by a name of ours: status, headers and body."""
    recorded = json.loads(Path(__file__).with_name("refusals.json").read_text("utf-8"))
    return {each["name"]: each for each in recorded}
