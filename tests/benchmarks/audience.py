"""Who looks at the five years: tenants that share the repositories, users that are signed in, and their clock."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from duckdb import DuckDBPyConnection

from data import calendar
from data.accounts import sessions
from data.accounts.audit import Subject, record
from data.accounts.authority import COMMAND_LINE, NewUser, save_account, save_grant
from data.accounts.models import Grant, Role
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import DAY, stored
from data.store import Store
from tests.benchmarks.five_years import five_years_copy
from tests.benchmarks.measured import NEWEST_DAY, Scale

HERE = Path(__file__).parent
ACTS = 20  # in the audit log, of each tenant
CLOCK = "TRAFFIC_BENCHMARK_SECONDS"  # by how much the app's clock is ahead, in the environment of its process


@dataclass(frozen=True, slots=True)
class Audience:
    """A data directory with users: the secrets of the sessions of one tenant's manager, and of all tenants' manager;
    and by how much the app's clock must differ for the newest day to be yesterday.
    """

    directory: Path
    ahead: timedelta
    manager: str
    manager_of_all: str
    managers: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the app needs."""
        place = {"TRAFFIC_DATA_DIR": str(self.directory), CLOCK: str(self.ahead.total_seconds())}
        return {**os.environ, **place}


def gather(scale: Scale, directory: Path, sessions_wanted: int = 0) -> Audience:
    """A copy of the five years with its tenants and users; a session each for so many managers of one tenant each."""
    store = five_years_copy(scale, directory)
    store.prepare()
    now = datetime.combine(NEWEST_DAY + DAY, time(9), UTC)
    ahead = now - datetime.now(UTC)
    values = {"tenants": scale.tenants, "each": -(-scale.store_repositories // scale.tenants), "now": stored(now)}
    with store.traffic.commit("sharing repositories among tenants") as connection:
        for name, value in values.items():
            connection.execute(f"set variable {name} = $value", {"value": value})
        connection.execute((HERE / "audience.sql").read_text(encoding="utf-8"))
    granted = {f"manager-{n}": [1 + n % scale.tenants] for n in range(max(1, sessions_wanted))}
    granted["manager-of-all"] = list(range(1, 1 + scale.tenants))
    with store.control.commit("adding users") as connection:
        keys = [_user(connection, name, tenant_ids, now) for name, tenant_ids in granted.items()]
    _administer(store, scale.tenants, now)
    *managers, manager_of_all = [_session(store, key, now) for key in keys]
    store.close()
    return Audience(directory, ahead, managers[0], manager_of_all, tuple(managers))


def set_clock() -> None:
    """Let the app of this process live at the audience's time: before any module that reads the clock is imported."""
    ahead = timedelta(seconds=float(os.environ[CLOCK]))
    calendar.utc_now = lambda: datetime.now(UTC) + ahead


def _administer(store: Store, tenants: int, now: datetime) -> None:
    """Acts in the audit log, and a token for each tenant."""
    with store.control.commit("acting") as connection:
        for number in range(ACTS * tenants):
            tenant_id = 1 + number % tenants
            about = Subject(f"tenant {tenant_id}", tenant_id)
            record(connection, "collection started", about, "manager-0", now - number * timedelta(hours=1))
    for tenant_id in range(1, 1 + tenants):
        facts = TokenFacts("classic", f"owner-{tenant_id}", tenant_id, "repo", now + timedelta(days=90))
        save_token(store, COMMAND_LINE, tenant_id, "ghp_of_nobody", facts, now=now)


def _user(connection: DuckDBPyConnection, name: str, tenant_ids: list[int], now: datetime) -> int:
    """A new user who manages these tenants."""
    key = save_account(connection, NewUser(name, name.capitalize()), None, now)
    for tenant_id in tenant_ids:
        save_grant(connection, key, Grant(Role.TENANT, tenant_id), COMMAND_LINE, now)
    return key


def _session(store: Store, key: int, now: datetime) -> str:
    """The secret of a new session of a user."""
    return sessions.redeem_ticket(store, sessions.make_ticket(store, key, now), "", "127.0.0.1", now)
