"""What the simulated GitHub notes of its clients: every request, and everything that a polite one does not do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulated_github import Limits, Repository, SimulatedGitHub, Token, Trigger, World
from tests.simulated_github.client import Client
from tests.simulated_github.requests_seen import KEPT, RequestsSeen, Seen

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE = "/repos/sample/one"


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub with one repository and one token that has 10 requests an hour."""
    world = World([Repository(1, "sample", "one")], [Token("ghp_a", "sample-owner")])
    with SimulatedGitHub(world, now=NOON, limits=Limits(requests_an_hour=10)) as github:
        yield github


@pytest.fixture
def client(github: SimulatedGitHub) -> Iterator[Client]:
    """A client with a token."""
    with Client(github.url, "ghp_a") as client:
        yield client


def test_every_request_is_noted_with_whose_it_was_and_what_it_got(github: SimulatedGitHub, client: Client) -> None:
    client.get(f"{ONE}/traffic/views?per=week")
    client.get("/repos/sample/missing")
    seen = [(each.method, each.target, each.login, each.status) for each in github.requests]
    assert seen == [
        ("GET", f"{ONE}/traffic/views?per=week", "sample-owner", 200),
        ("GET", "/repos/sample/missing", "sample-owner", 404),
    ]
    assert (github.requests.total, dict(github.requests.by_status)) == (2, {200: 1, 404: 1})


def test_requests_are_in_the_order_of_their_moments(github: SimulatedGitHub, client: Client) -> None:
    for _ in range(5):
        client.get(ONE)
    moments = [each.at for each in github.requests]
    assert moments == sorted(moments)
    assert len(set(moments)) == 5


def test_totals_outlive_the_newest_requests() -> None:
    requests = RequestsSeen()
    for n in range(KEPT + 5):
        requests.note(Seen("GET", f"/{n}", None, float(n), 200))
    assert (len(requests), requests.total) == (KEPT, KEPT + 5)
    assert requests.targets()[0] == "/5"


def test_a_polite_client_leaves_no_violation(github: SimulatedGitHub, client: Client) -> None:
    etag = client.get(ONE).headers["etag"]
    client.get(ONE, if_none_match=etag, x_github_api_version="2026-03-10")
    client.get(f"{ONE}/traffic/views", if_none_match=f'"strong", {etag}')
    assert github.violations == []


@pytest.mark.parametrize(
    ("target", "headers", "violation"),
    [
        (ONE, {"user_agent": None}, "no User-Agent"),
        (f"{ONE}/", {}, "a slash at the end of the path"),
        (ONE, {"x_github_api_version": "v3"}, "an unknown X-GitHub-Api-Version"),
        (ONE, {"if_none_match": "W/abc"}, "an etag without its quotation marks"),
        (ONE, {"if_none_match": "47961c20"}, "an etag without its quotation marks"),
        (ONE, {"host": "evil.example:80"}, "a token was sent to another host"),
    ],
)
def test_what_is_wrong_with_a_request_is_noted(
    github: SimulatedGitHub, client: Client, target: str, headers: dict[str, str | None], violation: str
) -> None:
    client.get(target, **headers)
    assert github.violations == [f"GET {target}: {violation}"]


@pytest.mark.parametrize("query", ["access_token=ghp_secret1", "q=github_pat_secret1", "access_token=secret1&x=1"])
def test_a_token_in_the_address_is_noted_and_not_repeated(github: SimulatedGitHub, client: Client, query: str) -> None:
    client.get(f"{ONE}?{query}")
    assert [violation.split(": ")[1] for violation in github.violations] == ["a token in the address"]
    assert "secret1" not in str(github.violations) + str(github.requests.targets())


def test_the_first_refusal_tells_and_the_next_request_is_a_violation(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.use_up(1001)
    client.get(ONE)
    assert github.violations == []
    client.get(ONE)
    assert github.violations == [f"GET {ONE}: a request during a limit"]


def test_asking_before_retry_after_is_a_violation_and_after_it_is_not(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.limit_after(1001, Trigger(0, retry_after_s=30))
    client.get(ONE)
    github.clock.advance(timedelta(seconds=30))
    client.get(ONE)
    assert github.violations == []
    github.budgets.limit_after(1001, Trigger(0, retry_after_s=30))
    client.get(ONE)
    github.clock.advance(timedelta(seconds=29))
    client.get(ONE)
    assert github.violations == [f"GET {ONE}: a request during a limit"]


def test_a_request_that_was_on_its_way_when_the_limit_came_is_excused_once(github: SimulatedGitHub) -> None:
    with Client(github.url, "ghp_a") as one, Client(github.url, "ghp_a") as other:
        one.get(ONE), other.get(ONE)
        github.budgets.use_up(1001)
        one.get(ONE), other.get(ONE)
        assert github.violations == []
        other.get(ONE)
        assert len(github.violations) == 1


def test_the_free_rate_limit_is_no_violation_while_the_hour_is_used_up(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.use_up(1001)
    client.get(ONE)
    client.get("/rate_limit")
    assert github.violations == []
    client.get(ONE)
    assert len(github.violations) == 1


def test_a_refused_token_may_be_tried_once_more_and_then_no_more(github: SimulatedGitHub) -> None:
    with Client(github.url, "ghp_nobody") as stranger:
        stranger.get(ONE), stranger.get(ONE)
        assert github.violations == []
        stranger.get(ONE)
    assert github.violations == [f"GET {ONE}: a token that was refused with 401 is tried again and again"]


def test_different_bad_tokens_are_no_insisting(github: SimulatedGitHub) -> None:
    with Client(github.url) as client:
        for n in range(4):
            client.get(ONE, authorization=f"Bearer ghp_{n}")
    assert github.violations == []


def test_going_on_during_a_lockout_is_a_violation(github: SimulatedGitHub, client: Client) -> None:
    github.limits.bad_tokens = 0
    with Client(github.url, "ghp_nobody") as stranger:
        assert stranger.get(ONE).status == 403
        assert github.violations == []
        stranger.get(ONE)
    assert github.violations == [f"GET {ONE}: a request during the lockout that bad tokens have caused"]
    github.clock.advance(timedelta(minutes=15))
    assert client.get(ONE).status == 200


def test_what_was_seen_can_be_forgotten(github: SimulatedGitHub, client: Client) -> None:
    client.get(f"{ONE}/")
    github.requests.clear()
    github.violations.clear()
    assert (len(github.requests), github.requests.total, github.violations) == (0, 0, [])
