"""The lists of referrers and paths over time: compared, never added up."""

from datetime import date, timedelta

import pytest

from collector.endpoints.lists import ListingEntry, ListingObservation
from data.accounts.models import Viewer
from data.collection.models import EndpointResult
from data.insight.listings_history import LISTINGS, history, summary
from data.insight.repository_story import of_one
from data.store import Store
from tests.data.reading import follow, plain
from tests.data.writers import NOW, result, save

TODAY = NOW.date()
COLUMNS = ("name", "rank", "rank_before", "best_rank", "views", "lists", "first_seen", "last_seen", "from_the_start")
FIRST, SECOND, THIRD = (TODAY - timedelta(days=days) for days in (20, 10, 0))


def seen(key: int, listing: str, day: date, *names: str) -> EndpointResult:
    """A list of that day, the first name with the most views."""
    entries = tuple(ListingEntry(name, None, 100 - 10 * rank, 9 - rank) for rank, name in enumerate(names))
    endpoint = "referrers" if listing == "referrers" else "paths"
    return result(key, endpoint, ListingObservation(listing, entries), NOW - (TODAY - day))


@pytest.fixture
def key(store: Store) -> int:
    """A repository with three lists of each kind."""
    (key,) = follow(store, "octo/hello")
    for listing in LISTINGS:
        save(store, seen(key, listing, FIRST, "old", "steady"))
        save(store, seen(key, listing, SECOND, "steady", "brief"))
        save(store, seen(key, listing, THIRD, "new", "steady", "old"))
    return key


@pytest.mark.parametrize("listing", LISTINGS)
def test_each_name_is_told_with_its_ranks_and_when_it_was_seen(store: Store, key: int, listing: str) -> None:
    viewer = Viewer(frozenset({key}), frozenset())
    found = summary(history(viewer, store, of_one(key, FIRST, TODAY, TODAY), listing), FIRST)
    assert plain(found[list(COLUMNS)]) == [
        ("new", 1, None, 1, 100, 1, THIRD, THIRD, False),
        ("steady", 2, 1, 1, 90, 3, FIRST, THIRD, True),
        ("old", 3, None, 1, 80, 2, FIRST, THIRD, True),
        ("brief", None, 2, 2, None, 1, SECOND, SECOND, False),
    ]


@pytest.mark.parametrize(("last", "newest"), [(1, THIRD), (2, SECOND)])
def test_days_up_to_yesterday_have_the_list_of_today(store: Store, key: int, last: int, newest: date) -> None:
    selection = of_one(key, FIRST, TODAY - timedelta(days=last), TODAY)
    known = history(Viewer(frozenset({key}), frozenset()), store, selection, "referrers")
    assert list(known.lists["observed_on"])[-1] == newest


def test_who_was_first_seen_before_the_days_asked_for_is_not_called_new(store: Store, key: int) -> None:
    known = history(Viewer(frozenset({key}), frozenset()), store, of_one(key, THIRD, TODAY, TODAY), "referrers")
    found = summary(known, THIRD).set_index("name")
    assert list(found.index) == ["new", "steady", "old"]
    assert found.loc["old", "first_seen"] == FIRST
    assert list(found["lists"]) == [1, 1, 1]


def test_the_most_views_are_of_one_list_and_no_sum(store: Store, key: int) -> None:
    known = history(Viewer(frozenset({key}), frozenset()), store, of_one(key, FIRST, TODAY, TODAY), "paths")
    assert summary(known, FIRST)["most_views"].max() == 100


def test_a_list_that_was_empty_is_a_list(store: Store, key: int) -> None:
    save(store, seen(key, "referrers", TODAY + timedelta(days=1)))
    viewer = Viewer(frozenset({key}), frozenset())
    known = history(viewer, store, of_one(key, FIRST, TODAY + timedelta(days=1), TODAY), "referrers")
    assert list(known.lists["entries"]) == [2, 2, 3, 0]
    assert summary(known, FIRST)["rank"].isna().all()


def test_lists_after_the_last_day_are_not_told(store: Store, key: int) -> None:
    known = history(Viewer(frozenset({key}), frozenset()), store, of_one(key, FIRST, SECOND, TODAY), "referrers")
    assert list(known.lists["observed_on"]) == [FIRST, SECOND]
    assert set(known.entries["observed_on"]) == {FIRST, SECOND}
