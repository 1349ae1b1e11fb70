"""The demo's past, as the collector saved it, in one file. `python -m tests.demo.history` makes it anew in minutes.

It was lived through: the fake GitHub's clock runs from the first day to this week's Monday, and the collector runs
every few days of it, at its end every day, just as it would have done then. The file is a version of `traffic`, so
that it is migrated as every store is; it is used by moving all its days and times by whole weeks.
"""

import gzip
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from collector.clock import SystemClock
from collector.discovery import check_repository, check_token, connect
from collector.owner_run import Progress, RunRequest
from collector.run import collect
from collector.settings import Settings
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant, operator, set_reads_actions, tenant_named, tenants
from data.accounts.tokens import save_token
from data.calendar import DAY, monday, utc_now
from data.collection.ledger import Scope
from data.repositories.repositories import add_repositories
from data.store import Store
from tests.demo.world import MAINTAINER_TOKEN, VIEWER_TOKEN, demo_world
from tests.fake_github import FakeGitHub

PAST = timedelta(days=570)
STEP = timedelta(days=3)  # GitHub shows 14 days, so nothing is lost
DAILY = timedelta(days=60)  # as long back, a run each day: what has just happened is looked at most closely
AS_FAST_AS_IT_GOES = 1_000_000
TOKENS = {"Open source office": MAINTAINER_TOKEN, "Research group": VIEWER_TOKEN}
GROUP_FOLLOWS = ("icesat2py/icepyx", "debevv/nanoMODBUS", "NCAR/i-wrf")
FILE = Path(__file__).with_name("history.duckdb.gz")
TIMES = """
select
    table_name,
    string_agg(format('{0} = {0} + to_days($days::integer)', column_name), ', ')
from duckdb_columns()
where
    table_name in (select table_name from duckdb_tables() where not internal)
    and data_type in ('DATE', 'TIMESTAMP')
group by table_name
"""


def load(directory: Path, github: FakeGitHub, today: date) -> Store:
    """A new data directory in which the past has ended in this week's first night; tokens are given now."""
    versions = directory / "versions"
    versions.mkdir(parents=True)
    (versions / "traffic-1.duckdb").write_bytes(gzip.decompress(FILE.read_bytes()))
    (directory / "traffic.duckdb").symlink_to("versions/traffic-1.duckdb")
    store = Store(directory)
    store.prepare()
    with store.traffic.commit("moving the demo to the present") as connection:
        ((ended,),) = connection.execute("select max(started_at)::date from collection_run").fetchall()
        moved_by = monday(today) - monday(ended + DAY)
        for table, sets in connection.execute(TIMES).fetchall():
            connection.execute(f"update {table} set {sets}", {"days": moved_by.days})
    _give_tokens(store, github)
    office = next(iter(TOKENS))
    set_reads_actions(store, COMMAND_LINE, tenant_named(operator(store), store, office).tenant_id, True, utc_now())
    return store


def _give_tokens(store: Store, github: FakeGitHub) -> None:
    for tenant in tenants(operator(store), store):
        client = connect(Settings(github.url), TOKENS[tenant.name], SystemClock())
        save_token(store, COMMAND_LINE, tenant.tenant_id, TOKENS[tenant.name], check_token(client), now=utc_now())
        client.close()


def live(directory: Path, github: FakeGitHub, until: datetime) -> Iterator[datetime]:
    """Collect all along the past up to `until`; the moment of each run."""
    store, settings, clock = Store(directory), Settings(github.url, AS_FAST_AS_IT_GOES), SystemClock()
    store.prepare()
    moments = _moments(until)
    office = {each.full_name: each.created_at for each in github.world.repositories.values()}
    group = {name: office.pop(name) for name in GROUP_FOLLOWS}
    for name in TOKENS:
        add_tenant(store, COMMAND_LINE, name, "daily", moments[0])
    github.clock.now = moments[0]
    _give_tokens(store, github)
    tenant_ids = [each.tenant_id for each in tenants(operator(store), store)]
    for now in moments:
        github.clock.now = now
        for tenant_id, token, waiting in zip(tenant_ids, TOKENS.values(), (office, group), strict=True):
            if new := [name for name, created_at in waiting.items() if created_at <= now]:
                client = connect(settings, token, clock)
                facts = [check_repository(client, name)[0] for name in new]
                add_repositories(store, COMMAND_LINE, tenant_id, facts, now)
                client.close()
                for name in new:
                    del waiting[name]
        collect(store, settings, RunRequest(Scope(), "schedule"), clock, Progress())
        yield now
    store.close()


def _moments(until: datetime) -> list[datetime]:
    """When the collector ran before `until`: every few days from the first on, and every day of the last weeks."""
    first = datetime.combine((until - PAST).date(), time(22, 15), UTC)
    turn = first + (PAST - DAILY) // STEP * STEP
    seldom = [first + n * STEP for n in range((turn - first) // STEP)]
    return seldom + [turn + timedelta(days=n) for n in range((until - turn).days + 1)]


def main() -> int:
    """Make the file; answers the exit code."""
    until = datetime.combine(monday(utc_now().date()), time(), UTC)
    github = FakeGitHub(demo_world(until.date()))
    github.budgets.an_hour = sys.maxsize
    with tempfile.TemporaryDirectory() as folder, github:
        for now in live(Path(folder), github, until):
            print(f"\r{now:%d %B %Y}", end="", flush=True)
        with Store(Path(folder)).traffic.commit("compacting") as connection:
            connection.execute("delete from store_compaction")
        FILE.write_bytes(gzip.compress((Path(folder) / "traffic.duckdb").read_bytes(), mtime=0))
    print(f"\n{FILE.name}: {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
