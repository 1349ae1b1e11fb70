"""What pages read and draw is kept: one process serves everybody, and nobody gets rows of another viewer or version."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from httpx2 import Response
from pandas import DataFrame
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.accounts import grants, sessions
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Grant, Role, Viewer
from data.calendar import monday, utc_now
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import (
    add_repositories,
    pause_repositories,
    remove_repositories_with_data,
    repository_names,
)
from data.store import Store
from data.traffic import export, traffic
from data.traffic.export import ExportTable
from data.traffic.models import Grain, Paging, Selection
from pages.chart import view
from pages.ui import download_routes, session
from pages.ui.charts.traffic import traffic_chart
from pages.ui.session_routes import COOKIE
from tests.data.filled import DOCS, ENGINE
from tests.pages.app import GREEN, App, days_ago

EVERY_DAY = Selection(days_ago(90), days_ago(1), days_ago(0))


def drawn(viewer: Viewer, store: Store, selection: Selection) -> Any:
    chart = traffic_chart(viewer, store, selection, "views", Grain.DAY)
    return chart.rows.to_pandas() if chart else DataFrame({"name": [], "state": []})


def numbers(viewer: Viewer, store: Store, selection: Selection) -> Any:
    return view.numbers(viewer, store, selection, "views", Grain.DAY).to_pandas()


NAMES: dict[str, Callable[[Viewer, Store], Iterable[str]]] = {
    "names": lambda viewer, store: repository_names(viewer, store).values(),
    "chart": lambda viewer, store: drawn(viewer, store, EVERY_DAY)["name"],
    "numbers": lambda viewer, store: numbers(viewer, store, EVERY_DAY)["full_name"],
}
STATES: dict[str, Callable[[Viewer, Store, Selection], Iterable[str]]] = {
    "daily": lambda viewer, store, asked: (
        traffic.daily_traffic(viewer, store, asked, Paging("day")).rows["views_state"].to_pylist()
    ),
    "series": lambda viewer, store, asked: traffic.series(viewer, store, asked, Grain.DAY, "views")["state"],
    "chart": lambda viewer, store, asked: drawn(viewer, store, asked)["state"],
    "numbers": lambda viewer, store, asked: numbers(viewer, store, asked)["state"].str.lower(),
}


def viewer(app: App, username: str) -> Viewer:
    return grants.viewer_of(app.store, app.account(username))


def days(app: App, username: str, selection: Selection) -> Any:
    return traffic.daily_traffic(viewer(app, username), app.store, selection, Paging("day", size=10))


@pytest.mark.parametrize("name", NAMES)
def test_two_viewers_in_one_process_each_get_their_own_rows(app: App, name: str) -> None:
    expected: dict[str, set[str]] = {
        "tenant": {"blue/engine", "blue/docs", "blue/mirror"},
        "green-tenant": {"green/telescope"},
        "single": {"blue/engine"},
        "nobody": set(),
    }
    for username, names in [*expected.items(), *expected.items()]:  # the second time from the cache
        assert set(NAMES[name](viewer(app, username), app.store)) - {"All repositories"} == names


@pytest.mark.parametrize("name", STATES)
def test_whoever_asks_on_another_day_is_told_the_states_of_that_day(app: App, name: str) -> None:
    """In one process, of one version of the store: a page that stays open over midnight."""
    first = monday(days_ago(21))
    earlier = Selection(first, first + timedelta(days=6), first + timedelta(days=7))
    later = replace(earlier, today=first + timedelta(days=9))
    who = viewer(app, "single")
    for asked, states in ((earlier, {"final", "pending"}), (later, {"final"}), (earlier, {"final", "pending"})):
        assert set(STATES[name](who, app.store, asked)) == states
    pending = [traffic.selection_totals(who, app.store, asked).pending_days for asked in (earlier, later)]
    assert pending == [2, 0]


def test_selections_that_differ_in_one_thing_are_apart_in_the_cache(app: App) -> None:
    month = Selection(days_ago(30), days_ago(1), days_ago(0))
    selections = [
        month,
        replace(month, first=days_ago(29)),
        replace(month, repository_ids=frozenset({ENGINE})),
        replace(month, search="docs"),
    ]
    pages = [days(app, "both", each) for each in selections]
    assert len({(page.total, tuple(page.rows["full_name"])) for page in pages}) == len(selections)


def test_two_repositories_of_one_name_can_be_told_apart(app: App) -> None:
    facts = RepositoryFacts(900, "Blue/Docs", "public", False, False)
    added = add_repositories(app.store, COMMAND_LINE, GREEN, [facts], utc_now())[0].repository_id
    names = repository_names(viewer(app, "both"), app.store)
    assert (names[DOCS], names[added]) == (f"blue/docs · {DOCS}", f"Blue/Docs · {added}")
    assert repository_names(viewer(app, "tenant"), app.store)[DOCS] == "blue/docs"


def test_what_was_committed_meanwhile_is_seen_at_once(app: App) -> None:
    who = viewer(app, "tenant")
    assert repository_names(who, app.store)[ENGINE] == "blue/engine"
    before = days(app, "tenant", EVERY_DAY).rows
    pause_repositories(app.store, COMMAND_LINE, [DOCS], utc_now())
    assert days(app, "tenant", EVERY_DAY).rows.equals(before)
    remove_repositories_with_data(app.store, COMMAND_LINE, [ENGINE], utc_now())
    assert ENGINE not in repository_names(who, app.store)


def everything(app: App, table: ExportTable, secret: str, site: str = "same-origin") -> Response:
    """What the link to a file of all rows gives to whoever has that session."""
    client = TestClient(Starlette(routes=download_routes.routes()), cookies={COOKIE: secret})
    found: Response = client.get(download_routes.address(table), headers={"Sec-Fetch-Site": site})
    return found


@pytest.mark.parametrize("table", [ExportTable.DAILY, ExportTable.WEEKLY, ExportTable.REPOSITORIES])
def test_a_file_of_everything_holds_what_its_reader_may_see_and_comes_piece_by_piece(
    app: App, table: ExportTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_A_BATCH", 2048)  # as many rows as DuckDB hands out at once
    whole, secret = BytesIO(), app.signed_in("single")
    export.export(viewer(app, "single"), app.store, export.ExportRequest(table), whole)
    found = everything(app, table, secret)
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-store")
    assert found.headers["content-disposition"] == f'attachment; filename="{table}-everything.csv"'
    assert found.content == whole.getvalue()
    assert "blue/engine" in found.text
    assert "blue/docs" not in found.text
    assert "green/" not in found.text


def test_no_piece_of_a_file_is_kept(full: Store) -> None:
    two = Viewer(frozenset({DOCS, ENGINE}), frozenset())
    pieces = list(export.csv_pieces(two, full, export.ExportRequest(ExportTable.DAILY)))
    assert len(pieces) > 1
    assert pieces[0].startswith(b"tenant,")
    assert all(b"tenant," not in each for each in pieces[1:])


def test_a_file_of_everything_is_nobody_s_after_signing_out_and_no_other_site_s(app: App) -> None:
    secret = app.signed_in("tenant")
    assert everything(app, ExportTable.DAILY, secret, "cross-site").status_code == 403
    sessions.end_session(app.store, secret)
    for ended in (secret, "invented"):
        found = everything(app, ExportTable.DAILY, ended)
        assert (found.status_code, found.text) == (403, "Sign in to get this file.")


def test_a_file_of_everything_has_what_may_be_seen_when_it_is_asked_for(app: App) -> None:
    secret, key = app.signed_in("both"), app.account("both").user_id
    assert "green/telescope" in everything(app, ExportTable.DAILY, secret).text
    grants.revoke(app.store, "admin", key, Grant(Role.TENANT_VIEWER, 2), utc_now())
    assert "green/telescope" not in everything(app, ExportTable.DAILY, secret).text


def test_a_download_that_was_offered_before_signing_out_gives_nothing_after_it(app: App) -> None:
    app.sign_in("tenant")
    content = session.OWN.download(lambda viewer, store: b"inside")
    app.sign_out()
    with pytest.raises(PermissionError):
        content()
