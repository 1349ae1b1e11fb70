"""The worker pool of one token owner: makes its jobs, some at a time, phase after phase, and hands on the results."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest

from collector.clock import StopFlag, Stopped
from collector.errors import HostDown, LimitReached, RunStopped, TokenRefused
from collector.fetcher import FetchJob, RepositoryFetcher
from collector.redaction import redacted
from data.collection.models import EndpointResult, Outcome

MOST_WORKERS = 64  # over all owners


def workers_of_each(owners: int, concurrency: int) -> int:
    """How many workers each token owner's pool has: as many as may ask at once, but 64 over all."""
    return max(1, min(concurrency, MOST_WORKERS // max(1, owners)))


@dataclass(frozen=True, slots=True)
class Job:
    fetcher: RepositoryFetcher
    fetch: FetchJob


@dataclass(frozen=True, slots=True)
class JobResult:
    fetch: FetchJob
    results: tuple[EndpointResult, ...]


class WorkerPool:
    """The jobs of one token owner. `deliver` is called from several threads, and may make them wait."""

    def __init__(
        self, phases: list[list[Job]], workers: int, deliver: Callable[[JobResult], None], stop: StopFlag
    ) -> None:
        self._phases = phases
        self._workers = workers
        self._deliver = deliver
        self._stop = stop
        self._guard = threading.Lock()

    @property
    def jobs(self) -> int:
        return sum(len(phase) for phase in self._phases)

    def work(self) -> None:
        """Make all jobs; a phase begins when the one before it is over."""
        with ThreadPoolExecutor(self._workers) as pool:
            for phase in self._phases:
                jobs = iter(phase)
                for worker in [pool.submit(self._work_on, jobs) for _ in range(min(self._workers, len(phase)))]:
                    worker.result()

    def _work_on(self, jobs: Iterator[Job]) -> None:
        while not self._stop:
            with self._guard:
                job = next(jobs, None)
            if job is None:
                return
            made = self._make(job)
            if made.results or not self._stop:
                self._deliver(made)

    def _make(self, job: Job) -> JobResult:
        """The job as far as it came: what was answered before it ended is kept."""
        results: list[EndpointResult] = []
        if job.fetcher.ended:
            return JobResult(job.fetch, (_skipped(job, [], job.fetcher.ended),))
        try:
            for result in job.fetcher.results(job.fetch):
                results.append(result)
            self._stop.host_answered()
        except Stopped:
            pass
        except (TokenRefused, LimitReached) as error:
            job.fetcher.ended = redacted(str(error))
            results.append(_skipped(job, results, job.fetcher.ended))
        except HostDown as error:
            self._stop.host_down(error)
            results.append(_skipped(job, results, redacted(str(error))))
        except RunStopped as error:
            self._stop.set(redacted(str(error)))
            results.append(_skipped(job, results, redacted(str(error))))
        return JobResult(job.fetch, tuple(results))


def _skipped(job: Job, results: Sequence[EndpointResult], reason: str) -> EndpointResult:
    """The row of the log for the endpoint at which the job ended: the first without a result."""
    fetch, at = job.fetch, job.fetcher.time.now()
    repository_id = fetch.collectable.repository.repository_id
    answered = {result.endpoint for result in results}
    left = next((each for each in fetch.endpoints if each.name not in answered), fetch.endpoints[-1])
    return EndpointResult(repository_id, left.name, at, Outcome.SKIPPED, 0, message=reason)


def in_turns(groups: Iterable[list[Job]]) -> list[Job]:
    """One job of each group after the other, so that a large tenant does not starve a small one."""
    return [job for turn in zip_longest(*groups) for job in turn if job is not None]
