"""Untrusted SQL: a user's query runs in a process of its own that holds that user's rows and nothing else.

The process (sandbox_child.py) is started before it is needed, is handed the rows (excerpts.py) and the
statement, answers once and ends. Here is the side that stays: it says who may run how many, waits, and kills.
The errors are those of sandbox_failures.py.
"""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from data.accounts.models import Viewer
from data.sandbox.excerpts import opened_excerpt
from data.sandbox.query_parameters import LONGEST_STATEMENT
from data.sandbox.sandbox_failures import (
    GENERAL,
    Failure,
    QueryCancelled,
    QueryFailed,
    SandboxBusy,
    SandboxError,
    failure,
)
from data.sandbox.sandbox_process import Limits, Process
from data.store import Store

Value = str | int | float | date


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
        """Whether there is an answer, or a reason why there is none."""
        return self._ended.is_set()

    @property
    def seconds(self) -> float:
        """Since when it is running."""
        return time.monotonic() - self.began

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, at most so long; whether it has."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        """End it at once. One that has ended stays as it is."""
        self._cancelled.set()
        child = self._child
        if child is not None:
            child.kill()

    def answer(self) -> Answer:
        """The answer of a query that has ended. Raises: SandboxError, and what the store raised."""
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    def work(self, ask: Callable[["Run"], Answer], after: Callable[[], None]) -> None:
        """Do it, in this thread, and keep what comes of it."""
        try:
            self._outcome = ask(self)
        except Exception as error:  # noqa: BLE001 - raised again where the answer is asked for
            self._outcome = QueryCancelled("The query was cancelled.") if self._cancelled.is_set() else error
        finally:
            after()
            self._ended.set()

    def use(self, child: Process) -> None:
        """Say which process is working on it. Raises QueryCancelled."""
        self._child = child
        if self._cancelled.is_set():
            raise QueryCancelled("The query was cancelled.")


class Sandbox:
    """Runs queries, so many at once; keeps a process ready for the next one."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self.limits = limits
        self._store = store
        self._guard = threading.Lock()
        self._running: Counter[str] = Counter()
        self._spare: list[Process] = []
        self._closed = False

    def start(self, viewer: Viewer, question: Question, user: str) -> Run:
        """Run a query in the background, with that viewer's rows. Raises: SandboxBusy, QueryFailed."""
        if len(question.statement) > LONGEST_STATEMENT:
            raise QueryFailed(Failure(f"A statement has at most {LONGEST_STATEMENT:,} characters."))
        self._take_place(user)
        run = Run()

        def ask(run: Run) -> Answer:
            file = opened_excerpt(viewer, self._store)
            try:
                return self._ask(run, question, file)
            finally:
                os.close(file)

        thread = threading.Thread(target=run.work, args=(ask, lambda: self._give_back(user)), daemon=True)
        try:
            thread.start()
        except RuntimeError as full:
            self._give_back(user)
            raise SandboxBusy("The server cannot start another query just now. Try again in a few seconds.") from full
        return run

    def warm(self) -> None:
        """Have processes wait for the next questions."""
        with self._guard:
            for child in [child for child in self._spare if not child.alive]:
                self._spare.remove(child)
                child.end()
            while len(self._spare) < self.limits.warm and not self._closed:
                self._spare.append(Process())

    def close(self) -> None:
        """End the processes that wait, and have no more of them."""
        with self._guard:
            self._closed = True
            spare, self._spare = self._spare, []
        for child in spare:
            child.end()

    def _take_place(self, user: str) -> None:
        with self._guard:
            if self._running[user] >= self.limits.at_once_a_user:
                raise SandboxBusy(
                    f"You have {self._running[user]} queries running already. Wait for one, or cancel it."
                )
            if self._running.total() >= self.limits.at_once:
                raise SandboxBusy("The server is busy with other people’s queries. Try again in a few seconds.")
            self._running[user] += 1

    def _give_back(self, user: str) -> None:
        with self._guard:
            self._running -= Counter({user: 1})

    def _ask(self, run: Run, question: Question, file: int) -> Answer:
        child = self._ready()
        try:
            run.use(child)
            head, body = child.ask(_asked(question, self.limits), file, self.limits)
        finally:
            child.end()
            with suppress(OSError):  # no room for another process just now; the next question starts its own
                self.warm()
        if "failure" in head:
            raise QueryFailed(failure(head, question.statement, self.limits.memory_mb))
        try:
            return Answer(_table(body), head.get("cut"), run.seconds)
        except pa.ArrowException as broken:
            raise QueryFailed(Failure(GENERAL)) from broken

    def _ready(self) -> Process:
        with self._guard:
            while self._spare:
                child = self._spare.pop(0)
                if child.alive:
                    return child
        return Process()


def _asked(question: Question, limits: Limits) -> bytes:
    values = {
        name: {"kind": "day", "value": value.isoformat()} if isinstance(value, date) else {"kind": "", "value": value}
        for name, value in question.values.items()
    }
    told = {
        "statement": question.statement,
        "parameters": values,
        "today": question.today.isoformat(),
        "seconds": limits.seconds,
        "rows": limits.rows,
        "bytes": limits.megabytes << 20,
        "memory_mb": limits.memory_mb,
    }
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")  # half a surrogate pair is no text


def _table(content: bytes) -> pa.Table:
    """The rows that came, looked through before anything is done with them."""
    with pa.ipc.open_stream(pa.py_buffer(content)) as stream:
        rows = stream.read_all()
    rows.validate(full=True)
    return rows
