"""A repository is known by GitHub's id: renames are followed, names used again are not mixed in."""

from collections.abc import Callable

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

NAME_OF_ONE = "select full_name, owner, name, state from repository where github_id = 1"


def new_one() -> Repository:
    """Another repository, that may get the name of the first."""
    return repository(99, "one", views={TODAY - DAY: (7777, 7)}, clones={})


@pytest.mark.parametrize(("name", "wait"), [("octo/uno", HOUR), ("elsewhere/one", DAY), ("Octo/One", HOUR)])
def test_a_rename_or_transfer_is_followed_and_the_history_stays_one(
    collection: Collection, name: str, wait: object
) -> None:
    collection()
    collection.github.world.rename(1, name)
    assert collection.later(wait).state is RunState.COMPLETE  # type: ignore[arg-type]
    assert collection.rows(NAME_OF_ONE) == [(name, *name.split("/"), "active")]
    assert set(shown_views(collection.github.world.repositories[1])) <= set(collection.views(name))
    assert collection.rows("select count(*) from repository") == [(3,)]
    collection.later(HOUR)
    assert collection.asked("repositories/") == 0


def renamed(world: World) -> None:
    world.rename(1, "octo/uno")
    world.add(new_one())


def deleted(world: World) -> None:
    world.delete(1)
    world.add(new_one())


@pytest.mark.parametrize("wait", [HOUR, DAY], ids=["same day", "next day"])
def test_when_another_takes_the_name_of_a_renamed_one_the_first_is_still_followed(
    collection: Collection, wait: object
) -> None:
    collection()
    renamed(collection.github.world)
    assert collection.later(wait).state is RunState.COMPLETE  # type: ignore[arg-type]
    assert collection.rows(NAME_OF_ONE) == [("octo/uno", "octo", "uno", "active")]
    assert "the one that is tracked is octo/uno" in collection.message("octo/uno", "repository")
    assert 7777 not in {views for views, _ in collection.views("octo/uno").values()}
    collection.later(DAY)
    assert set(shown_views(collection.github.world.repositories[1])) <= set(collection.views("octo/uno"))


@pytest.mark.parametrize("wait", [HOUR, DAY], ids=["same day", "next day"])
def test_when_another_takes_the_name_of_a_deleted_one_nothing_is_mixed(collection: Collection, wait: object) -> None:
    collection()
    before = collection.views("octo/one")
    deleted(collection.github.world)
    assert collection.later(wait).state is RunState.PARTIAL  # type: ignore[arg-type]
    assert collection.views("octo/one") == before
    assert collection.outcomes()["octo/one"] == {"repository": "name_reused"}
    state, reason = collection.state("octo/one")
    assert state == "unavailable"
    assert "add it anew to track it" in str(reason)


def block(world: World) -> None:
    world.repositories[1].blocked = "dmca"


def close(world: World) -> None:
    world.tokens[SECRET].repositories = frozenset({2, 3})
    world.repositories[1].private = True


def delete(world: World) -> None:
    world.delete(1)


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        (delete, "unavailable", "was deleted, is misspelt, or is private"),
        (close, "unavailable", "was deleted, is misspelt, or is private"),
        (block, "blocked", "has blocked the repository, reason: dmca"),
    ],
)
def test_a_repository_that_is_gone_keeps_its_history_and_says_why(
    collection: Collection, change: Callable[[World], None], state: str, words: str
) -> None:
    collection()
    before = collection.views("octo/one")
    change(collection.github.world)
    assert collection.later(DAY).state is RunState.PARTIAL
    stored, reason = collection.state("octo/one")
    assert (stored, words in str(reason)) == (state, True)
    assert collection.views("octo/one") == before
    assert collection.state("octo/two") == ("active", None)


@pytest.mark.parametrize("change", [delete, block, deleted])
def test_what_was_refused_is_tried_again_a_day_later_and_not_in_each_run(
    collection: Collection, change: Callable[[World], None]
) -> None:
    collection()
    change(collection.github.world)
    asked = []
    for _ in range(4):
        collection.github.clock.advance(8 * HOUR)
        collection("schedule")
        asked.append(min(collection.asked("/octo/one"), 1))
    assert asked == [1, 0, 0, 1]


def test_a_repository_that_comes_back_is_collected_again_with_all_that_github_still_shows(
    collection: Collection,
) -> None:
    collection()
    collection.github.world.repositories[1].private = True
    collection.github.world.tokens[SECRET].repositories = frozenset({2, 3})
    collection.later(DAY)
    collection.github.world.tokens[SECRET].repositories = None
    collection.later(10 * DAY)
    assert collection.state("octo/one") == ("active", None)
    seen = collection.views("octo/one")
    assert sorted(seen) == [TODAY + DAY * n for n in range(-14, 11)]
    collection.later(HOUR)
    assert collection.outcomes()["octo/one"]["views"] == "unchanged"


def test_one_404_between_good_answers_means_nothing(collection: Collection) -> None:
    collection()
    for part in ("", "/traffic/views"):
        collection.github.faults.add(not_found_once().on(f"/repos/octo/one{part}"))
    assert collection.later(DAY).state is RunState.COMPLETE
    assert collection.state("octo/one") == ("active", None)


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
