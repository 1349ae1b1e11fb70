"""One-time links: to an account with grants, and to a new password or identity. Of a link's secret only the hash is
kept.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import duckdb

from data.accounts import sessions, sign_on
from data.accounts.accounts import prepared, save_password
from data.accounts.audit import Subject, record
from data.accounts.authority import (
    AccountRefused,
    NewUser,
    account_with_id,
    acting,
    checked_email,
    refuse_without_passwords,
    require_admin,
    save_account,
    save_grant,
)
from data.accounts.grants import allowed, described
from data.accounts.models import Account, Grant, Role
from data.accounts.passwords import check_acceptable, fingerprint, hashed, new_secret
from data.accounts.sign_on import NotLetIn, Person, SignOnRefused
from data.calendar import aware, stored
from data.store import Store
from data.store.ids import next_id
from data.store.sql import insert, query

LASTS = timedelta(days=7)
RESET_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open link, without its secret. Of a reset link `username` is whose password it is for; times are UTC."""

    invitation_id: int
    purpose: str
    user_id: int | None
    username: str | None
    email: str | None
    made_by: str
    made_at: datetime
    expires_at: datetime
    grants: tuple[Grant, ...]

    @property
    def is_reset(self) -> bool:
        return self.purpose == "password"


def invite(store: Store, by: str, grants: Iterable[Grant], email: str | None, now: datetime) -> str:
    """A link's secret for somebody new, with what they are to be granted; lasts seven days and works once.

    An admin may grant everything, or nothing yet; a tenant's manager may invite viewers.
    Raises: NotAllowed, AccountRefused.
    """
    secret, address, wanted = new_secret(), checked_email(email), list(grants)
    with store.control.commit("inviting a user") as connection:
        if not wanted:
            require_admin(connection, by)
        placed = allowed(store, acting(connection, by), wanted)
        expired = "select invitation_id from invitation where expires_at <= $now"
        for (old_id,) in connection.execute(expired, {"now": stored(now)}).fetchall():
            _delete(connection, old_id)
        values = {"purpose": "account", "user_id": None, "email": address, "expires_at": stored(now + LASTS)}
        invitation_id = _save(connection, values, secret, by, now)
        for each in placed:
            row = {"invitation_id": invitation_id} | asdict(each) | {"role": each.role.value}
            insert(connection, "invitation_grant", row)
        subject = Subject(f"invitation {invitation_id}", _one_tenant(placed))
        record(connection, "invited", subject, by, now, detail=_described(placed))
    return secret


def reset_password(store: Store, by: str, user_id: int, now: datetime) -> str:
    """A link's secret with which an active user can choose a new password, or sign in by their organization instead;
    lasts a day, works once, voids former ones.

    Until it is used the present password stays. Admins and the command line only. Raises: NotAllowed, AccountRefused.
    """
    secret = new_secret()
    with store.control.commit("making a link for a new password") as connection:
        require_admin(connection, by)
        account = account_with_id(connection, user_id)
        if not account.active:
            raise AccountRefused("This user is disabled. Enable the user first.")
        connection.execute("delete from invitation where user_id = $user_id", {"user_id": user_id})
        values = {"purpose": "password", "user_id": user_id, "email": None, "expires_at": stored(now + RESET_LASTS)}
        _save(connection, values, secret, by, now)
        record(connection, "link for a new password made", f"user {account.username}", by, now)
    return secret


def invitation_of(store: Store, secret: str, now: datetime) -> Invitation | None:
    with store.control.read() as cursor:
        return next(iter(_open(cursor, now, secret)), None)


def open_invitations(account: Account, store: Store, now: datetime) -> list[Invitation]:
    """The open links that this user may revoke, the newest first: an admin all, a tenant's manager those for the
    tenant alone.
    """
    with store.control.read() as cursor:
        return [each for each in _open(cursor, now) if _administers(account, each)]


def accept(store: Store, secret: str, user: NewUser, now: datetime) -> Account:
    """Make the account that a link is for, with its grants, and use the link up, in one commit.

    It gives what whoever made it may still grant. Raises: AccountRefused, PasswordRefused.
    """
    with store.control.read() as cursor:
        invitation = _usable(cursor, secret, now, "account")
    user, password_hash = prepared(replace(user, email=user.email or invitation.email))
    with store.control.commit("accepting an invitation") as connection:
        refuse_without_passwords(connection)
        granted = _use_up(store, connection, secret, now)
        user_id = save_account(connection, user, password_hash, now)
        return _give(connection, user_id, granted, invitation.made_by, now)


def accept_as(store: Store, secret: str, user_id: int, now: datetime) -> Account:
    """Add what a link grants to a signed-in user's account, and use it up, in one commit. Raises: AccountRefused."""
    with store.control.commit("accepting an invitation") as connection:
        invitation = _usable(connection, secret, now, "account")
        granted = _use_up(store, connection, secret, now)
        account = account_with_id(connection, user_id)
        acting(connection, account.username)
        return _give(connection, user_id, granted, invitation.made_by, now)


def accept_reset(store: Store, secret: str, password: str, now: datetime) -> Account:
    """Set the password that a reset link is for, and use the link up; all sessions of the user end.

    Raises: AccountRefused, PasswordRefused.
    """
    with store.control.read() as cursor:
        invitation = _usable(cursor, secret, now, "password")
    check_acceptable(password, invitation.username or "")
    password_hash = hashed(password)
    with store.control.commit("choosing a new password") as connection:
        invitation = _usable(connection, secret, now, "password")
        account = account_with_id(connection, invitation.user_id or 0)
        save_password(connection, account, password_hash, now)
        sessions.end_sessions(connection, account.user_id)
        record(connection, "new password chosen by a link", f"user {account.username}", account.username, now)
        return account


def accept_by_organization(store: Store, secret: str, person: Person, now: datetime) -> Account:
    """Use a link up by signing in with the organization, which is linked with the account from then on; no password is
    needed, now or later. An invitation goes to the user whose identity it is, or to a new one; a reset link's user has
    this identity in place of any other of the provider, and all their sessions end. Raises: SignOnRefused.
    """
    with store.control.commit("accepting a link by the organization") as connection:
        owner, invitation = sign_on.owner(connection, person.identity), next(iter(_open(connection, now, secret)), None)
        if invitation is None:
            raise SignOnRefused(NotLetIn.LINK)
        if not invitation.is_reset:
            granted = _use_up(store, connection, secret, now)
            account = owner or sign_on.add_person(connection, person, invitation.email, now)
            account = _give(connection, account.user_id, granted, invitation.made_by, now)
        else:
            account = account_with_id(connection, invitation.user_id or 0)
            if owner not in {None, account}:
                raise SignOnRefused(NotLetIn.TAKEN)
            sign_on.replace_identity(connection, account.user_id, person.identity)
            sessions.end_sessions(connection, account.user_id)
            _delete(connection, invitation.invitation_id)
            record(connection, "sign-in link used", f"user {account.username}", account.username, now)
        return sign_on.entered(store, connection, account, person, now)


def revoke_invitation(store: Store, by: str, invitation_id: int, now: datetime) -> None:
    """Void a link. One that is not theirs is answered like one that is not there. Raises: AccountRefused."""
    with store.control.commit("revoking an invitation") as connection:
        account = acting(connection, by)
        found = [each for each in _open(connection, now) if each.invitation_id == invitation_id]
        if not found or not _administers(account, found[0]):
            raise AccountRefused("There is no such invitation.")
        _delete(connection, invitation_id)
        subject = Subject(f"invitation {invitation_id}", _one_tenant(found[0].grants))
        record(connection, "invitation revoked", subject, by, now)


def _save(connection: duckdb.DuckDBPyConnection, values: dict[str, Any], secret: str, by: str, now: datetime) -> int:
    invitation_id = next_id(connection, "invitation")
    made = {"invitation_id": invitation_id, "secret_hash": fingerprint(secret), "made_by": by, "made_at": stored(now)}
    insert(connection, "invitation", values | made)
    return invitation_id


def _open(connection: duckdb.DuckDBPyConnection, now: datetime, secret: str | None = None) -> list[Invitation]:
    """The links that have not expired, or the one of that secret."""
    values = {"now": stored(now), "hash": None if secret is None else fingerprint(secret)}
    rows = connection.execute(query(__name__, "open"), values).fetchall()
    invitations = []
    for link, group in groupby(rows, key=lambda row: row[:8]):
        key, purpose, user_id, username, email, by, made_at, expires_at = link
        grants = tuple(Grant(Role(row[8]), *row[9:]) for row in group if row[8] is not None)
        times = (aware(made_at), aware(expires_at))
        invitations.append(Invitation(key, purpose, user_id, username, email, by, *times, grants))
    return invitations


def _usable(connection: duckdb.DuckDBPyConnection, secret: str, now: datetime, purpose: str) -> Invitation:
    for invitation in _open(connection, now, secret):
        if invitation.purpose == purpose:
            return invitation
    raise AccountRefused("This link has been used, has expired, or was revoked. Ask for a new one.")


def _use_up(store: Store, connection: duckdb.DuckDBPyConnection, secret: str, now: datetime) -> list[Grant]:
    """Delete the link; answers what it still grants, by the present rights of whoever made it."""
    invitation = _usable(connection, secret, now, "account")
    granted: list[Grant] = []
    try:
        if not invitation.grants:
            require_admin(connection, invitation.made_by)
        granter = acting(connection, invitation.made_by)
    except AccountRefused as refusal:
        raise AccountRefused("Whoever created this link can no longer invite users. Ask for a new one.") from refusal
    for each in invitation.grants:
        with suppress(AccountRefused):  # deleted since, or not theirs to give any more: the rest still counts
            granted += allowed(store, granter, [each])
    if invitation.grants and not granted:
        raise AccountRefused("What this link gave access to no longer exists.")
    _delete(connection, invitation.invitation_id)
    return granted


def _give(connection: duckdb.DuckDBPyConnection, user_id: int, granted: list[Grant], by: str, now: datetime) -> Account:
    """Give an account what it was invited to; the entry is under its own name."""
    for each in granted:
        save_grant(connection, user_id, each, by, now)
    account = account_with_id(connection, user_id)
    subject = Subject(f"user {account.username}", _one_tenant(granted))
    record(connection, "invitation accepted", subject, account.username, now, detail=_described(granted))
    return account


def _delete(connection: duckdb.DuckDBPyConnection, invitation_id: int) -> None:
    connection.execute("delete from invitation_grant where invitation_id = $id", {"id": invitation_id})
    connection.execute("delete from invitation where invitation_id = $id", {"id": invitation_id})


def _administers(account: Account, invitation: Invitation) -> bool:
    if not account.active or account.has(Role.ADMIN):
        return account.active
    tenants = {grant.tenant_id for grant in invitation.grants}
    return bool(tenants) and all(account.manages(tenant) for tenant in tenants)


def _one_tenant(grants: Iterable[Grant]) -> int | None:
    """The tenant whose managers may read of it: the only one that it is about."""
    tenants = {grant.tenant_id for grant in grants}
    return tenants.pop() if len(tenants) == 1 else None


def _described(grants: Iterable[Grant]) -> str:
    return ", ".join(described(each) for each in grants) or "no grant"
