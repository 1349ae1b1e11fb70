"""The bounds of referrers and paths as readers tell them: true, and of the viewer's repositories only."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from collector.endpoints.lists import ListingEntry, ListingObservation
from data.accounts.models import Viewer
from data.insight.listing_bounds import path_bounds, referrer_bounds, unexplained
from data.store import Store
from tests.data.launch import DAYS, FIRST, LAUNCH, NEWS, SEARCH, came, day, fill_launch
from tests.data.reading import follow
from tests.data.writers import result, save

Reader = Callable[..., pd.DataFrame]


class Place(NamedTuple):
    store: Store
    rocket: int
    boat: int

    @property
    def viewer(self) -> Viewer:
        return Viewer(frozenset({self.rocket}), frozenset())


@pytest.fixture(scope="module")
def launched(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("launched") / "db"
    shutil.copytree(template, directory, symlinks=True)
    store = Store(directory)
    yield Place(store, *fill_launch(store))
    store.close()


def test_the_views_that_came_are_between_the_bounds(launched: Place) -> None:
    rows = referrer_bounds(launched.viewer, launched.store, launched.rocket, FIRST, day(DAYS - 1))
    truth = [came(name, (on - FIRST).days) for name, on in zip(rows["name"], rows["day"], strict=True)]
    assert ((rows["low"] <= truth) & (truth <= rows["high"])).all()
    assert len(rows) > DAYS
    assert not rows["contradicted"].any()


def test_the_day_of_the_launch_is_known_exactly(launched: Place) -> None:
    rows = referrer_bounds(launched.viewer, launched.store, launched.rocket, day(LAUNCH), day(LAUNCH))
    news = rows[rows["name"] == NEWS].iloc[0]
    assert (news["low"], news["high"]) == (300, 300)
    assert pd.isna(news["listed"])
    (listed,) = rows[rows["name"] == SEARCH]["listed"]
    assert listed == sum(came(SEARCH, n) for n in range(LAUNCH - 13, LAUNCH))


def test_a_few_days_are_told_as_within_many(launched: Place) -> None:
    asked = (day(LAUNCH - 3), day(LAUNCH + 3))
    few = referrer_bounds(launched.viewer, launched.store, launched.rocket, *asked)
    many = referrer_bounds(launched.viewer, launched.store, launched.rocket, day(20), day(LAUNCH + 12))
    within = many[many["day"].between(*asked)].reset_index(drop=True)
    pd.testing.assert_frame_equal(few[few["name"] == NEWS], within[within["name"] == NEWS])
    assert (few["high"] - few["low"] - within["high"] + within["low"]).abs().max() <= 1


def test_the_unexplained_share_is_between_its_bounds(launched: Place) -> None:
    rows = unexplained(launched.viewer, launched.store, (launched.rocket, "referrers"), day(16), day(DAYS))
    known = rows.dropna()
    assert known["day"].tolist() == [day(n) for n in range(16, DAYS)]
    assert ((known["low"] < known["high"]) & (known["low"] >= 0) & (known["high"] < 1)).all()


def test_paths_are_told_apart_from_referrers(launched: Place) -> None:
    assert path_bounds(launched.viewer, launched.store, launched.rocket, FIRST, day(DAYS)).empty


def test_an_empty_list_says_that_nobody_came(store: Store) -> None:
    (key,) = follow(store, "red/quiet")
    for place, entries in ((20, ()), (28, (ListingEntry("a", None, 5, 1),))):
        at = datetime.combine(day(place), datetime.min.time(), UTC).replace(hour=22)
        save(store, result(key, "paths", ListingObservation("paths", entries), at))
    rows = path_bounds(Viewer(frozenset({key}), frozenset()), store, key, day(7), day(27))
    high = dict(zip(rows["day"], rows["high"], strict=True))
    assert high[day(16)] == 0
    assert high[day(22)] == 5


@pytest.mark.parametrize("read", [referrer_bounds, path_bounds])
def test_a_strangers_repository_is_as_one_that_is_not_there(launched: Place, read: Reader) -> None:
    wishes = (launched.boat, 9_999)
    stranger, missing = (read(launched.viewer, launched.store, key, FIRST, day(DAYS)) for key in wishes)
    pd.testing.assert_frame_equal(stranger, missing)
    assert stranger.empty


def test_the_unexplained_share_of_a_stranger_is_not_told(launched: Place) -> None:
    assert unexplained(launched.viewer, launched.store, (launched.boat, "referrers"), FIRST, day(DAYS)).empty
