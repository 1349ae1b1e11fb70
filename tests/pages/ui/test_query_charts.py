"""The chart of a query's result: what suits is suggested, hostile names are titles only, too much is left out."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pyarrow as pa
from pandas import DataFrame

from data.sandbox.sandbox import Answer
from pages.ui.charts.query import MOST_BARS, Axes, drawing, suggested

DAYS = [date(2026, 5, 1) + timedelta(days=n) for n in range(4)]


def rows(**columns: object) -> DataFrame:
    return Answer(pa.table(columns), None, 0).to_frame()


def test_days_and_numbers_are_lines() -> None:
    found = rows(day=DAYS, repository_id=[1, 1, 1, 1], views=[1, 2, None, 4], clones=[1, 1, 1, 1])
    axes = suggested(found)
    assert axes == Axes("day", ("views", "clones"))
    drawn = drawing(found, axes)
    assert drawn.specification["mark"]["type"] == "line"
    assert drawn.specification["encoding"]["x"]["scale"]["type"] == "utc"
    assert list(drawn.rows["x"].unique()) == list(pd.to_datetime(DAYS))


def test_several_rows_a_day_get_a_colour_each() -> None:
    found = rows(day=DAYS[:2] * 2, full_name=["a", "a", "b", "b"], views=[1, 2, 3, 4])
    assert suggested(found) == Axes("day", ("views",), "full_name")


def test_names_and_a_number_are_bars_in_the_order_of_the_rows() -> None:
    found = rows(name=["b", "a", None], n=[3, 2, 1])
    drawn = drawing(found, Axes("name", ("n",)))
    assert drawn.specification["mark"]["type"] == "bar"
    assert list(drawn.rows["x"]) == ["b", "a", "unknown"]
    assert drawn.specification["encoding"]["y"]["sort"] is None


def test_two_numbers_are_points() -> None:
    found = rows(views=[1, 2], clones=[3, 4])
    assert suggested(found) == Axes("views", ("clones",))
    assert drawing(found, Axes("views", ("clones",))).specification["mark"]["type"] == "point"


def test_nothing_is_drawn_of_one_row_of_texts_or_of_a_single_column() -> None:
    assert suggested(rows(n=[1])) is None
    assert suggested(rows(a=["x", "y"], b=["x", "y"])) is None
    assert suggested(rows(n=[1, 2])) is None


def test_the_smaller_series_and_the_later_bars_are_left_out_and_told() -> None:
    many = rows(day=DAYS * 10, name=[f"n{n // 4}" for n in range(40)], views=list(range(40)))
    assert "of name the 2 with the lowest values" in drawing(many, Axes("day", ("views",), "name")).left_out
    bars = rows(name=[str(n) for n in range(MOST_BARS + 5)], n=list(range(MOST_BARS + 5)))
    assert "5 rows after" in drawing(bars, Axes("name", ("n",))).left_out


def test_hostile_names_of_columns_are_titles_only() -> None:
    hostile = "a.b[0]']<script>"
    found = rows(**{hostile: [5, 6, 7, 8], "datum.x": [1, 2, 3, 4]})
    encoding = drawing(found, Axes(hostile, ("datum.x",))).specification["encoding"]
    assert (encoding["x"]["field"], encoding["y"]["field"]) == ("x", "y")
    assert (encoding["x"]["title"], encoding["y"]["title"]) == (hostile, "datum.x")


def test_moments_and_unknown_days_are_drawn_where_they_are() -> None:
    found = rows(at=[datetime(2026, 5, 1, 12, tzinfo=UTC), None], n=[1, 2])
    drawn = drawing(found, Axes("at", ("n",)))
    assert list(drawn.rows["x"].dropna()) == [pd.Timestamp("2026-05-01 12:00")]


def test_the_chart_is_told_in_a_sentence() -> None:
    found = rows(day=DAYS, views=[1, 2, None, 4000])
    assert drawing(found, Axes("day", ("views",))).alt == "Lines of views by day, 4 rows, from 1 to 4,000."
