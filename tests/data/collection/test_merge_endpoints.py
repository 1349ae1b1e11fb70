"""Saving weeks, lists, stars, counters and releases: the rule of each, in any batches."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.endpoints.lists import ListingEntry, ListingObservation
from collector.endpoints.releases import AssetReading, ReleaseFacts, ReleaseObservation
from collector.endpoints.repository import StatsObservation
from collector.endpoints.stars import StarDay, StarObservation
from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow, WeeklyObservation, WeekReading
from data.calendar import utc_day
from data.collection.models import EndpointResult
from data.repositories.models import RepositoryFacts
from data.store import Store
from data.traffic.models import Metric
from tests.data.writers import FIRST_DAY, NOW, result, save

pytestmark = pytest.mark.usefixtures("numbered")

FEW = settings(max_examples=4)
NEXT_REPOSITORY = count(1000)  # a repository of its own for each example
FACTS = RepositoryFacts(1, "acme/anvil", "public", archived=False, fork=False)
Rows = list[tuple[Any, ...]]
Answer = Callable[[int, int, datetime], EndpointResult]
any_random = st.randoms(use_true_random=False)


def moment(n: int) -> datetime:
    """The nth of the moments: three a day."""
    return NOW + timedelta(hours=8 * n - 8)


def monday(n: int) -> date:
    """The Monday of the nth week."""
    return FIRST_DAY + timedelta(days=5, weeks=n)


def rows(store: Store, question: str, repository_id: int) -> Rows:
    with store.traffic.read() as cursor:
        where = " where repository_id = $repository_id order by all"
        return list(cursor.execute(question + where, {"repository_id": repository_id}).fetchall())


def save_in_batches(store: Store, seen: Sequence[EndpointResult], random: Random) -> None:
    cut = random.randrange(len(seen) + 1)
    for part in (seen[:cut], seen[cut:]):
        if part:
            save(store, *part)


def starred(repository_id: int, stars: int, at: datetime) -> EndpointResult:
    """One answer of the star history for the first day."""
    return result(repository_id, "star_history", StarObservation((StarDay(FIRST_DAY, stars),)), at)


def counted(repository_id: int, stars: int | None, at: datetime) -> EndpointResult:
    """One answer of the repository itself."""
    return result(repository_id, "repository", StatsObservation(FACTS, stars, 1, 2, 3, 4), at)


def downloaded(repository_id: int, downloads: dict[int, int], at: datetime, tag: str = "v1") -> EndpointResult:
    """One answer of the releases, with the counter of each asset."""
    assets = tuple(AssetReading(1, asset, f"{asset}.zip", number) for asset, number in downloads.items())
    releases = (ReleaseFacts(1, tag, None, prerelease=False, published_at=NOW),)
    return result(repository_id, "releases", ReleaseObservation(releases, assets), at)


def listed(repository_id: int, names: Sequence[str], at: datetime, listing: str = "referrers") -> EndpointResult:
    """One answer of the referrers or paths."""
    entries = tuple(ListingEntry(name, f"Title of {name}", 9 - rank, 1) for rank, name in enumerate(names))
    return result(repository_id, listing, ListingObservation(listing, entries), at)


@FEW
@given(
    weeks=st.lists(
        st.tuples(st.sampled_from(Metric), st.integers(0, 2), st.integers(0, 3), st.integers(0, 3), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    random=any_random,
)
def test_a_week_keeps_its_greatest_complete_reading_in_any_order_and_any_batches(
    store: Store, weeks: list[tuple[Metric, int, int, int, bool]], random: Random
) -> None:
    mine = next(NEXT_REPOSITORY)
    seen = [
        result(
            mine,
            f"weekly_{metric}",
            WeeklyObservation(metric, (WeekReading(monday(n), requests, uniques, whole),)),
        )
        for metric, n, requests, uniques, whole in weeks
    ]
    save_in_batches(store, seen, random)
    assert rows(store, WEEKS, mine) == list(best_weeks(weeks))


WEEKS = "select week, views, view_uniques, views_complete, clones, clone_uniques, clones_complete from weekly_traffic"


def best_weeks(weeks: list[tuple[Metric, int, int, int, bool]]) -> Iterator[tuple[Any, ...]]:
    """The table of weeks as plain Python finds it."""
    for n in sorted({n for _, n, *_ in weeks}):
        row: list[Any] = [monday(n)]
        for metric in Metric:
            mine = [(requests, uniques, whole) for m, w, requests, uniques, whole in weeks if (m, w) == (metric, n)]
            best = max(mine, key=lambda each: (each[2], each[0], each[1]), default=(None, None, False))
            row += best
        yield tuple(row)


@pytest.mark.parametrize(
    ("readings", "kept"),
    [
        ([(1421, 9, True), (1500, 5, False)], (1421, 9, True)),
        ([(1500, 5, False), (1421, 9, True)], (1421, 9, True)),  # what a part had more was taken back
        ([(1421, 9, True), (1020, 5, False)], (1421, 9, True)),
        ([(1020, 5, False), (1421, 9, True)], (1421, 9, True)),
        ([(7, 9, False), (7, 5, True)], (7, 5, True)),
    ],
)
def test_complete_belongs_to_the_reading_that_it_came_with(
    store: Store, readings: list[tuple[int, int, bool]], kept: tuple[int, int, bool]
) -> None:
    for reading in readings:
        seen = WeeklyObservation(Metric.VIEWS, (WeekReading(monday(0), *reading),))
        save(store, result(1, "weekly_views", seen))
    assert rows(store, "select views, view_uniques, views_complete from weekly_traffic", 1) == [kept]


@pytest.mark.parametrize(
    ("days_known", "week_count", "asked_after", "complete"),
    [
        (7, 70, 14, True),  # on the Monday a week after it: GitHub's window held it, if only just
        (7, 70, 9, True),
        (7, 70, 8, False),  # its Sunday is not settled yet
        (7, 60, 14, False),  # its first day was cut off
        (6, 60, 14, False),
    ],
)
def test_a_week_is_complete_that_counts_as_much_as_its_seven_settled_days(
    store: Store, days_known: int, week_count: int, asked_after: int, complete: bool
) -> None:
    at = NOW + timedelta(days=(monday(0) - NOW.date()).days + asked_after)
    readings = tuple(DayReading(monday(0) + timedelta(days=6 - n), 10, 3) for n in range(days_known))
    window = TrafficWindow(readings[-1].day, readings[0].day, 10 * days_known, None)
    week = WeeklyObservation(Metric.VIEWS, (WeekReading(monday(0), week_count, 5, False),))
    save(
        store,
        result(1, "views", TrafficObservation(Metric.VIEWS, readings, window), at),
        result(1, "weekly_views", week, at),
    )
    assert rows(store, "select views, view_uniques, views_complete from weekly_traffic", 1) == [
        (week_count, 5, complete)
    ]


@FEW
@given(series=st.lists(st.integers(0, 2), min_size=1, max_size=8), random=any_random)
def test_stars_of_a_day_stand_as_github_last_told_them(store: Store, series: list[int], random: Random) -> None:
    mine = next(NEXT_REPOSITORY)
    save_in_batches(store, [starred(mine, stars, moment(n)) for n, stars in enumerate(series)], random)
    assert rows(store, "select day, stars from star_history", mine) == [(FIRST_DAY, series[-1])]


@FEW
@given(series=st.lists(st.none() | st.integers(0, 2), min_size=1, max_size=8), random=any_random)
def test_counters_of_a_repository_stand_as_last_told_on_each_day(
    store: Store, series: list[int | None], random: Random
) -> None:
    mine = next(NEXT_REPOSITORY)
    save_in_batches(store, [counted(mine, stars, moment(n)) for n, stars in enumerate(series)], random)
    last = {utc_day(moment(n)): stars for n, stars in enumerate(series)}
    assert rows(store, "select day, stars from repository_stats", mine) == list(last.items())


@FEW
@given(
    series=st.lists(st.dictionaries(st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=9), random=any_random
)
def test_download_counters_are_on_each_day_what_was_last_told(
    store: Store, series: list[dict[int, int]], random: Random
) -> None:
    mine = next(NEXT_REPOSITORY)
    save_in_batches(store, [downloaded(mine, assets, moment(n)) for n, assets in enumerate(series)], random)
    kept = rows(store, "select day, asset_id, downloads from release_download", mine)
    for n in [n for n in range(len(series)) if n + 1 == len(series) or utc_day(moment(n)) != utc_day(moment(n + 1))]:
        expected = {asset: number for assets in series[: n + 1] for asset, number in assets.items()}
        assert {asset: number for day, asset, number in kept if day <= utc_day(moment(n))} == expected


def test_an_asset_that_vanished_keeps_its_counters_and_a_release_its_newest_name(store: Store) -> None:
    save(store, downloaded(1, {1: 5, 2: 6}, moment(0)))
    save(store, downloaded(1, {2: 4}, moment(3), tag="v1.0"))
    assert rows(store, "select asset_id, downloads from release_download", 1) == [(1, 5), (2, 4), (2, 6)]
    assert rows(store, "select tag_name from release", 1) == [("v1.0",)]


@FEW
@given(series=st.lists(st.lists(st.sampled_from("abc"), unique=True), min_size=1, max_size=8), random=any_random)
def test_the_last_list_of_a_day_stands_as_a_whole(store: Store, series: list[list[str]], random: Random) -> None:
    mine = next(NEXT_REPOSITORY)
    save_in_batches(store, [listed(mine, names, moment(n)) for n, names in enumerate(series)], random)
    last = {utc_day(moment(n)): names for n, names in enumerate(series)}
    expected = sorted((day, name, 9 - rank) for day, names in last.items() for rank, name in enumerate(names))
    assert rows(store, "select observed_on, referrer, views from referrer_snapshot", mine) == expected
    assert rows(store, "select observed_on, entries from snapshot", mine) == [(d, len(n)) for d, n in last.items()]


def test_a_list_given_twice_in_one_batch_is_stored_once(store: Store) -> None:
    answer = listed(1, ["a", "b"], moment(0), "paths")
    save(store, answer, answer)
    assert rows(store, "select path, title from path_snapshot", 1) == [("a", "Title of a"), ("b", "Title of b")]
    assert rows(store, "select entries from snapshot", 1) == [(2,)]


def test_referrers_and_paths_do_not_touch_each_other(store: Store) -> None:
    save(store, listed(1, ["a"], moment(0), "paths"), listed(1, ["b"], moment(0)))
    save(store, listed(1, [], moment(1)))
    assert rows(store, "select path from path_snapshot", 1) == [("a",)]
    assert rows(store, "select referrer from referrer_snapshot", 1) == []
