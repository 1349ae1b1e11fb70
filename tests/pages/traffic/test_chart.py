"""The chart's page: for readers of traffic what they may see, in a link as in a click; for others no trace of it."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import grants
from data.calendar import utc_now
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.text import DAILY_CLONERS, DAILY_VISITORS
from data.traffic.models import Grain, Selection
from pages.chart import view
from tests.pages.app import BLUE, App, days_ago, go_to, shown_text

PAGE = "chart"


def names_in_table(run: AppTest) -> set[str]:
    return set(run.dataframe[0].value["full_name"]) - {"All repositories"}


def chart(run: AppTest) -> dict[str, Any]:
    (found,) = run.get("vega_lite_chart")
    spec: dict[str, Any] = json.loads(found.proto.spec)
    return spec


def test_the_default_is_views_of_31_days_by_day(app: App) -> None:
    run = app.opened("single", PAGE)
    (found,) = run.get("vega_lite_chart")
    assert f"views a day, blue/engine, {days_ago(31)} to {days_ago(1)} (UTC)" in found.proto.alt


def test_totals_stand_above_with_the_change(app: App) -> None:
    run = app.opened("viewer", PAGE, range="14 days")
    assert [card.label for card in run.metric] == ["Views", DAILY_VISITORS, "Clones", DAILY_CLONERS]
    assert all(int(card.value) > 0 and card.delta.endswith("%") for card in run.metric)
    assert "three times" in run.metric[1].help


def test_a_link_opens_the_same_view(app: App) -> None:
    link: dict[str, str | list[str]]
    link = {"range": "All", "repository": ["blue/docs", "blue/engine"], "metric": "Clones", "by": "Week", "as": "Table"}
    run = app.opened("viewer", PAGE, **link)
    assert names_in_table(run) == {"blue/docs", "blue/engine"}
    assert run.session_state["metric"] == "Clones"
    assert {day.weekday() for day in run.dataframe[0].value["period"]} == {0}
    assert run.query_params == link
    assert not run.info


def test_a_link_shows_somebody_else_what_they_may_see_and_says_so(app: App) -> None:
    run = app.opened("single", PAGE, repository=["green/telescope", "blue/engine"], **{"as": "Table"})
    assert names_in_table(run) == {"blue/engine"}
    assert "you don’t have access to it" in run.info[0].value


def test_filters_stay_when_the_page_changes(app: App) -> None:
    run = app.opened("viewer", PAGE, range="Quarter", repository="blue/docs")
    go_to(run, "daily").run()
    assert run.session_state["range"] == "Quarter"
    assert set(run.dataframe[0].value["full_name"]) == {"blue/docs"}


def test_a_gap_is_told_above_and_drawn_as_a_band(app: App) -> None:
    run = app.opened("green-tenant", PAGE, range="All")
    assert "missing" in run.caption[0].value
    assert "rect" in {layer["mark"]["type"] for layer in chart(run)["layer"]}
    assert "Gap" in shown_text(run)


def test_the_table_has_the_numbers_of_the_chart(app: App) -> None:
    run = app.opened("single", PAGE, **{"as": "Table"})
    assert len(run.dataframe[0].value) == 31
    assert [button.key for button in run.get("download_button")] == ["chart_csv"]


def test_several_repositories_have_their_total_in_the_table(app: App) -> None:
    found = app.opened("viewer", PAGE, range="14 days", by="Month", **{"as": "Table"}).dataframe[0].value
    newest = found[found["period"] == found["period"].max()].set_index("full_name")["value"]
    assert newest["All repositories"] == newest.drop("All repositories").sum()


@pytest.mark.parametrize(
    ("metric", "column", "value", "period"),
    [
        ("Forks", "forks", 40, "Day"),
        ("Watchers", "watchers", 12, "Week"),
        ("Open issues and pull requests", "open_issues_and_pull_requests", 7, "Month"),
    ],
)
def test_a_counter_is_drawn_as_lines_and_told_as_last_read(
    app: App, metric: str, column: str, value: int, period: str
) -> None:
    link = {"metric": metric, "by": period, "range": "All"}
    assert {"line", "point"} <= {layer["mark"]["type"] for layer in chart(app.opened("viewer", PAGE, **link))["layer"]}
    table = app.opened("viewer", PAGE, **link, **{"as": "Table"}).dataframe[0].value
    assert set(table["full_name"]) == {"blue/engine", "blue/docs", "blue/mirror"}
    assert set(table["value"]) == {value}
    viewer = grants.viewer_of(app.store, app.account("single"))
    selection = Selection(days_ago(40), days_ago(1), days_ago(0))
    file = view.numbers_csv(viewer, app.store, selection, column, Grain(period.lower()))
    assert {line.partition(b",")[2] for line in file.split()[1:]} == {b"blue/engine,%d,final," % value}


def test_the_stars_of_a_month_are_those_of_its_last_look(app: App) -> None:
    table = app.opened("single", PAGE, metric="Stars", by="Month", range="All", **{"as": "Table"}).dataframe[0].value
    days = app.opened("single", PAGE, metric="Stars", range="All", **{"as": "Table"}).dataframe[0].value
    newest = days[days["period"] >= table["period"].max()]
    assert table["value"].iloc[0] == newest["value"].max() == newest["value"].iloc[0]


def test_without_days_the_page_says_where_they_are(app: App) -> None:
    run = app.opened("single", PAGE, range="Custom", dates=[str(days_ago(0))])
    assert "No traffic for these days and repositories" in run.info[0].value
    run.button(key="filters_reset").click().run()
    assert run.session_state["range"] == "All"
    assert run.get("vega_lite_chart")


def test_a_repository_that_is_being_collected_is_waited_for(app: App) -> None:
    add_repositories(app.store, BLUE, [RepositoryFacts(199, "blue/new", "public", False, False)], utc_now())
    assert "No traffic for these days" in shown_text(app.opened("tenant", PAGE, repository="blue/new"))
    app.monkeypatch.setattr("pages.ui.collecting.is_going_on", lambda viewer: True)
    shown = shown_text(app.opened("tenant", PAGE, repository="blue/new"))
    assert "Collecting from GitHub" in shown
    assert "No traffic for these days" not in shown
