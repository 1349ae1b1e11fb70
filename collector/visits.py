"""One visit: asks some endpoints of one repository, each on its own, and says what came of each.

A repository is known by GitHub's id. Before anything else is asked of it, the id under its name is compared, and again
whenever the last comparison is more than five minutes old: a rename is followed, another repository under the old name
is not collected. While the id is not known for certain, nothing else is asked; the next run tries again. An answer to
which GitHub led us under another id is not used.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from collector.clock import GitHubTime, Stopped
from collector.due import FIRST_LOOK, Visit
from collector.endpoints import Fetched, Question, fetch_endpoint
from collector.errors import Blocked, GitHubError, HostDown, LimitReached, Missing, RepositoryRefused, RunStopped
from collector.errors import TokenRefused as TokenRefusedByGitHub
from collector.github import GitHub
from collector.parse import AnswerRefused, parse_repository
from collector.redaction import redacted
from data.calendar import utc_day
from data.collection.models import Endpoint, EndpointResult, EndpointState, StateChange, StatsObservation
from data.repositories.models import Repository, RepositoryFacts, RepositoryState

GOOD = frozenset({"ok", "unchanged"})
CONFIRMED_FOR_S = 300.0  # so long is a name believed to mean the same repository
NOT_CONFIRMED = "So it is not certain that the name still means this repository: nothing else was asked of it."
STARS_FRESH_FOR = timedelta(days=28)  # then a short answer of the star history would leave weeks out
ENDS_MORE = (TokenRefusedByGitHub, LimitReached, RunStopped, HostDown, Stopped)
"""These end more than the visit to one repository."""
_ID_IN_PATH = re.compile(r"/repositories/(\d{1,20})(?:/|$)")


class Visitor:
    """Makes visits with one token. Keeps the names that have changed, for the later visits of a run."""

    def __init__(self, github: GitHub, token_id: int, time: GitHubTime) -> None:
        self.github = github
        self.token_id = token_id
        self.accepted = False  # whether GitHub has taken the token in this run
        self.ended: str | None = None  # why this token is asked for nothing more in this run
        self._refused: set[int] = set()
        self.time = time
        self._names: dict[int, str] = {}
        self._confirmed_at: dict[int, float] = {}  # when a name was last seen to mean the same repository (monotonic)
        self._validators: dict[int, str | None] = {}  # of the repository's own answer in this run

    def visit(self, visit: Visit) -> Iterator[EndpointResult]:
        """The results of the visit's endpoints, in their order.

        A repository that is refused, or whose id cannot be confirmed, is asked nothing more. Where an old confirmation
        is renewed, its result comes too, unless nothing has changed. Raises: GitHubError where more than this
        repository is concerned (the token, the budget, the host), after the results that were there before; Stopped.
        """
        key = visit.collectable.repository.repository_id
        for endpoint in visit.endpoints:
            if endpoint is not Endpoint.REPOSITORY and key not in self._refused and not self._is_confirmed(key):
                look = self._noted(self._ask(visit, Endpoint.REPOSITORY))
                if look.outcome != "unchanged":
                    yield look
            if key in self._refused:
                return
            yield self._noted(self._ask(visit, endpoint))

    def _is_confirmed(self, key: int) -> bool:
        at = self._confirmed_at.get(key)
        return at is not None and self.time.clock.monotonic() - at < CONFIRMED_FOR_S

    def _noted(self, result: EndpointResult) -> EndpointResult:
        """What a result means for the rest of the run."""
        key = result.repository_id
        if result.state_change and result.state_change.state is not RepositoryState.ACTIVE:
            self._refused.add(key)
        if result.endpoint is Endpoint.REPOSITORY:
            if result.outcome in GOOD:
                self._confirmed_at[key] = self.time.clock.monotonic()
                self._validators[key] = result.etag
            else:
                self._refused.add(key)
        return result

    def _ask(self, visit: Visit, endpoint: Endpoint) -> EndpointResult:
        repository = visit.collectable.repository
        started = self.time.clock.monotonic()
        blank = EndpointResult(repository.repository_id, endpoint, self.time.now(), "failed", elapsed_ms=0)
        try:
            result = self._answered(visit, endpoint, blank)
        except ENDS_MORE:
            raise
        except (GitHubError, AnswerRefused) as error:
            result = _failed(blank, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours with one answer must not end the run for the others
            told = f"This program failed here ({type(error).__name__}): please report it."
            result = replace(blank, message=told)
        return replace(result, elapsed_ms=round((self.time.clock.monotonic() - started) * 1000))

    def _answered(self, visit: Visit, endpoint: Endpoint, blank: EndpointResult) -> EndpointResult:
        repository = visit.collectable.repository
        state = visit.collectable.endpoints.get(endpoint)
        name = self._names.get(repository.repository_id, repository.full_name)
        etag = self._etag(endpoint, state)
        if endpoint is Endpoint.REPOSITORY:
            etag = self._validators.get(repository.repository_id, etag)
        fetched = fetch_endpoint(self.github, Question(name, endpoint, etag, self._knows_stars(state)))
        self.accepted = True
        stranger = _another_id(fetched.led_to, repository.github_id)
        if stranger is not None and not isinstance(fetched.observation, StatsObservation):
            return self._led_astray(visit, blank, fetched, stranger)
        if isinstance(fetched.observation, StatsObservation):
            return self._identified(visit, blank, fetched, fetched.observation)
        result = _good(blank, fetched, self.token_id)
        if endpoint is Endpoint.VIEWS and repository.state is not RepositoryState.ACTIVE:
            return replace(result, state_change=StateChange(RepositoryState.ACTIVE, None))
        return result

    def _etag(self, endpoint: Endpoint, state: EndpointState | None) -> str | None:
        """The validator of the last answer: stored with it, given to this same token.

        A day's counters of the repository are written once a day at least, so its first answer of a day is whole.
        """
        if state is None or state.etag_token_id != self.token_id or state.last_outcome not in GOOD:
            return None
        if endpoint is Endpoint.REPOSITORY and utc_day(state.last_tried_at) != utc_day(self.time.now()):
            return None
        return state.etag

    def _knows_stars(self, state: EndpointState | None) -> bool:
        good = state.last_good_at if state else None
        return good is not None and self.time.now() - good < STARS_FRESH_FOR

    def _identified(
        self, visit: Visit, blank: EndpointResult, fetched: Fetched, seen: StatsObservation
    ) -> EndpointResult:
        """The answer about the repository itself, once its id is what it was; else what its own id leads to."""
        repository = visit.collectable.repository
        if repository.github_id in {None, seen.facts.github_id}:
            self._note_name(repository.repository_id, repository.full_name, seen.facts)
            return _good(blank, fetched, self.token_id)
        named = f"{repository.full_name} is now another repository (GitHub's id {seen.facts.github_id})"
        try:
            found, as_of = self._by_own_id(repository)
        except Missing:
            return _reused(blank, fetched, repository, named)
        message = f"{named}; the one that is followed is {found.facts.full_name}"
        return replace(blank, finished_at=as_of, outcome="ok", status=200, message=message, observation=found)

    def _led_astray(self, visit: Visit, blank: EndpointResult, fetched: Fetched, stranger: int) -> EndpointResult:
        """An answer that came from under another id: nothing of it is used, and the own id says what is next."""
        repository = visit.collectable.repository
        self._confirmed_at.pop(repository.repository_id, None)
        named = f"GitHub led from {repository.full_name} to another repository (GitHub's id {stranger})"
        try:
            found, as_of = self._by_own_id(repository)
        except Missing:
            return _reused(blank, fetched, repository, named)
        message = (
            f"{named}; nothing of its answer was used. The one that is followed is {found.facts.full_name} "
            "and is asked again in the next run."
        )
        return replace(blank, finished_at=as_of, outcome="name_reused", status=fetched.status, message=message)

    def _by_own_id(self, repository: Repository) -> tuple[StatsObservation, datetime]:
        """What the repository's id leads to, and when that was said. Raises: Missing; AnswerRefused; GitHubError."""
        answer = self.github.fetch(f"/repositories/{repository.github_id}", confirm_missing=True)
        found = parse_repository(answer.body).observation
        if found.facts.github_id != repository.github_id:
            raise AnswerRefused(f"the id {repository.github_id} leads to another one, {found.facts.github_id}")
        self._note_name(repository.repository_id, repository.full_name, found.facts)
        return found, answer.as_of

    def _note_name(self, repository_id: int, former: str, facts: RepositoryFacts) -> None:
        if facts.full_name != self._names.get(repository_id, former):
            self._names[repository_id] = facts.full_name


def _another_id(path: str | None, github_id: int | None) -> int | None:
    """The id of the place to which GitHub led us, where it is another than the repository's."""
    found = _ID_IN_PATH.search(path or "")
    return int(found.group(1)) if found and github_id is not None and int(found.group(1)) != github_id else None


def _reused(blank: EndpointResult, fetched: Fetched, repository: Repository, named: str) -> EndpointResult:
    reason = (
        f"{named}; the one that was followed (id {repository.github_id}) is gone. Nothing of the new one was "
        "mixed in: add it anew to follow it."
    )
    change = StateChange(RepositoryState.UNAVAILABLE, reason)
    return replace(blank, finished_at=fetched.as_of, outcome="name_reused", message=reason, state_change=change)


def _good(blank: EndpointResult, fetched: Fetched, token_id: int) -> EndpointResult:
    return replace(
        blank,
        finished_at=fetched.as_of,
        outcome="unchanged" if fetched.observation is None else "ok",
        status=fetched.status,
        message="; ".join(fetched.warnings) or None,
        observation=fetched.observation,
        etag=fetched.etag,
        etag_token_id=token_id if fetched.etag else None,
    )


def _failed(blank: EndpointResult, error: GitHubError | AnswerRefused) -> EndpointResult:
    told = redacted(str(error))  # what answers may be a proxy that repeats the request's headers
    if isinstance(error, AnswerRefused):
        unusable = f"GitHub's answer cannot be used: {told}."
        if blank.endpoint is Endpoint.REPOSITORY:
            unusable = f"{unusable} {NOT_CONFIRMED}"
        return replace(blank, outcome="bad_rows", status=200, message=unusable)
    failed = replace(blank, outcome=error.outcome, status=error.status, message=told)
    if blank.endpoint is Endpoint.REPOSITORY and not isinstance(error, RepositoryRefused):
        return replace(failed, message=f"{told} {NOT_CONFIRMED}")
    if isinstance(error, RepositoryRefused) and blank.endpoint in FIRST_LOOK:
        state = RepositoryState.BLOCKED if isinstance(error, Blocked) else RepositoryState.UNAVAILABLE
        return replace(failed, state_change=StateChange(state, told))
    return failed
