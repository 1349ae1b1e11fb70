"""What the client makes of statuses and bodies that are not a plain 200 (fault cases 10 to 21, 28, 31)."""

import pytest

from collector.client import TRIES
from collector.errors import (
    BadAnswer,
    GitHubError,
    Missing,
    NotReady,
    PagingLimited,
    RequestRefused,
    RunStopped,
    ServerFailed,
)
from tests.collector.asking import REPO, asking
from tests.fake_github import Answer, Fault, Request
from tests.fake_github import faults as cases
from tests.fake_github.answers import refused

TRANSIENT = [
    (cases.malformed_json(), BadAnswer),
    (Fault(200, b""), BadAnswer),
    (Fault(200, b"null"), BadAnswer),
    (Fault(200, b"[" * 100_000), BadAnswer),
    (Fault(200, b"\xff\xfe\x00"), BadAnswer),
    (Fault(200, b"9" * 5000), BadAnswer),
    (Fault(304, b""), BadAnswer),
    (cases.accepted_202(), NotReady),
    (Fault(202, b""), NotReady),
    (Fault(500, {"message": "Server Error"}), ServerFailed),
    (Fault(502, {"error": "Server Error"}), ServerFailed),
    (Fault(503, {"message": "Server Error"}), ServerFailed),
    (Fault(504, {"message": "Server Error"}), ServerFailed),
    (cases.unicorn_502(), ServerFailed),
    (Fault(503, cases.UNICORN), ServerFailed),
]


@pytest.mark.parametrize(("fault", "kind"), TRANSIENT)
def test_what_may_be_over_in_a_moment_is_tried_four_times_with_pauses(fault: Fault, kind: type[GitHubError]) -> None:
    with asking(fault.repeated(TRIES)) as there:
        with pytest.raises(kind):
            there.fetch()
        assert there.asked == TRIES
        assert len(there.clock.slept) == TRIES - 1
        assert there.fetch().status == 200


def test_json_under_a_wrong_name_is_taken_with_a_warning() -> None:
    with asking(Fault(headers={"content-type": "text/plain"})) as there:
        answer = there.fetch()
        assert answer.warnings == ("JSON came as text/plain",)
        assert there.asked == 1


def test_an_answer_that_has_not_changed_costs_no_body() -> None:
    with asking() as there:
        first = there.fetch()
        assert first.etag is not None
        again = there.fetch(etag=first.etag)
        assert (again.unchanged, again.body, again.status, again.etag) == (True, None, 304, first.etag)


@pytest.mark.parametrize("etag", ["plain", 'W/"a\tb"', '"' + "x" * 300 + '"', '"a" "b"'])
def test_a_validator_that_is_none_is_not_kept(etag: str) -> None:
    with asking(Fault(headers={"etag": etag})) as there:
        assert there.fetch().etag is None


def test_pages_end_with_an_error_of_its_own_where_github_gives_no_more() -> None:
    with asking() as there:
        link = f'<{there.server.url}/user/repos?page=2>; rel="next"'
        there.server.faults.add(Fault(headers={"link": link}), cases.answered(refused("pagination_limited")))
        pages = there.github.fetch_pages("/user/repos")
        assert next(pages).status == 200
        with pytest.raises(PagingLimited, match="pagination is limited"):
            next(pages)


def test_no_more_pages_than_asked_for_are_fetched() -> None:
    with asking() as there:
        onward = Fault(rework=lambda answer, request: linked(answer, request, there.server.url)).repeated()
        there.server.faults.add(onward)
        assert len(list(there.github.fetch_pages("/user/repos", max_pages=3))) == 3
        assert there.asked == 3


def linked(answer: Answer, request: Request, url: str) -> Answer:
    following = int(request.query.get("page", "1")) + 1
    answer.headers["link"] = f'<{url}/user/repos?page={following}>; rel="next"'
    return answer


@pytest.mark.parametrize("link", ["<", "<>", ",,;;", '<a>; rel="next', "<x>;rel=next;;=", '"; rel=next', "\xff<>;"])
def test_a_link_header_that_makes_no_sense_ends_the_list_or_is_refused(link: str) -> None:
    with asking(Fault(headers={"link": link}).repeated()) as there:
        pages = there.github.fetch_pages("/user/repos")
        assert next(pages).status == 200
        with pytest.raises((StopIteration, RequestRefused)):
            next(pages)


def test_a_404_between_good_answers_is_asked_again_after_some_seconds() -> None:
    with asking(cases.not_found_once()) as there:
        assert there.fetch(confirm_missing=True).status == 200
        assert there.clock.slept == [3]


def test_a_404_that_stays_says_all_that_it_may_mean() -> None:
    with asking() as there:
        there.server.world.delete(1)
        with pytest.raises(Missing, match=r"deleted, is misspelt, or is private"):
            there.fetch(REPO, confirm_missing=True)
        assert there.asked == 2


def test_an_enterprise_server_stops_the_run_and_says_that_it_has_no_traffic() -> None:
    with asking() as there:
        there.server.switches.enterprise_server = True
        with pytest.raises(RunStopped, match="GitHub Enterprise Server: it has no traffic API"):
            there.fetch()
