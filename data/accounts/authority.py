"""Accounts as they lie in `control`, and what whoever acts may do, asked inside the commit that does it.

So a right that has just been taken away is gone for an act that was on its way.

AccountRefused      something about a user cannot be so, with the reason
└── NotAllowed      whoever acts may not do this
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from data.accounts.models import Account, Grant, Role
from data.calendar import stored
from data.store.ids import next_id
from data.store.sql import query

COMMAND_LINE = "command line"  # whoever may run commands on the server; no username has a space
NAME_LIMIT = 80
EMAIL_LIMIT = 254
GRANTED_BY_A_TENANT = (Role.TENANT_VIEWER, Role.REPOSITORY_VIEWER)
_USERNAME = re.compile(r"[a-z0-9._-]{3,40}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class AccountRefused(Exception):
    """Something about a user cannot be so; the sentence says why."""


class NotAllowed(AccountRefused):
    """Whoever acts may not do this."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be added, as typed; without a password they can sign in by OpenID Connect only."""

    username: str
    display_name: str
    email: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Authority:
    """Whoever acts: a user with the rights of this very moment, or the command line (no account), which may all."""

    name: str
    account: Account | None

    @property
    def is_admin(self) -> bool:
        return self.account is None or self.account.has(Role.ADMIN)

    def may_grant(self, grant: Grant) -> bool:
        if self.is_admin or self.account is None:
            return True
        return (
            grant.role in GRANTED_BY_A_TENANT and grant.tenant_id is not None and self.account.manages(grant.tenant_id)
        )

    def require_admin(self) -> None:
        if not self.is_admin:
            raise NotAllowed("Only an admin may do this.")

    def require_self_or_admin(self, user_id: int) -> None:
        if not self.is_admin and (self.account is None or self.account.user_id != user_id):
            raise NotAllowed("Only the user and an admin may do this.")


def operator_account() -> Account:
    """Whoever may run commands on the server, as an account that reads what an admin reads; it can sign in nowhere."""
    return Account(0, COMMAND_LINE, COMMAND_LINE, None, True, (Grant(Role.ADMIN),))


def acting(connection: duckdb.DuckDBPyConnection, by: str) -> Authority:
    """The rights of a username, or of the command line, as they are now. Raises NotAllowed for a disabled user."""
    if by == COMMAND_LINE:
        return Authority(by, None)
    account = account_named(connection, by)
    if account is None or not account.active:
        raise NotAllowed("This user may not do anything (any more).")
    return Authority(account.username, account)


def stored_accounts(connection: duckdb.DuckDBPyConnection, user_id: int | None = None) -> list[Account]:
    """All accounts with their grants by username, or the one of that id."""
    rows = connection.execute(query(__name__, "stored_accounts"), {"user_id": user_id}).fetchall()
    owners: dict[int, tuple[str, str, str | None, bool]] = {}
    grants: dict[int, list[Grant]] = {}
    for key, username, display_name, email, active, role, tenant_id, repository_id in rows:
        owners[key] = (username, display_name, email, active)
        granted = [] if role is None else [Grant(Role(role), tenant_id, repository_id)]
        grants.setdefault(key, []).extend(granted)
    return [Account(key, *owner, tuple(grants[key])) for key, owner in owners.items()]


def account_with_id(connection: duckdb.DuckDBPyConnection, user_id: int) -> Account:
    """The account of that id. Raises AccountRefused where there is none."""
    found = stored_accounts(connection, user_id)
    if not found:
        raise AccountRefused("There is no such user.")
    return found[0]


def account_named(connection: duckdb.DuckDBPyConnection, username: str) -> Account | None:
    named = "select user_id from account where username = $username"
    rows = connection.execute(named, {"username": username_as_typed(username)}).fetchall()
    return account_with_id(connection, rows[0][0]) if rows else None


def username_as_typed(username: str) -> str:
    """The one spelling of a username: without regard to case and the spaces around it. Whatever is typed can be looked
    for: half a surrogate pair, which the database would not take, is spelled out.
    """
    return username.strip().casefold().encode("utf-8", errors="backslashreplace").decode()


def checked(user: NewUser) -> NewUser:
    """The user in the spelling that is kept. Raises AccountRefused."""
    username = username_as_typed(user.username)
    if not _USERNAME.fullmatch(username):
        raise AccountRefused("A username has 3 to 40 of the characters a-z, 0-9, dot, underscore and hyphen.")
    return NewUser(username, checked_name(user.display_name), checked_email(user.email), user.password)


def checked_name(display_name: str) -> str:
    name = " ".join(display_name.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise AccountRefused(f"A name has 1 to {NAME_LIMIT} printable characters.")
    return name


def checked_email(email: str | None) -> str | None:
    """An e-mail address, or None for an empty one. Raises AccountRefused."""
    address = (email or "").strip()
    if not address:
        return None
    if len(address) > EMAIL_LIMIT or not address.isprintable() or not _EMAIL.fullmatch(address):
        raise AccountRefused("This is not an e-mail address. It looks like name@example.org, or is left empty.")
    return address


def save_account(connection: duckdb.DuckDBPyConnection, user: NewUser, password_hash: str | None, now: datetime) -> int:
    """Add a checked user, inside the caller's commit. Answers the id. Raises AccountRefused where the name is taken."""
    if account_named(connection, user.username) is not None:
        raise AccountRefused(f"There is already a user {user.username!r}.")
    user_id = next_id(connection, "account")
    values = {
        "user_id": user_id,
        "username": user.username,
        "display_name": user.display_name,
        "email": user.email,
        "password_hash": password_hash,
        "now": stored(now),
    }
    connection.execute(query(__name__, "save_account"), values)
    return user_id


def save_grant(connection: duckdb.DuckDBPyConnection, user_id: int, grant: Grant, by: tuple[str, datetime]) -> None:
    values = {
        "user_id": user_id,
        "role": grant.role.value,
        "tenant_id": grant.tenant_id,
        "repository_id": grant.repository_id,
        "by": by[0],
        "now": stored(by[1]),
    }
    connection.execute(query(__name__, "save_grant"), values)


def keep_an_admin(connection: duckdb.DuckDBPyConnection, user_id: int) -> None:
    admins = [each.user_id for each in stored_accounts(connection) if each.active and each.has(Role.ADMIN)]
    if admins == [user_id]:
        raise AccountRefused("This is the last active admin: make another user admin first.")
