"""Untrusted SQL: a user's query runs in a process of its own that holds that user's rows and nothing else.

The process (sandbox_child.py) is started before it is needed, is handed the rows (tenant_extract.py) and the
statement, answers once and ends: with nothing of the server's environment, in an empty directory, in a session of its
own. Here is the side that stays: it says who may run how many, waits, kills, and says in words what went wrong.

SandboxError        the query has no result; the sentence says why
├── QueryFailed     the statement is wrong, not allowed, or wants too much; with the place, where it is known
├── QueryTooLong    it was ended at the deadline
├── QueryCancelled  it was ended because somebody asked for it
└── SandboxBusy     too many queries run already
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from struct import Struct
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame

from data.accounts.models import Viewer
from data.repositories.repositories import repositories
from data.sandbox.statement import LONGEST_STATEMENT, Value
from data.sandbox.tenant_extract import open_extract
from data.store import Store
from data.text import number_text

CHILD = Path(__file__).parent / "sandbox_child.py"
ENVIRONMENT = {
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve a gigabyte, more than the limit on memory allows
}
LENGTH = Struct("!Q")
LONGEST_HEAD = 100_000  # bytes of what is answered beside the rows
WAIT_S = 0.5  # for a process to have ended that has closed its socket
STARTING_S = 15.0  # a process that does not take its question for so long is broken
LONGEST = 600  # characters: a name may be as long as its writer likes
NOT_HERE = "Queries can only read the database: no files, no addresses, no extensions."
READ_ONLY = "Queries can only read: nothing can be added, changed or removed."
NO_SETTINGS = "Settings cannot be changed here."
GENERAL = "DuckDB could not answer this query."
_PATH = re.compile(r"(?:(?<=\\n)|(?<![\w.]))(?:/[\w.+@~-]+){2,}/?")
OUR_FAULT = {"InternalException", "FatalException"}  # of DuckDB; their messages hold addresses and paths of the server
_REPLACED = (
    (("file system operations are disabled", "is disabled by configuration", "Cannot access"), NOT_HERE),
    (("it exists in the", "installing and loading", "Extension "), NOT_HERE),
    (("read-only mode", "transaction is launched in read-only"), READ_ONLY),
    (("configuration has been locked", "Cannot change configuration"), NO_SETTINGS),
)


class SandboxError(Exception):
    """A query without a result; the message is a sentence for people."""


class QueryFailed(SandboxError):
    """The statement is at fault; where (line and column from 1, characters), if DuckDB reports it."""

    def __init__(self, sentence: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(sentence)
        self.line, self.column = line, column


class QueryTooLong(SandboxError):
    """The query was ended at the deadline."""


class QueryCancelled(SandboxError):
    """The query was ended on request."""


class SandboxBusy(SandboxError):
    """Too many queries run already."""


def failure(reply: Mapping[str, Any], statement: str, memory_mb: int) -> QueryFailed:
    kind, message = str(reply.get("failure", "")), str(reply.get("message", ""))
    if kind == "Refused":
        return QueryFailed(message[:LONGEST])
    if kind in {"OutOfMemoryException", "ArrowMemoryError", "MemoryError"} or "bad allocation" in message:
        return QueryFailed(_out_of_memory(memory_mb))
    if kind in OUR_FAULT or any(sign in message for sign in ("stack_trace", '"exception_type"')):
        return QueryFailed(GENERAL)
    for signs, sentence in _REPLACED:
        if any(sign in message for sign in signs):
            return QueryFailed(sentence)
    position = reply.get("position")
    if isinstance(position, int) and 0 <= position <= len(statement.encode("utf-8", "replace")):
        before = statement.encode("utf-8", "replace")[:position].decode("utf-8", "ignore")
        return QueryFailed(_sentence(message), before.count("\n") + 1, len(before) - before.rfind("\n"))
    return QueryFailed(_sentence(message))


def _out_of_memory(memory_mb: int) -> str:
    return (
        f"The query needs more than {number_text(memory_mb)} MB of memory. Choose fewer days or repositories, or "
        "aggregate before sorting or joining."
    )


def _sentence(message: str) -> str:
    """DuckDB's own words, which are written for people, without what concerns the machine."""
    words = " ".join(message.partition("\n\nLINE ")[0].split())
    words = _PATH.sub("…", words.partition(" Possible solutions:")[0])[:LONGEST].strip()
    if not words:
        return GENERAL
    return words[0].upper() + words[1:] + ("" if words[-1] in ".!?…" else ".")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may have, and how many may run at once."""

    seconds: float = 20.0
    rows: int = 10_000
    megabytes: int = 16  # of the result
    memory_mb: int = 512
    at_once: int = 4
    at_once_a_user: int = 2
    warm: int = 1  # processes that wait for a question


class Process:
    """One process, good for one question."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="query-"))
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own script, no shell, nothing of a user in it
                [sys.executable, "-I", str(CHILD)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._directory,
                env=ENVIRONMENT,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: bytes, file: int, limits: Limits) -> tuple[dict[str, Any], bytes]:
        """The answer. Raises: QueryTooLong, QueryFailed."""
        self._channel.settimeout(STARTING_S)
        most = (limits.megabytes << 20) * 2 + (1 << 20)
        try:
            socket.send_fds(self._channel, [LENGTH.pack(len(request))], [file])
            self._channel.sendall(request)
            deadline = time.monotonic() + limits.seconds
            head = json.loads(self._frame(deadline, LONGEST_HEAD))
            return head, self._frame(deadline, most)
        except TimeoutError as late:
            raise QueryTooLong(
                f"The query was stopped after {limits.seconds:g} seconds. Choose fewer days or repositories."
            ) from late
        except (OSError, EOFError, ValueError) as broken:
            raise self._death(limits) from broken

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    def end(self) -> None:
        self.kill()
        self._process.wait()
        self._channel.close()
        with suppress(OSError):  # the process itself has removed it, if it came so far
            self._directory.rmdir()

    def _frame(self, deadline: float, most: int) -> bytes:
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > most:
            raise ValueError("an answer that is longer than it may be")
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        content = bytearray()
        while len(content) < length:
            self._channel.settimeout(max(0.001, deadline - time.monotonic()))
            piece = self._channel.recv(min(length - len(content), 1 << 20))
            if not piece:
                raise EOFError
            content += piece
        return bytes(content)

    def _death(self, limits: Limits) -> QueryFailed:
        """What is known of a process that ended without an answer: the system ends one that wants too much."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(WAIT_S)
        return QueryFailed(_out_of_memory(limits.memory_mb) if self._process.returncode != 0 else GENERAL)


@dataclass(frozen=True, slots=True)
class Question:
    """A statement with the values of its named parameters, and the day that its views take for today."""

    statement: str
    today: date
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows, the limit that has cut them ("rows", "bytes" or None), and how long it took from asking to here."""

    rows: pa.Table
    cut: str | None
    seconds: float

    def to_frame(self) -> DataFrame:
        """The rows with Arrow's own types, so that unknown stays unknown."""
        return self.rows.to_pandas(types_mapper=pd.ArrowDtype)


class Run:
    """A query that is running or has ended. May be looked at, waited for and cancelled from any thread."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self._ended = threading.Event()
        self._cancelled = threading.Event()
        self._child: Process | None = None
        self._outcome: Answer | Exception = SandboxError(GENERAL)

    @property
    def done(self) -> bool:
        return self._ended.is_set()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, at most so long; whether it has."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        self._cancelled.set()
        child = self._child
        if child is not None:
            child.kill()

    def answer(self) -> Answer:
        """The answer of a query that has ended. Raises: SandboxError, and what the store raised."""
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    def end(self, outcome: Answer | Exception) -> None:
        failed = isinstance(outcome, Exception) and self._cancelled.is_set()
        self._outcome = QueryCancelled("The query was cancelled.") if failed else outcome
        self._ended.set()

    def use(self, child: Process) -> None:
        self._child = child
        if self._cancelled.is_set():
            raise QueryCancelled("The query was cancelled.")


class Sandbox:
    def __init__(self, store: Store, limits: Limits) -> None:
        self.limits = limits
        self._store = store
        self._guard = threading.Lock()
        self._of_user: Counter[str] = Counter()
        self._of_tenant: Counter[int] = Counter()
        self._spare: list[Process] = []
        self._closed = False

    def start(self, viewer: Viewer, question: Question, user: str) -> Run:
        """Run a query in the background, with that viewer's rows. Raises: SandboxBusy, QueryFailed."""
        if len(question.statement) > LONGEST_STATEMENT:
            raise QueryFailed(f"A query has at most {number_text(LONGEST_STATEMENT)} characters.")
        tenant_ids = frozenset(each.tenant_id for each in repositories(viewer, self._store))
        self._admit(user, tenant_ids)
        run = Run()
        thread = threading.Thread(target=self._work, args=(run, viewer, question, user, tenant_ids), daemon=True)
        try:
            thread.start()
        except RuntimeError as full:
            self._release(user, tenant_ids)
            raise SandboxBusy("The server cannot start another query just now. Try again in a few seconds.") from full
        return run

    def warm(self) -> None:
        with self._guard:
            for child in [child for child in self._spare if not child.alive]:
                self._spare.remove(child)
                child.end()
            while len(self._spare) < self.limits.warm and not self._closed:
                self._spare.append(Process())

    def close(self) -> None:
        with self._guard:
            self._closed = True
            spare, self._spare = self._spare, []
        for child in spare:
            child.end()

    def _admit(self, user: str, tenant_ids: frozenset[int]) -> None:
        """Take a place. The last one is kept for a tenant that has none, the last but one for a user who has none."""
        with self._guard:
            of_user, left = self._of_user[user], self.limits.at_once - self._of_user.total()
            of_tenant = min((self._of_tenant[tenant_id] for tenant_id in tenant_ids), default=0)
            if of_user >= self.limits.at_once_a_user:
                raise SandboxBusy(f"You have {of_user} queries running already. Wait for one, or cancel it.")
            if left <= (of_user > 0) + (of_tenant > 0):
                who = "people’s" if of_tenant == 0 else "your tenant’s"
                raise SandboxBusy(f"The server is busy with {who} queries. Try again in a few seconds.")
            self._of_user[user] += 1
            self._of_tenant.update(tenant_ids)

    def _release(self, user: str, tenant_ids: frozenset[int]) -> None:
        with self._guard:
            self._of_user -= Counter({user: 1})
            self._of_tenant -= Counter(tenant_ids)

    def _work(self, run: Run, viewer: Viewer, question: Question, user: str, tenant_ids: frozenset[int]) -> None:
        outcome: Answer | Exception = SandboxError(GENERAL)
        try:
            file = open_extract(viewer, self._store)
            try:
                outcome = self._ask(run, question, file)
            finally:
                os.close(file)
        except Exception as error:  # noqa: BLE001 - raised again where the answer is asked for
            outcome = error
        finally:
            self._release(user, tenant_ids)
            run.end(outcome)

    def _ask(self, run: Run, question: Question, file: int) -> Answer:
        child = self._take_spare()
        try:
            run.use(child)
            head, body = child.ask(_request(question, self.limits), file, self.limits)
        finally:
            child.end()
            with suppress(OSError):  # no room for another process just now; the next question starts its own
                self.warm()
        if "failure" in head:
            raise failure(head, question.statement, self.limits.memory_mb)
        try:
            return Answer(_table(body), head.get("cut"), run.seconds)
        except pa.ArrowException as broken:
            raise QueryFailed(GENERAL) from broken

    def _take_spare(self) -> Process:
        with self._guard:
            while self._spare:
                child = self._spare.pop(0)
                if child.alive:
                    return child
        return Process()


def _request(question: Question, limits: Limits) -> bytes:
    values = {
        name: {"kind": "day", "value": value.isoformat()} if isinstance(value, date) else {"kind": "", "value": value}
        for name, value in question.values.items()
    }
    request = {
        "statement": question.statement,
        "parameters": values,
        "today": question.today.isoformat(),
        "seconds": limits.seconds,
        "rows": limits.rows,
        "bytes": limits.megabytes << 20,
        "memory_mb": limits.memory_mb,
    }
    return json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")  # half a surrogate pair is no text


def _table(content: bytes) -> pa.Table:
    """The rows that came, looked through before anything is done with them."""
    with pa.ipc.open_stream(pa.py_buffer(content)) as stream:
        rows = stream.read_all()
    rows.validate(full=True)
    return rows
