"""Lists of referrers and paths: compared, never added up; with true bounds, of the viewer's repositories only."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from collector.endpoints.lists import ListingEntry, ListingObservation
from data.collection.models import EndpointResult
from data.insight.lists import history, listing_bounds, summary, unexplained
from data.store import Store
from tests.data.launch import DAYS, FIRST, LAUNCH, NEWS, Launched, came, day
from tests.data.reading import follow, of_one, plain, viewer_of
from tests.data.writers import NOW, result, save

TODAY = NOW.date()
LISTINGS = ("referrers", "paths")
COLUMNS = ("name", "rank", "rank_before", "best_rank", "views", "lists", "first_seen", "last_seen", "from_the_start")
LATER = day(DAYS + 30)
OLDEST, SECOND, THIRD = (TODAY - timedelta(days=days) for days in (20, 10, 0))


def bounds(
    place: Launched, first: date, last: date, key: int | None = None, listing: str = "referrers"
) -> pd.DataFrame:
    """Of the rocket, unless another one is asked for."""
    asked = of_one(key or place.rocket, first, last, LATER)
    return listing_bounds(viewer_of(place.rocket), place.store, asked, listing)


def test_the_views_that_came_are_between_the_bounds(launched: Launched) -> None:
    rows = bounds(launched, FIRST, day(DAYS - 1))
    truth = [came(name, (on - FIRST).days) for name, on in zip(rows["name"], rows["day"], strict=True)]
    assert ((rows["low"] <= truth) & (truth <= rows["high"])).all()
    assert len(rows) > DAYS
    assert not rows["contradicted"].any()


def test_the_day_of_the_launch_is_known_exactly(launched: Launched) -> None:
    rows = bounds(launched, day(LAUNCH), day(LAUNCH))
    news = rows[rows["name"] == NEWS].iloc[0]
    assert (news["low"], news["high"]) == (300, 300)


def test_a_few_days_are_told_as_within_many(launched: Launched) -> None:
    asked = (day(LAUNCH - 3), day(LAUNCH + 3))
    few = bounds(launched, *asked)
    many = bounds(launched, day(20), day(LAUNCH + 12))
    within = many[many["day"].between(*asked)].reset_index(drop=True)
    pd.testing.assert_frame_equal(few[few["name"] == NEWS], within[within["name"] == NEWS])
    assert (few["high"] - few["low"] - within["high"] + within["low"]).abs().max() <= 1


def test_the_unexplained_share_is_between_its_bounds(launched: Launched) -> None:
    rows = unexplained(
        viewer_of(launched.rocket), launched.store, of_one(launched.rocket, day(16), day(DAYS), LATER), "referrers"
    )
    known = rows.dropna()
    assert known["day"].tolist() == [day(n) for n in range(16, DAYS)]
    assert ((known["low"] < known["high"]) & (known["low"] >= 0) & (known["high"] < 1)).all()


def test_paths_are_told_apart_from_referrers(launched: Launched) -> None:
    assert bounds(launched, FIRST, day(DAYS), listing="paths").empty


def test_an_empty_list_says_that_nobody_came(store: Store) -> None:
    (key,) = follow(store, "red/quiet")
    for place, entries in ((20, ()), (28, (ListingEntry("a", None, 5, 1),))):
        at = datetime.combine(day(place), datetime.min.time(), UTC).replace(hour=22)
        save(store, result(key, "paths", ListingObservation("paths", entries), at))
    rows = listing_bounds(viewer_of(key), store, of_one(key, day(7), day(27), LATER), "paths")
    high = dict(zip(rows["day"], rows["high"], strict=True))
    assert high[day(16)] == 0
    assert high[day(22)] == 5


@pytest.mark.parametrize("listing", LISTINGS)
def test_the_repository_of_another_tenant_is_as_one_that_is_not_there(launched: Launched, listing: str) -> None:
    theirs, missing = (bounds(launched, FIRST, day(DAYS), key, listing) for key in (launched.boat, 9_999))
    pd.testing.assert_frame_equal(theirs, missing)
    assert theirs.empty
    asked = of_one(launched.boat, FIRST, day(DAYS), LATER)
    assert unexplained(viewer_of(launched.rocket), launched.store, asked, listing).empty


def seen(key: int, listing: str, day: date, *names: str) -> EndpointResult:
    """A list of that day, the first name with the most views."""
    entries = tuple(ListingEntry(name, None, 100 - 10 * rank, 9 - rank) for rank, name in enumerate(names))
    return result(key, listing, ListingObservation(listing, entries), NOW - (TODAY - day))


@pytest.fixture(scope="module")
def listed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, int]]:
    """A store, which is only read, with a repository that has three lists of each kind."""
    with closing(Store(shutil.copytree(template, tmp_path_factory.mktemp("listed") / "db", symlinks=True))) as store:
        yield store, with_lists(store)


def with_lists(store: Store) -> int:
    (key,) = follow(store, "octo/hello")
    for listing in LISTINGS:
        save(store, seen(key, listing, OLDEST, "old", "steady"))
        save(store, seen(key, listing, SECOND, "steady", "brief"))
        save(store, seen(key, listing, THIRD, "new", "steady", "old"))
    return key


@pytest.mark.parametrize("listing", LISTINGS)
def test_each_name_is_told_with_its_ranks_and_when_it_was_seen(listed: tuple[Store, int], listing: str) -> None:
    store, key = listed
    viewer = viewer_of(key)
    found = summary(history(viewer, store, of_one(key, OLDEST, TODAY, TODAY), listing), OLDEST)
    assert plain(found[list(COLUMNS)]) == [
        ("new", 1, None, 1, 100, 1, THIRD, THIRD, False),
        ("steady", 2, 1, 1, 90, 3, OLDEST, THIRD, True),
        ("old", 3, None, 1, 80, 2, OLDEST, THIRD, True),
        ("brief", None, 2, 2, None, 1, SECOND, SECOND, False),
    ]


@pytest.mark.parametrize(("last", "newest"), [(1, THIRD), (2, SECOND)])
def test_days_up_to_yesterday_have_the_list_of_today(listed: tuple[Store, int], last: int, newest: date) -> None:
    store, key = listed
    selection = of_one(key, OLDEST, TODAY - timedelta(days=last), TODAY)
    known = history(viewer_of(key), store, selection, "referrers")
    assert list(known.lists["observed_on"])[-1] == newest


def test_who_was_first_seen_before_the_days_asked_for_is_not_called_new(listed: tuple[Store, int]) -> None:
    store, key = listed
    known = history(viewer_of(key), store, of_one(key, THIRD, TODAY, TODAY), "referrers")
    found = summary(known, THIRD).set_index("name")
    assert list(found.index) == ["new", "steady", "old"]
    assert found.loc["old", "first_seen"] == OLDEST
    assert list(found["lists"]) == [1, 1, 1]


def test_the_most_views_are_of_one_list_and_no_sum(listed: tuple[Store, int]) -> None:
    store, key = listed
    known = history(viewer_of(key), store, of_one(key, OLDEST, TODAY, TODAY), "paths")
    assert summary(known, OLDEST)["most_views"].max() == 100


def test_a_list_that_was_empty_is_a_list(store: Store) -> None:
    key = with_lists(store)
    save(store, seen(key, "referrers", TODAY + timedelta(days=1)))
    viewer = viewer_of(key)
    known = history(viewer, store, of_one(key, OLDEST, TODAY + timedelta(days=1), TODAY), "referrers")
    assert list(known.lists["entries"]) == [2, 2, 3, 0]
    assert summary(known, OLDEST)["rank"].isna().all()


def test_lists_after_the_last_day_are_not_told(listed: tuple[Store, int]) -> None:
    store, key = listed
    known = history(viewer_of(key), store, of_one(key, OLDEST, SECOND, TODAY), "referrers")
    assert list(known.lists["observed_on"]) == [OLDEST, SECOND]
    assert set(known.entries["observed_on"]) == {OLDEST, SECOND}
