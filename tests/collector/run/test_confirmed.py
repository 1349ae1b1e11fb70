"""Nothing is asked of a repository whose id is not known for certain, and an answer of another one is never used."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from data.collection.models import RunState
from tests.collector.run.collecting import DAY, NOW, Collection, repository
from tests.fake_github import Answer, Fault, Request
from tests.fake_github.faults import redirect

OTHER = 99


def other_repository() -> Any:
    """A repository with other traffic."""
    referrers = [(datetime(2026, 1, 1, tzinfo=NOW.tzinfo), [("other.example", 9, 3)])]
    return repository(OTHER, "other", referrers=referrers)


@pytest.fixture
def known(collected: Collection) -> Collection:
    """All were collected once; another is there that nobody tracks."""
    collected.github.world.add(other_repository())
    return collected


def take_over(known: Collection) -> None:
    """The other one gets the name of octo/one, which is gone."""
    known.github.world.delete(1)
    known.github.world.rename(OTHER, "octo/one")


def test_while_the_repository_itself_fails_nothing_is_asked_under_its_name(known: Collection) -> None:
    before = known.views("octo/one")
    take_over(known)
    known.github.faults.add(Fault(502, {"message": "Server Error"}).on("/repos/octo/one").repeated())
    assert known.later(DAY).state is RunState.PARTIAL
    assert known.asked("/octo/one/") == 0
    assert known.views("octo/one") == before
    assert "not certain that the name still means this repository" in known.message("octo/one", "repository")


def lead_views_to_other(known: Collection, name: str, status: int = 301) -> None:
    """Redirect the views of a repository to the other one's."""
    to_other = redirect(status, lambda _: f"/repositories/{OTHER}/traffic/views")
    known.github.faults.add(to_other.on(f"/repos/{name}/traffic/views").repeated())


def test_traffic_to_which_github_led_under_another_id_is_refused(known: Collection) -> None:
    led = {"octo/one": 301, "octo/two": 307}
    for name, status in led.items():
        lead_views_to_other(known, name, status)
    known.later(DAY)
    for name in led:
        assert (known.outcomes()[name]["views"], known.outcomes()[name]["clones"]) == ("name_reused", "ok")
        assert "id 99); nothing of its answer was used" in known.message(name, "views")
        assert max(known.views(name).values()) < (1000, 0)


def test_when_the_own_id_is_gone_as_well_the_repository_is_unavailable(known: Collection) -> None:
    lead_views_to_other(known, "octo/one")
    known.github.faults.add(Fault(404, {"message": "Not Found"}).on("/repositories/1").repeated())
    known.later(DAY)
    assert known.state("octo/one")[0] == "unavailable"
    assert known.asked("/octo/one/traffic/clones") == 0


def test_a_redirect_to_the_own_id_is_followed(known: Collection) -> None:
    known.github.world.rename(1, "octo/uno")
    known.github.faults.add(
        redirect(301, lambda _: "/repositories/1/traffic/views").on("/repos/octo/uno/traffic/views")
    )
    assert known.later(DAY).state is RunState.COMPLETE


def in_the_middle(known: Collection, minutes: int) -> None:
    """While the clones of octo/one are answered the name changes hands, and so many minutes go by."""

    def swap(answer: Answer, _: Request) -> Answer:
        take_over(known)
        known.github.clock.advance(timedelta(minutes=minutes))
        return answer

    known.github.faults.add(Fault(rework=swap).on("/repos/octo/one/traffic/clones"))


def test_a_name_that_changes_hands_during_a_run_is_noticed_before_its_lists_are_asked_for(known: Collection) -> None:
    in_the_middle(known, minutes=6)
    known.later(DAY)
    assert known.rows("select count(*) from referrer_snapshot where referrer = 'other.example'") == [(0,)]
    assert known.state("octo/one")[0] == "unavailable"
    assert known.asked("/octo/one/traffic/popular") == 0


def test_a_later_visit_confirms_again_at_no_cost_and_without_a_line_in_the_log(collection: Collection) -> None:
    def linger(answer: Answer, _: Request) -> Answer:
        collection.github.clock.advance(timedelta(minutes=6))
        return answer

    collection.github.faults.add(Fault(rework=linger).on("/repos/octo/three/traffic/clones"))
    assert collection().state is RunState.COMPLETE
    assert collection.github.requests.by_status[304] >= 1, "octo/three for certain, the others if they came before it"
    assert collection.rows("select count(*) from collection_result where endpoint = 'repository'") == [(3,)]
