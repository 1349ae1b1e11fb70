"""Lives through the demo's past: the fake GitHub's clock runs from the first day to the present, and the collector runs
every few days of it, at its end every day, just as it would have done then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from collector.clock import SystemClock
from collector.discovery import check_repository, check_token, connect
from collector.run import Progress, RunRequest, collect
from collector.settings import Settings
from data.accounts.encryption import open_cipher
from data.accounts.models import Tenant
from data.accounts.tenants import add_tenant
from data.accounts.tokens import save_token
from data.collection.ledger import Scope
from data.repositories.repositories import add_repositories
from data.store import Store
from tests.demo.world import MAINTAINER_TOKEN, VIEWER_TOKEN
from tests.fake_github import FakeGitHub

PAST = timedelta(days=570)
STEP = timedelta(days=3)  # GitHub shows 14 days, so nothing is lost
DAILY = timedelta(days=60)  # as long back, a run each day: what has just happened is looked at most closely
AS_FAST_AS_IT_GOES = 1_000_000
OFFICE, GROUP = "Open source office", "Research group"
TOKENS = {OFFICE: MAINTAINER_TOKEN, GROUP: VIEWER_TOKEN}
FOLLOWED_BY_GROUP = ("icesat2py/icepyx", "debevv/nanoMODBUS", "NCAR/i-wrf")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the demo's past: how many of all are over, and when it is."""

    done: int
    of: int
    now: datetime


class History:
    """The demo's data directory, filled through the real collector."""

    def __init__(self, directory: Path, github: FakeGitHub) -> None:
        self._store = Store(directory)
        self._github = github
        self._settings = Settings(github.url, AS_FAST_AS_IT_GOES)
        self._clock = SystemClock()
        self._tenants: dict[str, Tenant] = {}
        self._waiting = {each.full_name: each.created_at for each in github.world.repositories.values()}

    def live(self, until: datetime) -> Iterator[Moment]:
        """Collect all along the past up to `until`; says after each how far it is."""
        self._store.prepare()
        moments = _moments(until)
        for done, now in enumerate([*moments, until], start=1):
            self._github.clock.now = now
            self._follow_what_is_there(now)
            collect(self._store, self._settings, RunRequest(Scope(), "schedule"), self._clock, Progress())
            yield Moment(done, len(moments) + 1, now)
        self._store.close()

    def _follow_what_is_there(self, now: datetime) -> None:
        for name, token in TOKENS.items():
            if name not in self._tenants:
                self._add_tenant(name, token, now)
            theirs = [each for each, created in self._waiting.items() if created <= now and _tenant_of(each) == name]
            if theirs:
                github = connect(self._settings, token, self._clock)
                facts = [check_repository(github, each) for each in theirs]
                github.close()
                add_repositories(self._store, self._tenants[name].tenant_id, facts, now)
                self._waiting = {each: at for each, at in self._waiting.items() if each not in theirs}

    def _add_tenant(self, name: str, token: str, now: datetime) -> None:
        tenant = add_tenant(self._store, name, "daily", now)
        github = connect(self._settings, token, self._clock)
        facts = check_token(github)
        github.close()
        encrypted = (open_cipher(self._store.directory).encrypt(token), token[-4:])
        save_token(self._store, tenant.tenant_id, encrypted, facts, now)
        self._tenants[name] = tenant


def _tenant_of(full_name: str) -> str:
    return GROUP if full_name in FOLLOWED_BY_GROUP else OFFICE


def _moments(until: datetime) -> list[datetime]:
    """When the collector ran: every few days from the first on, and every day of the last weeks."""
    first = datetime.combine((until - PAST).date(), time(22, 15), UTC)
    turn = first + (PAST - DAILY) // STEP * STEP
    seldom = [first + n * STEP for n in range((turn - first) // STEP)]
    return seldom + [turn + timedelta(days=n) for n in range((until - turn).days + 1)]
