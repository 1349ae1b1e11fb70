"""Views and clones by GitHub's own weeks, as they were seen and as they should not be."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.endpoints.traffic import WeekReading, parse_weekly
from data.traffic.models import Metric

EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)


def row(week: date, count: object = 5, uniques: object = 2) -> dict[str, object]:
    return {"timestamp": f"{week}T00:00:00Z", "count": count, "uniques": uniques}


def test_weeks_as_they_were_seen_are_whole_only_when_all_their_days_were_shown() -> None:
    parsed = parse_weekly(Metric.CLONES, EXAMPLES["weekly_clones"], datetime(2020, 12, 20, 12, tzinfo=UTC))
    assert parsed.observation.weeks == (
        WeekReading(date(2020, 11, 30), 26, 7, False),
        WeekReading(date(2020, 12, 7), 891, 82, True),
        WeekReading(date(2020, 12, 14), 912, 109, False),
    )


def test_a_week_that_does_not_begin_on_a_monday_is_refused() -> None:
    parsed = parse_weekly(Metric.VIEWS, {"views": [row(date(2026, 5, 5)), row(date(2026, 5, 4))]}, NOW)
    assert date(2026, 5, 5) not in {each.week for each in parsed.observation.weeks}
    assert "does not begin on a Monday" in parsed.warnings[0]


@pytest.mark.parametrize("total", [{}, {"count": 0}, {"count": 500}, {"count": None}])
def test_a_week_without_a_row_is_unknown_and_never_a_zero(total: dict[str, object]) -> None:
    now = datetime(2026, 5, 6, 12, tzinfo=UTC)  # the week of 27 April is whole and shown
    assert parse_weekly(Metric.VIEWS, {"views": [], **total}, now).observation.weeks == ()


def test_no_week_is_complete_where_the_rows_do_not_add_up_to_the_total() -> None:
    whole = date(2026, 4, 27)
    for told, complete in ((5, True), (500, False), (4, False), (None, False)):
        parsed = parse_weekly(Metric.VIEWS, {"count": told, "views": [row(whole)]}, NOW)
        assert parsed.observation.weeks == (WeekReading(whole, 5, 2, complete),)
        assert any("its rows add up to 5" in warning for warning in parsed.warnings) is not complete


def test_a_refused_week_makes_no_zero_of_an_absent_one() -> None:
    body = {"views": [row(date(2026, 4, 27), -1), row(date(2026, 5, 4))]}
    assert [each.week for each in parse_weekly(Metric.VIEWS, body, NOW).observation.weeks] == [date(2026, 5, 4)]
