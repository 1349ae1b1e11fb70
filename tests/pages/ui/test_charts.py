"""Charts: what is unknown is never drawn as zero, days are UTC days, colours stand out from both backgrounds."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from pandas import DataFrame

from data.traffic.models import Grain
from pages.ui.charts import traffic as charts
from pages.ui.charts.bars_and_lines import day_ticks, period_name
from pages.ui.charts.chart import COLOURS, colours_of, legend_of
from pages.ui.charts.traffic import ChartData, alt_text, chart_data, legible, specification

FIRST = date(2026, 3, 7)
BACKGROUNDS = ("#ffffff", "#10151d")  # of the two themes
Day = tuple[int | None, str]
THREE: tuple[Day, ...] = ((10, "final"), (None, "gap"), (30, "pending"))


def rows(days: Iterable[Day], key: int | None = 1, name: str = "blue/engine") -> DataFrame:
    """The rows of traffic.series."""
    found = [(key, name, FIRST + timedelta(days=n), value, state, None, 0) for n, (value, state) in enumerate(days)]
    columns = ["repository_id", "full_name", "period", "value", "state", "kind", "pending"]
    return DataFrame(found, columns=columns).astype({"repository_id": "Int64", "value": "Int64"})


def many(count: int, metric: str = "views") -> DataFrame:
    each = [rows([(100 - n, "final")], n, f"blue/{n:02}") for n in range(1, count + 1)]
    total = rows([(10_000, "final")], None, "total") if metric == "views" else rows([])
    return pd.concat([total, *each])


def test_a_repository_has_the_same_colour_whoever_stands_beside_it() -> None:
    palette = COLOURS["series"].split()
    assert colours_of(["b", "a"], {"a": 1, "b": 3}) == {"b": palette[2], "a": palette[0]}
    assert colours_of(["b"], {"b": 3}) == {"b": palette[2]}
    assert colours_of(["late", "a", "Google"], {"a": 1, "late": 13}) == {
        "late": palette[1],
        "a": palette[0],
        "Google": palette[2],
    }
    assert charts.colours(chart_data(many(9), "views", Grain.DAY).shape)["blue/02"] == palette[1]


def test_ticks_of_a_long_range_are_the_first_of_months() -> None:
    first, last = date(2025, 11, 20), date(2026, 11, 29)
    ticks = [(each["month"], each["date"]) for each in day_ticks(first, last, 8)]
    assert ticks == [(month, 1) for month in (1, 3, 5, 7, 9, 11)]
    assert len(day_ticks(date(2008, 1, 1), last, 8)) <= 8
    assert day_ticks(date(2026, 3, 1), date(2026, 3, 31), 8)[0]["date"] == 31


def layers(drawn: ChartData) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = specification(drawn.shape)["layer"]
    return found


def marks(drawn: ChartData, kind: str) -> list[dict[str, Any]]:
    """The rows that the first layer of that mark draws to be seen, as Vega filters them."""
    seen = [layer for layer in layers(drawn) if layer["mark"].get("opacity") != 0]
    filters = [layer["transform"][0]["filter"] for layer in seen if layer["mark"]["type"] == kind]
    rows = DataFrame(dict(drawn.columns)).replace({float("nan"): None})
    return [row for row in rows.to_dict("records") if passes(filters[0], row)]


def passes(expression: str, row: dict[str, Any]) -> bool:
    """Evaluate a filter; only what the charts use of Vega's language is understood."""
    for part in expression.split(" && "):
        word = re.fullmatch(r"(?:isValid\(datum\.(\w+)\)|(!?)datum\.(\w+))", part)
        assert word, part
        if word[1] and row[word[1]] is None:
            return False
        if word[3] and row[word[3]] is not (word[2] == ""):
            return False
    return True


def test_a_gap_is_a_band_and_no_bar_of_zero() -> None:
    drawn = chart_data(rows(THREE), "views", Grain.DAY)
    assert [each["value"] for each in marks(drawn, "bar")] == [10, 30]
    (band,) = marks(drawn, "rect")
    assert band["gaps"] == "blue/engine"
    assert str(band["band_from"]).startswith("2026-03-07 12")
    zero = chart_data(rows([(0, "final")]), "views", Grain.DAY)
    assert [each["value"] for each in marks(zero, "bar")] == [0], "a zero that GitHub reported is drawn"
    assert not marks(zero, "rect")


def test_a_pending_bar_is_hollow_and_dashed() -> None:
    drawn = chart_data(rows(THREE), "views", Grain.DAY)
    assert [each["open"] for each in marks(drawn, "bar")] == [False, True]
    encoding = next(each for each in layers(drawn) if each["mark"]["type"] == "bar")["encoding"]
    partly, hollow = (each["value"] for each in encoding["fillOpacity"]["condition"])
    assert hollow < 0.3 < partly < encoding["fillOpacity"]["value"]
    assert encoding["strokeDash"]["condition"]["value"]


def test_a_gap_of_several_repositories_is_one_band_that_names_them() -> None:
    both = pd.concat([rows(THREE), rows(THREE, key=2, name="blue/docs")])
    (band,) = marks(chart_data(both, "views", Grain.DAY), "rect")
    assert band["gaps"] == "blue/docs, blue/engine"


def test_who_points_between_bars_is_told_the_total_of_the_day() -> None:
    both = pd.concat([rows(THREE), rows([(5, "final")], key=2, name="blue/docs")])
    drawn = chart_data(both, "views", Grain.DAY)
    assert drawn.columns["total"][drawn.columns["first"]][0] == 15
    (answer,) = [layer for layer in layers(drawn) if layer["mark"].get("opacity") == 0]
    assert {each["field"] for each in answer["encoding"]["tooltip"]} == {"when", "total"}


def test_lines_are_labelled_at_their_ends_apart_from_each_other() -> None:
    drawn = chart_data(many(8, "view_uniques"), "view_uniques", Grain.DAY)
    labels = sorted(zip(drawn.columns["label_at"], drawn.columns["label"], strict=True))
    assert [label for _, label in labels] == [f"{number:02}" for number in range(8, 0, -1)]
    assert all(above - below >= 99 * 14 / 360 - 0.01 for (below, _), (above, _) in pairwise(labels))


def test_counts_that_are_not_split_are_their_total() -> None:
    both = pd.concat(
        [
            rows([(10, "final")]),
            rows([(5, "final")], key=2, name="blue/docs"),
            rows([(15, "final")], key=None, name="total"),
        ]
    )
    drawn = chart_data(both, "views", Grain.DAY, split=False)
    assert drawn.shape.names == ("2 repositories",)
    assert [each["value"] for each in marks(drawn, "bar")] == [15]


def test_a_line_breaks_at_a_gap_and_is_dashed_over_what_is_pending() -> None:
    days: list[Day] = [(1, "final"), (2, "final"), (None, "gap"), (4, "final"), (5, "pending")]
    both = pd.concat([rows(days), rows(days, 2, "blue/docs")])
    drawn = chart_data(both, "view_uniques", Grain.DAY)
    lines = [each for each in layers(drawn) if each["mark"]["type"] == "line"]
    assert [bool(each["mark"].get("strokeDash")) for each in lines] == [False, True]
    pieces = {(each["value"], each["piece"]) for each in marks(drawn, "point") if each["name"] == "blue/engine"}
    assert pieces == {(1, 0), (2, 0), (4, 1), (5, 1)}


@pytest.mark.parametrize("metric", ["views", "view_uniques"])
def test_the_time_axis_is_utc(metric: str) -> None:
    both = pd.concat([rows(THREE), rows(THREE, 2, "blue/docs")])
    for layer in layers(chart_data(both, metric, Grain.DAY)):
        assert layer["encoding"]["x"]["scale"]["type"] == "utc"
        assert {each["utc"] for each in layer["encoding"]["x"]["axis"]["values"]} == {True}


def test_bars_of_a_day_are_stacked_and_add_up() -> None:
    both = pd.concat([rows([(10, "final")]), rows([(5, "final")], key=2, name="blue/docs")])
    bars = marks(chart_data(both, "views", Grain.DAY), "bar")
    assert [(each["name"], each["bottom"], each["top"]) for each in bars] == [
        ("blue/engine", 0, 10),
        ("blue/docs", 10, 15),
    ]


@pytest.mark.parametrize("metric", ["stars", "forks", "watchers", "open_issues_and_pull_requests"])
def test_a_counter_is_a_line_even_of_one_repository_and_nothing_is_added_up(metric: str) -> None:
    alone = chart_data(rows([(500, "final"), (503, "final")]), metric, Grain.WEEK)
    assert {each["mark"]["type"] for each in layers(alone)} == {"rect", "line", "point"}
    assert [each["value"] for each in marks(alone, "point")] == [500, 503]
    assert alt_text(alone).startswith(
        f"Lines of {charts.METRICS[metric].lower()} by week, blue/engine, 7 to 8 Mar 2026"
    )
    often = rows([(10, "final"), (11, "final")], 2, "blue/docs")
    assert chart_data(pd.concat([often, rows([(15, "final")])]), metric, Grain.DAY).shape.names[0] == "blue/engine"
    many_of_them = many(10, metric)
    many_of_them.attrs["left_out"] = 5
    assert len(chart_data(many_of_them, metric, Grain.DAY).shape.names) == charts.MOST_SERIES


def test_what_is_beyond_the_largest_is_one_series_of_counts() -> None:
    found = many(10)
    found.attrs["left_out"] = 5
    drawn = chart_data(found, "views", Grain.DAY)
    assert drawn.shape.names[-1] == "7 other repositories"
    assert sum(each["value"] for each in marks(drawn, "bar")) == 10_000
    uniques = chart_data(many(10, "view_uniques"), "view_uniques", Grain.DAY).shape
    assert (uniques.stacked, len(uniques.names)) == (False, charts.MOST_SERIES), "of uniques nothing is added up"


@pytest.mark.parametrize("colour", " ".join(COLOURS.values()).split())
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_colour_stands_out_from_both_themes(colour: str, background: str) -> None:
    lighter, darker = sorted((luminance(colour), luminance(background)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3  # WCAG 2.2, 1.4.11


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_alternative_text_tells_what_is_seen() -> None:
    text = alt_text(chart_data(rows(THREE), "views", Grain.DAY))
    assert "views per day" in text
    assert "blue/engine, 7 to 9 Mar 2026 (UTC)" in text
    assert "Most: 30, Monday, 9 Mar 2026" in text
    assert "Pending periods: 1." in text
    assert "Periods with a gap: 1." in text


def test_a_name_with_markup_is_text_in_the_legend() -> None:
    both = pd.concat([rows(THREE), rows(THREE, key=2, name="<img src=x onerror=alert(1)>")])
    legend = legend_of(charts.legend(chart_data(both, "views", Grain.DAY)))
    assert "<img" not in legend
    assert "&lt;img" in legend


def test_periods_are_named_as_people_call_them() -> None:
    assert period_name(date(2026, 1, 1), Grain.DAY) == "Thursday, 1 Jan 2026"
    assert period_name(date(2025, 12, 29), Grain.WEEK) == "Week 1 of 2026, 29 Dec 2025 to 4 Jan 2026"
    assert period_name(date(2026, 2, 1), Grain.MONTH) == "February 2026"


def test_no_rows_make_a_chart_that_says_so() -> None:
    drawn = chart_data(rows([]), "views", Grain.DAY)
    assert alt_text(drawn) == "A chart without data."
    assert not charts.legend(drawn)


@pytest.mark.parametrize(
    ("grain", "days", "shown"),
    [(Grain.DAY, 400, Grain.DAY), (Grain.DAY, 401, Grain.WEEK), (Grain.MONTH, 9999, Grain.MONTH)],
)
def test_more_days_than_can_be_told_apart_are_shown_by_week(grain: Grain, days: int, shown: Grain) -> None:
    assert legible(grain, FIRST, FIRST + timedelta(days=days - 1)) is shown


def test_a_specification_that_was_changed_is_nobody_elses() -> None:
    shape = chart_data(rows(THREE), "views", Grain.DAY).shape
    specification(shape)["layer"].clear()
    assert specification(shape)["layer"]


def test_there_is_a_colour_for_each_series_that_is_drawn() -> None:
    assert len(set(COLOURS["series"].split())) >= charts.MOST_SERIES


def test_a_month_is_hollow_in_the_part_that_is_of_pending_days_only() -> None:
    each = rows([(90, "final"), (70, "pending"), (8, "pending")]).assign(pending=[0, 6, 8])
    total = each.assign(repository_id=pd.NA, full_name="total", value=[100, 90, 9], pending=[0, 9, 9])
    found = pd.concat([total, each])
    found.attrs["left_out"] = 4
    drawn = chart_data(found, "views", Grain.MONTH)
    parts = [(row["name"], row["value"], row["state"], row["open"]) for row in marks(drawn, "bar")]
    assert parts == [
        ("blue/engine", 90, "final", False),
        ("4 other repositories", 10, "final", False),
        ("blue/engine", 64, "so far", False),
        ("blue/engine", 6, "pending", True),
        ("4 other repositories", 17, "so far", False),
        ("4 other repositories", 3, "pending", True),
        ("blue/engine", 8, "pending", True),
        ("4 other repositories", 1, "pending", True),
    ]
    assert sum(value for _, value, *_ in parts) == 199
    people = chart_data(rows([(90, "final"), (70, "pending")]), "view_uniques", Grain.MONTH)
    assert [(row["state"], row["open"]) for row in marks(people, "bar")] == [("final", False), ("partly", False)]
