"""What DuckDB says of a query that failed, in words for whoever wrote it: what is wrong, where, and what to do. Pure.

A sentence here names no path, no setting and nothing of the server; it may repeat what the query itself says.

SandboxError        the query has no result; the sentence says why
├── QueryFailed     the statement is wrong, not allowed, or wants too much; with the place, where it is known
├── QueryTooLong    it was ended at the deadline
├── QueryCancelled  it was ended because somebody asked for it
└── SandboxBusy     too many queries run already
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 600  # characters: a name may be as long as its writer likes
NOT_HERE = "A query here reads the database and nothing else: no files, no addresses, no extensions."
READ_ONLY = "A query here only reads: nothing can be added, changed or removed."
NO_SETTINGS = "Settings cannot be changed here."
GENERAL = "DuckDB could not answer this query."
_PATH = re.compile(r"(?:(?<=\\n)|(?<![\w.]))(?:/[\w.+@~-]+){2,}/?")
OUR_FAULT = {"InternalException", "FatalException"}  # of DuckDB, told with addresses and paths of the server
_REPLACED = (
    (("file system operations are disabled", "is disabled by configuration", "Cannot access"), NOT_HERE),
    (("it exists in the", "installing and loading", "Extension "), NOT_HERE),
    (("read-only mode", "transaction is launched in read-only"), READ_ONLY),
    (("configuration has been locked", "Cannot change configuration"), NO_SETTINGS),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A sentence, and where in the statement (line and column from 1, characters), where DuckDB told it."""

    sentence: str
    line: int | None = None
    column: int | None = None


class SandboxError(Exception):
    """A query without a result, told in a sentence for people."""


class QueryFailed(SandboxError):
    """The statement is wrong, not allowed, or wants too much."""

    def __init__(self, told: Failure) -> None:
        super().__init__(told.sentence)
        self.failure = told


class QueryTooLong(SandboxError):
    """The query was ended at the deadline."""


class QueryCancelled(SandboxError):
    """The query was ended on request."""


class SandboxBusy(SandboxError):
    """Too many queries run already."""


def failure(told: Mapping[str, Any], statement: str, memory_mb: int) -> Failure:
    """The failure that the child process told, in words."""
    kind, message = str(told.get("failure", "")), str(told.get("message", ""))
    if kind == "Refused":
        return Failure(message[:LONGEST])
    if kind in {"OutOfMemoryException", "ArrowMemoryError", "MemoryError"} or "bad allocation" in message:
        return Failure(out_of_memory(memory_mb))
    if kind in OUR_FAULT or any(sign in message for sign in ("stack_trace", '"exception_type"')):
        return Failure(GENERAL)
    for signs, sentence in _REPLACED:
        if any(sign in message for sign in signs):
            return Failure(sentence)
    position = told.get("position")
    if isinstance(position, int) and 0 <= position <= len(statement.encode("utf-8", "replace")):
        return Failure(_sentence(message), *_place(statement, position))
    return Failure(_sentence(message))


def out_of_memory(memory_mb: int) -> str:
    """What is said of a query that wanted too much."""
    return (
        f"The query needs more memory than a query may have ({memory_mb:,} MB). Ask for fewer days or repositories, "
        "or let it add up before it sorts or joins."
    )


def _sentence(message: str) -> str:
    """DuckDB's own words, which are written for people, without what concerns the machine."""
    words = " ".join(message.partition("\n\nLINE ")[0].split())
    words = _PATH.sub("…", words.partition(" Possible solutions:")[0])[:LONGEST].strip()
    if not words:
        return GENERAL
    return words[0].upper() + words[1:] + ("" if words[-1] in ".!?…" else ".")


def _place(statement: str, position: int) -> tuple[int, int]:
    """Line and column of a position that is counted in bytes from 0."""
    before = statement.encode("utf-8", "replace")[:position].decode("utf-8", "ignore")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
