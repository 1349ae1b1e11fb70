"""The simulated limits: really enforced for each token owner, and told in GitHub's headers and words."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from tests.simulated_github import Limits, Repository, SimulatedGitHub, Switches, Token, Trigger, World
from tests.simulated_github.client import Client, Reply

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWNER, OTHER = 1001, 2002
HOUR = timedelta(hours=1)


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub that allows 10 requests an hour; one owner has two tokens, another has one."""
    tokens = [Token("ghp_a"), Token("ghp_b"), Token("ghp_c", "other", OTHER)]
    world = World([Repository(1, "sample", "one")], tokens)
    with SimulatedGitHub(world, now=NOON, limits=Limits(requests_an_hour=10)) as github:
        yield github


@pytest.fixture
def client(github: SimulatedGitHub) -> Iterator[Client]:
    """A client of the owner with two tokens."""
    with Client(github.url, "ghp_a") as client:
        yield client


def ask(client: Client, times: int = 1, target: str = "/repos/sample/one") -> list[Reply]:
    return [client.get(target) for _ in range(times)]


def test_every_answer_counts_down(client: Client) -> None:
    replies = ask(client, 2) + ask(client, 1, "/repos/sample/missing")
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["9", "8", "7"]
    assert [reply.headers["x-ratelimit-used"] for reply in replies] == ["1", "2", "3"]
    assert replies[0].headers["x-ratelimit-reset"] == str(int((NOON + HOUR).timestamp()))
    assert (replies[0].headers["x-ratelimit-limit"], replies[0].headers["x-ratelimit-resource"]) == ("10", "core")


def test_a_used_up_budget_is_refused_until_its_reset(github: SimulatedGitHub, client: Client) -> None:
    assert [reply.status for reply in ask(client, 11)] == [200] * 10 + [403]
    [refused] = ask(client)
    assert refused.message == f"API rate limit exceeded for user ID {OWNER}."
    assert refused.headers["x-ratelimit-remaining"] == "0"
    github.clock.advance(HOUR - timedelta(seconds=1))
    assert ask(client)[0].status == 403
    github.clock.advance(timedelta(seconds=1))
    assert ask(client)[0].headers["x-ratelimit-remaining"] == "9"


def test_the_primary_limit_may_be_told_with_429(github: SimulatedGitHub, client: Client) -> None:
    github.limits.primary_status = 429
    github.budgets.use_up(OWNER, timedelta(minutes=5))
    [refused] = ask(client)
    assert refused.status == 429
    assert refused.headers["x-ratelimit-reset"] == str(int((NOON + timedelta(minutes=5)).timestamp()))


def test_tokens_of_one_owner_share_a_budget_and_others_have_their_own(github: SimulatedGitHub, client: Client) -> None:
    ask(client, 10)
    with Client(github.url, "ghp_b") as same_owner, Client(github.url, "ghp_c") as other:
        assert ask(same_owner)[0].status == 403
        assert ask(other)[0].headers["x-ratelimit-remaining"] == "9"


def test_an_owner_may_have_another_budget_than_the_rest(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.set_hourly(OWNER, 15000)
    assert ask(client)[0].headers["x-ratelimit-limit"] == "15000"


def test_without_a_token_there_are_60_requests(github: SimulatedGitHub) -> None:
    with Client(github.url) as anyone:
        assert [reply.status for reply in ask(anyone, 61)] == [200] * 60 + [403]
        assert ask(anyone)[0].message.startswith("API rate limit exceeded for 127.0.0.1. (But here's the good news:")


def test_rate_limit_is_free_and_answers_even_when_nothing_is_left(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.use_up(OWNER)
    replies = ask(client, 3, "/rate_limit")
    assert [reply.status for reply in replies] == [200] * 3
    assert replies[0].json["resources"]["core"] | {"reset": 0} == {"limit": 10, "used": 10, "remaining": 0, "reset": 0}


def test_the_newer_version_has_no_rate_of_its_own(client: Client) -> None:
    assert "rate" in client.get("/rate_limit").json
    assert "rate" not in client.get("/rate_limit", x_github_api_version="2026-03-10").json


def test_more_than_900_requests_in_a_minute_are_a_secondary_limit(github: SimulatedGitHub, client: Client) -> None:
    github.limits.requests_an_hour = 5000
    assert {reply.status for reply in ask(client, 900)} == {200}
    [refused] = ask(client)
    assert refused.status == 403
    assert refused.message.startswith("You have exceeded a secondary rate limit. Please wait a few minutes before")
    assert (refused.headers["retry-after"], refused.headers["x-ratelimit-remaining"]) == ("60", "4100")
    assert github.violations == ["GET /repos/sample/one: more than 900 requests in a minute"]


def test_a_secondary_limit_ends_after_its_wait(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.limit_after(OWNER, Trigger(2, retry_after_s=30, status=429))
    assert [reply.status for reply in ask(client, 3)] == [200, 200, 429]
    github.clock.advance(timedelta(seconds=29))
    assert [reply.status for reply in ask(client, 1)] == [429]
    github.clock.advance(timedelta(seconds=1))
    assert [reply.status for reply in ask(client, 2)] == [200, 200]


def test_a_secondary_limit_may_come_without_retry_after_and_lasts_a_minute(github: SimulatedGitHub) -> None:
    github.budgets.limit_after(OWNER, Trigger(0, retry_after_s=None))
    with Client(github.url, "ghp_a") as client:
        assert "retry-after" not in ask(client)[0].headers
        github.clock.advance(timedelta(seconds=59))
        assert ask(client)[0].status == 403
        github.clock.advance(timedelta(seconds=1))
        assert ask(client)[0].status == 200


def test_a_secondary_limit_costs_nothing_of_the_hour(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.limit_after(OWNER, Trigger(1))
    assert [reply.headers["x-ratelimit-used"] for reply in ask(client, 3)] == ["1", "1", "1"]


def test_rate_limit_is_refused_by_a_secondary_limit(github: SimulatedGitHub, client: Client) -> None:
    github.budgets.limit_after(OWNER, Trigger(0))
    assert ask(client, 1, "/rate_limit")[0].status == 403


def test_a_real_wait_ends_a_secondary_limit_while_the_clock_stands_still(github: SimulatedGitHub) -> None:
    github.budgets.limit_after(OWNER, Trigger(0, retry_after_s=1))
    with Client(github.url, "ghp_a") as client:
        assert ask(client)[0].status == 403
        time.sleep(1.01)
        assert ask(client)[0].status == 200


def at_once(github: SimulatedGitHub, number: int) -> list[int]:
    """The statuses of so many requests at the same time, each on a connection of its own."""

    together = Barrier(number)

    def one(_: int) -> int:
        with Client(github.url, "ghp_a") as client:
            together.wait()
            return ask(client)[0].status

    with ThreadPoolExecutor(number) as pool:
        return sorted(pool.map(one, range(number)))


def test_requests_at_once_are_limited(github: SimulatedGitHub) -> None:
    github.limits.concurrency, github.switches.latency_s = 2, 0.5
    assert at_once(github, 4)[-1] == 403
    assert "GET /repos/sample/one: more than 2 requests at once" in github.violations


def test_the_greatest_concurrency_is_kept() -> None:
    world = World([Repository(1, "sample", "one")], [Token("ghp_a")])
    with SimulatedGitHub(world, now=NOON, switches=Switches(latency_s=0.5)) as github:
        assert at_once(github, 3) == [200] * 3
        assert github.requests.greatest_concurrency == 3
        assert github.budgets.of(OWNER).greatest_in_flight == 3
