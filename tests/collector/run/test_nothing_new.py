"""Asked again, GitHub mostly tells what is known: nothing is written then, and little is asked."""

import pytest

from data.collection.models import RunState
from data.store import StoreBusy
from tests.collector.run.collecting import (
    DAY,
    HOUR,
    NOW,
    OTHER_SECRET,
    TODAY,
    Collection,
    LockTaker,
    RecordedProgress,
    shown_views,
)
from tests.fake_github import Token


def test_a_second_run_asks_for_days_alone_and_is_told_that_nothing_changed(collected: Collection) -> None:
    before = collected.tables()
    assert collected.later(HOUR).rows_changed == 0
    assert collected.tables() == before
    days_alone = dict.fromkeys(("repository", "views", "clones"), "unchanged")
    assert collected.outcomes() == dict.fromkeys(("octo/one", "octo/two", "octo/three"), days_alone)
    assert collected.github.requests.by_status == {200: 1, 304: 9}  # the one is for the limits


def test_a_server_without_conditional_requests_makes_no_difference(collected: Collection) -> None:
    before, switches = collected.tables(), collected.github.switches
    for switches.answers_not_modified, switches.etag_changes_each_time in ((False, False), (True, True)):
        assert collected.later(HOUR).state is RunState.COMPLETE
        assert collected.github.requests.by_status == {200: 10}
        assert collected.tables() == before


def test_a_new_day_is_told_in_full_and_stored(collected: Collection) -> None:
    collected.later(DAY)
    for given in collected.github.world.repositories.values():
        assert collected.views(given.full_name) == shown_views(given) | shown_views(given, TODAY)


def test_what_stands_out_is_worked_out_at_the_end_of_a_run(collected: Collection) -> None:
    assert collected.rows("select computed_on from spike_progress") == [(TODAY,)] * 3


def test_a_validator_is_kept_only_with_the_data_that_it_stands_for(collection: Collection) -> None:
    with LockTaker(collection) as collection.progress, pytest.raises(StoreBusy):
        collection()
    assert collection.tables()["daily_traffic"] == []
    collection.progress = RecordedProgress()
    collection.later(HOUR)
    assert collection.github.requests.by_status[304] == 0
    assert collection.views("octo/one") == shown_views(collection.github.world.repositories[1])


def test_another_token_does_not_use_the_validators_of_the_one_before(collected: Collection) -> None:
    collected.github.world.add_token(Token(OTHER_SECRET))
    collected.give_token(OTHER_SECRET, 1)
    assert collected.later(HOUR).state is RunState.COMPLETE
    assert collected.github.requests.by_status[304] == 0


def test_weeks_are_asked_for_once_when_they_are_whole(collection: Collection) -> None:
    asked = {}
    for day in (0, 1, 5, 6, 7, 12, 13, 14):
        collection.github.clock.now = NOW + DAY * day
        collection()
        asked[day] = collection.asked("per=week")
    assert [day for day, number in asked.items() if number] == [0, 6, 13]  # a Thursday, then two Wednesdays
    complete = "select distinct week from weekly_traffic where views_complete and clones_complete order by all"
    assert len(collection.rows(complete)) == 3
