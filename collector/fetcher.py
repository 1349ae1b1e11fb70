"""Fetches some endpoints of one repository, each on its own, and says what came of each.

A repository is known by GitHub's id. Before anything else is asked of it, the id under its name is compared, and again
whenever the last comparison is more than five minutes old: a rename is followed, another repository under the old name
is not collected. While the id is not known for certain, nothing else is asked; the next run tries again. An answer to
which GitHub led us under another id is not used.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

from collector import errors
from collector.client import GitHub
from collector.clock import GitHubTime, MustWait, Stopped
from collector.endpoints.endpoint import Endpoint, Fetched, Phase, Request, endpoints
from collector.endpoints.repository import REPOSITORY, StatsObservation, parse_repository
from collector.endpoints.traffic import CLONES, VIEWS
from collector.redaction import place_of, redacted
from data.calendar import utc_day
from data.collection.models import CollectableRepository, EndpointResult, EndpointState, Outcome, StateChange
from data.collection.schedule import rests_until
from data.repositories.models import Repository, RepositoryState

CONFIRMED_FOR_S = 300.0  # so long is a name believed to mean the same repository
CHECKED = {REPOSITORY.name, VIEWS.name, CLONES.name}  # asked for when a repository is added: collector/discovery.py
NOT_CONFIRMED = "So it is not certain that the name still means this repository: nothing else was asked of it."
ENDS_MORE = (errors.TokenRefused, errors.LimitReached, errors.RunStopped, errors.HostDown, MustWait, Stopped)
"""These end more than the job of one repository."""
_ID_IN_PATH = re.compile(r"/repositories/(\d{1,20})(?:/|$)")


@dataclass(frozen=True, slots=True)
class FetchJob:
    collectable: CollectableRepository
    endpoints: tuple[Endpoint, ...]


def due_jobs(
    collectable: Iterable[CollectableRepository], now: datetime, at_once: Collection[int] = (), *, anew: bool = True
) -> list[list[FetchJob]]:
    """The jobs of each phase, the perishable first; a repository that GitHub refused is fetched again after 20 hours.

    Those whose ids are in `at_once` do not rest: somebody asks for them by name, or there is a new token to try.
    Unless all is asked `anew`, what GitHub answered minutes ago, when a repository was added, is not due.
    """
    awake = [each for each in collectable if each.repository.repository_id in at_once or not rests_until(each, now)]
    return [list(_jobs(awake, phase, now, anew=anew)) for phase in Phase]


def _jobs(collectable: list[CollectableRepository], phase: Phase, now: datetime, *, anew: bool) -> Iterator[FetchJob]:
    of_phase = [endpoint for endpoint in endpoints() if endpoint.phase is phase]
    for each in collectable:
        checked = not anew and each.endpoints.keys() <= CHECKED
        due = tuple(
            endpoint
            for endpoint in of_phase
            if endpoint.is_due(each, now) and not (checked and _is_fresh(each, endpoint, now))
        )
        if due:
            yield FetchJob(each, due)


def _is_fresh(each: CollectableRepository, endpoint: Endpoint, now: datetime) -> bool:
    """Whether what the store has of an endpoint is an answer of the last minutes."""
    state = each.endpoints.get(endpoint.name)
    if state is None or not state.last_outcome.good:
        return False
    return abs((now - state.last_tried_at).total_seconds()) < CONFIRMED_FOR_S


class RepositoryFetcher:
    """Makes fetch jobs with one token. Keeps the names that have changed, for the later jobs of a run."""

    def __init__(self, github: GitHub, token_id: int | None, time: GitHubTime) -> None:
        self.github = github
        self.token_id = token_id  # None: of an installation, whose tokens and validators change by the hour
        self.accepted = False  # whether GitHub has taken the token in this run
        self.ended: str | None = None  # why this token is asked for nothing more in this run
        self.is_refused = False  # GitHub does not take the token
        self._refused: set[int] = set()
        self.time = time
        self._names: dict[int, str] = {}
        self._confirmed_at: dict[int, float] = {}  # when a name was last seen to mean the same repository (monotonic)
        self._validators: dict[int, str | None] = {}  # of the repository's own answer in this run

    def results(self, job: FetchJob) -> Iterator[EndpointResult]:
        """The results of the job's endpoints, in their order.

        A repository that is refused, or whose id cannot be confirmed, is asked nothing more. Where an old confirmation
        is renewed, its result comes too, unless nothing has changed. Raises: GitHubError where more than this
        repository is concerned (the token, the budget, the host), after the results that were there before; MustWait;
        Stopped.
        """
        key = job.collectable.repository.repository_id
        for endpoint in job.endpoints:
            if endpoint is not REPOSITORY and key not in self._refused and not self._is_confirmed(job.collectable):
                look = self._noted(self._ask(job, REPOSITORY))
                if look.outcome is not Outcome.UNCHANGED:
                    yield look
            if key in self._refused:
                return
            yield self._noted(self._ask(job, endpoint))

    def _is_confirmed(self, each: CollectableRepository) -> bool:
        """In this run or, where it has not asked yet, minutes before it."""
        at = self._confirmed_at.get(each.repository.repository_id)
        if at is None:
            return _is_fresh(each, REPOSITORY, self.time.now())
        return self.time.clock.monotonic() - at < CONFIRMED_FOR_S

    def _noted(self, result: EndpointResult) -> EndpointResult:
        """What a result means for the rest of the run."""
        key = result.repository_id
        if result.state_change and result.state_change.state is not RepositoryState.ACTIVE:
            self._refused.add(key)
        if result.endpoint == REPOSITORY.name:
            if result.outcome.good:
                self._confirmed_at[key] = self.time.clock.monotonic()
                self._validators[key] = result.etag
            else:
                self._refused.add(key)
        return result

    def _ask(self, job: FetchJob, endpoint: Endpoint) -> EndpointResult:
        repository = job.collectable.repository
        started = self.time.clock.monotonic()
        draft = EndpointResult(repository.repository_id, endpoint.name, self.time.now(), Outcome.FAILED, elapsed_ms=0)
        try:
            result = self._answered(job, endpoint, draft)
        except ENDS_MORE:
            raise
        except (errors.GitHubError, errors.AnswerRefused) as error:
            result = _failed(draft, endpoint, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours with one answer must not end the run for the others
            message = f"This program failed here ({place_of(error)}): please report it."
            result = replace(draft, message=message)
        return replace(result, elapsed_ms=round((self.time.clock.monotonic() - started) * 1000))

    def _answered(self, job: FetchJob, endpoint: Endpoint, draft: EndpointResult) -> EndpointResult:
        repository = job.collectable.repository
        state = job.collectable.endpoints.get(endpoint.name)
        name = self._names.get(repository.repository_id, repository.full_name)
        etag = self._etag(endpoint, state)
        if endpoint is REPOSITORY:
            etag = self._validators.get(repository.repository_id, etag)
        answered_ago = self.time.now() - state.last_good_at if state and state.last_good_at else None
        fetched = endpoint.fetch(self.github, Request(name, self.time.now(), etag, answered_ago))
        self.accepted = True
        if isinstance(fetched.observation, StatsObservation):
            facts = fetched.observation.facts
            if repository.github_id not in {None, facts.github_id}:
                named = f"{repository.full_name} is now another repository (GitHub's id {facts.github_id})"
                return self._led_elsewhere(repository, draft, fetched, named)
            self._names[repository.repository_id] = facts.full_name
            return good_result(draft, fetched, self.token_id)
        other_id = _another_id(fetched.led_to, repository.github_id)
        if other_id is not None:
            named = f"GitHub led from {repository.full_name} to another repository (GitHub's id {other_id})"
            return self._led_elsewhere(repository, draft, fetched, named)
        result = good_result(draft, fetched, self.token_id)
        if endpoint.first_look and repository.state is not RepositoryState.ACTIVE:
            return replace(result, state_change=StateChange(RepositoryState.ACTIVE, None))
        return result

    def _etag(self, endpoint: Endpoint, state: EndpointState | None) -> str | None:
        """The validator of the last answer: stored with it, given to this same token.

        A day's counters of the repository are written once a day at least, so its first answer of a day is whole.
        """
        if state is None or self.token_id is None or state.etag_token_id != self.token_id:
            return None
        if not state.last_outcome.good:
            return None
        if endpoint is REPOSITORY and utc_day(state.last_tried_at) != utc_day(self.time.now()):
            return None
        return state.etag

    def _led_elsewhere(
        self, repository: Repository, draft: EndpointResult, fetched: Fetched, named: str
    ) -> EndpointResult:
        """An answer that came from under another id: nothing of it is used, and the own id says what is next.

        Where the repository itself was asked for, what its own id leads to is the answer. Raises: AnswerRefused;
        errors.GitHubError.
        """
        self._confirmed_at[repository.repository_id] = -inf
        try:
            answer = self.github.fetch(f"/repositories/{repository.github_id}", confirm_missing=True)
        except errors.Missing:
            return _reused(draft, fetched, repository, named)
        actual = parse_repository(answer.body).observation
        if actual.facts.github_id != repository.github_id:
            raise errors.AnswerRefused(f"the id {repository.github_id} leads to another one, {actual.facts.github_id}")
        self._names[repository.repository_id] = actual.facts.full_name
        if isinstance(fetched.observation, StatsObservation):
            message = f"{named}; the one that is tracked is {actual.facts.full_name}"
            return replace(
                draft, finished_at=answer.as_of, outcome=Outcome.OK, status=200, message=message, observation=actual
            )
        message = (
            f"{named}; nothing of its answer was used. The one that is tracked is {actual.facts.full_name} "
            "and is asked again in the next run."
        )
        return replace(
            draft, finished_at=answer.as_of, outcome=Outcome.NAME_REUSED, status=fetched.status, message=message
        )


def _another_id(path: str | None, github_id: int | None) -> int | None:
    """The id of the place to which GitHub led us, where it is another than the repository's."""
    found = _ID_IN_PATH.search(path or "")
    return int(found.group(1)) if found and github_id is not None and int(found.group(1)) != github_id else None


def _reused(draft: EndpointResult, fetched: Fetched, repository: Repository, named: str) -> EndpointResult:
    reason = (
        f"{named}; the one that was tracked (id {repository.github_id}) is gone. Nothing of the new one was "
        "mixed in: add it anew to track it."
    )
    change = StateChange(RepositoryState.UNAVAILABLE, reason)
    return replace(draft, finished_at=fetched.as_of, outcome=Outcome.NAME_REUSED, message=reason, state_change=change)


def good_result(draft: EndpointResult, fetched: Fetched, token_id: int | None) -> EndpointResult:
    return replace(
        draft,
        finished_at=fetched.as_of,
        outcome=Outcome.UNCHANGED if fetched.observation is None else Outcome.OK,
        status=fetched.status,
        message="; ".join(fetched.warnings) or None,
        observation=fetched.observation,
        etag=fetched.etag,
        etag_token_id=token_id if fetched.etag else None,
    )


def _failed(
    draft: EndpointResult, endpoint: Endpoint, error: errors.GitHubError | errors.AnswerRefused
) -> EndpointResult:
    message = redacted(str(error))  # what answers may be a proxy that repeats the request's headers
    if isinstance(error, errors.AnswerRefused):
        unusable = f"GitHub's answer cannot be used: {message}."
        if endpoint is REPOSITORY:
            unusable = f"{unusable} {NOT_CONFIRMED}"
        return replace(draft, outcome=Outcome.BAD_ROWS, status=200, message=unusable)
    failed = replace(draft, outcome=error.outcome, status=error.status, message=message)
    if endpoint is REPOSITORY and not isinstance(error, errors.RepositoryUnreadable):
        return replace(failed, message=f"{message} {NOT_CONFIRMED}")
    if isinstance(error, errors.RepositoryUnreadable) and endpoint.first_look:
        state = RepositoryState.BLOCKED if isinstance(error, errors.Blocked) else RepositoryState.UNAVAILABLE
        return replace(failed, state_change=StateChange(state, message))
    return failed
