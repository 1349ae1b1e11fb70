"""Who plays in the tests of accounts: an admin, managers and viewers of two tenants, somebody without access."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from data.accounts import passwords, sessions, set_up
from data.accounts.authority import COMMAND_LINE, NewUser, checked, save_account, save_grant, stored_accounts
from data.accounts.models import Account, Grant, Role
from data.accounts.tenants import add_tenant
from data.repositories.models import Repository, RepositoryFacts
from data.repositories.repositories import add_repositories
from data.schema.migrate import tables
from data.store import Store

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
PASSWORD = "a meadow in the rain"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ADDRESS = "192.0.2.7"
AUDITOR = Account(99, "auditor", "Somebody who reads the audit log", None, True, (Grant(Role.ADMIN),))


def newcomer(username: str, password: str | None = PASSWORD) -> NewUser:
    return NewUser(username, username.title(), f"{username.strip()}@example.org", password)


def first_user(store: Store, username: str = "ada") -> Account:
    """The admin, added with a real set-up code."""
    code = set_up.renew_setup_code(store, NOW)
    assert code
    return set_up.add_first_user(store, code, newcomer(username), NOW)


def user(store: Store, username: str, *granted: Grant) -> Account:
    """A user with a password and with grants that nobody has checked."""
    new = checked(newcomer(username))
    with store.control.commit("a user of the cast") as connection:
        user_id = save_account(connection, new, passwords.hashed(PASSWORD), NOW)
        for each in granted:
            save_grant(connection, user_id, each, COMMAND_LINE, NOW)
    return account(store, new.username)


def account(store: Store, username: str) -> Account:
    """The account as it is now."""
    with store.control.read() as cursor:
        return next(each for each in stored_accounts(cursor) if each.username == username)


def signed_in(store: Store, who: Account, now: datetime = NOW) -> str:
    """The secret of a new session."""
    return sessions.redeem_ticket(store, sessions.make_ticket(store, who.user_id, now), FIREFOX, ADDRESS, now)


def deactivate(store: Store, tenant_id: int) -> None:
    with store.traffic.commit("deactivating") as connection:
        connection.execute("update tenant set active = false where tenant_id = $id", {"id": tenant_id})


def remove_tenant(store: Store, tenant_id: int) -> None:
    """Delete a tenant with its repositories."""
    with store.traffic.commit("deleting") as connection:
        connection.execute("delete from tenant where tenant_id = $id", {"id": tenant_id})
        connection.execute("delete from repository where tenant_id = $id", {"id": tenant_id})


@dataclass
class Place:
    """A tenant with two repositories."""

    tenant_id: int
    repositories: list[int] = field(default_factory=list)

    @classmethod
    def added(cls, store: Store, name: str, first_github_id: int) -> "Place":
        tenant = add_tenant(store, COMMAND_LINE, name, "daily", NOW)
        facts = [RepositoryFacts(first_github_id + n, f"{name}/r{n}", None, None, None) for n in range(2)]
        added: list[Repository] = add_repositories(store, COMMAND_LINE, tenant.tenant_id, facts, NOW)
        return cls(tenant.tenant_id, [each.repository_id for each in added])

    @property
    def manager(self) -> Grant:
        return Grant(Role.TENANT, self.tenant_id)

    @property
    def viewer(self) -> Grant:
        return Grant(Role.TENANT_VIEWER, self.tenant_id)

    def of_repository(self, n: int) -> Grant:
        return Grant(Role.REPOSITORY_VIEWER, self.tenant_id, self.repositories[n])


def kept_in(store: Store, *databases: str) -> bytes:
    """All that the data directory keeps, the server's key aside: the bytes of the files, and the rows as text.

    The rows too, since DuckDB may compress a text so that its bytes do not show.
    """
    files = [path for path in store.directory.rglob("*") if path.is_file() and path.name != "secret.key"]
    kept = [path.read_bytes() for path in files if path.name.startswith(databases or "")]
    for database in (store.control, store.traffic):
        if not databases or database.name in databases:
            with database.read() as cursor:
                for table in tables(cursor):
                    kept.append(str(cursor.execute(f"from {table}").fetchall()).encode())
    return b"".join(kept)
