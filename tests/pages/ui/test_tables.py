"""Tables: what stands in their cells, what they are saved as."""

from typing import Any

import pytest

from data.insight.text import change
from data.store.arrow import arrow_rows
from pages.ui import tables


def weeks(**changed: str | None) -> Any:
    row = {"full_name": "blue/engine", "iso_year": 2026, "iso_week": 3, "week": None}
    row |= dict.fromkeys(("views", "view_uniques", "clones", "clone_uniques"), 1)
    row |= {"view_uniques_kind": "week", "clone_uniques_kind": "week"}
    row |= {"views_state": "final", "clones_state": "final", **changed}
    return arrow_rows([row])


@pytest.mark.parametrize(
    ("views", "clones", "expected"),
    [
        ("week", "week", "GitHub’s week"),
        ("sum_of_days", "sum_of_days", "Sum of days"),
        ("week", "sum_of_days", "GitHub’s week; cloners: Sum of days"),
        ("sum_of_days", None, "Sum of days"),
        (None, "week", "GitHub’s week"),
    ],
)
def test_a_week_says_how_its_uniques_were_counted(views: str | None, clones: str | None, expected: str) -> None:
    rows = weeks(view_uniques_kind=views, clone_uniques_kind=clones)
    assert list(tables.weekly_rows(rows)["counted"]) == [expected]


def test_a_week_is_named_as_iso_names_it() -> None:
    assert list(tables.weekly_rows(weeks())["iso"]) == ["2026-W03"]


def test_the_state_of_both_metrics_is_told_where_it_differs() -> None:
    assert list(tables.weekly_rows(weeks(clones_state="gap"))["state"]) == ["Final; clones: gap"]
    assert list(tables.weekly_rows(weeks(views_state="gap", clones_state="gap"))["state"]) == ["Gap"]


@pytest.mark.parametrize("column", ["day", "week", "period"])
def test_a_day_is_written_the_same_in_every_time_zone(column: str) -> None:
    """Streamlit 1.67 writes a localized date in the browser’s zone: west of Greenwich, that is the day before."""
    assert tables.columns()[column]["type_config"]["format"] == "D MMM YYYY"


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        (150, 100, "+50%"),
        (50, 100, "-50%"),
        (1000, 999, "0%"),
        (100_000, 100_001, "0%"),
        (719, 100, "+619%"),
        (1000, 100, "×10"),
        (5_000_000, 100, "×50000"),
        (1, 0, None),
        (1, None, None),
        (None, 1, None),
    ],
)
def test_a_change_is_told_where_there_is_something_to_compare(now: int | None, before: int | None, shown: str) -> None:
    assert change(now, before) == shown
