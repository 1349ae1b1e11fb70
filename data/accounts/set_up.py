"""Setting up a new server: the set-up code that it prints, and the first user, who enters it.

AccountRefused: see authority.py; PasswordRefused: see passwords.py; TooManyAttempts: see sessions.py.
"""

import hmac
from datetime import datetime

import duckdb

from data.accounts import sessions
from data.accounts.accounts import has_users, prepared, users_exist
from data.accounts.audit import record
from data.accounts.authority import AccountRefused, NewUser, account_with_id, save_account, save_grant
from data.accounts.models import Account, Grant, Role
from data.accounts.passwords import code_as_typed, fingerprint, new_code
from data.calendar import stored
from data.store import Store
from data.store.sql import insert

SETUP = "setup code"  # attempts at it are counted under this name, which cannot be a user's


def renew_setup_code(store: Store, now: datetime) -> str | None:
    """A new code with which the first user can be added; the former one is void. None where there are users."""
    if has_users(store):
        return None
    code = new_code()
    with store.control.commit("making a set-up code") as connection:
        if users_exist(connection):
            return None
        sessions.forget_attempts(connection, SETUP)
        connection.execute("delete from setup_code")
        row = {"code_hash": fingerprint(code_as_typed(code)), "made_at": stored(now)}
        insert(connection, "setup_code", row)
    return code


def add_first_user(store: Store, setup_code: str, user: NewUser, now: datetime) -> Account:
    """Add the first user, an admin, with the code that the server has printed: once only, in one commit.

    Raises: TooManyAttempts, AccountRefused, PasswordRefused.
    """
    if has_users(store):
        raise AccountRefused("This server has been set up already. Sign in.")
    sessions.attempt(store, SETUP, "", now)
    with store.control.read() as cursor:
        user, password_hash = prepared(user, lambda: _check_setup_code(cursor, setup_code))
    with store.control.commit("adding the first user") as connection:
        if users_exist(connection):
            raise AccountRefused("This server has been set up already. Sign in.")
        _check_setup_code(connection, setup_code)
        user_id = save_account(connection, user, password_hash, now)
        save_grant(connection, user_id, Grant(Role.ADMIN), SETUP, now)
        connection.execute("delete from setup_code")
        sessions.forget_attempts(connection, SETUP)
        record(connection, "first user added", f"user {user.username}", SETUP, now)
        return account_with_id(connection, user_id)


def _check_setup_code(connection: duckdb.DuckDBPyConnection, typed: str) -> None:
    rows = connection.execute("select code_hash from setup_code").fetchall()
    given = fingerprint(code_as_typed(typed))
    if not any(hmac.compare_digest(given, code_hash) for (code_hash,) in rows):
        raise AccountRefused("This is not the set-up code. The server prints it at every start; the newest one counts.")
