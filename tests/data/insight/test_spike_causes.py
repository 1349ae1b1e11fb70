"""Which days stand out and what may have made them, of the viewer's repositories only."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Viewer
from data.insight import spike_causes
from data.insight.notes import NewNote, add_note
from data.insight.spike_causes import explained, spikes, spikes_found, spikes_of
from data.insight.spike_facts import Listed, Noted, Released, Starred
from data.store import Store
from data.traffic.models import Selection
from tests.data.launch import DAYS, FIRST, LAUNCH, NEWS, day, fill_launch, views
from tests.data.writers import NOW


class Place(NamedTuple):
    store: Store
    rocket: int
    boat: int

    def viewer(self, *keys: int, tenants: frozenset[int] = frozenset()) -> Viewer:
        return Viewer(frozenset(keys), tenants)


@pytest.fixture(scope="module")
def launched(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("launched") / "db"
    shutil.copytree(template, directory, symlinks=True)
    store = Store(directory)
    yield Place(store, *fill_launch(store))
    store.close()


LATER = day(DAYS + 30)


def whole(**changes: Any) -> Selection:
    return replace(Selection(FIRST, day(DAYS - 1), LATER), **changes)


def told(place: Place, *keys: int) -> list[Any]:
    return list(spikes(place.viewer(*keys), place.store, whole()).itertuples())


def test_the_launch_is_found_and_nothing_else(launched: Place) -> None:
    found = told(launched, launched.rocket)
    assert [(row.day, row.metric, row.value) for row in found] == [
        (day(LAUNCH), "views", views(LAUNCH)),
        (day(LAUNCH + 1), "views", views(LAUNCH + 1)),
    ]
    assert [row.full_name for row in found] == ["red/rocket"] * 2
    assert found[0].score > found[1].score >= 3


def test_what_made_it_comes_first(launched: Place) -> None:
    first, *_ = told(launched, launched.rocket)
    assert [(cause.kind, cause.what) for cause in first.causes] == [
        ("referrer", NEWS),
        ("release", "v1.0"),
        ("stars", ""),
    ]
    listed, released, starred = (cause.detail for cause in first.causes)
    assert listed == Listed(day(LAUNCH + 2), True, 380, None, 380, seen_before=day(LAUNCH))
    assert released == Released(1, "One", day(LAUNCH - 1), False)
    assert starred == Starred(30, 1.0)


def test_of_one_repository_the_bounds_of_the_day_itself_are_known(launched: Place) -> None:
    found = spikes_of(
        launched.viewer(launched.rocket), launched.store, whole(repository_ids=frozenset({launched.rocket}))
    )
    details = [cause.detail for row in found.itertuples() for cause in row.causes if cause.what == NEWS]
    assert [(each.low, each.high) for each in details] == [(300, 300), (80, 80)]
    assert found["day"].tolist() == [day(LAUNCH), day(LAUNCH + 1)]


def test_a_note_of_the_day_is_the_likeliest(launched: Place) -> None:
    first, *_ = told(launched, launched.boat)
    assert first.causes[0].kind == "note"
    assert first.causes[0].what == "We told the world"
    assert isinstance(first.causes[0].detail, Noted)


def test_a_note_of_a_whole_tenant_is_for_those_who_see_the_whole_tenant(launched: Place) -> None:
    with launched.store.traffic.read() as cursor:
        question = "select tenant_id from repository where repository_id = $key"
        ((tenant,),) = cursor.execute(question, {"key": launched.rocket}).fetchall()
    add_note(launched.store, COMMAND_LINE, NewNote(day(LAUNCH + 1), "All of us", tenant_id=tenant), NOW)
    for tenants, seen in ((frozenset({tenant}), True), (frozenset[int](), False)):
        found = spikes(launched.viewer(launched.rocket, tenants=tenants), launched.store, whole())
        assert ("All of us" in {cause.what for row in found.itertuples() for cause in row.causes}) is seen


def test_two_viewers_are_told_of_their_own_repositories_only(launched: Place) -> None:
    both = told(launched, launched.rocket, launched.boat)
    alone = {key: told(launched, key) for key in (launched.rocket, launched.boat)}
    for key, rows in alone.items():
        assert {row.repository_id for row in rows} == {key}
        assert [row[1:] for row in both if row.repository_id == key] == [row[1:] for row in rows]
    assert "We told the world" not in str(alone[launched.rocket])


@pytest.mark.parametrize("keys", [frozenset({9_999}), None])
def test_a_strangers_repository_is_as_one_that_is_not_there(launched: Place, keys: frozenset[int] | None) -> None:
    viewer = launched.viewer(launched.rocket)
    wish = keys or frozenset({launched.boat})
    assert spikes(viewer, launched.store, whole(repository_ids=wish)).empty
    assert spikes_of(viewer, launched.store, whole(repository_ids=frozenset({min(wish)}))).empty


def test_days_of_a_strangers_repository_are_not_explained(launched: Place) -> None:
    everything = spikes_found(launched.viewer(launched.rocket, launched.boat), launched.store, whole())
    for_one = explained(launched.viewer(launched.rocket), launched.store, everything)
    assert set(for_one["repository_id"]) == {launched.rocket} < set(everything["repository_id"])


def test_who_sees_nothing_is_told_nothing(launched: Place) -> None:
    found = spikes(launched.viewer(), launched.store, whole())
    assert found.empty
    assert list(found.columns) == list(spike_causes.COLUMNS)


def test_a_search_narrows(launched: Place) -> None:
    viewer = launched.viewer(launched.rocket, launched.boat)
    assert set(spikes(viewer, launched.store, whole(search="BOAT"))["full_name"]) == {"blue/boat"}


def test_days_that_are_not_final_do_not_stand_out(launched: Place) -> None:
    viewer = launched.viewer(launched.rocket)
    early = spikes(viewer, launched.store, whole(today=day(LAUNCH + 3)))
    assert early["day"].tolist() == [day(LAUNCH)]
    assert spikes(viewer, launched.store, whole(today=day(LAUNCH + 2))).empty


def test_what_is_usual_is_known_from_days_outside_of_the_selection(launched: Place) -> None:
    viewer, only = launched.viewer(launched.rocket), Selection(day(LAUNCH), day(LAUNCH), LATER)
    (row,) = spikes(viewer, launched.store, only).itertuples()
    assert row.expected == pytest.approx(told(launched, launched.rocket)[0].expected, rel=0.05)


def test_of_too_many_series_those_with_the_highest_days_are_looked_at(
    launched: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spike_causes, "MOST_SERIES", 1)
    found = spikes(launched.viewer(launched.rocket, launched.boat), launched.store, whole())
    assert found.attrs["left_out"] == 3
    assert {(row.day, row.metric) for row in found.itertuples()} == {(day(LAUNCH + n), "views") for n in (0, 1)}


def test_the_likeliest_cause_comes_first(launched: Place) -> None:
    weights = [[cause.weight for cause in row.causes] for row in told(launched, launched.rocket, launched.boat)]
    assert all(each == sorted(each, reverse=True) and min(each) > 0 and max(each) <= 1 for each in weights)
    assert max(len(each) for each in weights) >= 4
