"""What each endpoint asks, and what becomes of its answer (fault cases 16, 17, 20, 21, 65 and 70)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from collector.endpoints.endpoint import Fetched, Request, endpoints
from collector.endpoints.lists import ListingObservation
from collector.endpoints.releases import MAX_PAGES, ReleaseObservation
from collector.endpoints.repository import StatsObservation
from collector.endpoints.stars import StarObservation
from collector.endpoints.traffic import TrafficObservation, WeeklyObservation
from collector.errors import AnswerRefused, Missing
from tests.collector.asking import DAYS, NOW, SECRET, Asking, asking, hello
from tests.fake_github import SPARSE, Asset, Fault, Release, Token, World
from tests.fake_github import faults as cases

TARGETS = {
    "repository": "/repos/octo/hello",
    "views": "/repos/octo/hello/traffic/views",
    "clones": "/repos/octo/hello/traffic/clones",
    "weekly_views": "/repos/octo/hello/traffic/views?per=week",
    "weekly_clones": "/repos/octo/hello/traffic/clones?per=week",
    "referrers": "/repos/octo/hello/traffic/popular/referrers",
    "paths": "/repos/octo/hello/traffic/popular/paths",
    "star_history": "/repos/octo/hello/stargazers/history?per_page=5",
    "releases": "/repos/octo/hello/releases?per_page=30",
}
KINDS = {
    "repository": StatsObservation,
    "views": TrafficObservation,
    "clones": TrafficObservation,
    "weekly_views": WeeklyObservation,
    "weekly_clones": WeeklyObservation,
    "referrers": ListingObservation,
    "paths": ListingObservation,
    "star_history": StarObservation,
    "releases": ReleaseObservation,
}
BY_NAME = {endpoint.name: endpoint for endpoint in endpoints()}
LISTS = {"referrers", "paths", "star_history", "releases"}


@dataclass(frozen=True)
class Ask:
    """Asks one endpoint of octo/hello."""

    there: Asking

    def __call__(self, name: str, etag: str | None = None, answered_ago: timedelta | None = timedelta(1)) -> Fetched:
        return BY_NAME[name].fetch(self.there.github, Request("octo/hello", NOW, etag, answered_ago))


@pytest.mark.parametrize("endpoint", sorted(KINDS))
def test_each_endpoint_asks_once_and_gives_its_observation(endpoint: str) -> None:
    with asking() as there:
        fetched = Ask(there)(endpoint)
        assert there.server.requests.targets() == [TARGETS[endpoint]]
        assert type(fetched.observation) is KINDS[endpoint]
        assert (fetched.as_of, fetched.status, fetched.warnings) == (NOW, 200, ())
        assert there.server.violations == []


@pytest.mark.parametrize("endpoint", sorted(KINDS))
@pytest.mark.parametrize("case", [cases.wrong_top_type, cases.error_object_with_200])
def test_an_answer_of_another_kind_is_refused(endpoint: str, case: Any) -> None:
    with asking(case()) as there, pytest.raises(AnswerRefused):
        Ask(there)(endpoint)


@pytest.mark.parametrize("endpoint", sorted(KINDS))
def test_no_content_is_an_empty_list_and_for_all_else_a_refused_answer(endpoint: str) -> None:
    with asking(cases.no_content_204()) as there:
        if endpoint in LISTS:
            assert type(Ask(there)(endpoint).observation) is KINDS[endpoint]
        else:
            with pytest.raises(AnswerRefused):
                Ask(there)(endpoint)


@pytest.mark.parametrize("endpoint", ["repository", "views", "clones", "releases"])
def test_what_has_not_changed_is_observed_again_without_a_body(endpoint: str) -> None:
    with asking() as there:
        ask = Ask(there)
        first = ask(endpoint)
        assert first.etag is not None
        again = ask(endpoint, first.etag)
        assert (again.observation, again.status, again.etag, again.as_of) == (None, 304, first.etag, NOW)


def test_an_answer_that_covers_other_days_tomorrow_is_asked_for_in_full_each_time() -> None:
    with asking() as there:
        there.server.switches.window_mode = SPARSE
        assert Ask(there)("views").etag is None


@pytest.mark.parametrize("changed", [{"count": 7}, {"count": None}])
def test_an_odd_answer_is_asked_for_in_full_again(changed: dict[str, object]) -> None:
    with asking(Fault(change=lambda body: {**body, **changed})) as there:
        fetched = Ask(there)("views")
        assert fetched.etag is None
        assert "its rows add up to 140" in fetched.warnings[0]


def test_only_the_first_looks_at_a_repository_confirm_that_it_is_gone() -> None:
    with asking() as there:
        there.server.world.delete(1)
        for endpoint, requests in [("repository", 2), ("views", 2), ("clones", 1)]:
            there.server.requests.clear()
            with pytest.raises(Missing):
                Ask(there)(endpoint)
            assert there.asked == requests


def test_a_renamed_repository_answers_under_its_old_name_and_tells_its_new_path() -> None:
    with asking() as there:
        there.server.world.rename(1, "octo/renamed")
        fetched = Ask(there)("views")
        assert isinstance(fetched.observation, TrafficObservation)
        assert fetched.led_to == "/repositories/1/traffic/views"


def test_stars_come_from_their_beginning_first_and_from_the_last_weeks_later() -> None:
    world = World([hello(stars=dict.fromkeys(DAYS, 2))], [Token(SECRET)])
    with asking(world=world) as there:
        everything = Ask(there)("star_history", answered_ago=None).observation
        pages = there.asked
        recent = Ask(there)("star_history", answered_ago=timedelta(days=27)).observation
        assert isinstance(everything, StarObservation)
        assert isinstance(recent, StarObservation)
        assert pages > 10
        assert there.asked == pages + 1
        assert everything.days[-len(recent.days) :] == recent.days
        assert sum(each.stars for each in everything.days) == 60


def released(number: int) -> World:
    day = timedelta(days=1)
    releases = [
        Release(n, f"v{n}", NOW - n * day, assets=[Asset(1000 + n, "file.zip", n)]) for n in range(1, number + 1)
    ]
    return World([hello(releases=releases)], [Token(SECRET)])


def test_all_pages_of_releases_are_one_observation() -> None:
    with asking(world=released(70)) as there:
        fetched = Ask(there)("releases")
        assert isinstance(fetched.observation, ReleaseObservation)
        assert sorted(each.asset_id for each in fetched.observation.assets) == list(range(1001, 1071))
        assert there.asked == 3
        assert fetched.etag is None


def test_where_deep_pages_are_refused_those_before_are_kept_and_it_is_told() -> None:
    with asking(world=released(70)) as there:
        there.server.switches.deepest_page = 2
        fetched = Ask(there)("releases")
        assert isinstance(fetched.observation, ReleaseObservation)
        assert len(fetched.observation.releases) == 60
        assert "GitHub ended the list early; what it gave is kept" in fetched.warnings


def test_pages_without_end_are_ended() -> None:
    with asking() as there:
        numbers = iter(range(2, 1000))
        onward = Fault(rework=lambda answer, _: linked(answer, f"{there.server.url}/user/repos?page={next(numbers)}"))
        there.server.faults.add(onward.repeated())
        Ask(there)("releases")
        assert there.asked == MAX_PAGES


def linked(answer: Any, url: str) -> Any:
    answer.headers["link"] = f'<{url}>; rel="next"'
    answer.body = b"[]"
    return answer


def test_a_name_that_is_no_name_is_quoted_into_the_path() -> None:
    assert (
        BY_NAME["views"].url_path(Request("o/r?x=1#y /../z\\", NOW))
        == "/repos/o/r%3Fx%3D1%23y%20/../z%5C/traffic/views"
    )
