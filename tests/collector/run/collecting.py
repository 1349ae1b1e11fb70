"""A small world to collect from, a store to collect into, and time that passes as fast as the tests like."""

import threading
import time as real_time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from collector import run
from collector.clock import GitHubTime, Stopped, SystemClock
from collector.owner_run import Progress, RunReport, RunRequest
from collector.run import collect
from collector.settings import Settings
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.accounts.tokens import TokenFacts, save_token
from data.collection.ledger import Scope
from data.collection.models import RunState
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store
from tests.fake_github import Asset, FakeGitHub, Release, Repository, Token, World

NOW = datetime(2026, 5, 7, 16, tzinfo=UTC)  # a Thursday: yesterday is published, last week is settled and whole
TODAY = NOW.date()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECRET = "ghp_maintainer0123456789abcdefghijklmnop"
OTHER_SECRET = "github_pat_other0123456789abcdefghijklmnopqr"
OWNER_ID, OTHER_OWNER_ID = 1001, 1002
FACT_TABLES = (
    "daily_traffic",
    "weekly_traffic",
    "traffic_window",
    "traffic_revision",
    "snapshot",
    "referrer_snapshot",
    "path_snapshot",
    "repository_stats",
    "star_history",
    "release",
    "release_download",
    "repository",
)
Rows = list[tuple[Any, ...]]


def repository(key: int, name: str, **facts: Any) -> Repository:
    """A repository of octo: other views and clones on each day from ten weeks ago to ten weeks ahead."""
    days = [TODAY + DAY * n for n in range(-70, 70)]
    given: dict[str, Any] = {
        "views": {day: (100 * key + n, 10 * key) for n, day in enumerate(days)},
        "clones": {day: (50 * key + n, 5 * key) for n, day in enumerate(days)},
        "stars": {day: n % 3 for n, day in enumerate(days)},
        "referrers": [(NOW - DAY * 70, [("Google", 5 * key, 2)])],
        "paths": [(NOW - DAY * 70, [(f"/octo/{name}", 7 * key, 3)])],
        "releases": [Release(key * 10, "v1", NOW - DAY * 30, assets=[Asset(key * 100, "file.zip", 7, 2.0)])],
        "created_at": datetime.combine(days[0], time(12), UTC),
    }
    return Repository(key, "octo", name, **(given | facts))


def small_world(number: int = 3) -> World:
    """Repositories octo/one, octo/two, ... with the ids 1, 2, ..., and a maintainer's token."""
    names = ["one", "two", "three", "four", "five", "six", "seven", "eight"][:number]
    return World([repository(key, name) for key, name in enumerate(names, start=1)], [Token(SECRET)])


class MachineTime(GitHubTime):
    """As GitHub's time before GitHub was heard: the machine's clock agrees with the fake GitHub's, or stands still."""

    moment = NOW

    def __init__(self, clock: SystemClock) -> None:
        super().__init__(clock)
        self.set(clock.github.clock.now if isinstance(clock, VirtualClock) else self.moment)
        self.is_set = False  # by GitHub


class VirtualClock(SystemClock):
    """Waits by moving the fake GitHub's clock ahead."""

    def __init__(self, github: FakeGitHub) -> None:
        super().__init__()
        self.github = github
        self._guard = threading.Lock()

    def monotonic(self) -> float:
        """The fake GitHub's own time."""
        return self.github.clock.elapsed()

    def sleep(self, seconds: float) -> None:
        """Let its time pass; a long time only when no answer is on its way: it would seem as old."""
        if self.stop.is_set():
            raise Stopped
        until = self.monotonic() + seconds
        if seconds > 0.15:  # more than the pace asks for
            while self.github.requests.in_flight:
                real_time.sleep(0.001)
            real_time.sleep(0.003)
        with self._guard:  # those who wait at once wait for the same time to pass
            self.github.clock.advance(timedelta(seconds=max(0.0, until - self.monotonic())))


class RecordedProgress(Progress):
    """Keeps what a run reports."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.waits: list[tuple[float, str]] = []
        self.batches: list[int] = []
        self.visited: list[str] = []

    def advanced(self, done: int, name: str) -> None:
        """A visit."""
        self.visited.append(name)

    def waiting(self, seconds: float, reason: str) -> None:
        """A wait."""
        self.waits.append((seconds, reason))

    def saved(self, repositories: int, rows_changed: int) -> None:
        """A commit."""
        self.batches.append(repositories)

    def warned(self, sentence: str) -> None:
        """A warning."""
        self.warnings.append(sentence)


@dataclass
class Collection:
    """Collects what tenants follow on a fake GitHub."""

    github: FakeGitHub
    store: Store
    progress: RecordedProgress = field(default_factory=RecordedProgress)
    scope: Scope = field(default_factory=Scope)
    requests_a_minute: int = 600
    concurrency: int = 4
    runs_before: int = 0  # the newest run's number before the last collection

    def __post_init__(self) -> None:
        self.clock: SystemClock = VirtualClock(self.github)

    def __call__(self, trigger: str = "command") -> RunReport:
        """Make a run."""
        settings = Settings(self.github.url, self.requests_a_minute, self.concurrency)
        self.github.requests.clear()
        ((self.runs_before,),) = self.rows("select coalesce(max(run_id), 0) as run_id from collection_run")
        return collect(self.store, settings, RunRequest(self.scope, trigger), self.clock, self.progress)

    def later(self, by: timedelta) -> RunReport:
        """Make a run after some time."""
        self.github.clock.advance(by)
        return self()

    def follow(self, secret: str, names: Sequence[str] | None = None, tenant: str = "acme") -> int:
        """Have a tenant with this token follow these repositories, or all there are; answers the tenant's id."""
        now = self.github.clock.now
        tenant_id = add_tenant(self.store, COMMAND_LINE, tenant, "daily", now).tenant_id
        self.give_token(secret, tenant_id)
        self.add(
            *([r.full_name for r in self.github.world.repositories.values()] if names is None else names), to=tenant_id
        )
        return tenant_id

    def add(self, *names: str, to: int = 1) -> None:
        """Have a tenant follow repositories."""
        chosen = [r for r in self.github.world.repositories.values() if r.full_name in names]
        found = [RepositoryFacts(r.id, r.full_name, "private" if r.private else "public", False, False) for r in chosen]
        add_repositories(self.store, COMMAND_LINE, to, found, self.github.clock.now)

    def give_token(self, secret: str, tenant_id: int) -> None:
        """Store a token for a tenant, in place of the one before."""
        token = self.github.world.tokens[secret]
        facts = TokenFacts(token.kind, token.login, token.owner_id, ", ".join(token.scopes), None)
        save_token(self.store, COMMAND_LINE, tenant_id, secret, facts, now=self.github.clock.now)

    def rows(self, sql: str, **values: object) -> Rows:
        """What the newest version answers."""
        with self.store.traffic.read() as cursor:
            return list(cursor.execute(sql, values).fetchall())

    def tables(self) -> dict[str, Rows]:
        """Every table of facts, all rows, in a fixed order."""
        return {name: self.rows(f"select * from {name} order by all") for name in FACT_TABLES}

    def outcomes(self, run_id: int | None = None) -> dict[str, dict[str, str]]:
        """By repository, the outcome of each endpoint in a run, in those of the last collection if none is named."""
        sql = (
            "select full_name, endpoint, outcome from collection_result join repository using (repository_id) "
            "where run_id = coalesce($run_id, run_id) and run_id > $before order by finished_at"
        )
        found: dict[str, dict[str, str]] = {}
        for name, endpoint, outcome in self.rows(sql, run_id=run_id, before=self.runs_before if run_id is None else 0):
            found.setdefault(name, {})[endpoint] = outcome
        return found

    def message(self, full_name: str, endpoint: str) -> str:
        """What the log says of an endpoint's newest result."""
        sql = (
            "select message from collection_result join repository using (repository_id) where full_name = $full_name "
            "and endpoint = $endpoint order by run_id desc, finished_at desc limit 1"
        )
        ((message,),) = self.rows(sql, full_name=full_name, endpoint=endpoint)
        return str(message)

    def views(self, full_name: str) -> dict[date, tuple[int, int]]:
        """The stored views of each day."""
        sql = (
            "select day, views, view_uniques from daily_traffic join repository using (repository_id) "
            "where full_name = $full_name and views is not null"
        )
        return {day: (views, uniques) for day, views, uniques in self.rows(sql, full_name=full_name)}

    def state(self, full_name: str) -> tuple[str, str | None]:
        """A repository's state and its reason."""
        sql = "select state, state_reason from repository where full_name = $full_name"
        ((state, reason),) = self.rows(sql, full_name=full_name)
        return state, reason

    def asked(self, part: str) -> int:
        """The requests of the newest run whose address holds this."""
        return sum(part in target for target in self.github.requests.targets())

    def last_run(self) -> tuple[RunState, str | None, bool]:
        """How the log has the newest run: state, message, and whether it is closed."""
        sql = "select state, message, ended_at is not null from collection_run order by run_id desc limit 1"
        ((state, message, ended),) = self.rows(sql)
        return RunState(state), message, ended


class LockTaker(RecordedProgress):
    """Takes the store's write lock at a run's first visit, before any of it is saved, and lets go at the end."""

    def __init__(self, collection: Collection) -> None:
        super().__init__()
        collection.store = Store(collection.store.directory, lock_timeout_s=0.1)
        self._other = Store(collection.store.directory)
        self._holding = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._holding.close()

    def advanced(self, done: int, name: str) -> None:
        """The first visit."""
        if done == 1:
            self._holding.enter_context(self._other.traffic.locked("a backup"))


def shown_views(given: Repository, newest: date = TODAY - DAY) -> dict[date, tuple[int, int]]:
    """The 14 days of views that GitHub shows when `newest` is the newest of them."""
    return {day: given.views[day] for day in (newest - DAY * n for n in range(14))}


def machine_stands_at(moment: datetime) -> None:
    """In a program of its own: have its clock stand there."""
    MachineTime.moment = moment
    vars(run)["GitHubTime"] = MachineTime
