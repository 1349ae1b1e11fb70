"""The tenants' tokens in `control`: encrypted, replaced without a gap, described but never shown, encrypted again."""

from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from data.accounts.audit import about_tenant, record
from data.accounts.authority import acting, refuse_but_managers, require_admin
from data.accounts.encryption import (
    Cipher,
    DecryptionFailed,
    EncryptionError,
    add_key,
    drop_keys,
    key_mark,
    open_cipher,
)
from data.accounts.models import Viewer
from data.calendar import aware, stored
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert, query

UNREADABLE = "unreadable"  # the state of a token that does not open with this server's key
_UNREADABLE_REASON = (
    "It was encrypted with another key than this server's, or the key is lost. Bring that key back where you have it."
)
REFUSED_TRIED_AGAIN_AFTER = timedelta(hours=20)
_ENCRYPTED = """
select 'tenant_token' as place, 'token_id' as name, token_id as id, encrypted
from tenant_token where state <> 'replaced'
union all
select 'subscription_channel' as place, 'channel_id' as name, channel_id as id, encrypted from subscription_channel
union all
select 'github_app_key' as place, 'key_id' as name, key_id as id, encrypted from github_app_key
"""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What GitHub says of a token: whose it is, what it may, until when (UTC; None: unknown or for ever)."""

    kind: str
    login: str | None
    owner_id: int | None
    scopes: str | None
    expires_at: datetime | None

    @property
    def lacks_scope(self) -> bool:
        """Whether it is of the kind that has scopes, and has none with which GitHub shows traffic."""
        scopes = self.scopes
        return scopes is not None and not {scope.strip() for scope in scopes.split(",")} & {"repo", "public_repo"}


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
    added_at: datetime | None = None

    @property
    def label(self) -> str:
        return "the tenant's token"

    @property
    def account(self) -> str | None:
        """Whose repositories alone it shows; None: all that its user sees."""
        return None

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


def tokens(viewer: Viewer, store: Store) -> tuple[StoredToken, ...]:
    """The tokens in use of the visible tenants. One that does not open with the key of this moment is `unreadable`."""
    return _tokens(viewer.tenant_ids, store, key_mark(store.directory))


@cached("control")
def _tokens(tenant_ids: frozenset[int], store: Store, key: Hashable) -> tuple[StoredToken, ...]:
    found = [(token, encrypted) for token, _, encrypted in _encrypted_tokens(store) if token.tenant_id in tenant_ids]
    cipher: Cipher | None = None
    with suppress(EncryptionError):
        cipher = open_cipher(store.directory, make_key=False) if found else None
    return tuple(
        token
        if cipher is not None and cipher.can_open(encrypted)
        else replace(token, state=UNREADABLE, state_reason=_UNREADABLE_REASON)
        for token, encrypted in found
    )


def _encrypted_tokens(store: Store) -> Iterator[tuple[StoredToken, datetime, bytes]]:
    """The tokens in use of all tenants, with when each was added."""
    rows = store.control.rows(query(__name__, "tokens"))
    for key, tenant_id, four, kind, login, owner_id, scopes, expires_at, state, reason, *times, encrypted in rows:
        facts = TokenFacts(kind, login, owner_id, scopes, None if expires_at is None else aware(expires_at))
        checked_at, added_at = map(aware, times)
        yield StoredToken(key, tenant_id, four, facts, state, reason, checked_at), added_at, encrypted


def open_tokens(store: Store, cipher: Cipher, now: datetime) -> dict[int, OpenToken]:
    """For the collector only: each tenant's token by tenant id. Raises DecryptionFailed where none of them opens.

    A token that GitHub has refused is among them once a day: sometimes GitHub was wrong. One that does not open is
    left out, so that it stops its own tenant only.
    """
    opened: dict[int, OpenToken] = {}
    broken: DecryptionFailed | None = None
    for token, added_at, encrypted in _encrypted_tokens(store):
        key, facts, valid = token.token_id, token.facts, token.state == "valid"
        if not valid and token.checked_at >= now - REFUSED_TRIED_AGAIN_AFTER:
            continue
        try:
            secret = cipher.decrypt(encrypted)
        except DecryptionFailed as error:
            broken = error
            continue
        opened[token.tenant_id] = OpenToken(
            key, token.tenant_id, facts.owner_id, facts.expires_at, valid, secret, added_at
        )
    if broken is not None and not opened:
        raise broken
    return opened


def save_token(store: Store, by: str, tenant_id: int, secret: str, facts: TokenFacts, *, now: datetime) -> int:
    """Store a checked token for a tenant, encrypted; the one before stays until this is committed. Answers its id.

    For an admin, the tenant's manager and the command line. Raises: NotAllowed, KeyUnusable.
    """
    with store.control.commit("storing a token") as connection:
        refuse_but_managers(acting(connection, by), tenant_id)
        connection.execute(
            "update tenant_token set state = 'replaced', encrypted = ''::blob "
            "where tenant_id = $tenant_id and state <> 'replaced'",
            {"tenant_id": tenant_id},
        )
        token_id = next_id(connection, "tenant_token")
        row = {
            "token_id": token_id,
            "tenant_id": tenant_id,
            "encrypted": open_cipher(store.directory).encrypt(secret),  # by the key that counts during this commit
            "last_four": secret[-4:],
            "kind": facts.kind,
            "login": facts.login,
            "owner_id": facts.owner_id,
            "scopes": facts.scopes,
            "expires_at": None if facts.expires_at is None else stored(facts.expires_at),
            "state": "valid",
            "added_at": stored(now),
            "checked_at": stored(now),
        }
        insert(connection, "tenant_token", row)
        record(connection, "token stored", about_tenant(tenant_id), by, now)
    return token_id


def rotate_key(store: Store, by: str, now: datetime) -> tuple[int, bool]:
    """Encrypt every token and channel with a new key, while all runs: new key first, all in a commit, old key away.

    Answers how many secrets were encrypted again, and whether the former key was dropped: in the environment it stays,
    for whoever sets that to take away. After a crash at any moment everything opens, and doing it again finishes it.
    The newest backups and the last versions of the store hold tokens that only the former key opens.
    Raises: NotAllowed, EncryptionError.
    """
    with store.control.commit("rotating the key") as connection:
        require_admin(connection, by)
        cipher = open_cipher(store.directory)
        rows = connection.execute(_ENCRYPTED).fetchall()
        secrets = [(*place, cipher.decrypt(encrypted)) for *place, encrypted in rows]  # before the key file changes
        former = add_key(store.directory)
        for table, name, key, secret in secrets:
            values = {"key": key, "encrypted": cipher.encrypt(secret)}
            connection.execute(f"update {table} set encrypted = $encrypted where {name} = $key", values)  # noqa: S608
        record(connection, "key rotated", "the server's key", by, now, detail=f"{len(secrets)} secrets encrypted again")
    with store.control.locked("rotating the key"):
        encrypted_now = [row[-1] for row in store.control.rows(_ENCRYPTED)]
        return len(secrets), drop_keys(store.directory, former, encrypted_now)


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
            connection.execute(
                "update tenant_token set state = $state, state_reason = $reason, checked_at = $now, "
                "expires_at = coalesce($expires_at, expires_at) where token_id = $token_id and state <> 'replaced'",
                values,
            )
