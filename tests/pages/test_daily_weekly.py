"""Daily and weekly traffic: searched, sorted, in pages, and of each reader's own repositories only."""

from datetime import date, timedelta
from typing import Any

import pytest
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from data.calendar import utc_now
from tests.pages.app import App, days_ago, go_to, shown_text

PAGES = {"daily": "Daily traffic", "weekly": "Weekly traffic"}


def rows(run: AppTest) -> DataFrame:
    return run.dataframe[0].value


def test_each_day_of_each_repository_is_a_row(app: App) -> None:
    run = app.opened("viewer", "daily", rows="100")
    assert len(rows(run)) == 3 * 30
    assert rows(run)["day"].iloc[0] == days_ago(1)


@pytest.mark.parametrize("state", ["Final", "Pending", "Gap"])
def test_a_state_keeps_the_days_that_have_it(app: App, state: str) -> None:
    every = rows(app.opened("green-tenant", "daily", range="All", rows="100"))
    run = app.opened("green-tenant", "daily", range="All", rows="100", state=state)
    assert 0 < len(rows(run)) < len(every)
    assert list(rows(run)["day"]) == list(every[every["state"] == state]["day"])


def test_a_state_that_no_day_has_is_told_and_can_be_left(app: App) -> None:
    run = app.opened("single", "daily", state="Gap")
    assert "No traffic for these days and repositories" in run.info[0].value
    run.button(key="filters_reset").click().run()
    assert run.session_state["state"] == "All"
    assert len(rows(run)) > 0


@pytest.mark.parametrize(
    ("link", "before", "after"),
    [
        ({"range": "Custom", "dates": ["6", "1"]}, (6, 1), (6, 1)),  # what was picked stays, whatever day it is
        ({"range": "Custom", "dates": ["6", "0"]}, (6, 0), (6, 0)),  # today is yesterday then
        ({"range": "Custom"}, (30, 1), (30, 1)),  # what stands in the fields stays
        ({"range": "14 days"}, (14, 1), (13, 0)),
        ({"range": "All"}, (None, 1), (None, 0)),
    ],
)
def test_a_page_that_stays_open_over_midnight_follows_the_day(
    app: App, link: dict[str, Any], before: tuple[int | None, int], after: tuple[int | None, int]
) -> None:
    asked = link | {"dates": [str(days_ago(int(age))) for age in link["dates"]]} if "dates" in link else link
    run = app.opened("single", "daily", rows="100", **asked)
    assert run.session_state["range"] == link["range"]
    assert days_shown(run, before)
    assert state_of(run, days_ago(2)) == "Pending"
    app.monkeypatch.setattr("pages.ui.filters.utc_now", lambda: utc_now() + timedelta(days=1))
    run.run()
    assert not run.info
    assert days_shown(run, after)
    assert state_of(run, days_ago(2)) == "Final"


def state_of(run: AppTest, day: date) -> str:
    (state,) = run.dataframe[0].value.set_index("day")["state"].loc[[day]]
    return str(state)


def days_shown(run: AppTest, ages: tuple[int | None, int]) -> bool:
    days = sorted(run.dataframe[0].value["day"])
    first = days[0] if ages[0] is None else days_ago(ages[0])
    return (days[0], days[-1]) == (first, days_ago(ages[1]))


def test_rows_are_sorted_over_all_pages(app: App) -> None:
    run = app.opened("viewer", "daily", sort="Views", order="Descending", rows="25")
    first, every = rows(run)["views"], rows(app.opened("viewer", "daily", rows="100"))["views"]
    assert list(first) == sorted(every, reverse=True)[:25]
    turned = app.opened("viewer", "daily", sort="Date", order="Ascending")
    assert rows(turned)["day"].iloc[0] == days_ago(30)


def test_a_filter_that_leaves_fewer_pages_shows_one_that_is_there(app: App) -> None:
    run = app.opened("viewer", "daily", rows="25", page="4")
    run.text_input(key="search").set_value("docs").run()
    assert set(rows(run)["full_name"]) == {"blue/docs"}
    assert not run.error


def test_weeks_are_whole_and_say_how_their_uniques_were_counted(app: App) -> None:
    found = rows(app.opened("viewer", "weekly", range="All", rows="100"))
    assert {day.weekday() for day in found["week"]} == {0}
    assert set(found["counted"]) == {"GitHub’s week", "Sum of days"}


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_and_everything_can_be_downloaded(app: App, page: str) -> None:
    run = app.opened("viewer", page)
    assert [button.key for button in run.get("download_button")] == [f"{page}_csv", f"{page}_excel"]
    assert [link.proto.url for link in run.get("link_button")] == [f"/download/{page}.csv"]
    app.monkeypatch.setattr("pages.ui.tables.MOST_ROWS", 1)  # a file of more is not made in memory, and that is said
    run = app.opened("viewer", page)
    assert (len(run.get("download_button")), len(run.get("link_button"))) == (0, 1)
    assert "choose fewer days or repositories" in shown_text(run)


@pytest.mark.parametrize("on_the_way", ["weekly", "chart"])
def test_search_order_and_page_stay_while_another_page_is_looked_at(app: App, on_the_way: str) -> None:
    run = app.opened("viewer", "daily", range="All", rows="25", sort="Views", order="Ascending", page="2")
    run.text_input(key="search").set_value("e").run()
    go_to(run, on_the_way).run()
    go_to(run, "daily").run()
    kept = {key: run.session_state[key] for key in ("search", "rows", "sort", "order", "page")}
    assert kept == {"search": "e", "rows": "25", "sort": "Views", "order": "Ascending", "page": 2}
    assert not run.warning
