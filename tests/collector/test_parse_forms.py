"""The same traffic shown in GitHub's two forms leads to the same days, whenever it is asked for (cases 56 to 58)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.endpoints.traffic import TrafficObservation, TrafficWindow, parse_traffic, parse_weekly
from data.traffic.models import Metric
from tests.fake_github import Repository, Series
from tests.fake_github.windows import Row, dense_rows, sparse_rows, weeks

FIRST = date(2026, 4, 1)
MINUTE = timedelta(minutes=1)
UNHURRIED = settings(max_examples=40)
MONTH = [FIRST + timedelta(days=n) for n in range(31)]
READINGS = st.integers(1, 40).flatmap(lambda count: st.tuples(st.just(count), st.integers(1, count)))
SERIES = st.dictionaries(st.sampled_from(MONTH), READINGS) | st.fixed_dictionaries(dict.fromkeys(MONTH, READINGS))
MOMENTS = st.integers(20 * 1440, 30 * 1440).map(lambda minutes: datetime(2026, 4, 1, tzinfo=UTC) + minutes * MINUTE)
HOURS = st.integers(4, 15)
LATE = st.frozensets(st.sampled_from(MONTH), max_size=3)


def observed(rows: list[Row], now: datetime) -> TrafficObservation:
    """What is made of an answer with these rows; nothing about it is odd."""
    items = [{"timestamp": f"{each.day}T00:00:00Z", "count": each.requests, "uniques": each.uniques} for each in rows]
    body: dict[str, Any] = {"count": sum(each.requests for each in rows), "uniques": 0, "views": items}
    parsed = parse_traffic(Metric.VIEWS, body, now)
    assert parsed.warnings == ()
    return parsed.observation


def covered(found: TrafficObservation) -> dict[date, tuple[int, int]]:
    """The readings of the days that the answer covers."""
    window = found.window
    assert isinstance(window, TrafficWindow)
    return {e.day: (e.count, e.uniques) for e in found.days if window.first_day <= e.day <= window.last_day}


def repository(hour: int, late: frozenset[date]) -> Repository:
    return Repository(1, "octo", "hello", publish_hour=hour, late_days=late)


@UNHURRIED
@given(SERIES, MOMENTS, HOURS, LATE)
def test_the_dense_form_gives_the_truth_of_every_day_that_it_covers(
    series: Series, now: datetime, hour: int, late: frozenset[date]
) -> None:
    days = covered(observed(dense_rows(repository(hour, late), series, now), now))
    assert days == {day: series.get(day, (0, 0)) for day in days}
    assert len(days) == 14
    assert now.date() not in days


@UNHURRIED
@given(SERIES, MOMENTS)
def test_the_sparse_form_gives_the_truth_of_every_day_that_it_covers(series: Series, now: datetime) -> None:
    days = covered(observed(sparse_rows(series, now), now))
    assert days == {day: series.get(day, (0, 0)) for day in days}
    assert len(days) >= 11
    assert now.date() not in days


@UNHURRIED
@given(SERIES, MOMENTS)
def test_no_answer_tells_more_of_a_day_than_is_true_and_none_lacks_a_day_in_between(
    series: Series, now: datetime
) -> None:
    found = observed(sparse_rows(series, now, cut_off_row=True), now)
    assert all((each.count, each.uniques) <= series.get(each.day, (0, 0)) for each in found.days)
    assert all(each.uniques <= each.count for each in found.days)
    days = [each.day for each in found.days if each.day in covered(found)]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]


@UNHURRIED
@given(SERIES, MOMENTS, st.booleans())
def test_a_week_called_complete_holds_all_that_its_days_had(series: Series, now: datetime, dense: bool) -> None:
    rows = dense_rows(repository(4, frozenset()), series, now) if dense else sparse_rows(series, now)
    items = [{"timestamp": f"{e.day}T00:00:00Z", "count": e.requests, "uniques": e.uniques} for e in weeks(rows, 1)]
    for week in parse_weekly(Metric.VIEWS, {"views": items}, now).observation.weeks:
        whole = sum(series.get(week.week + timedelta(days=n), (0, 0))[0] for n in range(7))
        assert week.count == whole if week.complete else week.count <= whole
