"""Which days stand out and what may have made them, of the viewer's repositories only."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Viewer
from data.insight.notes import NewNote, add_note
from data.insight.spike_causes import (
    Listed,
    Noted,
    Released,
    Spike,
    Starred,
    explained_spikes,
    repository_spikes,
    spikes,
    waves,
)
from data.insight.spikes import save_spikes
from data.schema.migrate import delete_repository
from data.store import Store
from data.traffic.models import Metric, Selection
from tests.data.launch import DAYS, FIRST, LAUNCH, NEWS, Launched, day, views
from tests.data.reading import ago, answer, follow, viewer_of
from tests.data.writers import NOW, save

LATER, TODAY = day(DAYS + 30), NOW.date()


def whole(**changes: Any) -> Selection:
    return replace(Selection(FIRST, day(DAYS - 1), LATER), **changes)


def explained(place: Launched, *keys: int) -> tuple[Spike, ...]:
    return explained_spikes(viewer_of(*keys), place.store, whole(), 9)


def test_the_launch_is_found_and_nothing_else(launched: Launched) -> None:
    (found,) = explained(launched, launched.rocket)
    assert (found.full_name, found.metric, found.value) == ("red/rocket", "views", views(LAUNCH))
    assert (found.first, found.last, found.peak) == (day(LAUNCH), day(LAUNCH + 1), day(LAUNCH))
    assert found.score >= 3


def test_what_made_it_comes_first(launched: Launched) -> None:
    (found,) = explained(launched, launched.rocket)
    assert [(cause.kind, cause.what) for cause in found.causes] == [
        ("referrer", NEWS),
        ("release", "v1.0"),
        ("stars", ""),
    ]
    listed, released, starred = (cause.detail for cause in found.causes)
    assert listed == Listed(day(LAUNCH + 2), True, 380, None, 380, seen_before=day(LAUNCH))
    assert released == Released("One", day(LAUNCH - 1))
    assert starred == Starred(30, 1.0)


def test_of_one_repository_the_bounds_of_the_day_itself_are_known(launched: Launched) -> None:
    asked = whole(repository_ids=frozenset({launched.rocket}))
    (found,) = repository_spikes(viewer_of(launched.rocket), launched.store, asked)
    (listed,) = (cause.detail for cause in found.causes if cause.what == NEWS)
    assert isinstance(listed, Listed)
    assert (listed.low, listed.high) == (300, 300)


def test_a_note_of_the_day_is_the_likeliest(launched: Launched) -> None:
    first, *_ = explained(launched, launched.boat)
    assert (first.causes[0].kind, first.causes[0].what) == ("note", "We told the world")
    assert isinstance(first.causes[0].detail, Noted)
    weights = [cause.weight for cause in first.causes]
    assert weights == sorted(weights, reverse=True)
    assert 0 < min(weights) <= max(weights) <= 1


def test_a_note_of_a_whole_tenant_is_for_those_who_see_the_whole_tenant(launched: Launched) -> None:
    with launched.store.traffic.read() as cursor:
        question = "select tenant_id from repository where repository_id = $key"
        ((tenant,),) = cursor.execute(question, {"key": launched.rocket}).fetchall()
    add_note(launched.store, COMMAND_LINE, NewNote(day(LAUNCH), "All of us", tenant_id=tenant), NOW)
    for tenants, seen in ((frozenset({tenant}), True), (frozenset[int](), False)):
        (found,) = explained_spikes(Viewer(frozenset({launched.rocket}), tenants), launched.store, whole(), 9)
        assert ("All of us" in {cause.what for cause in found.causes}) is seen


def test_two_viewers_are_told_of_their_own_repositories_only(launched: Launched) -> None:
    both = explained(launched, launched.rocket, launched.boat)
    alone = {key: explained(launched, key) for key in (launched.rocket, launched.boat)}
    for key, found in alone.items():
        assert {each.repository_id for each in found} == {key}
        assert tuple(each for each in both if each.repository_id == key) == found
    assert "We told the world" not in str(alone[launched.rocket])


@pytest.mark.parametrize("missing", [True, False])
def test_another_tenants_repository_is_as_one_that_is_not_there(launched: Launched, missing: bool) -> None:
    asked = whole(repository_ids=frozenset({9_999 if missing else launched.boat}))
    viewer = viewer_of(launched.rocket)
    assert spikes(viewer, launched.store, asked) == ((), 0)
    assert repository_spikes(viewer, launched.store, asked) == ()
    assert spikes(viewer_of(), launched.store, whole()) == ((), 0)


def test_a_search_narrows(launched: Launched) -> None:
    viewer = viewer_of(launched.rocket, launched.boat)
    assert {each.full_name for each in spikes(viewer, launched.store, whole(search="BOAT"))[0]} == {"blue/boat"}


def test_a_day_stands_out_once_it_is_three_days_old(launched: Launched) -> None:
    viewer = viewer_of(launched.rocket)
    assert spikes(viewer, launched.store, whole(today=day(LAUNCH + 2))) == ((), 0)
    assert spikes(viewer, launched.store, whole(today=day(LAUNCH + 3)))[1] == 1


def rows(store: Store) -> list[Any]:
    with store.traffic.read() as cursor:
        return cursor.execute("select columns(*) from spike order by repository_id, metric, first_day").fetchall()


def test_what_stands_out_is_kept_once_it_is_final_and_the_same_days_change_nothing(store: Store) -> None:
    (key,) = follow(store, "red/rocket")
    counts = [20 + place % 3 for place in range(60)]
    counts[40], counts[57] = 300, 400
    save(
        store, answer(key, Metric.VIEWS, counts, NOW)
    )  # the last day is yesterday, the second spike four days before it
    peak = TODAY - timedelta(days=3)
    save_spikes(store, [key], peak + timedelta(days=2))
    assert [(row[4], row[5]) for row in rows(store)] == [(TODAY - timedelta(days=20), 300)]
    save_spikes(store, [key], TODAY)
    assert [(row[4], row[5]) for row in rows(store)] == [(TODAY - timedelta(days=20), 300), (peak, 400)]
    version = store.traffic.version()
    save_spikes(store, [key], TODAY)
    assert store.traffic.version() == version


def test_old_stretches_stay_and_the_newest_grow_with_the_days_that_become_final(store: Store) -> None:
    (key,) = follow(store, "red/rocket")
    counts = [20 + place % 3 for place in range(200)]
    counts[50], counts[197], counts[198] = 300, 90, 400
    save(store, answer(key, Metric.VIEWS, counts, NOW))
    save_spikes(store, (), TODAY)
    old, young = rows(store)
    first = TODAY - timedelta(days=3)
    assert young[2:6] == (first, first, first, 90)
    save_spikes(store, [key], TODAY + timedelta(days=1))
    before, grown = rows(store)
    assert (before, grown[2:6]) == (old, (first, first + timedelta(days=1), first + timedelta(days=1), 400))


def test_all_that_were_never_judged_are_and_only_those_that_are_there(store: Store) -> None:
    keys = follow(store, "red/one", "red/two")
    save(store, *(answer(key, Metric.VIEWS, [20] * 40 + [400] + [20] * 10, NOW) for key in keys))
    save_spikes(store, (), TODAY)
    assert [row[0] for row in rows(store)] == keys
    with store.traffic.commit("test") as connection:
        delete_repository(connection, keys[0])
    assert [row[0] for row in rows(store)] == keys[1:]


def test_spikes_that_follow_each_other_within_days_are_one_wave() -> None:
    def spike(metric: str, first: int, last: int, value: int) -> Spike:
        return Spike(1, "o/r", metric, ago(first), ago(last), ago(last), value, 10.0, 5.0, float(value))

    rise, clones, peak = spike("views", 40, 38, 90), spike("clones", 37, 37, 30), spike("views", 33, 33, 200)
    apart = spike("views", 20, 20, 99)
    great, small = waves([rise, clones, peak, apart])
    assert great.spikes == (peak, rise, clones)
    assert (great.first, great.last) == (ago(40), ago(33))
    assert small.spikes == (apart,)
