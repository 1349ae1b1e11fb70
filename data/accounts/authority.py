"""Accounts as they lie in `control`, and what whoever acts may do, asked inside the commit that does it.

So a right that has just been taken away is gone for an act that was on its way.

AccountRefused      something about a user cannot be so, with the reason
└── NotAllowed      whoever acts may not do this
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import duckdb

from data.accounts.models import Account, Grant, Role
from data.calendar import stored
from data.refusals import Refused
from data.store.ids import next_id
from data.store.sql import changed_rows, insert, query

COMMAND_LINE = "command line"  # whoever may run commands on the server; no username has a space
NAME_LIMIT = 80
EMAIL_LIMIT = 254
GRANTED_BY_A_TENANT = (Role.TENANT_VIEWER, Role.REPOSITORY_VIEWER)
_USERNAME = re.compile(r"[a-z0-9._-]{3,40}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class AccountRefused(Refused):
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
    again: str | None = field(default=None, repr=False)  # the password, where it was asked for twice


def acting(connection: duckdb.DuckDBPyConnection, by: str) -> Account:
    """Whoever acts, with the rights of now: `by` is a username, or COMMAND_LINE, which is an admin and every tenant's
    manager, and can sign in nowhere. Raises NotAllowed for a disabled user.
    """
    if by == COMMAND_LINE:
        return Account(0, COMMAND_LINE, COMMAND_LINE, None, True, (Grant(Role.ADMIN),))
    account = account_named(connection, by)
    if account is None or not account.active:
        raise NotAllowed("This user may not do anything (any more).")
    return account


def require_admin(connection: duckdb.DuckDBPyConnection, by: str) -> None:
    refuse_but_admins(acting(connection, by))


def refuse_but_admins(account: Account) -> None:
    if not account.has(Role.ADMIN):
        raise NotAllowed("Only an admin may do this.")


def refuse_but_managers(account: Account, tenant_id: int) -> None:
    """For an admin and the tenant's manager. Another tenant is answered like one that is not there."""
    if not account.has(Role.ADMIN) and not account.manages(tenant_id):
        raise NotAllowed("There is no such tenant.")


def require_self_or_admin(connection: duckdb.DuckDBPyConnection, by: str, user_id: int) -> None:
    account = acting(connection, by)
    if not account.has(Role.ADMIN) and account.user_id != user_id:
        raise NotAllowed("Only the user and an admin may do this.")


def may_grant(account: Account, grant: Grant) -> bool:
    return account.has(Role.ADMIN) or (grant.role in GRANTED_BY_A_TENANT and account.manages(grant.tenant_id))


def stored_accounts(connection: duckdb.DuckDBPyConnection, user_id: int | None = None) -> list[Account]:
    """All accounts with their grants by username, or the one of that id."""
    rows = connection.execute(query(__name__, "stored_accounts"), {"user_id": user_id}).fetchall()
    accounts = []
    for (key, username, name, email, active), group in groupby(rows, key=lambda row: row[:5]):
        grants = tuple(Grant(Role(row[5]), *row[6:]) for row in group if row[5] is not None)
        accounts.append(Account(key, username, name, email, active, grants))
    return accounts


def account_with_id(connection: duckdb.DuckDBPyConnection, user_id: int) -> Account:
    """Raises AccountRefused where there is none."""
    for account in stored_accounts(connection, user_id):
        return account
    raise AccountRefused("There is no such user.")


def account_named(connection: duckdb.DuckDBPyConnection, username: str) -> Account | None:
    named = {"username": username_as_typed(username)}
    rows = connection.execute("select user_id from account where username = $username", named).fetchall()
    return account_with_id(connection, rows[0][0]) if rows else None


def username_as_typed(username: str) -> str:
    """The one spelling of a username: without regard to case and the spaces around it. Whatever is typed can be looked
    for: half a surrogate pair, which the database would not take, is spelled out.
    """
    return username.strip().casefold().encode("utf-8", errors="backslashreplace").decode()


def checked(user: NewUser) -> NewUser:
    """The user in the spelling that is kept. Raises AccountRefused."""
    username, name = checked_username(user.username), checked_name(user.display_name)
    return NewUser(username, name, checked_email(user.email), user.password)


def checked_username(typed: str) -> str:
    username = username_as_typed(typed)
    if not _USERNAME.fullmatch(username):
        raise AccountRefused("A username has 3 to 40 of the characters a-z, 0-9, dot, underscore and hyphen.")
    return username


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
    row = {
        "user_id": user_id,
        "username": user.username,
        "display_name": user.display_name,
        "email": user.email,
        "password_hash": password_hash,
        "active": True,
        "added_at": stored(now),
        "password_changed_at": stored(now),
    }
    insert(connection, "account", row)
    return user_id


def save_grant(
    connection: duckdb.DuckDBPyConnection,
    user_id: int,
    grant: Grant,
    by: str,
    now: datetime,
    *,
    mapped_by: str | None = None,
) -> bool:
    """Give a grant, inside the caller's commit: by hand, or (`mapped_by` an issuer) as its groups say. Whether anything
    changed.
    """
    values = {
        "user_id": user_id,
        "role": grant.role.value,
        "tenant_id": grant.tenant_id,
        "repository_id": grant.repository_id,
        "by": by,
        "now": stored(now),
        "mapped_by": mapped_by,
    }
    return changed_rows(connection, query(__name__, "save_grant"), values) > 0


def keep_an_admin(connection: duckdb.DuckDBPyConnection, user_id: int) -> None:
    """Raises AccountRefused where this user is the last admin who can sign in."""
    account = account_with_id(connection, user_id)
    if account.is_active_admin and not entering_admins(connection) - {user_id}:
        raise AccountRefused("This is the last active admin who can sign in: make another user admin first.")


def entering_admins(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """The active admins who have signed in by their organization, or have a password while those are switched on."""
    admins = {each.user_id for each in stored_accounts(connection) if each.is_active_admin}
    entering = signed_on(connection)
    if passwords_are_on(connection):
        own = "select user_id from account where password_hash is not null"
        entering |= {key for (key,) in connection.execute(own).fetchall()}
    return admins & entering


def signed_on(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """Who has signed in by their organization."""
    return {
        key
        for (key,) in connection.execute("select user_id from account_identity where used_at is not null").fetchall()
    }


def passwords_are_on(connection: duckdb.DuckDBPyConnection) -> bool:
    return not connection.execute("select 1 as stopped from password_stop").fetchall()


def has_open_password(connection: duckdb.DuckDBPyConnection, user_id: int) -> bool:
    """Whether a user can sign in with a password."""
    own = "select 1 as present from account where user_id = $user_id and password_hash is not null"
    return passwords_are_on(connection) and bool(connection.execute(own, {"user_id": user_id}).fetchall())


def refuse_without_passwords(connection: duckdb.DuckDBPyConnection) -> None:
    if not passwords_are_on(connection):
        raise AccountRefused("Passwords are switched off on this server. Sign in with your organization.")
