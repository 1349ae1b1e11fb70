"""The days of a run follow from GitHub's clock, and one wrong date does not move them."""

from collector.owner_run import ABSURD_FROM
from data.collection.models import RunState
from tests.collector.run.collecting import DAY, HOUR, NOW, Collection, shown_views
from tests.fake_github import Fault

FAR = "Fri, 24 Nov 2028 10:00:00 GMT"
AHEAD = (
    "select (select count(*) from endpoint_state where last_tried_at > $latest) "
    "+ (select count(*) from daily_traffic where day > $latest) + (select count(*) from snapshot where "
    "observed_on > $latest)"
)


def nothing_ahead(collection: Collection) -> bool:
    """Whether all that is stored is of the fake GitHub's time."""
    return collection.rows(AHEAD, latest=(NOW + 3 * DAY).replace(tzinfo=None)) == [(0,)]


def test_a_date_far_from_the_runs_time_is_not_taken(collection: Collection) -> None:
    for part in ("one/traffic/views", "two/releases", "three"):
        collection.github.faults.add(Fault(headers={"date": FAR}).on(f"/repos/octo/{part}"))
    assert collection().state is RunState.COMPLETE
    assert nothing_ahead(collection)
    messages = collection.rows(
        "select distinct repository_id, message from collection_result where message is not null"
    )
    assert {repository_id for repository_id, _ in messages} == {1, 2, 3}
    assert all("Date (2028-11-24) cannot be; the time of the run was taken" in message for _, message in messages)


def test_the_first_date_of_a_run_is_asked_for_again_where_it_is_far_from_ours(collection: Collection) -> None:
    collection.github.faults.add(Fault(headers={"date": FAR}).on("/rate_limit"))
    assert collection().state is RunState.COMPLETE
    assert nothing_ahead(collection)
    assert collection.views("octo/one") == shown_views(collection.github.world.repositories[1])


def test_a_clock_far_ahead_of_ours_and_of_all_that_is_stored_is_pointed_out(collected: Collection) -> None:
    collected.github.clock.advance(HOUR)
    collected.github.faults.add(Fault(headers={"date": FAR}).repeated())
    report = collected()
    assert report.state is RunState.PARTIAL
    assert "GitHub says that today is 2028-11-24" in str(report.message)
    assert nothing_ahead(collected)
    assert ABSURD_FROM > 365 * DAY
