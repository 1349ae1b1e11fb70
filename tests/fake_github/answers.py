"""Requests, answers and how these are written; refusals in GitHub's own words, from `refusals.json`."""

import gzip
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

DEFAULT_VERSION = "2022-11-28"
VERSIONS = (DEFAULT_VERSION, "2026-03-10")
JSON_TYPE = "application/json; charset=utf-8"
REASONS = {status.value: status.phrase for status in HTTPStatus}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection of a client; `opened_at` is monotonic."""

    number: int = field(default_factory=lambda: next(_numbers))
    opened_at: float = field(default_factory=time.monotonic)


@dataclass(slots=True, eq=False)
class Request:
    """A GET; `target` is the path with its query, names of headers are in lower case."""

    target: str
    headers: Mapping[str, str]
    connection: Connection
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        path, _, query = self.target.partition("?")
        self.path, self.query = unquote(path), dict(parse_qsl(query, keep_blank_values=True))

    @property
    def version(self) -> str:
        return self.headers.get("x-github-api-version", DEFAULT_VERSION)

    def number(self, name: str, default: int) -> int:
        """A positive number of the query; nonsense is the default."""
        text = self.query.get(name, "")
        return int(text) if text.isdecimal() and int(text) > 0 else default


@dataclass(slots=True)
class Answer:
    """Status, body before any encoding, and headers with names in lower case."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def compress(self) -> None:
        if self.body and "content-encoding" not in self.headers:
            self.body = gzip.compress(self.body, 1, mtime=0)
            self.headers["content-encoding"] = "gzip"


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


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"content-type": JSON_TYPE, **(headers or {})})


def refused(name: str, headers: Mapping[str, str] | None = None, **words: str) -> Answer:
    """The refusal of this name in `refusals.json`, with other headers, and some of its words replaced."""
    recorded = refusals()[name]
    body = recorded["body"] if isinstance(recorded["body"], str) else json.dumps(recorded["body"])
    for word, other in words.items():
        body = body.replace(word, other)
    kind = recorded["headers"].get("content-type", JSON_TYPE)
    return Answer(recorded["status"], body.encode(), {"content-type": kind, **(headers or {})})


def refusal(status: int, text: str) -> Answer:
    """A refusal in GitHub's usual form."""
    docs = "https://docs.github.com/rest"
    return json_answer({"message": text, "documentation_url": docs, "status": str(status)}, status)


def retired_version(version: str) -> Answer:
    return refusal(410, f"API version {version} is no longer supported.")


@cache
def refusals() -> dict[str, Any]:
    """What GitHub answers when it refuses, by a name of ours: status, headers and body."""
    recorded = json.loads(Path(__file__).with_name("refusals.json").read_text("utf-8"))
    return {each["name"]: each for each in recorded}
