"""How far a token reaches: the requests that its repositories take, beside those that GitHub gives its owner.

Counted by asking each endpoint when it is due. Answers of several pages (long histories of stars and releases) and
retries come on top; what GitHub answers with "not modified" it does not count.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile

from collector.endpoints import actions
from collector.endpoints.endpoint import Endpoint, endpoints
from collector.endpoints.traffic import WeeklyTraffic
from data.accounts.github_app import InstallationState, installations
from data.accounts.models import Tenant, Viewer
from data.accounts.tenants import operator, tenants
from data.accounts.tokens import tokens
from data.calendar import DAY, newest_settled_week, utc_day
from data.collection.health import ON_HOLD, Finding, FindingKind
from data.collection.models import CollectableRepository, EndpointState, Outcome
from data.collection.schedule import next_times, schedule_fault
from data.repositories.models import Repository, RepositoryState
from data.repositories.repositories import repositories
from data.store import Store
from data.store.cache import cached
from data.text import counted

REQUESTS_AN_HOUR = 5_000  # https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
REQUESTS_A_DAY = 24 * REQUESTS_AN_HOUR
A_REPOSITORY_MORE, INCLUDED, MOST_OF_AN_INSTALLATION = 50, 20, 2.5  # 12,500 an hour at most
NEARLY = 0.8  # of these
OBSERVED = timedelta(weeks=4)
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the tokens of one GitHub user are asked for in a day: of these tenants, so many repositories."""

    owner: str
    owner_key: str  # by which pauses and limits are kept, as of its tokens
    tenant_names: tuple[str, ...]
    repositories: int
    requests_a_day: int
    of_app: int | None = None  # of an installation: how many repositories it includes

    @property
    def share(self) -> float:
        """Of what GitHub allows: an installation more than a user, the more repositories it includes."""
        more = A_REPOSITORY_MORE * max(0, (self.of_app or 0) - INCLUDED)
        return self.requests_a_day / (REQUESTS_A_DAY * min(1 + more / REQUESTS_AN_HOUR, MOST_OF_AN_INSTALLATION))

    @property
    def _subject(self) -> str:
        return f"The tokens of {self.owner}" if self.of_app is None else f"The GitHub App of {self.owner}"

    def sentence(self) -> str:
        load = f"{counted(self.repositories, 'repository')}, about {counted(self.requests_a_day, 'request')} a day"
        share = "less than 1%" if self.share < 0.01 else f"{self.share:.0%}"
        collect = "collect" if self.of_app is None else "collects"
        text = f"{self._subject} {collect} {load}, {share} of what GitHub allows."
        if self.share > 1:
            return f"{text} That is too many: the last ones are collected late or not at all. {_RELIEF}"
        return f"{text} That is nearly all. {_RELIEF}" if self.share > NEARLY else text

    def sentence_of_others(self) -> str:
        """For somebody who does not see all of these tenants."""
        load = f"in all about {counted(self.requests_a_day, 'request')} a day, {self.share:.0%} of what GitHub allows"
        return f"{self._subject} are used elsewhere on this server, too: {load}. {_RELIEF}"


_RELIEF = "Track fewer, collect less often, or use the token of another GitHub user."


@cache
def requests_for_new() -> int:
    """The requests that a repository takes when it is added: its check, and what its first collection asks beside."""
    days = [MONDAY + n * DAY for n in range(7)]
    return max(len(_due(_fresh(), at)) for at in days)


@cache
def requests_a_day(schedule: str) -> float:
    """The requests that a repository takes in a day on average, once it was collected; none on an unusable schedule."""
    if schedule_fault(schedule):
        return 0.0
    repository, asked = _fresh(), 0
    _collect(repository, MONDAY)
    for at in takewhile(lambda moment: moment < MONDAY + OBSERVED, next_times(schedule, MONDAY)):
        asked += _collect(repository, at)
    return asked / OBSERVED.days


def _a_day(tenant: Tenant) -> float:
    return requests_a_day(tenant.schedule) + actions.REQUESTS_A_DAY * tenant.reads_actions


def _fresh() -> CollectableRepository:
    return CollectableRepository(Repository(1, 1, 1, "octo/hello", RepositoryState.ACTIVE))


def _due(repository: CollectableRepository, at: datetime) -> list[Endpoint]:
    return [endpoint for endpoint in endpoints() if endpoint.is_due(repository, at)]


def _collect(repository: CollectableRepository, at: datetime) -> int:
    """Have all that is due answered well. Answers how many requests that takes."""
    due = _due(repository, at)
    for endpoint in due:
        repository.endpoints[endpoint.name] = EndpointState(at, at, Outcome.OK)
        if isinstance(endpoint, WeeklyTraffic):
            repository.newest_whole_week[endpoint.metric] = newest_settled_week(utc_day(at))
    return len(due)


@cached("traffic", "control")
def reaches(viewer: Viewer, store: Store, more: tuple[tuple[int, int], ...] = ()) -> tuple[Reach, ...]:
    """What the tokens of the visible tenants are asked for, a row a GitHub user, the busiest first.

    `more` are repositories that are about to be added: tenant and number.
    """
    collected = [each for each in repositories(viewer, store) if each.state not in ON_HOLD]
    tracked = Counter(r.tenant_id for r in collected)
    tracked.update(dict(more))
    active = {each.tenant_id: each for each in tenants(viewer, store) if each.active}
    of_owner, loads, stored = defaultdict(list), [], tokens(viewer, store)
    beside = Counter([token.tenant_id for token in stored] + [each.tenant_id for each in installations(viewer, store)])
    for each in installations(viewer, store):
        owner = active.get(each.tenant_id or 0)
        if owner is not None and each.state is InstallationState.GRANTED:
            prefix = f"{each.account.casefold()}/"
            own = [r for r in collected if r.tenant_id == each.tenant_id and r.full_name.casefold().startswith(prefix)]
            count = len(own) if beside[owner.tenant_id] > 1 else tracked[owner.tenant_id]
            tracked[owner.tenant_id] -= count
            load = round(count * _a_day(owner))
            key = f"installation {each.installation_id}"
            loads.append(Reach(each.account, key, (owner.name,), count, load, each.repositories))
    for token in stored:
        if token.tenant_id in active:
            of_owner[token.facts.owner_id or -token.token_id].append(token)
    for owned in of_owner.values():
        owners = [active[token.tenant_id] for token in owned]
        requests = sum(tracked[each.tenant_id] * _a_day(each) for each in owners)
        count = sum(tracked[each.tenant_id] for each in owners)
        facts = owned[0].facts
        key = f"token {owned[0].token_id}" if facts.owner_id is None else f"user {facts.owner_id}"
        loads.append(
            Reach(facts.login or owners[0].name, key, tuple(each.name for each in owners), count, round(requests))
        )
    return tuple(sorted(loads, key=lambda each: -each.requests_a_day))


def overbooked(viewer: Viewer, store: Store) -> tuple[Finding, ...]:
    """A warning for each GitHub user whose tokens are nearly or fully used up."""
    return tuple(
        Finding(FindingKind.BUDGET, False, ", ".join(each.tenant_names), each.sentence())
        for each in reaches(viewer, store)
        if each.share > NEARLY
    )


def estimate(viewer: Viewer, store: Store, tenant_id: int, count: int) -> str:
    """What adding so many repositories to a tenant means for its token, as sentences; empty for none.

    Where tenants that the viewer does not see use the same GitHub user, their load is shown only once it matters, as a
    number without a name: the limit is the adder's, too.
    """
    owner = next((each for each in tenants(viewer, store) if each.tenant_id == tenant_id), None)
    if owner is None or not count:
        return ""
    now, a_day = count * requests_for_new(), round(count * _a_day(owner))
    hours = now / REQUESTS_AN_HOUR
    takes = f" (about {hours:,.1f} hours at GitHub's limit)" if hours > 1 else ""
    seen, every = (
        [each for each in reaches(of, store, ((tenant_id, count),)) if owner.name in each.tenant_names]
        for of in (viewer, operator(store))
    )
    of_all = [each.sentence() for each in seen]
    of_all += [each.sentence_of_others() for each in every if each.share > NEARLY and each not in seen]
    first = (
        f"{counted(count, 'repository')}: about {counted(now, 'request')} at once{takes}, more where the history of "
        f"stars is long; then {a_day:,} a day."
    )
    return " ".join([first, *of_all])


def busiest(every: Sequence[Reach]) -> list[str]:
    """The sentences of the first few that are asked for anything."""
    return [each.sentence() for each in every[:5] if each.requests_a_day]
