"""Cached readers: one process serves everybody, and nobody gets rows of another viewer or of an old version."""

from collections.abc import Callable

import pytest

from data.accounts import grants
from data.accounts.models import Grant, Role, Viewer
from data.calendar import utc_now
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, pause_repository, remove_repository_with_data
from data.traffic.export import ExportTable
from data.traffic.models import Grain, Paging, Selection
from pages.ui import numbers, readers
from tests.data.filled import DOCS, ENGINE, TELESCOPE
from tests.pages.app import GREEN, App, days_ago

Names = Callable[[Viewer], set[str]]
EVERY_DAY = Selection(days_ago(90), days_ago(1), days_ago(0))


def names_drawn(viewer: Viewer) -> set[str]:
    picture = readers.picture(viewer, EVERY_DAY, "views", Grain.WEEK)
    return set(picture.rows.column("name").to_pylist()) if picture else set()


def names_in_numbers(viewer: Viewer) -> set[str]:
    table = numbers.table(viewer, EVERY_DAY, "views", Grain.WEEK)
    return set(table.column("full_name").to_pylist()) - {"All repositories"}


READERS: list[Names] = [
    lambda viewer: set(readers.daily(viewer, EVERY_DAY, Paging("day", size=1000)).rows["full_name"]),
    lambda viewer: set(readers.weekly(viewer, EVERY_DAY, Paging("week", size=1000)).rows["full_name"]),
    lambda viewer: set(readers.series(viewer, EVERY_DAY, Grain.WEEK)["full_name"]) - {"total"},
    lambda viewer: set(readers.repository_names(viewer).values()),
    names_drawn,
    names_in_numbers,
]


def viewer(app: App, username: str) -> Viewer:
    return grants.viewer_of(app.store, app.account(username))


@pytest.mark.parametrize("read", READERS)
def test_two_viewers_in_one_process_each_get_their_own_rows(app: App, read: Names) -> None:
    for _ in range(2):  # the second time from the cache
        assert read(viewer(app, "tenant")) == {"blue/engine", "blue/docs", "blue/mirror"}
        assert read(viewer(app, "green-tenant")) == {"green/telescope"}
        assert read(viewer(app, "single")) == {"blue/engine"}
        assert read(viewer(app, "nobody")) == set()


def test_two_viewers_get_their_own_totals(app: App) -> None:
    found = [readers.totals(viewer(app, name), EVERY_DAY).views.value for name in ("tenant", "green-tenant", "both")]
    assert found[0] != found[1]
    assert (found[0] or 0) + (found[1] or 0) == found[2]


def test_a_strangers_repository_that_is_asked_for_is_as_one_that_is_not_there(app: App) -> None:
    wish = Selection(days_ago(90), days_ago(1), days_ago(0), frozenset({TELESCOPE}))
    readers.daily(viewer(app, "green-tenant"), wish, Paging("day"))
    assert readers.daily(viewer(app, "tenant"), wish, Paging("day")).total == 0


def test_selections_that_differ_in_one_thing_are_apart_in_the_cache(app: App) -> None:
    who, paging = viewer(app, "both"), Paging("day", size=10)
    wishes = [
        Selection(days_ago(30), days_ago(1), days_ago(0)),
        Selection(days_ago(29), days_ago(1), days_ago(0)),
        Selection(days_ago(30), days_ago(1), days_ago(0), frozenset({ENGINE})),
        Selection(days_ago(30), days_ago(1), days_ago(0), None, "docs"),
    ]
    found = [readers.daily(who, wish, paging) for wish in wishes]
    assert len({(page.total, tuple(page.rows["full_name"])) for page in found}) == len(wishes)


def test_two_repositories_of_one_name_can_be_told_apart(app: App) -> None:
    facts = RepositoryFacts(900, "Blue/Docs", "public", False, False)
    added = add_repositories(app.store, GREEN, [facts], utc_now())[0].repository_id
    names = readers.repository_names(viewer(app, "both"))
    assert (names[DOCS], names[added]) == (f"blue/docs · {DOCS}", f"Blue/Docs · {added}")
    assert readers.repository_names(viewer(app, "tenant"))[DOCS] == "blue/docs"


def test_what_was_committed_meanwhile_is_seen_at_once(app: App) -> None:
    who = viewer(app, "tenant")
    assert readers.repository_names(who)[ENGINE] == "blue/engine"
    remove_repository_with_data(app.store, ENGINE)
    assert ENGINE not in readers.repository_names(who)


def test_a_commit_about_another_thing_changes_no_rows(app: App) -> None:
    who = viewer(app, "tenant")
    before = readers.daily(who, EVERY_DAY, Paging("day")).rows
    pause_repository(app.store, ENGINE, utc_now())
    assert readers.daily(who, EVERY_DAY, Paging("day")).rows.equals(before)


def test_what_a_page_does_to_its_rows_stays_with_it(app: App) -> None:
    who = viewer(app, "tenant")
    rows = readers.daily(who, EVERY_DAY, Paging("day")).rows
    rows["full_name"] = "changed"
    assert "changed" not in set(readers.daily(who, EVERY_DAY, Paging("day")).rows["full_name"])


@pytest.mark.parametrize("table", list(ExportTable))
def test_a_download_of_everything_holds_what_its_reader_may_see(app: App, table: ExportTable) -> None:
    app.sign_in("single")
    content = readers.download(readers.everything(table))().decode()
    assert "blue/engine" in content
    assert "blue/docs" not in content
    assert "green/" not in content


def test_a_download_that_was_offered_before_signing_out_gives_nothing_after_it(app: App) -> None:
    app.sign_in("tenant")
    content = readers.download(readers.everything(ExportTable.DAILY))
    app.sign_out()
    with pytest.raises(PermissionError):
        content()


def test_a_download_gives_what_may_be_seen_when_it_is_pressed(app: App) -> None:
    app.sign_in("both")
    content = readers.download(readers.everything(ExportTable.DAILY))
    key = app.account("both").user_id
    grants.revoke(app.store, "admin", key, Grant(Role.TENANT_VIEWER, 2), utc_now())
    assert "green/telescope" not in content().decode()
