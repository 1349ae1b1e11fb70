"""A repository that GitHub refused rests, unless somebody asks for it or there is a newer token."""

import pytest

from data.collection.ledger import Scope
from data.collection.models import RunState
from tests.collector.run.collecting import HOUR, OTHER_OWNER_ID, OTHER_SECRET, SECRET, Collection
from tests.fake_github import Lack, Token


@pytest.fixture
def refused(collection: Collection) -> Collection:
    """The token may not read octo/one, which is seen by a run; then it may."""
    collection.scope = Scope(repository_ids=(1,))
    collection.github.world.tokens[SECRET].lacks = {1: Lack.PUSH}
    collection()
    collection.github.world.tokens[SECRET].lacks = {}
    collection.scope = Scope(tenant_ids=(1,))
    with collection.store.traffic.commit("test") as connection:
        connection.execute("update repository set state = 'removed' where repository_id > 1")
    return collection


@pytest.mark.parametrize("trigger", ["command", "app"])
def test_whoever_asks_for_it_by_name_gets_it_at_once(refused: Collection, trigger: str) -> None:
    refused.scope = Scope(repository_ids=(1,))
    assert refused(trigger).state is RunState.COMPLETE
    assert refused.state("octo/one") == ("active", None)


def test_a_newer_token_is_tried_at_once(refused: Collection) -> None:
    refused.github.clock.advance(HOUR)
    refused.github.world.add_token(Token(OTHER_SECRET, "other", OTHER_OWNER_ID))
    refused.give_token(OTHER_SECRET, 1)
    assert refused("schedule").state is RunState.COMPLETE
    assert refused.state("octo/one") == ("active", None)


def test_a_run_with_nothing_but_resting_repositories_says_so(refused: Collection) -> None:
    refused.github.clock.advance(HOUR)
    report = refused("schedule")
    assert (report.run_id, report.state) == (None, RunState.COMPLETE)
    assert "1 repository rests until 2026-05-08 12:00 UTC because GitHub refused it" in str(report.message)
    assert refused.asked("/repos/") == 0
    assert refused("command").requests > 0  # somebody asks
