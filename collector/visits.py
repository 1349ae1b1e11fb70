"""One visit: asks some endpoints of one repository, each on its own, and says what came of each.

A repository is known by GitHub's id. Before its traffic is asked for, the id under its name is compared: a rename is
followed, another repository under the old name is not collected.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from collector.clock import GitHubTime, Stopped
from collector.due import FIRST_LOOK, Visit
from collector.endpoints import Fetched, Question, fetch_endpoint
from collector.errors import Blocked, GitHubError, HostDown, LimitReached, Missing, RepositoryRefused, RunStopped
from collector.errors import TokenRefused as TokenRefusedByGitHub
from collector.github import GitHub
from collector.parse import AnswerRefused, parse_repository
from collector.redaction import redacted
from data.calendar import utc_day
from data.models import (
    Endpoint,
    EndpointResult,
    EndpointState,
    RepositoryFacts,
    RepositoryState,
    StateChange,
    StatsObservation,
)

GOOD = frozenset({"ok", "unchanged"})
STARS_FRESH_FOR = timedelta(days=28)  # then a short answer of the star history would leave weeks out
ENDS_MORE = (TokenRefusedByGitHub, LimitReached, RunStopped, HostDown, Stopped)
"""These end more than the visit to one repository."""


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

    def visit(self, visit: Visit) -> Iterator[EndpointResult]:
        """The results of the visit's endpoints, in their order.

        A repository that is refused is asked nothing more. Raises: GitHubError where more than this repository is
        concerned (the token, the budget, the host), after the results that were there before; Stopped.
        """
        repository = visit.collectable.repository
        key = repository.repository_id
        for endpoint in visit.endpoints:
            if key in self._refused:
                return
            result = self._ask(visit, endpoint)
            if result.state_change and result.state_change.state is not RepositoryState.ACTIVE:
                self._refused.add(key)
            yield result

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
        question = Question(name, endpoint, self._etag(endpoint, state), self._knows_stars(state))
        fetched = fetch_endpoint(self.github, question)
        self.accepted = True
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
        self._refused.add(repository.repository_id)  # unless its own id leads to it
        named = f"{repository.full_name} is now another repository (GitHub's id {seen.facts.github_id})"
        try:
            answer = self.github.fetch(f"/repositories/{repository.github_id}", confirm_missing=True)
        except Missing:
            reason = (
                f"{named}; the one that was followed (id {repository.github_id}) is gone. Nothing of the new one was "
                "mixed in: add it anew to follow it."
            )
            change = StateChange(RepositoryState.UNAVAILABLE, reason)
            at = fetched.as_of
            return replace(blank, finished_at=at, outcome="name_reused", message=reason, state_change=change)
        found = parse_repository(answer.body)
        self._note_name(repository.repository_id, repository.full_name, found.observation.facts)
        self._refused.discard(repository.repository_id)
        message = f"{named}; the one that is followed is {found.observation.facts.full_name}"
        return replace(
            blank, finished_at=answer.as_of, outcome="ok", status=200, message=message, observation=found.observation
        )

    def _note_name(self, repository_id: int, former: str, facts: RepositoryFacts) -> None:
        if facts.full_name != former:
            self._names[repository_id] = facts.full_name


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
        return replace(blank, outcome="bad_rows", status=200, message=f"GitHub's answer cannot be used: {told}.")
    failed = replace(blank, outcome=error.outcome, status=error.status, message=told)
    if isinstance(error, RepositoryRefused) and blank.endpoint in FIRST_LOOK:
        state = RepositoryState.BLOCKED if isinstance(error, Blocked) else RepositoryState.UNAVAILABLE
        return replace(failed, state_change=StateChange(state, told))
    return failed
