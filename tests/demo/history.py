"""Lives through the demo's past: the fake GitHub's clock runs from the first day to the present, and the collector runs
every few days of it, at its end every day, just as it would have done then.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from collector.clock import SystemClock
from collector.discovery import check_repository, check_token, connect
from collector.run import Progress, RunRequest, collect
from collector.settings import Settings
from data.accounts.authority import COMMAND_LINE
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
GROUP_FOLLOWS = ("icesat2py/icepyx", "debevv/nanoMODBUS", "NCAR/i-wrf")


def live(directory: Path, github: FakeGitHub, until: datetime) -> Iterator[tuple[int, int, datetime]]:
    """Collect all along the past up to `until`; after each run, how many of how many are done, and its moment."""
    store, settings, clock = Store(directory), Settings(github.url, AS_FAST_AS_IT_GOES), SystemClock()
    store.prepare()
    moments = [*_moments(until), until]
    waiting = {each.full_name: each.created_at for each in github.world.repositories.values()}
    group = {name: waiting.pop(name) for name in GROUP_FOLLOWS}
    github.clock.now = moments[0]
    office_id = _add_tenant(store, settings, "Open source office", MAINTAINER_TOKEN, moments[0])
    group_id = _add_tenant(store, settings, "Research group", VIEWER_TOKEN, moments[0])
    for done, now in enumerate(moments, start=1):
        github.clock.now = now
        for tenant_id, token, repositories in (
            (office_id, MAINTAINER_TOKEN, waiting),
            (group_id, VIEWER_TOKEN, group),
        ):
            new = [name for name, created_at in repositories.items() if created_at <= now]
            if new:
                client = connect(settings, token, clock)
                facts = [check_repository(client, name) for name in new]
                client.close()
                add_repositories(store, tenant_id, facts, now)
                for name in new:
                    del repositories[name]
        collect(store, settings, RunRequest(Scope(), "schedule"), clock, Progress())
        yield done, len(moments), now
    store.close()


def _add_tenant(store: Store, settings: Settings, name: str, token: str, now: datetime) -> int:
    tenant = add_tenant(store, name, "daily", now)
    client = connect(settings, token, SystemClock())
    facts = check_token(client)
    client.close()
    save_token(store, COMMAND_LINE, tenant.tenant_id, token, facts, now=now)
    return tenant.tenant_id


def _moments(until: datetime) -> list[datetime]:
    """When the collector ran: every few days from the first on, and every day of the last weeks."""
    first = datetime.combine((until - PAST).date(), time(22, 15), UTC)
    turn = first + (PAST - DAILY) // STEP * STEP
    seldom = [first + n * STEP for n in range((turn - first) // STEP)]
    return seldom + [turn + timedelta(days=n) for n in range((until - turn).days + 1)]
