"""The GitHub App of this server, its keys and installations in `control`: each installation is given to one tenant.

AppRefused      the App, a key or an installation cannot be so, with the reason
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

import duckdb
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from data.accounts.audit import Subject, record
from data.accounts.authority import acting, refuse_but_managers, require_admin
from data.accounts.encryption import Cipher, open_cipher
from data.accounts.models import Account, Role, Viewer
from data.calendar import aware, stored
from data.refusals import Refused
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert, query
from data.text import number_text

KEYS = 2  # alive at once: the former one until nothing uses it any more
LONGEST_RULE, LONGEST_KEY = 1000, 20_000


class AppRefused(Refused):
    """The App, a key or an installation cannot be so; the sentence says why."""


class InstallationState(StrEnum):
    GRANTED = "granted"
    NOT_GRANTED = "not_granted"  # without Administration: read
    SUSPENDED = "suspended"
    REMOVED = "removed"


_TO_DO = {
    InstallationState.NOT_GRANTED: (
        "{account} has not granted the repository permission Administration: read. An owner of {account} approves it "
        "on GitHub: Settings, GitHub Apps, Configure, Review request."
    ),
    InstallationState.SUSPENDED: (
        "{account} has suspended the GitHub App. An owner of {account} ends that on GitHub: Settings, GitHub Apps, "
        "Configure, Unsuspend."
    ),
    InstallationState.REMOVED: (
        "{account} has removed the GitHub App. To collect again, install it there once more, and give the new "
        "installation to the tenant."
    ),
}


@dataclass(frozen=True, slots=True)
class AppFacts:
    """What GitHub says of an App."""

    app_id: int
    slug: str
    name: str
    html_url: str


@dataclass(frozen=True, slots=True)
class AppKey:
    """A private key as it may be shown, by the fingerprint under which GitHub lists it."""

    fingerprint: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the App is installed: whose account, for which tenant; `repositories` is what GitHub has listed last, and
    `rule` the pattern by which new ones are tracked.
    """

    installation_id: int
    account: str
    tenant_id: int | None
    state: InstallationState
    selection: str
    rule: str | None
    repositories: int = 0

    @property
    def to_do(self) -> str:
        """What somebody must do so that it collects; empty where it does."""
        return _TO_DO.get(self.state, "").format(account=self.account)


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """The App as it may be shown, the newest key first."""

    facts: AppFacts
    keys: tuple[AppKey, ...]
    installations: tuple[Installation, ...]


@dataclass(frozen=True, slots=True)
class OpenApp:
    """The App ready to use; the keys stay out of every representation."""

    facts: AppFacts
    installations: tuple[Installation, ...]
    listed: Mapping[int, frozenset[int]]  # GitHub's ids of repositories by installation
    keys: tuple[str, ...] = field(repr=False)  # PEM, the newest first


def fingerprint(key: str) -> str:
    """As GitHub shows it beside a private key of an App. Raises: AppRefused for what is no such key."""
    try:
        private = load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise AppRefused("This is not a private key. GitHub gives one as a file that ends in .pem.") from error
    if not isinstance(private, RSAPrivateKey):
        raise AppRefused("This is not an RSA key. GitHub gives an App's private key as a file that ends in .pem.")
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{base64.b64encode(hashlib.sha256(public).digest()).decode()}"


@cached("control")
def github_app(account: Account, store: Store) -> GitHubApp | None:
    """The App, with all installations for an admin, else with those of the tenants that one manages."""
    with store.control.read() as cursor:
        facts = _facts(cursor)
        keys = "select fingerprint, added_at from github_app_key order by key_id desc"
        found = [AppKey(mark, aware(at)) for mark, at in cursor.execute(keys).fetchall()]
        every = _installations(cursor)
    visible = [each for each in every if account.has(Role.ADMIN) or account.manages(each.tenant_id)]
    return None if facts is None else GitHubApp(facts, tuple(found), tuple(visible))


def installations(viewer: Viewer, store: Store) -> tuple[Installation, ...]:
    """Those that are given to the visible tenants, by account."""
    return tuple(each for each in _every_installation(store) if each.tenant_id in viewer.tenant_ids)


@cached("control")
def _every_installation(store: Store) -> tuple[Installation, ...]:
    with store.control.read() as cursor:
        return tuple(_installations(cursor))


def collecting(viewer: Viewer, store: Store) -> frozenset[int]:
    """The visible tenants that collect with an installation."""
    granted = [each for each in installations(viewer, store) if each.state is InstallationState.GRANTED]
    return frozenset(each.tenant_id for each in granted if each.tenant_id is not None)


def open_app(store: Store) -> OpenApp | None:
    """For the collector only. Raises: EncryptionError."""
    with store.control.read() as cursor:
        facts = _facts(cursor)
        if facts is None:
            return None
        rows = cursor.execute("select encrypted from github_app_key order by key_id desc").fetchall()
        pairs = cursor.execute("select installation_id, list(github_id) from github_app_repository group by 1")
        listed = {key: frozenset(ids) for key, ids in pairs.fetchall()}
        found = tuple(_installations(cursor))
    cipher: Cipher = open_cipher(store.directory, make_key=False)
    return OpenApp(facts, found, listed, tuple(cipher.decrypt(encrypted) for (encrypted,) in rows))


def save_app(store: Store, by: str, facts: AppFacts, key: str, now: datetime) -> None:
    """Store the App that GitHub has created, with its first key. Admins only. Raises: NotAllowed, AppRefused."""
    mark = fingerprint(key)
    with store.control.commit("storing the GitHub App") as connection:
        require_admin(connection, by)
        if _facts(connection) is not None:
            raise AppRefused("There is a GitHub App already. Remove it first, or exchange its key.")
        insert(connection, "github_app", asdict(facts) | {"added_at": stored(now)})
        _add_key(connection, store, key, now)
        record(connection, "GitHub App added", f"GitHub App {facts.slug}", by, now, detail=mark)


def save_app_key(store: Store, by: str, key: str, now: datetime) -> None:
    """Put another key, which GitHub has accepted, before the present one, which stays beside it; one that was before
    that goes. Admins only. Raises: NotAllowed, AppRefused.
    """
    mark = fingerprint(key)
    with store.control.commit("storing a key of the GitHub App") as connection:
        require_admin(connection, by)
        facts = _required(connection)
        if connection.execute("select 1 from github_app_key where fingerprint = $mark", {"mark": mark}).fetchall():
            raise AppRefused("This key is stored already.")
        _add_key(connection, store, key, now)
        connection.execute(
            "delete from github_app_key where key_id not in "
            "(select key_id from github_app_key order by key_id desc limit $most)",
            {"most": KEYS},
        )
        record(connection, "key of the GitHub App added", f"GitHub App {facts.slug}", by, now, detail=mark)


def remove_app_key(store: Store, by: str, mark: str, now: datetime) -> None:
    """Forget the key of this fingerprint; never the last one. Admins only. Raises: NotAllowed, AppRefused."""
    with store.control.commit("removing a key of the GitHub App") as connection:
        require_admin(connection, by)
        facts = _required(connection)
        marks = [each for (each,) in connection.execute("select fingerprint from github_app_key").fetchall()]
        if mark not in marks or len(marks) < KEYS:
            raise AppRefused("There is no such key, or it is the only one.")
        connection.execute("delete from github_app_key where fingerprint = $mark", {"mark": mark})
        record(connection, "key of the GitHub App removed", f"GitHub App {facts.slug}", by, now, detail=mark)


def remove_app(store: Store, by: str, now: datetime) -> None:
    """Forget the App, its keys and installations; what was collected stays. Admins only. Raises: NotAllowed,
    AppRefused.
    """
    with store.control.commit("removing the GitHub App") as connection:
        require_admin(connection, by)
        facts = _required(connection)
        for table in ("github_app", "github_app_key", "github_app_installation", "github_app_repository"):
            connection.execute(f"delete from {table}")  # noqa: S608 - the words above
        record(connection, "GitHub App removed", f"GitHub App {facts.slug}", by, now)


def give_installation(store: Store, by: str, installation_id: int, tenant_id: int | None, now: datetime) -> None:
    """Have a tenant collect with an installation, or nobody. Admins only. Raises: NotAllowed, AppRefused."""
    with store.control.commit("giving an installation to a tenant") as connection:
        require_admin(connection, by)
        granted = _installation(connection, installation_id)
        tenants = [key for (key,) in store.traffic.rows("select tenant_id from tenant")]
        if tenant_id is not None and tenant_id not in tenants:
            raise AppRefused("There is no such tenant.")
        connection.execute(
            "update github_app_installation set tenant_id = $tenant_id, "
            "tracking_rule = case when tenant_id is not distinct from $tenant_id then tracking_rule end "
            "where installation_id = $id",
            {"id": installation_id, "tenant_id": tenant_id},
        )
        action = "installation taken back" if tenant_id is None else "installation given"
        about = granted.tenant_id if tenant_id is None else tenant_id
        subject = Subject("an installation" if about is None else f"tenant {about}", about)
        record(connection, action, subject, by, now, detail=granted.account)


def save_tracking_rule(store: Store, by: str, installation_id: int, rule: str | None, now: datetime) -> None:
    """Have new repositories of an installation tracked by a pattern, whose form the caller has checked; or none.

    For admins and the tenant's manager. Raises: NotAllowed, AppRefused.
    """
    with store.control.commit("changing what an installation tracks") as connection:
        account = acting(connection, by)
        granted = _installation(connection, installation_id)
        refuse_but_managers(account, -1 if granted.tenant_id is None else granted.tenant_id)
        if granted.tenant_id is None:
            raise AppRefused("Give the installation to a tenant first.")
        if rule is not None and len(rule) > LONGEST_RULE:
            raise AppRefused(f"A rule has at most {number_text(LONGEST_RULE)} characters.")
        values = {"id": installation_id, "rule": rule}
        connection.execute(
            "update github_app_installation set tracking_rule = $rule where installation_id = $id", values
        )
        subject = Subject(f"tenant {granted.tenant_id}", granted.tenant_id)
        record(connection, "tracking rule changed", subject, by, now, detail=f"{granted.account}: {rule or 'none'}")


def save_installations(
    store: Store, listed: Sequence[Installation], repositories: Mapping[int, frozenset[int]]
) -> None:
    """Note what GitHub has listed: the installations, and the repositories of some. One that is not listed any more
    was removed. Where nothing is new, nothing is written.
    """
    with store.control.read() as cursor:
        if not _news(cursor, listed, repositories):
            return
    with store.control.commit("noting the installations of the GitHub App") as connection:
        known = {each.installation_id: each for each in _installations(connection)}
        for each in listed:
            values = {"id": each.installation_id, "account": each.account, "state": each.state, "all": each.selection}
            if each.installation_id in known:
                statement = (
                    "update github_app_installation set account = $account, state = $state, selection = $all "
                    "where installation_id = $id"
                )
            else:
                statement = (
                    "insert into github_app_installation (installation_id, account, state, selection) "
                    "values ($id, $account, $state, $all)"
                )
            connection.execute(statement, values)
        there = {"there": [each.installation_id for each in listed]}
        gone = "where not list_contains($there, installation_id)"
        connection.execute(f"delete from github_app_installation {gone} and tenant_id is null", there)  # noqa: S608
        connection.execute(f"update github_app_installation set state = 'removed' {gone}", there)  # noqa: S608
        for key, github_ids in repositories.items():
            connection.execute("delete from github_app_repository where installation_id = $id", {"id": key})
            connection.execute(
                "insert into github_app_repository (installation_id, github_id) "
                "select $id as installation_id, unnest($github_ids::bigint[]) as github_id",
                {"id": key, "github_ids": sorted(github_ids)},
            )


def _news(
    cursor: duckdb.DuckDBPyConnection, listed: Sequence[Installation], repositories: Mapping[int, frozenset[int]]
) -> bool:
    def facts(each: Installation) -> tuple[object, ...]:
        return each.installation_id, each.account, each.state, each.selection

    known = [each for each in _installations(cursor) if each.state is not InstallationState.REMOVED]
    if {facts(each) for each in known} != {facts(each) for each in listed}:
        return True
    rows = cursor.execute("select installation_id, list(github_id) from github_app_repository group by 1").fetchall()
    stored_ids = {key: frozenset(ids) for key, ids in rows}
    return any(stored_ids.get(key, frozenset()) != github_ids for key, github_ids in repositories.items())


def _add_key(connection: duckdb.DuckDBPyConnection, store: Store, key: str, now: datetime) -> None:
    connection.execute(
        "insert into github_app_key (key_id, encrypted, fingerprint, added_at) values ($id, $encrypted, $mark, $now)",
        {
            "id": next_id(connection, "github_app_key"),
            "encrypted": open_cipher(store.directory).encrypt(key),  # by the key that counts during this commit
            "mark": fingerprint(key),
            "now": stored(now),
        },
    )


def _facts(connection: duckdb.DuckDBPyConnection) -> AppFacts | None:
    for row in connection.execute("select app_id, slug, name, html_url from github_app").fetchall():
        return AppFacts(*row)
    return None


def _required(connection: duckdb.DuckDBPyConnection) -> AppFacts:
    facts = _facts(connection)
    if facts is None:
        raise AppRefused("There is no GitHub App.")
    return facts


def _installations(connection: duckdb.DuckDBPyConnection) -> list[Installation]:
    rows = connection.execute(query(__name__, "installations")).fetchall()
    return [
        Installation(key, account, tenant_id, InstallationState(state), selection, rule, repositories)
        for key, account, tenant_id, state, selection, rule, repositories in rows
    ]


def _installation(connection: duckdb.DuckDBPyConnection, installation_id: int) -> Installation:
    for each in _installations(connection):
        if each.installation_id == installation_id:
            return each
    raise AppRefused("There is no such installation.")
