"""Notes: who reads them, who writes them, what they may be, and that they go with the history they belong to."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import COMMAND_LINE, NotAllowed
from data.accounts.grants import viewer_of
from data.accounts.models import Grant, Role, Viewer
from data.insight.notes import (
    LINK_LIMIT,
    NO_NOTE,
    NO_REPOSITORY,
    NO_TENANT,
    TEXT_LIMIT,
    NewNote,
    NoteRefused,
    add_note,
    change_note,
    checked_link,
    checked_text,
    notes,
    remove_note,
)
from data.repositories.repositories import remove_repositories_with_data
from data.store import Store
from tests.data.cast import AUDITOR, NOW, Place, account, deactivate, user
from tests.data.reading import ask

TODAY = NOW.date()
FIRST, LAST = TODAY - timedelta(days=30), TODAY
RIGHT_TO_LEFT = "\u202e"


@pytest.fixture(scope="module")
def staged(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Place]:
    """Two tenants with people, and in the first, blue, a note of a repository and one of the whole tenant."""
    directory = shutil.copytree(template, tmp_path_factory.mktemp("noted") / "db", symlinks=True)
    with closing(Store(directory)) as store:
        return directory, filled(store)


@pytest.fixture
def blue(staged: tuple[Path, Place]) -> Place:
    return staged[1]


@pytest.fixture
def store(staged: tuple[Path, Place], tmp_path: Path) -> Iterator[Store]:
    """A copy of it for each test."""
    with closing(Store(shutil.copytree(staged[0], tmp_path / "db", symlinks=True))) as store:
        yield store


def filled(store: Store) -> Place:
    blue, green = Place.added(store, "blue", 100), Place.added(store, "green", 200)
    user(store, "manager", blue.manager)
    user(store, "viewer", blue.viewer)
    user(store, "single", blue.of_repository(0))
    user(store, "other", green.manager)
    user(store, "root", Grant(Role.ADMIN))
    add_note(store, "manager", NewNote(TODAY, "On the front page", "https://example.org/a", blue.repositories[0]), NOW)
    add_note(store, "manager", NewNote(FIRST, "A talk", tenant_id=blue.tenant_id), NOW)
    return blue


def seen(store: Store, username: str, repository_id: int | None = None) -> list[str]:
    """The texts that a user reads."""
    viewer = viewer_of(store, account(store, username))
    return [each.note for each in notes(viewer, store, FIRST, LAST, repository_id)]


def noted_acts(store: Store) -> list[tuple[str, str, str, str | None, int | None]]:
    found = entries(AUDITOR, store, AuditFilter("note "))
    return sorted((each.action, each.actor, each.subject, each.detail, each.tenant_id) for each in found)


def test_a_note_is_read_by_those_who_see_what_it_is_about(store: Store, blue: Place) -> None:
    assert seen(store, "manager") == seen(store, "viewer") == ["A talk", "On the front page"]
    assert seen(store, "single") == ["On the front page"]
    assert seen(store, "other") == seen(store, "root") == []


def test_of_a_repository_its_own_notes_and_those_of_its_whole_tenant_are_read(store: Store, blue: Place) -> None:
    one, two = blue.repositories
    assert seen(store, "viewer", one) == ["A talk", "On the front page"]
    assert seen(store, "viewer", two) == ["A talk"]
    assert seen(store, "single", one) == ["On the front page"]
    assert seen(store, "single", two) == seen(store, "single", 999) == seen(store, "other", one) == []


def test_days_are_included_at_both_ends(store: Store, blue: Place) -> None:
    viewer = Viewer(frozenset(blue.repositories), frozenset({blue.tenant_id}))
    assert [each.day for each in notes(viewer, store, FIRST, LAST)] == [FIRST, LAST]
    assert not notes(viewer, store, FIRST + timedelta(days=1), LAST - timedelta(days=1))


@pytest.mark.parametrize("username", ["viewer", "single"])
def test_whoever_only_reads_writes_none(store: Store, blue: Place, username: str) -> None:
    viewer = Viewer(frozenset(blue.repositories), frozenset({blue.tenant_id}))
    (own,) = (each for each in notes(viewer, store, LAST, LAST))
    with pytest.raises(NotAllowed):
        add_note(store, username, NewNote(TODAY, "Mine", repository_id=blue.repositories[0]), NOW)
    with pytest.raises(NotAllowed):
        change_note(store, username, replace(own, note="Mine"), NOW)
    with pytest.raises(NotAllowed):
        remove_note(store, username, own.note_id, NOW)
    assert notes(viewer, store, LAST, LAST) == (own,)


@pytest.mark.parametrize("username", ["other", "root", "manager"])
def test_what_is_not_theirs_to_see_is_answered_as_what_is_not_there(store: Store, blue: Place, username: str) -> None:
    deactivate(store, blue.tenant_id)
    for repository_id in (blue.repositories[0], 999):
        with pytest.raises(NoteRefused, match=NO_REPOSITORY):
            add_note(store, username, NewNote(TODAY, "Mine", repository_id=repository_id), NOW)
    for tenant_id in (blue.tenant_id, 999, None):
        with pytest.raises(NoteRefused, match=NO_TENANT):
            add_note(store, username, NewNote(TODAY, "Mine", tenant_id=tenant_id), NOW)
    for note_id in (1, 2, 999):
        with pytest.raises(NoteRefused, match=NO_NOTE):
            remove_note(store, username, note_id, NOW)


def test_a_note_is_changed_and_removed_and_the_audit_log_says_so(store: Store, blue: Place) -> None:
    viewer = Viewer(frozenset(blue.repositories), frozenset({blue.tenant_id}))
    (front,) = notes(viewer, store, LAST, LAST)
    changed = change_note(store, "manager", replace(front, day=FIRST, note="  Two\nlines ", link=""), NOW)
    assert changed == replace(front, day=FIRST, note="Two lines", link=None)
    assert changed in notes(viewer, store, FIRST, FIRST)
    remove_note(store, COMMAND_LINE, front.note_id, NOW)
    assert [each.note for each in notes(viewer, store, FIRST, LAST)] == ["A talk"]
    assert noted_acts(store) == [
        ("note added", "manager", f"blue/r0, {LAST}", "On the front page", blue.tenant_id),
        ("note added", "manager", f"tenant blue, {FIRST}", "A talk", blue.tenant_id),
        ("note changed", "manager", f"blue/r0, {FIRST}", "Two lines", blue.tenant_id),
        ("note removed", COMMAND_LINE, f"blue/r0, {FIRST}", "Two lines", blue.tenant_id),
    ]


@pytest.mark.parametrize(
    "text", ["", " \n", "a" * (TEXT_LIMIT + 1), "a\0b", "\x1b[31m", f"a{RIGHT_TO_LEFT}b", "\ud800"]
)
def test_a_text_that_cannot_be_shown_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        checked_text(text)


@pytest.mark.parametrize(
    "link",
    [
        *(
            "javascript:alert(1)",
            "data:text/html,x",
            "example.org",
            "//example.org",
            "https://",
            "https://[",
            "http:///a",
        ),
        *("https://github.com@example.org", "https://a b", "https://a/\nb", 'https://a/"', "https://a/<b>", "\ud800"),
        "https://" + "a" * LINK_LIMIT,
    ],
)
def test_a_link_that_is_no_address_of_a_page_is_refused(link: str) -> None:
    with pytest.raises(NoteRefused):
        checked_link(link)


def test_what_is_refused_is_not_stored(store: Store, blue: Place) -> None:
    for days, text, link in ((-20_000, "Text", ""), (400, "Text", ""), (0, "a\0b", ""), (0, "Text", "javascript:1")):
        with pytest.raises(NoteRefused):
            add_note(store, "manager", NewNote(TODAY + timedelta(days), text, link, blue.repositories[0]), NOW)
    assert seen(store, "manager") == ["A talk", "On the front page"]


def test_markup_is_kept_as_it_was_typed(store: Store, blue: Place) -> None:
    text = "<b>*Ünï* 👩\u200d💻 `x`</b> | =1+1"
    added = add_note(store, "manager", NewNote(TODAY, text, "HTTPS://Example.org/?a=b#c", blue.repositories[0]), NOW)
    assert (added.note, added.link) == (text, "HTTPS://Example.org/?a=b#c")


def test_a_repositorys_notes_are_deleted_with_its_history_and_the_tenants_stay(store: Store, blue: Place) -> None:
    remove_repositories_with_data(store, COMMAND_LINE, [blue.repositories[0]], NOW)
    assert seen(store, "viewer") == ["A talk"]


def test_the_view_names_what_a_note_is_about(store: Store, blue: Place) -> None:
    rows = ask(store, "select tenant, full_name, day, note, link from v_notes order by day")
    assert rows == [
        ("blue", None, FIRST, "A talk", None),
        ("blue", "blue/r0", LAST, "On the front page", "https://example.org/a"),
    ]
