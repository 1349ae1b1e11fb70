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

from data.accounts.audit import Change, Subject, change_of_traffic
from data.accounts.authority import NotAllowed
from data.accounts.grants import viewer_of
from data.accounts.models import Account, Viewer
from data.accounts.tenants import tenants
from data.calendar import aware, stored, utc_day
from data.refusals import Refused
from data.repositories.repositories import repositories
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert, query
from data.text import number_text

TEXT_LIMIT = 280
LINK_LIMIT = 1000
FIRST_DAY = date(2008, 1, 1)  # the year in which GitHub began
DAYS_AHEAD = 366  # what is planned may be noted too
NO_NOTE = "There is no such note."
NO_REPOSITORY = "There is no such repository."
NO_TENANT = "There is no such tenant."
READ_ONLY = "You can read notes, but only managers of the tenant can write them."
_JOINERS = str.maketrans("", "", "\u200c\u200d")  # unseen, but part of how many people and signs are written


class NoteRefused(Refused):
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
    tenant. A note on one that counts as another is that one's. Another tenant's repository has none, like one
    that is not there. Guests see none: they are for colleagues. Raises: StoreMissing.
    """
    if viewer.is_guest:
        return ()
    concerned = None if repository_id is None else sorted(viewer.counted_with(repository_id))
    values = viewer.of_each_tenant().values() | {"first_day": first, "last_day": last, "repository_ids": concerned}
    found = [_note(row) for row in store.traffic.rows(query(__name__, "notes"), values)]
    return tuple(replace(n, repository_id=n.repository_id and viewer.counted(n.repository_id)) for n in found)


def may_write(account: Account, tenant_id: int) -> bool:
    return account.active and account.manages(tenant_id)


def add_note(store: Store, by: str, new: NewNote, now: datetime) -> Note:
    """Add a note. Raises: NoteRefused, NotAllowed, StoreBusy."""
    text, link = checked_text(new.note), checked_link(new.link)
    day = _checked_day(new.day, now)
    with change_of_traffic(store, "adding a note", by, now) as change:
        tenant_id = _tenant_of_new(change, store, new)
        note_id = next_id(change.connection, "note")
        values = {"note_id": note_id, "tenant_id": tenant_id, "repository_id": new.repository_id}
        row = values | _written(day, text, link) | {"added_at": stored(now)}
        insert(change.connection, "note", row)
        added = Note(note_id, tenant_id, new.repository_id, day, text, link, now)
        _record(change, store, "note added", added)
    return added


def change_note(store: Store, by: str, changed: Note, now: datetime) -> Note:
    """Give the note of that id another day, text or link; what it is about stays.

    Raises: NoteRefused, NotAllowed, StoreBusy.
    """
    text, link = checked_text(changed.note), checked_link(changed.link)
    day = _checked_day(changed.day, now)
    with change_of_traffic(store, "changing a note", by, now) as change:
        found = _changeable(change, store, changed.note_id)
        values = {"note_id": found.note_id} | _written(day, text, link)
        written = "update note set day = $day, note = $note, link = $link where note_id = $note_id"
        change.connection.execute(written, values)
        after = replace(found, day=day, note=text, link=link)
        _record(change, store, "note changed", after)
    return after


def remove_note(store: Store, by: str, note_id: int, now: datetime) -> None:
    """Delete a note. Raises: NoteRefused, NotAllowed, StoreBusy."""
    with change_of_traffic(store, "removing a note", by, now) as change:
        found = _changeable(change, store, note_id)
        change.connection.execute("delete from note where note_id = $note_id", {"note_id": found.note_id})
        _record(change, store, "note removed", found)


def checked_text(text: str) -> str:
    """A note's text as it is kept, on one line. Raises NoteRefused."""
    kept = " ".join(text.split())
    if not kept:
        raise NoteRefused("Enter what happened on that day.")
    if len(kept) > TEXT_LIMIT:
        raise NoteRefused(f"A note has at most {TEXT_LIMIT} characters; this one has {number_text(len(kept))}.")
    if not kept.translate(_JOINERS).isprintable():
        raise NoteRefused("A note cannot contain control characters.")
    return kept


def checked_link(link: str | None) -> str | None:
    """A link as it is kept, None for an empty one: the address of a web page, nothing else. Raises NoteRefused."""
    kept = (link or "").strip()
    if not kept:
        return None
    if len(kept) > LINK_LIMIT or not kept.isprintable() or any(each in kept for each in ' "<>\\`'):
        raise NoteRefused(
            f"A link has at most {number_text(LINK_LIMIT)} characters and no spaces, quotes or angle brackets."
        )
    try:
        parts = urlsplit(kept)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise NoteRefused("Enter a link that starts with https:// or http://.")
    return kept


def _tenant_of_new(change: Change, store: Store, new: NewNote) -> int:
    """The tenant of a new note. Raises NoteRefused where there is none to see, NotAllowed where only to read."""
    viewer, tenant_id = viewer_of(store, change.account).of_each_tenant(), new.tenant_id
    if new.repository_id is not None:
        tenants_of = {each.repository_id: each.tenant_id for each in repositories(viewer, store)}
        tenant_id = tenants_of.get(new.repository_id)
    elif tenant_id not in viewer.tenant_ids:
        tenant_id = None
    if tenant_id is None:
        raise NoteRefused(NO_TENANT if new.repository_id is None else NO_REPOSITORY)
    _require_manager(change, tenant_id)
    return tenant_id


def _changeable(change: Change, store: Store, note_id: int) -> Note:
    """A note that is theirs to change. Raises NoteRefused where there is none to see, NotAllowed."""
    every = {"first_day": date.min, "last_day": date.max, "repository_ids": None}
    values = viewer_of(store, change.account).of_each_tenant().values() | every
    for found in map(_note, change.connection.execute(query(__name__, "notes"), values).fetchall()):
        if found.note_id == note_id:
            _require_manager(change, found.tenant_id)
            return found
    raise NoteRefused(NO_NOTE)


def _require_manager(change: Change, tenant_id: int) -> None:
    if not may_write(change.account, tenant_id):
        raise NotAllowed(READ_ONLY)


def _record(change: Change, store: Store, action: str, note: Note) -> None:
    viewer = viewer_of(store, change.account).of_each_tenant()
    if note.repository_id is None:
        (about,) = (f"tenant {each.name}" for each in tenants(viewer, store) if each.tenant_id == note.tenant_id)
    else:
        (about,) = (r.full_name for r in repositories(viewer, store) if r.repository_id == note.repository_id)
    change.record(action, Subject(f"{about}, {note.day}", note.tenant_id), note.note)


def _note(row: tuple[Any, ...]) -> Note:
    note_id, tenant_id, repository_id, day, text, link, added_at = row
    return Note(note_id, tenant_id, repository_id, day, text, link, aware(added_at))


def _written(day: date, text: str, link: str | None) -> dict[str, date | str | None]:
    return {"day": day, "note": text, "link": link}


def _checked_day(day: date, now: datetime) -> date:
    last = utc_day(now) + timedelta(days=DAYS_AHEAD)
    if not FIRST_DAY <= day <= last:
        raise NoteRefused(f"The day of a note must be between {FIRST_DAY} and {last}.")
    return day
