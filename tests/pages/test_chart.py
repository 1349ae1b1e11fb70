"""The chart's page: for readers of traffic what they may see, in a link as in a click; for others no trace of it."""

import csv
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import grants
from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from data.repositories.groups import add_group, change_group
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.text import DAILY_CLONERS, DAILY_VISITORS, days_text
from data.traffic.file_formats import csv_file
from data.traffic.models import Grain, Selection
from data.traffic.traffic import all_daily_traffic, all_weekly_traffic, selection_totals
from pages.chart import view
from pages.ui import filters
from pages.ui.charts.counterpart import counterpart
from pages.ui.charts.traffic import traffic_chart
from tests.data.filled import DOCS, ENGINE, NAMES
from tests.pages.app import BLUE, App, chart, days_ago, go_to, shown_text

PAGE = "chart"


def names_in_table(run: AppTest) -> set[str]:
    return set(run.dataframe[0].value["full_name"])


def read(rows: Any) -> list[dict[str, str]]:
    """Rows as their CSV tells them."""
    return list(csv.DictReader(csv_file(rows).decode().splitlines()))


def test_the_default_is_views_of_30_days_by_day(app: App) -> None:
    run = app.opened("single", PAGE)
    (found,) = run.get("vega_lite_chart")
    assert f"views per day, blue/engine, {days_text(days_ago(30), days_ago(1))} (UTC)" in found.proto.alt


def test_totals_stand_above_with_the_change(app: App) -> None:
    run = app.opened("viewer", PAGE, range="14 days")
    assert [card.label for card in run.metric] == ["Views", DAILY_VISITORS, "Clones", DAILY_CLONERS]
    assert all(int(card.value) > 0 and card.delta.endswith("%") for card in run.metric)
    assert "three times" in run.metric[1].help


def test_the_days_compared_with_are_a_dashed_line_told_by_each_bar(app: App) -> None:
    viewer = grants.viewer_of(app.store, app.account("viewer"))
    days = Selection(days_ago(14), days_ago(1), days_ago(0))
    drawn = traffic_chart(viewer, app.store, days, "views", Grain.DAY)
    assert drawn is not None
    rows = drawn.rows.to_pandas()
    before = Selection(days_ago(28), days_ago(15), days_ago(0))
    total = selection_totals(viewer, app.store, before).views.value
    assert rows["line"].sum() == total  # once a day, however many bars stand on one another
    assert rows.groupby("at")["before"].first().sum() == total
    assert drawn.specification["layer"][-1]["mark"]["strokeDash"]
    assert f"Dashed: {days_text(days_ago(28), days_ago(15))}" in drawn.alt
    alone = traffic_chart(viewer, app.store, replace(days, before_days=0), "views", Grain.DAY)
    assert alone is not None
    assert "line" not in alone.rows.column_names


def test_nothing_is_compared_where_one_wants_it_so(app: App) -> None:
    run = app.opened("viewer", PAGE, range="14 days", against="No comparison")
    assert not any(card.delta for card in run.metric)
    assert "compared" not in run.caption[0].value


def test_an_arrow_leads_to_the_days_before_which_stand_in_the_address(app: App) -> None:
    run = app.opened("viewer", PAGE, range="14 days")
    run.button(key="period_earlier").click().run()
    assert run.query_params["dates"] == [str(days_ago(28)), str(days_ago(15))]
    assert f"dates={days_ago(28)}&amp;dates={days_ago(15)}" in shown_text(run)  # of the link to copy
    run.button(key="period_later").click().run()
    assert run.session_state["range"] == "14 days"


def test_a_link_opens_the_same_view(app: App) -> None:
    link: dict[str, str | list[str]]
    link = {"range": "All", "repository": ["blue/docs", "blue/engine"], "metric": "Clones", "by": "Week", "as": "Table"}
    run = app.opened("viewer", PAGE, **link)
    assert names_in_table(run) == {"blue/docs", "blue/engine"}
    assert run.session_state["metric"] == "Clones"
    assert {day.weekday() for day in run.dataframe[0].value["period"]} == {0}
    assert run.query_params == link
    assert not run.info


def test_a_link_to_a_group_follows_its_members(app: App) -> None:
    made = add_group(app.store, COMMAND_LINE, BLUE, "Web shop", [DOCS], now=utc_now())
    link: dict[str, str | list[str]] = {"repository": "Web shop", "as": "Table"}
    assert names_in_table(app.opened("viewer", PAGE, **link)) == {NAMES[DOCS]}
    change_group(app.store, COMMAND_LINE, made.group_id, "Web shop", [DOCS, ENGINE], now=utc_now())
    run = app.opened("viewer", PAGE, **link)
    assert names_in_table(run) == {NAMES[DOCS], NAMES[ENGINE]}
    assert not run.info
    assert run.multiselect("repository").options[:2] == ["Web shop", NAMES[DOCS]]
    assert "you don’t have access to it" in app.opened("green-tenant", PAGE, **link).info[0].value


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
    assert len(run.dataframe[0].value) == 30
    assert [button.key for button in run.get("download_button")] == ["chart_csv", "chart_excel"]


@pytest.mark.parametrize("by", filters.GRAINS)
def test_tiles_bars_table_and_file_of_a_range_add_up_to_the_same(app: App, by: str) -> None:
    run = app.opened("both", PAGE, range="Quarter", by=by, **{"as": "Table"})
    viewer, grain = grants.viewer_of(app.store, app.account("both")), filters.GRAINS[by]
    selection = Selection(days_ago(92), days_ago(1), days_ago(0))
    drawn = traffic_chart(viewer, app.store, selection, "views", grain)
    rows = read(view.file_rows(viewer, app.store, selection, "views", grain))
    days = read(all_daily_traffic(viewer, app.store, selection))
    sums = {
        "tile": int(run.metric[0].value),
        "table": int(run.dataframe[0].value["value"].sum()),
        "file": sum(int(row["views"] or 0) for row in rows),
        "bars": int(drawn.rows.to_pandas()["value"].sum()) if drawn else 0,
        "days": sum(int(row["views"] or 0) for row in days),
        "overview": int(selection_totals(viewer, app.store, selection).views.value or 0),
    }
    if grain is Grain.WEEK:
        weeks = read(all_weekly_traffic(viewer, app.store, selection))
        sums["weeks"] = sum(int(row["views"] or 0) for row in weeks)
    assert len(set(sums.values())) == 1, sums
    assert sums["tile"] > 0
    if before := counterpart(viewer, app.store, selection, "views", grain):
        assert run.dataframe[0].value["before"].sum() == sum(before.counts.values())


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
    file = csv_file(view.file_rows(viewer, app.store, selection, column, Grain(period.lower())))
    header, *lines = file.decode().splitlines()
    assert header == f"full_name,repository_id,{period.lower()},{column}"
    assert {(line.split(",")[0], line.split(",")[3]) for line in lines} == {('"blue/engine"', str(value))}


def test_the_stars_of_a_month_are_those_of_its_last_look(app: App) -> None:
    table = app.opened("single", PAGE, metric="Stars", by="Month", range="All", **{"as": "Table"}).dataframe[0].value
    with app.store.traffic.read() as cursor:
        last = "select arg_max(stars, day) as stars from v_stars where full_name = 'blue/engine' and day < $today"
        assert [(table["value"].iloc[0],)] == cursor.execute(last, {"today": days_ago(0)}).fetchall()


def test_without_days_the_page_says_where_they_are(app: App) -> None:
    run = app.opened("single", PAGE, range="Custom", dates=[str(days_ago(0))])
    assert "No traffic for these days and repositories" in run.info[0].value
    run.button(key="filters_reset").click().run()
    assert run.session_state["range"] == "All"
    assert run.get("vega_lite_chart")


def test_a_repository_that_is_being_collected_is_waited_for(app: App) -> None:
    facts = [RepositoryFacts(199, "blue/new", "public", False, False)]
    add_repositories(app.store, COMMAND_LINE, BLUE, facts, utc_now())
    assert "No traffic for these days" in shown_text(app.opened("tenant", PAGE, repository="blue/new"))
    app.monkeypatch.setattr("pages.ui.collecting.is_going_on", lambda viewer: True)
    shown = shown_text(app.opened("tenant", PAGE, repository="blue/new"))
    assert "Collecting from GitHub" in shown
    assert "No traffic for these days" not in shown
