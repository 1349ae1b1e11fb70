"""The tenants' tokens in `control`: sealed, replaced without a gap, and told of without being shown."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from data.audit import note
from data.calendar import aware, stored
from data.identity import next_id
from data.models import Viewer
from data.sql import query
from data.store import Store
from data.vault import Vault

REFUSED_TRIED_AGAIN_AFTER = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What GitHub says of a token: whose it is, what it may, until when (UTC; None: unknown or for ever)."""

    kind: str
    login: str | None
    owner_id: int | None
    scopes: str | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as it may be shown: the last four characters at most."""

    token_id: int
    tenant_id: int
    last_four: str
    facts: TokenFacts
    state: str
    state_reason: str | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class OpenToken:
    """A token ready to use; its text stays out of every representation."""

    token_id: int
    tenant_id: int
    owner_id: int | None
    expires_at: datetime | None
    valid: bool
    secret: str = field(repr=False)

    @property
    def owner_key(self) -> str:
        """Whose budget a call with this token uses: GitHub counts all tokens of a user together."""
        return f"token {self.token_id}" if self.owner_id is None else f"user {self.owner_id}"


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """What using a token has shown: still valid or not, why not, and when it expires."""

    token_id: int
    state: str
    reason: str | None
    expires_at: datetime | None


def tokens(viewer: Viewer, store: Store) -> list[StoredToken]:
    """The tokens in use of the visible tenants, without their secrets."""
    with store.control.read() as cursor:
        rows = cursor.execute(query("tokens.tokens"), {"visible": list(viewer.tenant_ids)}).fetchall()
    return [_stored_token(row) for row in rows]


def open_tokens(store: Store, vault: Vault, now: datetime) -> dict[int, OpenToken]:
    """For the collector only: each tenant's token by tenant id. Raises SealBroken.

    A token that GitHub has refused is among them once a day: sometimes GitHub was wrong.
    """
    retry_before = {"retry_before": stored(now - REFUSED_TRIED_AGAIN_AFTER)}
    with store.control.read() as cursor:
        rows = cursor.execute(query("tokens.open_tokens"), retry_before).fetchall()
    return {row[1]: _open_token(row, vault) for row in rows}


def _open_token(row: tuple[Any, ...], vault: Vault) -> OpenToken:
    token_id, tenant_id, owner_id, expires_at, state, sealed = row
    expires = None if expires_at is None else aware(expires_at)
    return OpenToken(token_id, tenant_id, owner_id, expires, state == "valid", vault.unseal(sealed))


def save_token(store: Store, tenant_id: int, sealed: tuple[bytes, str], facts: TokenFacts, now: datetime) -> int:
    """Store a checked token for a tenant; the one before stays until this is committed. Answers its id.

    `sealed` is the encrypted token and its last four characters.
    """
    with store.control.commit("storing a token") as connection:
        connection.execute(
            "update tenant_token set state = 'replaced', sealed = ''::blob "
            "where tenant_id = $tenant_id and state <> 'replaced'",
            {"tenant_id": tenant_id},
        )
        token_id = next_id(connection, "tenant_token")
        connection.execute(
            query("tokens.save_token"),
            {
                "token_id": token_id,
                "tenant_id": tenant_id,
                "sealed": sealed[0],
                "last_four": sealed[1],
                "kind": facts.kind,
                "login": facts.login,
                "owner_id": facts.owner_id,
                "scopes": facts.scopes,
                "expires_at": None if facts.expires_at is None else stored(facts.expires_at),
                "now": stored(now),
            },
        )
        note(connection, "token stored", f"tenant {tenant_id}", ("command line", now))
    return token_id


def save_verdicts(store: Store, verdicts: list[TokenVerdict], now: datetime) -> None:
    """Note what a run has learned of tokens: refused ones, and when the others expire."""
    with store.control.commit("noting the state of tokens") as connection:
        for verdict in verdicts:
            values = {
                "token_id": verdict.token_id,
                "state": verdict.state,
                "reason": verdict.reason,
                "expires_at": None if verdict.expires_at is None else stored(verdict.expires_at),
                "now": stored(now),
            }
            connection.execute(query("tokens.save_verdicts"), values)


def _stored_token(row: tuple[object, ...]) -> StoredToken:
    token_id, tenant_id, last_four, kind, login, owner_id, scopes, expires_at, state, reason, checked_at = row
    assert isinstance(checked_at, datetime)
    expires = aware(expires_at) if isinstance(expires_at, datetime) else None
    facts = TokenFacts(kind, login, owner_id, scopes, expires)  # type: ignore[arg-type]
    return StoredToken(token_id, tenant_id, last_four, facts, state, reason, aware(checked_at))  # type: ignore[arg-type]
