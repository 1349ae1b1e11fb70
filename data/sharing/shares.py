"""Share links: a dashboard, or the page of one repository, for whoever has the link, without an account; frozen to the
repositories it was made for.

It ends at its date, when it is revoked, and when whoever made it may not manage the tenant any more.

ShareRefused        it cannot be made so, there is no such link, or the password is another
NotAllowed          whoever acts may not do this (see data/accounts/authority.py)
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

import duckdb

from data.accounts import sessions
from data.accounts.audit import Subject, record
from data.accounts.authority import COMMAND_LINE, AccountRefused, NotAllowed, acting, stored_accounts
from data.accounts.grants import managed_tenant, whole_tenant
from data.accounts.models import Account, Viewer
from data.accounts.passwords import check_acceptable, fingerprint, hashed, matches, new_secret
from data.calendar import aware, stored
from data.dashboards.specification import Dashboard, Range, parse_dashboard, written
from data.repositories.repositories import repositories
from data.store import Store, StoreError
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert

MOST = 200  # of a tenant
NAME_LIMIT = 80
LONGEST = timedelta(days=3660)
COUNTED_EVERY = timedelta(minutes=1)
NO_LINK = "There is no such link."

_GUARD = threading.Lock()
_WAITING: dict[tuple[Store, int], tuple[int, datetime]] = {}  # openings that are not counted yet, and the last of them


class ShareRefused(AccountRefused):
    """It cannot be made so, or there is no such link; the sentence says why."""


@dataclass(frozen=True, slots=True)
class RepositoryPage:
    """The page of the one repository that a link is of, and its days."""

    days: Range


@dataclass(frozen=True, slots=True)
class NewShare:
    """A link to be made, of repositories of one tenant; without `lasts` it stays until it is revoked."""

    name: str
    tenant_id: int
    shows: Dashboard | RepositoryPage
    repository_ids: frozenset[int]
    password: str | None = field(default=None, repr=False)
    embeddable: bool = False
    downloads: bool = False
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A link without its secret; times are UTC. Where it is `embeddable`, other sites' pages may frame it; where it has
    `downloads`, what it shows may be saved as files.
    """

    share_id: int
    name: str
    tenant_id: int
    specification: str
    repository_ids: frozenset[int]
    password_hash: str | None = field(repr=False)
    embeddable: bool
    downloads: bool
    expires_at: datetime | None
    openings: int
    last_opened_at: datetime | None
    made_by: Account

    def is_open(self, now: datetime) -> bool:
        lasts = self.expires_at is None or self.expires_at > now
        return lasts and self.made_by.active and self.made_by.manages(self.tenant_id)

    def shows(self) -> Dashboard | RepositoryPage:
        """Raises: SpecificationRefused."""
        days = json.loads(self.specification).get("repository")
        if days is None:
            return parse_dashboard(self.specification)
        first, last = (None if days[name] is None else date.fromisoformat(days[name]) for name in ("first", "last"))
        return RepositoryPage(Range(days["last_days"], first, last))


def add_share(store: Store, by: str, new: NewShare, now: datetime) -> str:
    """Make a link; answers its secret, which is never shown again. For those who manage the tenant.

    Raises: NotAllowed, ShareRefused, PasswordRefused.
    """
    name = " ".join(new.name.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise ShareRefused(f"A name has 1 to {NAME_LIMIT} printable characters.")
    if new.lasts is not None and not timedelta(0) < new.lasts <= LONGEST:
        raise ShareRefused(f"A link lasts at most {LONGEST.days:,} days.")
    if new.password is not None:
        check_acceptable(new.password, name)
    secret, password_hash = new_secret(), None if new.password is None else hashed(new.password)
    with store.control.commit("making a share link") as connection:
        if by == COMMAND_LINE:
            raise NotAllowed("Share links belong to users.")
        account = acting(connection, by)
        viewer = managed_tenant(account, store, new.tenant_id)
        of_tenant = {r.repository_id for r in repositories(viewer, store) if r.tenant_id == new.tenant_id}
        if not new.repository_ids or not new.repository_ids <= of_tenant:
            raise ShareRefused("There is no such repository.")
        if isinstance(new.shows, RepositoryPage) and len(new.repository_ids) > 1:
            raise ShareRefused("The page of a repository is of one. Choose one, or share a dashboard.")
        if sum(each.tenant_id == new.tenant_id and each.is_open(now) for each in _shares(store).values()) >= MOST:
            raise ShareRefused(f"The tenant has {MOST} share links, the maximum. Revoke one first.")
        share_id = next_id(connection, "share")
        row = {
            "share_id": share_id,
            "secret_hash": fingerprint(secret),
            "name": name,
            "tenant_id": new.tenant_id,
            "specification": _written(new.shows),
            "repository_ids": json.dumps(sorted(new.repository_ids)),
            "password_hash": password_hash,
            "embeddable": new.embeddable,
            "downloads": new.downloads,
            "user_id": account.user_id,
            "made_at": stored(now),
            "expires_at": None if new.lasts is None else stored(now + new.lasts),
            "openings": 0,
        }
        insert(connection, "share", row)
        record(connection, "share link made", Subject(f"share link {share_id}", new.tenant_id), by, now, detail=name)
    return secret


def revoke_share(store: Store, by: str, share_id: int, now: datetime) -> None:
    """End a link at once. For those who manage the tenant. Raises: ShareRefused."""
    with store.control.commit("revoking a share link") as connection:
        account = acting(connection, by)
        rows = connection.execute("select tenant_id, name from share where share_id = $id", {"id": share_id}).fetchall()
        if not rows or not account.manages(rows[0][0]):
            raise ShareRefused(NO_LINK)
        connection.execute("delete from share where share_id = $id", {"id": share_id})
        subject = Subject(f"share link {share_id}", rows[0][0])
        record(connection, "share link revoked", subject, by, now, detail=rows[0][1])


def shares(account: Account, store: Store, now: datetime) -> tuple[Share, ...]:
    """The links of the tenants that this user manages that are open, the newest first."""
    found = [each for each in _shares(store).values() if account.active and account.manages(each.tenant_id)]
    return tuple(sorted((each for each in found if each.is_open(now)), key=lambda each: -each.share_id))


def share_of_secret(store: Store, secret: str, now: datetime) -> Share | None:
    """The open link with this secret, for whoever has it."""
    share = _shares(store).get(fingerprint(secret))
    return share if share is not None and share.is_open(now) else None


def open_share(store: Store, share: Share, password: str, address: str, now: datetime) -> None:
    """Check the password of a link, where it has one, and count the opening. Raises: ShareRefused, TooManyAttempts.

    Without one, what follows soon is counted together, a minute later: a page that many look at embeds the link, and
    with each commit everybody's session is read anew.
    """
    name = f"share link {share.share_id}"  # no username has a space
    if share.password_hash is not None:
        sessions.attempt(store, name, address, now)
        if not matches(password, share.password_hash):
            raise ShareRefused("That is not the password of this link.")
    elif share.last_opened_at is not None and share.last_opened_at > now - COUNTED_EVERY:
        _count_later(store, share.share_id, now)
        return
    with store.control.commit("opening a share link") as connection:
        sessions.forget_attempts(connection, name)
        _count(connection, share.share_id, 1, now)


def _count_later(store: Store, share_id: int, now: datetime, openings: int = 1) -> None:
    with _GUARD:
        many, _ = _WAITING.get((store, share_id), (0, now))
        _WAITING[store, share_id] = many + openings, now
    if many == 0:
        timer = threading.Timer(COUNTED_EVERY.total_seconds(), _count_waiting, (store, share_id))
        timer.daemon = True
        timer.start()


def _count_waiting(store: Store, share_id: int) -> None:
    with _GUARD:
        many, last = _WAITING.pop((store, share_id))
    try:
        with store.control.commit("counting how often a share link was opened") as connection:
            _count(connection, share_id, many, last)
    except StoreError:  # away or busy: a minute later, together with what comes until then
        _count_later(store, share_id, last, many)


def _count(connection: duckdb.DuckDBPyConnection, share_id: int, many: int, last: datetime) -> None:
    values = {"id": share_id, "many": many, "last": stored(last)}
    text = "update share set openings = openings + $many, last_opened_at = $last where share_id = $id"
    connection.execute(text, values)


def share_viewer(store: Store, share: Share) -> Viewer:
    """What a link shows: of the repositories that it was made for those that are there; none of an inactive tenant."""
    there = whole_tenant(store, share.tenant_id).repository_ids
    return Viewer(there & share.repository_ids, frozenset(), is_guest=True)


def _written(shows: Dashboard | RepositoryPage) -> str:
    if isinstance(shows, Dashboard):
        return written(shows)
    days = {name: getattr(shows.days, name) for name in ("last_days", "first", "last")}
    return json.dumps({"repository": days}, default=str)


@cached("control")
def _shares(store: Store) -> Mapping[str, Share]:
    """Every link with whoever made it, by the hash of its secret."""
    with store.control.read() as cursor:
        rows = cursor.execute(
            "select secret_hash, share_id, name, tenant_id, specification, repository_ids, password_hash, embeddable, "
            "downloads, user_id, expires_at, openings, last_opened_at from share"
        ).fetchall()
        makers = {each.user_id: each for each in stored_accounts(cursor)} if rows else {}
    by_secret = {}
    for secret_hash, *row in rows:
        key, name, tenant_id, text, ids, password_hash, *may, made_by, ends, openings, opened = row
        facts = [key, name, tenant_id, text, frozenset(json.loads(ids)), password_hash, *may]
        facts += [
            None if ends is None else aware(ends),
            openings,
            None if opened is None else aware(opened),
            makers[made_by],
        ]
        by_secret[secret_hash] = Share(*facts)
    return MappingProxyType(by_secret)
