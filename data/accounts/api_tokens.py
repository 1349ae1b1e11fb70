"""Tokens with which programs ask in a user's name, and links that answer one address only: hashed, as all secrets.

A token never sees more than its user does at that moment, and dies with the user, at its date, or when it is revoked.

AccountRefused      it cannot be made so, or there is no such token (see data/accounts/authority.py)
InvalidToken        what was sent opens nothing (any more)
NotAllowed          whoever acts may not do this (see data/accounts/authority.py)
"""

import re
import secrets
import string
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import duckdb

from data.accounts.audit import Subject, record
from data.accounts.authority import COMMAND_LINE, AccountRefused, NotAllowed, account_with_id, acting, stored_accounts
from data.accounts.grants import viewer_of
from data.accounts.models import Account, Role, Viewer
from data.accounts.passwords import fingerprint
from data.calendar import aware, stored
from data.store import Store, StoreError
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert

PREFIX = "gta_"
RANDOM_LETTERS, CHECKSUM_LETTERS = 30, 6  # 178 bits, and a check for typing mistakes, as in GitHub's own
USUAL, LONGEST = timedelta(days=90), timedelta(days=366)
MOST = 100  # of one user, links included
NAME_LIMIT = 80
TARGET_LIMIT = 4000
NOTED_EVERY = timedelta(hours=1)  # that it is in use: each note is a commit
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_TOKEN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM_LETTERS + CHECKSUM_LETTERS}}}")


class InvalidToken(Exception):
    """What was sent opens nothing (any more); the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be made: for all that its user sees, for one tenant, or for one repository; with a `target` a link
    that answers that address (a path with its query) only.
    """

    name: str
    lasts: timedelta = USUAL
    tenant_id: int | None = None
    repository_id: int | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret; times are UTC, `last_used_at` is right to the hour."""

    token_id: int
    user_id: int
    username: str
    name: str
    tenant_id: int | None
    repository_id: int | None
    target: str | None
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @property
    def is_scoped(self) -> bool:
        return self.tenant_id is not None or self.repository_id is not None


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """Who asks with a token: the user with the grants that the token's scope leaves, and what they may see now."""

    token: ApiToken
    account: Account
    viewer: Viewer


def add_api_token(store: Store, by: str, user_id: int, new: NewToken, now: datetime) -> str:
    """Make a token; answers its secret, which is never shown again. For the user themselves and the command line.

    Raises: NotAllowed, AccountRefused.
    """
    name, secret = _checked_name(new.name), new_secret()
    if not timedelta(0) < new.lasts <= LONGEST:
        raise AccountRefused(f"A token lasts at least a minute and at most {LONGEST.days} days.")
    if new.target is not None and len(new.target) > TARGET_LIMIT:
        raise AccountRefused("These are too many filters for a link. Choose fewer repositories.")
    with store.control.commit("making a token for programs") as connection:
        account = _owner(connection, by, user_id)
        _refuse_foreign_scope(store, account, new)
        expired = {"user_id": user_id, "before": stored(now - timedelta(days=30))}
        connection.execute("delete from api_token where user_id = $user_id and expires_at < $before", expired)
        having = "select count(*) as having from api_token where user_id = $user_id and expires_at > $now"
        ((count,),) = connection.execute(having, {"user_id": user_id, "now": stored(now)}).fetchall()
        if count >= MOST:
            raise AccountRefused(f"You have {MOST} tokens and links, the maximum. Revoke one first.")
        row = {
            "token_id": next_id(connection, "api_token"),
            "user_id": user_id,
            "name": name,
            "secret_hash": fingerprint(secret),
            "tenant_id": new.tenant_id,
            "repository_id": new.repository_id,
            "target": new.target,
            "made_at": stored(now),
            "expires_at": stored(now + new.lasts),
        }
        insert(connection, "api_token", row)
        action = "API token made" if new.target is None else "data link made"
        subject = Subject(f"user {account.username}", new.tenant_id)
        record(connection, action, subject, by, now, detail=f"{row['token_id']}: {name}")
    return secret


def revoke_api_token(store: Store, by: str, token_id: int, now: datetime) -> None:
    """End a token at once. For its user, admins and the command line; another's is answered like one that is not there.

    Raises: NotAllowed, AccountRefused.
    """
    with store.control.commit("revoking a token for programs") as connection:
        account = acting(connection, by)
        found = next((each for each in _stored(connection).values() if each[0].token_id == token_id), None)
        if found is None or not (account.has(Role.ADMIN) or account.user_id == found[0].user_id):
            raise AccountRefused("There is no such token.")
        connection.execute("delete from api_token where token_id = $token_id", {"token_id": token_id})
        token = found[0]
        action = "API token revoked" if token.target is None else "data link revoked"
        subject = Subject(f"user {token.username}", token.tenant_id)
        record(connection, action, subject, by, now, detail=f"{token_id}: {token.name}")


def api_tokens(account: Account, store: Store, now: datetime) -> tuple[ApiToken, ...]:
    """The user's own tokens and links that have not expired, the newest first; for the command line everybody's."""
    found = [token for token, _ in _tokens(store).values() if token.expires_at > now]
    mine = [each for each in found if account.is_command_line or each.user_id == account.user_id]
    return tuple(sorted(mine, key=lambda each: -each.token_id))


def access_of_token(store: Store, secret: str, now: datetime) -> ApiAccess:
    """Who asks with this secret, and what they may see at this moment.

    Every token that was ever asked with is compared by its hash, in one look-up: an unknown one takes as long as a
    known one. Raises: InvalidToken.
    """
    if not is_well_formed(secret):
        raise InvalidToken(
            "This is not a token of this server, or only a part of one. It begins with gta_ and has 40 characters."
        )
    found = _tokens(store).get(fingerprint(secret))
    if found is None:
        raise InvalidToken("This token is unknown or was revoked. Create a new one on the profile page.")
    token, account = found
    if not account.active:
        raise InvalidToken("This token is unknown or was revoked. Create a new one on the profile page.")
    if token.expires_at <= now:
        raise InvalidToken("This token has expired. Create a new one on the profile page.")
    return ApiAccess(token, *_narrowed(store, account, token))


def note_use(store: Store, token: ApiToken, now: datetime) -> None:
    """Note that a token is in use; writes once an hour at most, and not at all while something else writes for long."""
    if token.last_used_at is not None and token.last_used_at > now - NOTED_EVERY:
        return
    values = {"token_id": token.token_id, "now": stored(now)}
    with suppress(StoreError), store.control.commit("noting that a token is in use") as connection:
        connection.execute("update api_token set last_used_at = $now where token_id = $token_id", values)


def new_secret() -> str:
    """A token with its checksum: GitHub's own form, so that scanners of secrets recognize one."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(RANDOM_LETTERS))
    return f"{PREFIX}{drawn}{_checksum(drawn)}"


def is_well_formed(secret: str) -> bool:
    if not _TOKEN.fullmatch(secret):
        return False
    return secret[-CHECKSUM_LETTERS:] == _checksum(secret[len(PREFIX) : -CHECKSUM_LETTERS])


def _checksum(drawn: str) -> str:
    number, letters = zlib.crc32(drawn.encode("ascii")), ""
    while number:
        number, rest = divmod(number, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters.rjust(CHECKSUM_LETTERS, "0")


def _narrowed(store: Store, account: Account, token: ApiToken) -> tuple[Account, Viewer]:
    """The user with the grants in the token's scope, and what these show. A scope that was deleted shows nothing."""
    if not token.is_scoped:
        return account, viewer_of(store, account)
    if token.repository_id is not None:
        visible = viewer_of(store, account).of_each_tenant().repository_ids & {token.repository_id}
        return replace(account, grants=()), Viewer(visible, frozenset())
    narrowed = replace(account, grants=tuple(each for each in account.grants if each.tenant_id == token.tenant_id))
    return narrowed, viewer_of(store, narrowed)


def _owner(connection: duckdb.DuckDBPyConnection, by: str, user_id: int) -> Account:
    """The user a token is for. An admin sees no tenant's traffic, so makes none in another's name."""
    if by != COMMAND_LINE and acting(connection, by).user_id != user_id:
        raise NotAllowed("Everybody makes their own tokens.")
    account = account_with_id(connection, user_id)
    if not account.active:
        raise AccountRefused("This user is disabled. Enable the user first.")
    return account


def _refuse_foreign_scope(store: Store, account: Account, new: NewToken) -> None:
    visible = viewer_of(store, account).of_each_tenant()
    of_tenant = {each.tenant_id for each in account.grants}
    if new.tenant_id is not None and new.tenant_id not in visible.tenant_ids | of_tenant:
        raise AccountRefused("There is no such tenant.")
    if new.repository_id is not None and new.repository_id not in visible.repository_ids:
        raise AccountRefused("There is no such repository.")


def _checked_name(name: str) -> str:
    kept = " ".join(name.split())
    if not kept or len(kept) > NAME_LIMIT or not kept.isprintable():
        raise AccountRefused(f"A name has 1 to {NAME_LIMIT} printable characters. It says where the token is used.")
    return kept


@cached("control")
def _tokens(store: Store) -> Mapping[str, tuple[ApiToken, Account]]:
    """Every token with its user, by the hash of its secret."""
    with store.control.read() as cursor:
        return MappingProxyType(_stored(cursor))


def _stored(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[ApiToken, Account]]:
    rows = connection.execute(
        "select secret_hash, token_id, user_id, name, tenant_id, repository_id, target, made_at, expires_at, "
        "last_used_at from api_token"
    ).fetchall()
    owners = {each.user_id: each for each in stored_accounts(connection)} if rows else {}
    by_secret = {}
    for secret_hash, token_id, user_id, *columns, made_at, expires_at, used_at in rows:
        owner, used = owners[user_id], None if used_at is None else aware(used_at)
        facts = [token_id, user_id, owner.username, *columns, aware(made_at), aware(expires_at), used]
        by_secret[secret_hash] = ApiToken(*facts), owner
    return by_secret
