"""Notes: what people know of a day, so that it stands beside the traffic. Of one repository, or of a whole tenant.

A repository's note is for whoever sees the repository; a note of a whole tenant for those who see the whole tenant.
Those who manage the tenant write them; viewers read.

NoteRefused         the note cannot be so, or there is no such note or repository to see
NotAllowed          whoever acts may read it, not write it (see data/accounts/authority.py)
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import duckdb

from data.accounts.audit import Subject, save_entry
from data.accounts.authority import COMMAND_LINE, NotAllowed, acting
from data.accounts.grants import viewer_of
from data.accounts.models import Account, Viewer
from data.accounts.tenants import operator, tenants
from data.calendar import aware, stored, utc_day
from data.repositories.models import Repository
from data.repositories.repositories import repositories
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import query

TEXT_LIMIT = 280
LINK_LIMIT = 1000
FIRST_DAY = date(2008, 1, 1)  # the year in which GitHub began
DAYS_AHEAD = 366  # what is planned may be noted too
NO_NOTE = "There is no such note."
NO_REPOSITORY = "There is no such repository."
NO_TENANT = "There is no such tenant."
READ_ONLY = "Notes are yours to read only: whoever manages the tenant writes them."
_JOINERS = str.maketrans("", "", "\u200c\u200d")  # unseen, but part of how many people and signs are written


class NoteRefused(Exception):
    """A note cannot be so, or is not there for this viewer; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody noted of a UTC day; without a repository it is of all repositories of the tenant."""

    note_id: int
    tenant_id: int
    repository_id: int | None
    day: date
    note: str
    link: str | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note to be added, as typed: of one repository, or, where none is named, of a whole tenant."""

    day: date
    note: str
    link: str | None = None
    repository_id: int | None = None
    tenant_id: int | None = None


@cached("traffic")
def notes(viewer: Viewer, store: Store, first: date, last: date, repository_id: int | None = None) -> tuple[Note, ...]:
    """The visible notes from one day to another, both included, the oldest day first.

    With a repository what concerns it: its own notes, and those of its whole tenant where the viewer sees the whole
    tenant. A note of one that another stands for is told as that one's. Another tenant's repository has none, like one
    that is not there. Raises: StoreMissing.
    """
    concerned = None if repository_id is None else sorted(viewer.counted_with(repository_id))
    values = _visible(viewer.of_each_tenant()) | {"first_day": first, "last_day": last, "repository_ids": concerned}
    with store.traffic.read() as cursor:
        found = [_note(row) for row in cursor.execute(query(__name__, "notes"), values).fetchall()]
    return tuple(replace(n, repository_id=n.repository_id and viewer.counted(n.repository_id)) for n in found)


def may_write(account: Account, tenant_id: int) -> bool:
    return account.active and account.manages(tenant_id)


def add_note(store: Store, by: str, new: NewNote, now: datetime) -> Note:
    """Add a note, with a line in the audit log. `by` is a username, or the command line.

    Raises: NoteRefused, NotAllowed, StoreBusy.
    """
    text, link = checked_text(new.note), checked_link(new.link)
    day = _checked_day(new.day, now)
    with store.traffic.commit("adding a note") as connection:
        hand = _Hand.of(store, by)
        tenant_id = hand.place(store, new)
        note_id = next_id(connection, "note")
        values = {"note_id": note_id, "tenant_id": tenant_id, "repository_id": new.repository_id}
        connection.execute(query(__name__, "add_note"), values | _written(day, text, link) | {"now": stored(now)})
    added = Note(note_id, tenant_id, new.repository_id, day, text, link, now)
    hand.log(store, "note added", added, now)
    return added


def change_note(store: Store, by: str, changed: Note, now: datetime) -> Note:
    """Give the note of that id another day, text or link; what it is about stays.

    Raises: NoteRefused, NotAllowed, StoreBusy.
    """
    text, link = checked_text(changed.note), checked_link(changed.link)
    day = _checked_day(changed.day, now)
    with store.traffic.commit("changing a note") as connection:
        hand = _Hand.of(store, by)
        found = hand.note(connection, changed.note_id)
        values = {"note_id": found.note_id} | _written(day, text, link)
        connection.execute(query(__name__, "change_note"), values)
    after = Note(found.note_id, found.tenant_id, found.repository_id, day, text, link, found.added_at)
    hand.log(store, "note changed", after, now)
    return after


def remove_note(store: Store, by: str, note_id: int, now: datetime) -> None:
    """Delete a note, with a line in the audit log. Raises: NoteRefused, NotAllowed, StoreBusy."""
    with store.traffic.commit("removing a note") as connection:
        hand = _Hand.of(store, by)
        found = hand.note(connection, note_id)
        connection.execute("delete from note where note_id = $note_id", {"note_id": found.note_id})
    hand.log(store, "note removed", found, now)


def checked_text(text: str) -> str:
    """A note's text as it is kept, on one line. Raises NoteRefused."""
    kept = " ".join(text.split())
    if not kept:
        raise NoteRefused("A note says something: type what happened on that day.")
    if len(kept) > TEXT_LIMIT:
        raise NoteRefused(f"A note has at most {TEXT_LIMIT} characters; this one has {len(kept):,}.")
    if not kept.translate(_JOINERS).isprintable():
        raise NoteRefused("A note has letters, digits and signs only, no control characters.")
    return kept


def checked_link(link: str | None) -> str | None:
    """A link as it is kept, None for an empty one: the address of a web page, nothing else. Raises NoteRefused."""
    kept = (link or "").strip()
    if not kept:
        return None
    if len(kept) > LINK_LIMIT or not kept.isprintable() or any(each in kept for each in ' "<>\\`'):
        raise NoteRefused(f"A link has at most {LINK_LIMIT:,} characters and no spaces, quotes or angle brackets.")
    try:
        parts = urlsplit(kept)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise NoteRefused("A link begins with https:// or http:// and the name of a site.")
    return kept


@dataclass(frozen=True, slots=True)
class _Hand:
    """Whoever writes, with the rights of this very moment; the command line (no account) may write everywhere."""

    name: str
    account: Account | None
    viewer: Viewer

    @classmethod
    def of(cls, store: Store, by: str) -> "_Hand":
        """Asked inside the commit: a right that has just been taken away is gone. Raises NotAllowed."""
        with store.control.read() as cursor:
            account = acting(cursor, by)
        if by == COMMAND_LINE:
            return cls(by, None, operator(store))
        return cls(account.username, account, viewer_of(store, account).of_each_tenant())

    def place(self, store: Store, new: NewNote) -> int:
        """The tenant of a new note. Raises NoteRefused where there is none to see, NotAllowed where only to read."""
        if new.repository_id is None:
            if new.tenant_id not in self.viewer.tenant_ids:
                raise NoteRefused(NO_TENANT)
            self._require(new.tenant_id)
            return new.tenant_id
        seen: dict[int, Repository] = {each.repository_id: each for each in repositories(self.viewer, store)}
        if new.repository_id not in seen:
            raise NoteRefused(NO_REPOSITORY)
        tenant_id = seen[new.repository_id].tenant_id
        self._require(tenant_id)
        return tenant_id

    def note(self, connection: duckdb.DuckDBPyConnection, note_id: int) -> Note:
        """A note that is theirs to change. Raises NoteRefused where there is none to see, NotAllowed."""
        values = _visible(self.viewer) | {"note_id": note_id}
        rows = connection.execute(query(__name__, "note_with_id"), values).fetchall()
        if not rows:
            raise NoteRefused(NO_NOTE)
        found = _note(rows[0])
        self._require(found.tenant_id)
        return found

    def log(self, store: Store, act: str, note: Note, now: datetime) -> None:
        if note.repository_id is None:
            about = [f"tenant {each.name}" for each in tenants(self.viewer, store) if each.tenant_id == note.tenant_id]
        else:
            seen = repositories(self.viewer, store)
            about = [each.full_name for each in seen if each.repository_id == note.repository_id]
        subject = Subject(f"{about[0]}, {note.day}", note.tenant_id)
        save_entry(store, act, subject, (self.name, now), note.note)

    def _require(self, tenant_id: int) -> None:
        if self.account is not None and not may_write(self.account, tenant_id):
            raise NotAllowed(READ_ONLY)


def _note(row: tuple[Any, ...]) -> Note:
    note_id, tenant_id, repository_id, day, text, link, added_at = row
    return Note(note_id, tenant_id, repository_id, day, text, link, aware(added_at))


def _visible(viewer: Viewer) -> dict[str, list[int]]:
    return {"visible": sorted(viewer.repository_ids), "tenant_ids": sorted(viewer.tenant_ids)}


def _written(day: date, text: str, link: str | None) -> dict[str, date | str | None]:
    return {"day": day, "note": text, "link": link}


def _checked_day(day: date, now: datetime) -> date:
    last = utc_day(now) + timedelta(days=DAYS_AHEAD)
    if not FIRST_DAY <= day <= last:
        raise NoteRefused(f"A note's day lies between {FIRST_DAY} and {last}.")
    return day
