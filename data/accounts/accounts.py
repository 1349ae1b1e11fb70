"""Users: added by an admin; passwords, disabling. The first one: set_up.py. By the organization: sign_on.py.

AccountRefused, NotAllowed: see authority.py; PasswordRefused: see passwords.py; TooManyAttempts: see sessions.py.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb

from data.accounts import sessions
from data.accounts.audit import Subject, record
from data.accounts.authority import (
    AccountRefused,
    NewUser,
    account_named,
    account_with_id,
    acting,
    checked,
    checked_email,
    checked_name,
    checked_username,
    has_open_password,
    keep_an_admin,
    passwords_are_on,
    refuse_without_passwords,
    require_admin,
    require_self_or_admin,
    save_account,
    save_grant,
    stored_accounts,
    username_as_typed,
)
from data.accounts.grants import allowed, described
from data.accounts.models import Account, Grant, Role
from data.accounts.passwords import (
    PasswordRefused,
    check_acceptable,
    check_same,
    hash_of_nothing,
    hashed,
    matches,
)
from data.calendar import stored
from data.store import Store
from data.store.cache import cached


@cached("control")
def has_users(store: Store) -> bool:
    with store.control.read() as cursor:
        return users_exist(cursor)


def add_user(store: Store, by: str, user: NewUser, granted: Grant, now: datetime) -> Account:
    """Add a user with one grant; without a password they cannot sign in until a link lets them choose one. The first
    user is an admin. For admins. Raises: NotAllowed, AccountRefused, PasswordRefused.
    """
    if user.password is None:
        user, password_hash = checked(user), None
    else:
        user, password_hash = prepared(user)
    with store.control.commit("adding a user") as connection:
        require_admin(connection, by)
        if password_hash is not None:
            refuse_without_passwords(connection)
        if not users_exist(connection) and granted.role != Role.ADMIN:
            raise AccountRefused("The first user of a server is an admin.")
        (placed,) = allowed(store, acting(connection, by), [granted])
        user_id = save_account(connection, user, password_hash, now)
        save_grant(connection, user_id, placed, by, now)
        connection.execute("delete from setup_code")
        subject = Subject(f"user {user.username}", placed.tenant_id)
        record(connection, "user added", subject, by, now, detail=described(placed))
        return account_with_id(connection, user_id)


def change_password(store: Store, session_secret: str, current: str, new: str, now: datetime) -> None:
    """Change the password of the user whose session this is; all their other sessions end, and reset links are void.

    Raises: AccountRefused, PasswordRefused, TooManyAttempts.
    """
    account = sessions.account_of_session(store, session_secret, now)
    if account is None:
        raise AccountRefused("You have been signed out. Sign in again.")
    sessions.attempt(store, account.username, "", now)
    if check_password(store, account.username, current) is None:
        raise AccountRefused("The current password is wrong.")
    if new == current:
        raise AccountRefused("The new password is the same as the current one.")
    check_acceptable(new, account.username)
    new_hash = hashed(new)
    with store.control.commit("changing a password") as connection:
        if sessions.account_of_session(store, session_secret, now) is None:
            raise AccountRefused("You have been signed out. Sign in again.")
        save_password(connection, account, new_hash, now)
        sessions.end_sessions(connection, account.user_id, session_secret)
        record(connection, "password changed", f"user {account.username}", account.username, now)


def save_password(connection: duckdb.DuckDBPyConnection, account: Account, new_hash: str, now: datetime) -> None:
    """Put a password's hash in the former one's place, inside the caller's commit; reset links are void.

    Raises: AccountRefused while passwords are switched off.
    """
    refuse_without_passwords(connection)
    values = {"hash": new_hash, "now": stored(now), "user_id": account.user_id}
    connection.execute(
        "update account set password_hash = $hash, password_changed_at = $now where user_id = $user_id", values
    )
    connection.execute("delete from invitation where user_id = $user_id", {"user_id": account.user_id})
    sessions.forget_attempts(connection, account.username)


def disable_user(store: Store, by: str, user_id: int, now: datetime) -> None:
    """Keep a user out: their sessions end at once. The last active admin stays. Raises: NotAllowed, AccountRefused."""
    with store.control.commit("disabling a user") as connection:
        require_admin(connection, by)
        account = account_with_id(connection, user_id)
        keep_an_admin(connection, user_id)
        connection.execute("update account set active = false where user_id = $user_id", {"user_id": user_id})
        connection.execute("delete from invitation where user_id = $user_id", {"user_id": user_id})
        sessions.end_sessions(connection, user_id)
        record(connection, "user disabled", f"user {account.username}", by, now)


def enable_user(store: Store, by: str, user_id: int, now: datetime) -> None:
    """Let a disabled user in again, with the grants they have. Raises: NotAllowed, AccountRefused."""
    with store.control.commit("enabling a user") as connection:
        require_admin(connection, by)
        account = account_with_id(connection, user_id)
        connection.execute("update account set active = true where user_id = $user_id", {"user_id": user_id})
        record(connection, "user enabled", f"user {account.username}", by, now)


def save_profile(store: Store, by: str, user_id: int, now: datetime, *, name: str, email: str | None) -> None:
    """Change the name that is shown and the e-mail address (empty: none). Raises: NotAllowed, AccountRefused."""
    name, email = checked_name(name), checked_email(email)
    with store.control.commit("changing a profile") as connection:
        require_self_or_admin(connection, by, user_id)
        account = account_with_id(connection, user_id)
        values = {"user_id": user_id, "name": name, "email": email}
        connection.execute("update account set display_name = $name, email = $email where user_id = $user_id", values)
        if email != account.email:
            record(connection, "e-mail address changed", f"user {account.username}", by, now)
        if name != account.display_name:
            record(connection, "name changed", f"user {account.username}", by, now)


@cached("control")
def accounts(account: Account, store: Store) -> tuple[Account, ...]:
    """The users that this user administers, by username: an admin all; a tenant's manager those with a grant for
    the tenant, with those grants only and without their e-mail addresses; anybody else none.
    """
    with store.control.read() as cursor:
        everybody = tuple(stored_accounts(cursor))
    if account.is_active_admin:
        return everybody
    managed = {grant.tenant_id for grant in account.grants if account.active and grant.role == Role.TENANT}
    seen = (
        replace(each, email=None, grants=tuple(grant for grant in each.grants if grant.tenant_id in managed))
        for each in everybody
    )
    return tuple(each for each in seen if each.grants and managed)


def check_password(store: Store, username: str, password: str) -> Account | None:
    """The active user with this name and password. Count the attempt first: sessions.attempt.

    Unknown, disabled and known users take the same time: there is always one hash to check.
    """
    account, password_hash = _credentials(store, username)
    return account if matches(password, password_hash) else None


def active_account(store: Store, username: str) -> Account | None:
    """The active user of that name: for whoever has just compared the password with `credentials_for_form`."""
    return _credentials(store, username)[0]


def credentials_for_form(store: Store, username: str) -> dict[str, Any]:
    """What streamlit-authenticator's form takes of the user whose name was typed.

    An unknown or disabled user has an entry too, with a hash that no password has, so that the check takes its time.
    A password over 72 bytes is no match there, but an error is printed: check its length before.
    """
    account, password_hash = _credentials(store, username)
    return {
        "password": password_hash,
        "email": (account.email or "") if account else "",
        "first_name": account.display_name if account else "",
        "last_name": "",
    }


def prepared(user: NewUser, *first: Callable[[], None]) -> tuple[NewUser, str]:
    """A checked user who has chosen a password, and its hash: made outside of any commit, since it takes its time.

    Raises: AccountRefused, PasswordRefused. Whoever fills in a form sees all that is wrong at once, each on a line.
    """
    password, faults = user.password or "", list[AccountRefused | PasswordRefused]()
    checks: tuple[Callable[[], object], ...] = (
        *first,
        lambda: checked_username(user.username),
        lambda: checked_name(user.display_name),
        lambda: checked_email(user.email),
        lambda: check_acceptable(password, user.username),
        lambda: check_same(password, user.again),
    )
    for check in checks:
        try:
            check()
        except (AccountRefused, PasswordRefused) as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise AccountRefused("\n".join(map(str, faults)))
    return checked(user), hashed(password)


@cached("control")
def has_password(account: Account, store: Store) -> bool:
    """Whether this user can sign in with a password."""
    with store.control.read() as cursor:
        return has_open_password(cursor, account.user_id)


def users_exist(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(connection.execute("select 1 as present from account limit 1").fetchall())


def _credentials(store: Store, username: str) -> tuple[Account | None, str]:
    """The active user of that name with their hash, or nobody with a hash that no password has."""
    with store.control.read() as cursor:
        account = account_named(cursor, username)
        named = {"username": username_as_typed(username)}
        rows = cursor.execute("select password_hash from account where username = $username", named).fetchall()
        is_open = passwords_are_on(cursor)
    nothing = hash_of_nothing()  # made in either case: both take the same time
    if account is None or not account.active or not is_open or rows[0][0] is None:
        return None, nothing
    return account, rows[0][0]
