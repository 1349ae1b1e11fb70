"""One pool of workers for all token owners. Each owner has a queue; who waits for GitHub's limit keeps no worker."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from collector.clock import StopFlag, Stopped
from collector.rate_limit import RateLimiter

MOST_WORKERS = 64  # over all owners
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do of one owner's: `make` does it and answers what is left of it for later, if anything is."""

    queue: "JobQueue"
    phase: int
    make: Callable[[], "Job | None"]


class JobQueue:
    """The jobs of one token owner: the lowest phase first, and the next one when those before it are made.

    Belongs to a pool, whose lock guards it.
    """

    def __init__(self, limiter: RateLimiter, at_once: int) -> None:
        self.at_once = at_once
        self._limiter = limiter
        self._waiting: dict[int, deque[Job]] = {}
        self._in_flight: Counter[int] = Counter()

    @property
    def has_jobs(self) -> bool:
        return any(self._waiting.values()) or self._in_flight.total() > 0

    def add(self, jobs: Iterable[Job], *, first: bool) -> None:
        """Add jobs behind those of their phase, or before them."""
        for job in reversed(list(jobs)) if first else jobs:
            of_phase = self._waiting.setdefault(job.phase, deque())
            (of_phase.appendleft if first else of_phase.append)(job)

    def ready_in(self) -> float | None:
        """In how many seconds a job may begin; None where another has to end first, or none is left."""
        phase = min((phase for phase, jobs in self._waiting.items() if jobs), default=None)
        busy = self._in_flight.total() >= self.at_once or any(each < (phase or 0) for each in self._in_flight)
        return None if phase is None or busy else self._limiter.ready_in()

    def take(self) -> Job:
        phase = min(phase for phase, jobs in self._waiting.items() if jobs)
        self._in_flight[phase] += 1
        return self._waiting[phase].popleft()

    def done(self, job: Job, left: Job | None) -> None:
        self._in_flight -= Counter({job.phase: 1})
        if left is not None:
            self.add([left], first=True)


class WorkerPool:
    """Makes the jobs of all queues that are added, each queue's in its order, the queues by turns."""

    def __init__(self, stop: StopFlag) -> None:
        self.failure: BaseException | None = None  # of this program: it ends all the work
        self._stop = stop
        self._queues: list[JobQueue] = []
        self._workers: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._is_watched = False
        self._closed = False

    def add(self, queue: JobQueue, jobs: Iterable[Job], *, first: bool = False) -> None:
        with self._changed:
            queue.add(jobs, first=first)
            self._queues = [each for each in self._queues if each.has_jobs and each is not queue] + [queue]
            wanted = min(MOST_WORKERS, sum(each.at_once for each in self._queues))
            while len(self._workers) < wanted:
                self._workers.append(threading.Thread(target=self._work, daemon=True))
                self._workers[-1].start()
            self._changed.notify_all()

    @property
    def is_working(self) -> bool:
        return any(worker.is_alive() for worker in self._workers)

    def close(self, *, wait: bool = False) -> None:
        """End the work after the jobs that are being made."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers if wait else ():
            worker.join()

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                left = job.make()
                with self._changed:
                    job.queue.done(job, left)
                    self._changed.notify_all()
        except Stopped:
            pass
        except BaseException as failure:  # noqa: BLE001 - raised again by whoever looks after the pool
            self.failure = failure

    def _next(self) -> Job | None:
        """The next job, once there is one; None when the work has ended. Raises: Stopped.

        Where all wait for time to pass, one worker watches it and the others sleep.
        """
        while True:
            with self._changed:
                if self._closed or self._stop:
                    return None
                job, wait = self._look()
                if job is not None:
                    return job
                if wait is None or self._is_watched:
                    self._changed.wait()
                    continue
                self._is_watched = True
            try:
                self._stop.sleep(wait)
            finally:
                with self._changed:
                    self._is_watched = False
                    self._changed.notify_all()

    def _look(self) -> tuple[Job | None, float | None]:
        """A job that may begin, or in how many seconds one may, as far as that is known."""
        soonest: float | None = None
        for number, queue in enumerate(self._queues):
            wait = queue.ready_in()
            if wait is not None and wait <= 0:
                self._queues.append(self._queues.pop(number))
                return queue.take(), None
            if wait is not None:
                soonest = wait if soonest is None else min(wait, soonest)
        return None, soonest


def round_robin(groups: Iterable[list[Item]]) -> list[Item]:
    """One of each group after the other, so that a large tenant does not starve a small one."""
    return [each for turn in zip_longest(*groups) for each in turn if each is not None]
