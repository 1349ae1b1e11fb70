"""Works through one token owner's visits, some at a time, phase after phase, and hands on what came of them."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest

from collector.clock import Clock, Stopped
from collector.due import Visit
from collector.errors import GitHubError, HostDown, LimitReached, RunStopped, TokenRefused
from collector.redaction import redacted
from collector.visits import Visitor
from data.collection.models import EndpointResult

HOST_DOWN_AFTER = 5  # visits in a row without a connection
LISTENS_EVERY_S = 0.5  # while it waits


@dataclass(frozen=True, slots=True)
class Task:
    """A visit, and who makes it."""

    visitor: Visitor
    visit: Visit


@dataclass(frozen=True, slots=True)
class Done:
    """A visit that was made, or not, with its results."""

    visit: Visit
    results: tuple[EndpointResult, ...]


class Halt:
    """Ends a run early, for all crews; the first reason stands. None as a reason: somebody asked for it."""

    def __init__(self, stop: threading.Event) -> None:
        self.reason: str | None = None
        self._stop = stop
        self._event = threading.Event()
        self._guard = threading.Lock()
        self._unreachable = 0

    def __bool__(self) -> bool:
        return self._event.is_set() or self._stop.is_set()

    def end(self, reason: str | None) -> None:
        """End the run."""
        with self._guard:
            self.reason = self.reason or reason
            self._event.set()

    def heard(self, error: GitHubError | None) -> None:
        """Count visits without a connection; several in a row mean that the host is down."""
        with self._guard:
            self._unreachable = self._unreachable + 1 if isinstance(error, HostDown) else 0
            down = self._unreachable >= HOST_DOWN_AFTER
        if down and error:
            self.end(str(error))


class HaltingClock:
    """The clock of those who fetch: when the run is to end, for whatever reason, their waits end too."""

    def __init__(self, clock: Clock, halt: Halt) -> None:
        self._clock = clock
        self._halt = halt

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going backwards."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as the run is to end."""
        until = self._clock.monotonic() + seconds
        while not self._halt:
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._clock.sleep(min(left, LISTENS_EVERY_S))
        raise Stopped


class Crew:
    """The visits of one token owner. `deliver` is called from several threads, and may make them wait."""

    def __init__(self, phases: list[list[Task]], workers: int, deliver: Callable[[Done], None], halt: Halt) -> None:
        self._phases = phases
        self._workers = workers
        self._deliver = deliver
        self._halt = halt
        self._guard = threading.Lock()

    @property
    def visits(self) -> int:
        """How many visits there are to make."""
        return sum(len(phase) for phase in self._phases)

    def work(self) -> None:
        """Make all visits; a phase begins when the one before it is over."""
        with ThreadPoolExecutor(self._workers) as pool:
            for phase in self._phases:
                tasks = iter(phase)
                for worker in [pool.submit(self._work_on, tasks) for _ in range(min(self._workers, len(phase)))]:
                    worker.result()

    def _work_on(self, tasks: Iterator[Task]) -> None:
        while not self._halt:
            with self._guard:
                task = next(tasks, None)
            if task is None:
                return
            done = self._made(task)
            if done.results or not self._halt:
                self._deliver(done)

    def _made(self, task: Task) -> Done:
        """The visit as far as it came: what was answered before it ended is kept."""
        results: list[EndpointResult] = []
        if task.visitor.ended:
            return Done(task.visit, (_skipped(task, [], task.visitor.ended),))
        try:
            for result in task.visitor.visit(task.visit):
                results.append(result)
            self._halt.heard(None)
        except Stopped:
            return Done(task.visit, tuple(results))
        except (TokenRefused, LimitReached) as error:
            task.visitor.ended = redacted(str(error))
            results.append(_skipped(task, results, task.visitor.ended))
        except (RunStopped, HostDown) as error:
            self._heard(error)
            results.append(_skipped(task, results, redacted(str(error))))
        return Done(task.visit, tuple(results))

    def _heard(self, error: RunStopped | HostDown) -> None:
        if isinstance(error, HostDown):
            self._halt.heard(error)
        else:
            self._halt.end(redacted(str(error)))


def _skipped(task: Task, results: Sequence[EndpointResult], reason: str) -> EndpointResult:
    """The row of the log for the endpoint at which the visit ended: the first without a result."""
    visit, at = task.visit, task.visitor.time.now()
    repository_id = visit.collectable.repository.repository_id
    answered = {result.endpoint for result in results}
    left = next((each for each in visit.endpoints if each not in answered), visit.endpoints[-1])
    return EndpointResult(repository_id, left, at, "skipped", 0, message=reason)


def in_turns(groups: Iterable[list[Task]]) -> list[Task]:
    """One task of each group after the other, so that a large tenant does not starve a small one."""
    return [task for turn in zip_longest(*groups) for task in turn if task is not None]
