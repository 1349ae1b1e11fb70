"""A repository is known by GitHub's id: renames are followed, names used again are not mixed in."""

from datetime import timedelta

import pytest

from data.collection.models import RunState
from tests.collector.run.collecting import (
    DAY,
    HOUR,
    OTHER_OWNER_ID,
    OTHER_SECRET,
    SECRET,
    TODAY,
    Collection,
    repository,
    shown_views,
)
from tests.fake_github import Lack, Repository, Token, World
from tests.fake_github.faults import not_found_once


@pytest.mark.parametrize("wait", [HOUR, DAY], ids=["same day", "next day"])
def test_a_rename_or_transfer_is_followed_and_the_history_stays_one(collected: Collection, wait: timedelta) -> None:
    world, names = collected.github.world, {1: "octo/uno", 2: "elsewhere/two", 3: "Octo/Three"}
    for key, name in names.items():
        world.rename(key, name)
    assert collected.later(wait).state is RunState.COMPLETE
    stored = collected.rows("select full_name, owner, name, state from repository order by github_id")
    assert stored == [(name, *name.split("/"), "active") for name in names.values()]
    for key, name in names.items():
        assert set(shown_views(world.repositories[key])) <= set(collected.views(name))
    collected.later(HOUR)
    assert collected.asked("repositories/") == 0


@pytest.mark.parametrize("wait", [HOUR, DAY], ids=["same day", "next day"])
def test_when_another_takes_a_name_the_renamed_one_is_still_followed_and_nothing_is_mixed_into_a_deleted_one(
    collected: Collection, wait: timedelta
) -> None:
    world, of_the_deleted = collected.github.world, collected.views("octo/two")
    world.rename(1, "octo/uno")
    world.add(another("one"))
    deleted_and_taken(world, 2, "two")
    assert collected.later(wait).state is RunState.PARTIAL
    renamed = "select full_name, owner, name, state from repository where github_id = 1"
    assert collected.rows(renamed) == [("octo/uno", "octo", "uno", "active")]
    assert "the one that is tracked is octo/uno" in collected.message("octo/uno", "repository")
    assert collected.views("octo/two") == of_the_deleted
    assert collected.outcomes()["octo/two"] == {"repository": "name_reused"}
    state, reason = collected.state("octo/two")
    assert (state, "add it anew to track it" in str(reason)) == ("unavailable", True)
    collected.later(DAY)
    assert set(shown_views(world.repositories[1])) <= set(collected.views("octo/uno"))
    assert 7777 not in {views for views, _ in collected.views("octo/uno").values()}


def another(name: str) -> Repository:
    """Another repository, that gets a name which was used before."""
    return repository(90 + len(name), name, views={TODAY - DAY: (7777, 7)}, clones={})


def deleted_and_taken(world: World, key: int, name: str) -> None:
    world.delete(key)
    world.add(another(name))


def test_one_that_is_gone_keeps_its_history_says_why_and_is_tried_again_a_day_later_and_not_in_each_run(
    collection: Collection,
) -> None:
    world = collection.github.world
    world.add(repository(4, "four"))
    world.add(repository(5, "five"))
    collection.add("octo/four", "octo/five")
    collection()
    missing = "was deleted, is misspelt, or is private"
    gone = {
        "octo/one": ("unavailable", missing),
        "octo/two": ("unavailable", missing),
        "octo/three": ("blocked", "has blocked the repository, reason: dmca"),
        "octo/four": ("unavailable", "add it anew to track it"),
    }
    before = {name: collection.views(name) for name in gone}
    world.delete(1)
    world.repositories[2].private = True
    world.tokens[SECRET].repositories = frozenset({3, 4, 5, 94})
    world.repositories[3].blocked = "dmca"
    deleted_and_taken(world, 4, "four")
    asked = []
    for _ in range(4):
        collection.github.clock.advance(8 * HOUR)
        assert collection("schedule").state is not RunState.FAILED
        asked.append([min(collection.asked(f"/{name}"), 1) for name in gone])
    assert asked == [[1] * 4, [0] * 4, [0] * 4, [1] * 4]
    assert {name: collection.views(name) for name in gone} == before
    for name, (state, words) in gone.items():
        stored, reason = collection.state(name)
        assert (stored, words in str(reason)) == (state, True), name
    assert collection.state("octo/five") == ("active", None)


def test_a_repository_that_comes_back_is_collected_again_with_all_that_github_still_shows(
    collected: Collection,
) -> None:
    collected.github.world.repositories[1].private = True
    collected.github.world.tokens[SECRET].repositories = frozenset({2, 3})
    collected.later(DAY)
    collected.github.world.tokens[SECRET].repositories = None
    collected.later(10 * DAY)
    assert collected.state("octo/one") == ("active", None)
    seen = collected.views("octo/one")
    assert sorted(seen) == [TODAY + DAY * n for n in range(-14, 11)]
    collected.later(HOUR)
    assert collected.outcomes()["octo/one"]["views"] == "unchanged"


def test_one_404_between_good_answers_means_nothing(collected: Collection) -> None:
    for part in ("", "/traffic/views"):
        collected.github.faults.add(not_found_once().on(f"/repos/octo/one{part}"))
    assert collected.later(DAY).state is RunState.COMPLETE
    assert collected.state("octo/one") == ("active", None)


def test_two_tenants_with_the_same_repository_have_a_row_each_and_see_what_their_token_sees(
    newcomer: Collection,
) -> None:
    lacks = {1: Lack.ADMINISTRATION}
    newcomer.github.world.add_token(
        Token(OTHER_SECRET, "other", OTHER_OWNER_ID, kind="fine_grained", scopes=(), lacks=lacks)
    )
    tenant_ids = newcomer.follow(SECRET, tenant="acme"), newcomer.follow(OTHER_SECRET, ["octo/one"], tenant="beta")
    newcomer()
    states = "select tenant_id, state, count(views) from repository left join daily_traffic using (repository_id) "
    found = newcomer.rows(states + "where github_id = 1 group by all order by all")
    assert found == [(tenant_ids[0], "active", 14), (tenant_ids[1], "unavailable", 0)]
