"""The one cache: what a reader answered about a version of the store, kept until a newer version is there.

A version never changes, so neither does an answer about it. The key is the reader, all its arguments (the viewer among
them; each hashable) and the numbers of the versions that it reads. Whoever asks for the same thing at the same time
waits for the one computation. All threads share the answers, so these must not be changed: tuples, frozen dataclasses,
Arrow tables; a DataFrame is handed out as a copy-on-write copy.
"""

import os
import sys
import threading
from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from functools import cache, wraps
from itertools import count, islice
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, TypeGuard, TypeVar, cast

from data.text import PLAIN, notation, writing

if TYPE_CHECKING:  # the command line starts in half the time without pandas
    from pandas import DataFrame

    from data.store.store import Store

SAMPLE = 3  # parts of an answer that are weighed
FEW_CELLS, CELL_BYTES = 50_000, 16  # of a frame that is not weighed: to do so takes longer than many an answer
MOST_BYTES = 256 * 1024 * 1024  # of answers, for each store that a process has open
PATIENCE_S = 10.0  # for a turn: computed side by side, what 50 people ask at once takes a third more processor time
STAND_BACK_S = 0.1

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
Versions = tuple[tuple[str, int], ...]


class ComputeSlots:
    """Lets a few threads compute at once, those first whose run began first: of many who come together the first have
    their page soon, instead of all of them when the last has it. Nobody waits for a turn longer than `PATIENCE_S`.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._numbers = count()
        self._guard = threading.Lock()
        self._own = threading.local()
        self._runs = 0
        self._quiet = threading.Event()
        self._quiet.set()

    @contextmanager
    def run(self) -> Iterator[None]:
        """A run of a page, in this thread, for which what is long and nobody looks at stands back."""
        self._own.began = monotonic()
        with self._guard:
            self._runs += 1
            self._quiet.clear()
        try:
            yield
        finally:
            with self._guard:
                self._runs -= 1
                if not self._runs:
                    self._quiet.set()

    @contextmanager
    def announcing(self, announce: Callable[[], object]) -> Iterator[None]:
        """Within, `announce` is called before this thread computes or waits for the first time; not at all, where every
        answer is kept.
        """
        before, self._own.announce = getattr(self._own, "announce", None), announce
        try:
            yield
        finally:
            self._own.announce = before

    def stand_back(self) -> None:
        """Wait until no page runs, between two pieces of something long; a while at most, so that it goes on."""
        self._quiet.wait(STAND_BACK_S)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A turn, as long as the block lasts; within one, no other is needed."""
        if getattr(self._own, "has_one", False):
            yield
            return
        self._announce()
        self._take()
        self._own.has_one = True
        try:
            yield
        finally:
            self._own.has_one = False
            self._give_back()

    def result_of(self, other: Future[Answer]) -> Answer:
        """What another thread computes, which may need this one's turn for it."""
        if other.done():
            return other.result()
        self._announce()
        if not getattr(self._own, "has_one", False):
            return other.result()
        self._give_back()
        try:
            return other.result()
        finally:
            self._take()

    def waiting(self) -> int:
        return len(self._waiting)

    def _announce(self) -> None:
        announce, self._own.announce = getattr(self._own, "announce", None), None
        if announce is not None:
            announce()

    def _take(self) -> None:
        with self._guard:
            if self._free > 0:
                self._free -= 1
                return
            called = threading.Event()
            place = (getattr(self._own, "began", None) or monotonic(), next(self._numbers), called)
            insort(self._waiting, place)
        if not called.wait(PATIENCE_S):
            with self._guard:
                if not called.is_set():
                    self._waiting.remove(place)
                    self._free -= 1  # below zero while more compute than should

    def _give_back(self) -> None:
        with self._guard:
            self._free += 1
            if self._free > 0 and self._waiting:
                self._free -= 1
                self._waiting.pop(0)[2].set()


compute_slots = ComputeSlots(max(2, os.cpu_count() or 2))


class Cache:
    """The answers of a store's readers, the least recently used given up first. May be used by many threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Versions, Future[Any], int]] = OrderedDict()
        self._newest: dict[str, int] = {}
        self._guard = threading.Lock()

    def answer(self, question: Hashable, versions: Versions, compute: Callable[[], Answer]) -> Answer:
        """What `compute` answers: computed once for a question about these versions, by one thread while others wait.

        A failure is raised to all who wait, and not kept.
        """
        key = (question, versions)
        with self._guard:
            kept = self._kept.get(key)
            if kept is None:
                future: Future[Answer] = Future()
                self._forget_older(versions)
                self._kept[key] = (versions, future, 0)
            else:
                self._kept.move_to_end(key)
        if kept is not None:
            return cast(Answer, compute_slots.result_of(kept[1]))
        try:
            with compute_slots.taken():
                computed = compute()
        except BaseException as failure:
            with self._guard:
                self._remove(key, future)
            future.set_exception(failure)
            raise
        future.set_result(computed)
        self._weigh(key, future, size_of(computed))
        return computed

    def clear(self) -> None:
        with self._guard:
            self._kept.clear()
            self._bytes = 0

    def _weigh(self, key: Hashable, future: Future[Any], size: int) -> None:
        """Count an answer's bytes, and give up the least recently used until all fit; what never fits is not kept."""
        with self._guard:
            kept = self._kept.get(key)
            if kept is None or kept[1] is not future:
                return
            self._kept[key] = (kept[0], future, size)
            self._bytes += size
            if self._bytes > self._most_bytes:
                self._make_room()

    def _make_room(self) -> None:
        for other, (_, done, _) in list(self._kept.items()):
            if self._bytes <= self._most_bytes:
                return
            if done.done():
                self._remove(other, done)

    def _forget_older(self, versions: Versions) -> None:
        """Where a version is asked about for the first time, give up the answers about older ones: nobody asks again.

        Only then: to look through thousands of answers takes 10 ms, in which nobody else gets one.
        """
        newest = {name: number for name, number in versions if number > self._newest.get(name, 0)}
        if not newest:
            return
        self._newest |= newest
        for key, (others, future, _) in list(self._kept.items()):
            if future.done() and any(number < newest.get(name, 0) for name, number in others):
                self._remove(key, future)

    def _remove(self, key: Hashable, future: Future[Any]) -> None:
        kept = self._kept.get(key)
        if kept is not None and kept[1] is future:
            self._bytes -= kept[2]
            del self._kept[key]


def cached(
    *databases: str, in_words: bool = False
) -> Callable[[Callable[Arguments, Answer]], Callable[Arguments, Answer]]:
    """Has a reader's answers kept for the versions of the databases that it reads (`traffic`, `control`).

    One of the reader's arguments is the store; all others are hashable, and with the versions they are the whole key: a
    reader that asks the clock, the session or a setting has a hidden parameter, and must take it as an argument. Of an
    answer with numbers or days `in_words`, their reader's notation is part of the key, too; others have the plain one.
    """

    def decorate(reader: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
        @wraps(reader)
        def read(*arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
            store, others = _split(arguments)
            versions = tuple((name, store.database(name).version()) for name in databases)
            written = notation() if in_words else PLAIN
            question = (reader, others, tuple(sorted(named.items())), written)

            def compute() -> Answer:
                with writing(written):
                    return reader(*arguments, **named)

            answer = store.cache.answer(question, versions, compute)
            return cast(Answer, _handed_out(answer))

        return read

    return decorate


def _split(arguments: tuple[Any, ...]) -> tuple["Store", tuple[Any, ...]]:
    """The store among the arguments, and the others in their order."""
    for place, argument in enumerate(arguments):
        if hasattr(argument, "traffic") and hasattr(argument, "cache"):
            return argument, (*arguments[:place], *arguments[place + 1 :])
    raise TypeError("a cached reader takes the store as a positional argument")


def _handed_out(answer: Any) -> Any:
    """The answer itself, its DataFrames as copies that share their rows until one is changed."""
    if _is_frame(answer):
        return answer.copy(deep=False)
    values = ((name, getattr(answer, name)) for name in _field_names(answer.__class__))
    frames = {name: value.copy(deep=False) for name, value in values if _is_frame(value)}
    return replace(answer, **frames) if frames else answer


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; of another type none."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _is_frame(answer: Any) -> TypeGuard["DataFrame"]:
    return hasattr(answer, "memory_usage")


def size_of(answer: Any) -> int:
    """About how many bytes an answer takes."""
    if _is_frame(answer):
        few = answer.size <= FEW_CELLS
        return CELL_BYTES * int(answer.size) if few else int(answer.memory_usage(deep=True).sum())
    if hasattr(answer, "nbytes"):  # an Arrow table
        return int(answer.nbytes)
    if isinstance(answer, tuple | list | frozenset):
        some = list(islice(answer, SAMPLE))  # the others are taken to be alike: of 10,000 each would be felt
        return sys.getsizeof(answer) + sum(map(size_of, some)) * len(answer) // max(1, len(some))
    if isinstance(answer, Mapping):
        return sys.getsizeof(answer) + size_of(tuple(answer)) + size_of(tuple(answer.values()))
    if names := _field_names(answer.__class__):
        return sum((size_of(getattr(answer, name)) for name in names), start=64)
    return sys.getsizeof(answer)
