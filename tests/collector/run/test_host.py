"""What concerns GitHub as a whole ends the run early, with a sentence, and costs nothing that was stored."""

from collections.abc import Iterator

import pytest

from collector.clock import HOST_DOWN_AFTER
from data.collection.models import RunState
from tests.collector.run.collecting import DAY, HOUR, NOW, Collection, shown_views, small_world
from tests.fake_github import FakeGitHub
from tests.fake_github.answers import Answer, Request
from tests.fake_github.faults import Fault, retired_version_410, unicorn_502, unsupported_version_400

NOTHING = "GitHub reported no views for any of 8 repositories"


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """GitHub with eight repositories."""
    with FakeGitHub(small_world(8), now=NOW) as github:
        yield github


def off_the_net(github: FakeGitHub) -> Fault:
    """The request that meets this is the last that GitHub hears."""

    def cut(answer: Answer, request: Request) -> Answer:
        github.stop()
        return answer

    return Fault(rework=cut)


def test_a_host_that_is_down_is_noticed_before_anything_is_asked(collection: Collection) -> None:
    collection.github.stop()
    report = collection()
    assert (report.state, report.requests, report.repositories) == (RunState.FAILED, 4, 0)
    assert "Could not connect to GitHub (127.0.0.1)" in str(report.message)
    assert collection.last_run() == (RunState.FAILED, report.message, True)
    assert collection.rows("select count(*) from collection_result") == [(0,)]


def test_a_host_that_goes_down_mid_run_ends_it_after_a_few_visits(collection: Collection) -> None:
    collection.concurrency = 1
    collection.github.faults.add(off_the_net(collection.github).on("*/octo/three/traffic/clones"))
    report = collection()
    assert report.state is RunState.PARTIAL
    assert "Could not connect to GitHub (127.0.0.1)" in str(report.message)
    assert len(collection.progress.visited) == 2 + HOST_DOWN_AFTER
    assert collection.views("octo/two") == shown_views(collection.github.world.repositories[2])
    assert collection.state("octo/seven") == ("active", None)


@pytest.mark.parametrize("fault", [retired_version_410, unsupported_version_400])
@pytest.mark.parametrize("place", ["/rate_limit", "*/octo/three/traffic/clones"])
def test_an_api_version_that_is_gone_stops_the_run_and_says_so(
    collection: Collection, fault: object, place: str
) -> None:
    collection.concurrency = 1
    collection.github.faults.add(fault().on(place))  # type: ignore[operator]
    report = collection()
    assert report.state is (RunState.FAILED if place == "/rate_limit" else RunState.PARTIAL)
    assert "X-GitHub-Api-Version" in str(report.message)
    assert len(collection.github.requests) == (1 if place == "/rate_limit" else 10)
    assert len(collection.outcomes()) == (0 if place == "/rate_limit" else 3)


def test_limits_that_github_cannot_tell_at_the_start_stop_nothing(collection: Collection) -> None:
    collection.github.faults.add(unicorn_502().on("/rate_limit").repeated(4))
    assert collection().state is RunState.COMPLETE
    assert "GitHub's limits are not known yet" in collection.progress.warnings[0]


def all_zero(collection: Collection) -> None:
    for given in collection.github.world.repositories.values():
        given.views = {}


def test_views_of_zero_everywhere_at_once_are_pointed_out_and_take_nothing_away(collection: Collection) -> None:
    collection()
    before = collection.tables()["daily_traffic"]
    all_zero(collection)
    report = collection.later(HOUR)
    assert report.state is RunState.PARTIAL
    assert NOTHING in str(report.message)
    assert collection.tables()["daily_traffic"] == before
    assert NOTHING in str(collection.last_run()[1])


def test_repositories_that_were_always_quiet_are_no_outage(collection: Collection) -> None:
    all_zero(collection)
    assert collection().state is RunState.COMPLETE
    assert collection.later(DAY).message is None
