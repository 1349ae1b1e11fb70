"""An answer in which something is wrong proves no zero for the days that it leaves out."""

import pytest

from tests.collector.test_parse_traffic import DAY, TODAY, row, views


@pytest.mark.parametrize("days", [1, -15, -16, -29])
def test_a_row_outside_of_the_window_proves_no_zero(days: int) -> None:
    stray = TODAY + days * DAY
    alone, beside = views(row(stray)), views(row(stray), row(TODAY - 2 * DAY))
    assert [each.day for each in alone.observation.days] == [stray]
    assert [each.day for each in beside.observation.days] == sorted([stray, TODAY - 2 * DAY])
    assert beside.observation.window is not None
    assert beside.observation.window.first_day == TODAY - 2 * DAY
    assert alone.warnings == (f"{stray} is outside the window of {TODAY}",)


@pytest.mark.parametrize("told", [500, None])
def test_rows_that_do_not_add_up_to_the_total_prove_no_zero(told: object) -> None:
    assert (views(count=told).observation.days, views(count=told).observation.window) == ((), None)
    days = [TODAY - n * DAY for n in (9, 5, 4)]
    parsed = views(*map(row, days), count=told)
    assert [each.day for each in parsed.observation.days] == days
    assert parsed.observation.window is not None
    assert (parsed.observation.window.first_day, parsed.observation.window.last_day) == (days[1], days[2])
