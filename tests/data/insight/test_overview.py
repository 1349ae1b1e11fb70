"""The overview: totals beside the period before, like with like; what moved; stars gained; sparklines."""

from datetime import datetime, timedelta

import pytest
from pandas import DataFrame

from collector.endpoints.stars import StarDay, StarObservation
from data.collection.models import EndpointResult
from data.insight.overview import Mover, movers, selection_movers
from data.store import Store
from data.traffic.models import Metric, Selection
from data.traffic.traffic import Total, repository_sums, slice_days, sparklines, totals
from tests.data.filled import TODAY
from tests.data.reading import ago, answer, follow, viewer_of
from tests.data.writers import NOW, result, save

WEEK = Selection(ago(6), TODAY, today=TODAY)  # ago(6) to ago(3) are final, ago(13) to ago(10) their counterparts


def powers(*ages: int) -> int:
    """The sum of an answer of [2**n for n in range(14)] on days of these ages."""
    return sum(2 ** (14 - age) for age in ages)


def stars(key: int, at: datetime, counts: list[int]) -> EndpointResult:
    """A history up to the day of the answer itself, oldest first."""
    days = [at.date() - timedelta(days=n) for n in range(len(counts) - 1, -1, -1)]
    seen = StarObservation(tuple(StarDay(day, count) for day, count in zip(days, counts, strict=True)))
    return result(key, "star_history", seen, at)


def a_row(name: str, now: int, before: int, days: int = 10) -> dict[str, object]:
    counted = {"views_compared": now, "views_before": before, "views_days": days}
    return {"repository_id": 1, "full_name": name, "clones_days": 0, "stars_days": 0} | counted


def moved(*rows: dict[str, object], days: int = 10) -> list[Mover]:
    unknown = {f"{metric}_{part}": None for metric in ("clones", "stars") for part in ("compared", "before")}
    return movers(DataFrame([unknown | row for row in rows]), days)


def test_a_day_that_is_a_gap_on_one_side_is_left_out_on_both(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    for metric in Metric:
        save(store, answer(key, metric, [5] * 10, NOW - timedelta(days=31)))  # ago(41) to ago(32)
        save(store, answer(key, metric, [7] * 14, NOW - timedelta(days=14)))  # ago(28) to ago(15)
    rows = repository_sums(viewer_of(key), store, Selection(ago(30), ago(21), today=TODAY))
    assert totals(rows).views == Total(8 * 7, 7 * 7, 7 * 5), "ago(30) and ago(29) are gaps now, ago(31) was one before"
    assert (totals(rows).gap_days, int(rows["views_days"][0])) == (2, 7)


def test_stars_are_counted_on_final_days_of_both_periods(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, stars(key, NOW, [2**n for n in range(15)]))  # 2**14 is of TODAY
    assert totals(repository_sums(viewer_of(key), store, WEEK)).stars == Total(
        powers(6, 5, 4, 3), powers(6, 5, 4, 3), powers(13, 12, 11, 10)
    )


def test_the_newest_stars_of_an_old_answer_are_not_final(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, stars(key, NOW - timedelta(days=20), [1] * 15))  # the last two of its days may have got more since
    rows = repository_sums(viewer_of(key), store, Selection(ago(25), ago(18), today=TODAY))
    assert totals(rows).stars == Total(4, 4, 4)
    assert int(rows["stars_days"][0]) == 4


def test_a_sparkline_has_the_known_final_days_oldest_first(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, answer(key, Metric.VIEWS, list(range(14))))
    line = sparklines(viewer_of(key), store, Selection(ago(9), TODAY, today=TODAY))[key]
    assert list(line) == [5, 6, 7, 8, 9, 10, 11]


def test_points_of_a_long_sparkline_are_views_a_day(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, answer(key, Metric.VIEWS, [7] * 10 + [14] * 4))
    line = sparklines(viewer_of(key), store, Selection(ago(100), ago(1), today=TODAY))[key]
    assert slice_days(100) == 7
    assert list(line) == [7, (5 * 7 + 2 * 14) / 7], "ago(16) to ago(10), ago(9) to ago(3)"


def test_the_clearest_changes_come_first_whatever_their_size() -> None:
    rows = [a_row("large", 10_600, 10_000), a_row("doubled", 400, 200), a_row("halved", 500, 1000)]
    assert [each.full_name for each in moved(*rows)] == ["halved", "doubled"], "6 % of a large one is its usual sway"
    (halved, doubled) = moved(*rows)
    assert (halved.change, doubled.change) == (-500, 200)
    assert doubled.score == pytest.approx(200 / 600**0.5)


@pytest.mark.parametrize(("now", "before"), [(9, 0), (19, 2), (120, 100), (0, 0), (5, 5)])
def test_tiny_numbers_and_small_changes_move_nothing(now: int, before: int) -> None:
    assert moved(a_row("quiet", now, before)) == []


def test_a_newcomer_takes_part_with_what_it_has_and_an_outage_makes_none(store: Store) -> None:
    new, old = follow(store, "owner/new", "owner/old")
    save(store, answer(old, Metric.VIEWS, [9] * 14, NOW - timedelta(days=60)))
    for key in (new, old):
        save(store, answer(key, Metric.VIEWS, [9] * 14))
    (found,) = selection_movers(viewer_of(new, old), store, Selection(ago(20), ago(1), today=TODAY))
    assert (found.repository_id, found.now, found.before, found.change) == (new, 14 * 9, None, 14 * 9)


def test_what_is_compared_of_less_than_half_of_the_days_says_nothing() -> None:
    assert moved(a_row("one", 1000, 10, days=4)) == []
    assert len(moved(a_row("one", 1000, 10, days=5))) == 1
