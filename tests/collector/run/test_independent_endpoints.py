"""Each endpoint stands alone: what succeeded is stored, what failed is recorded with the reason, the run goes on."""

import pytest

from data.collection.models import RunState
from tests.collector.run.collecting import HOUR, MINUTE, Collection, shown_views
from tests.fake_github import FOR_EVER, Fault
from tests.fake_github.faults import unicorn_502

ADDRESSES = {
    "views": "*/octo/two/traffic/views",
    "clones": "*/octo/two/traffic/clones",
    "referrers": "*/octo/two/traffic/popular/referrers",
    "paths": "*/octo/two/traffic/popular/paths",
    "star_history": "*/octo/two/stargazers/history",
    "releases": "*/octo/two/releases",
}
WHOLE = {
    "repository": "ok",
    "views": "ok",
    "clones": "ok",
    "weekly_views": "ok",
    "weekly_clones": "ok",
    "referrers": "ok",
    "paths": "ok",
    "star_history": "ok",
    "releases": "ok",
}


def test_a_run_stores_everything_that_github_shows(collection: Collection) -> None:
    report = collection()
    assert report.state is RunState.COMPLETE
    assert collection.outcomes() == dict.fromkeys(("octo/one", "octo/two", "octo/three"), WHOLE)
    for given in collection.github.world.repositories.values():
        assert collection.views(given.full_name) == shown_views(given)
    assert [name for name, rows in collection.tables().items() if not rows] == ["traffic_revision"]
    assert collection.github.violations == []


@pytest.mark.parametrize("endpoints", [("views", "clones", "referrers"), ("paths", "star_history", "releases")])
def test_what_fails_is_recorded_with_the_reason_and_the_rest_is_stored(
    collection: Collection, endpoints: tuple[str, ...]
) -> None:
    failing = dict(zip(("octo/one", "octo/two", "octo/three"), endpoints, strict=True))
    for name, endpoint in failing.items():
        address = ADDRESSES[endpoint].replace("octo/two", name)
        collection.github.faults.add(Fault(500, {"message": "Server Error"}).on(address).repeated(FOR_EVER))
    report, outcomes, number = collection(), collection.outcomes(), 0
    for name, endpoint in failing.items():
        failed = {each for each, outcome in outcomes[name].items() if outcome != "ok"}
        assert (failed, outcomes[name].keys()) == ({endpoint, f"weekly_{endpoint}"} & WHOLE.keys(), WHOLE.keys())
        assert collection.message(name, endpoint) == "GitHub failed with status 500 (Server Error)."
        number += len(failed)
    assert (report.state, report.failures) == (RunState.PARTIAL, number)


def test_what_failed_for_a_moment_is_made_up_for_in_the_next_run(collection: Collection) -> None:
    for pattern in ADDRESSES.values():
        collection.github.faults.add(unicorn_502().on(pattern).repeated(8))
    assert collection().state is RunState.PARTIAL
    collection.github.faults.clear()
    assert collection.later(HOUR).state is RunState.COMPLETE
    assert collection.views("octo/two") == shown_views(collection.github.world.repositories[2])
    stored = collection.rows("select distinct listing from snapshot where repository_id = 2 order by all")
    assert stored == [("paths",), ("referrers",)]


def test_a_run_in_which_nothing_succeeds_has_failed(collection: Collection) -> None:
    collection.github.faults.add(Fault(503, {"message": "Server Error"}).on("/repos/*").repeated(FOR_EVER))
    assert collection().state is RunState.FAILED
    assert collection.last_run()[0] is RunState.FAILED


def test_an_answer_that_is_not_what_was_asked_for_stores_nothing_of_it(collection: Collection) -> None:
    collection.github.faults.add(Fault(200, {"views": "many"}).on(ADDRESSES["views"]).repeated(FOR_EVER))
    collection()
    assert collection.outcomes()["octo/two"]["views"] == "bad_rows"
    assert collection.views("octo/two") == {}
    assert collection.message("octo/two", "views") == "GitHub's answer cannot be used: the list views is missing."


def test_a_run_without_anything_to_collect_writes_no_log(newcomer: Collection) -> None:
    report = newcomer()
    assert (report.run_id, report.state) == (None, RunState.COMPLETE)
    assert newcomer.rows("select count(*) from collection_run") == [(0,)]
    newcomer.github.clock.advance(MINUTE)
