"""Several threads and several tokens of one owner share one budget, and GitHub has nothing to complain of."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.client import GitHub
from collector.errors import LimitReached
from collector.rate_limit import LimitHit, RateLimiter, until_reset, until_retry
from collector.settings import Settings
from data.collection.models import Outcome
from tests.collector.asking import CLONES, NOW, REFERRERS, REPO, SECRET, VIEWS, VirtualClock, asking, hello
from tests.fake_github import Token, Trigger, World

OWNER_ID = 1001
LIMITS = st.sampled_from([Outcome.PRIMARY_LIMIT, Outcome.SECONDARY_LIMIT])
UNHURRIED = settings(deadline=None, max_examples=50)
SECOND = "ghp_secondTokenOfTheSameUser0123456789abc"
PATHS = [REPO, VIEWS, CLONES, REFERRERS]
Made = TypeVar("Made")


def at_once(calls: Sequence[Callable[[], Made]], threads: int = 4) -> list[Made]:
    with ThreadPoolExecutor(threads) as pool:
        return [each.result() for each in [pool.submit(call) for call in calls]]


def statuses(github: GitHub, number: int) -> list[int]:
    return at_once([partial(status, github, path) for path in PATHS * (number // 4)])


def status(github: GitHub, path: str) -> int:
    return github.fetch(path).status


def test_four_threads_ask_four_at_once_and_no_more() -> None:
    with asking(concurrency=4) as there:
        there.server.switches.latency_s = 0.01
        assert statuses(there.github, 200) == [200] * 200
        assert there.server.requests.greatest_concurrency == 4
        assert there.server.violations == []


@pytest.mark.parametrize("retry_after", [None, 30])
def test_a_secondary_limit_met_by_four_threads_at_once_is_waited_for_once(retry_after: int | None) -> None:
    with asking(concurrency=4) as there:
        there.server.switches.latency_s = 0.005
        there.server.budgets.of(OWNER_ID).trigger = Trigger(20, retry_after)
        assert statuses(there.github, 80) == [200] * 80
        assert there.server.violations == []
        assert len(there.told) == 1
        assert there.server.requests.by_status[403] <= 4


def test_a_budget_used_up_under_four_threads_is_never_overdrawn() -> None:
    with asking(concurrency=4) as there:
        there.server.budgets.of(OWNER_ID).limit = 50
        assert statuses(there.github, 120) == [200] * 120
        assert there.server.requests.by_status == {200: 120}
        assert there.server.violations == []


def test_two_tokens_of_one_user_share_one_budget() -> None:
    world = World([hello()], [Token(SECRET), Token(SECOND)])
    with asking(world=world, concurrency=4) as there:
        there.server.budgets.of(OWNER_ID).limit = 30
        second = GitHub(there.settings, SECOND, there.github.limiter, there.clock)
        calls = [
            lambda github=github: github.fetch(VIEWS).status for github in (there.github, second) for _ in range(50)
        ]
        assert at_once(calls, 8) == [200] * 100
        assert there.server.requests.by_status == {200: 100}
        assert there.server.requests.greatest_concurrency <= 4


def test_the_pace_is_kept_over_all_threads() -> None:
    with asking(concurrency=4) as there:
        slow = Settings(there.server.url, requests_a_minute=600, concurrency=4)
        github = GitHub(slow, SECRET, RateLimiter(slow, there.clock), there.clock)
        began = there.clock.monotonic()
        statuses(github, 1200)
        assert there.clock.monotonic() - began >= (1200 - 5) / 10
        assert there.server.violations == []


def test_all_threads_end_when_the_budget_is_given_up() -> None:
    with asking(concurrency=4) as there:
        there.server.budgets.of(OWNER_ID).trigger = Trigger(0, 86_400)

        def ends() -> str:
            with pytest.raises(LimitReached) as caught:
                there.fetch()
            return caught.value.outcome

        assert at_once([ends] * 40) == ["secondary_limit"] * 40
        assert there.asked <= 4


@UNHURRIED
@given(st.text(max_size=40))
def test_no_retry_after_and_no_reset_makes_the_client_fail_or_wait_less_than_no_time(text: str) -> None:
    wait = until_retry(text, NOW)
    assert wait is None or wait >= 1


@UNHURRIED
@given(st.integers(0, 10**20 - 1), st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_a_reset_is_never_more_than_an_hour_away(epoch: int, skew: timedelta) -> None:
    assert 1 <= until_reset(str(epoch), NOW + skew) <= 3601


@UNHURRIED
@given(st.lists(st.tuples(LIMITS, st.floats(1, 5000)), max_size=6))
def test_whatever_limits_come_the_owner_waits_them_out_or_ends(refusals: list[tuple[Outcome, float]]) -> None:
    clock = VirtualClock()
    owner = RateLimiter(Settings(requests_a_minute=60_000), clock)
    for number, (outcome, wait) in enumerate(refusals):
        with owner.acquire() as sent_at:
            until = sent_at + wait
        if number == 3 or wait > 3700:
            with pytest.raises(LimitReached):
                owner.back_off(LimitHit(outcome, wait), sent_at)
            return
        owner.back_off(LimitHit(outcome, wait), sent_at)
        with owner.acquire() as sent_at:
            assert sent_at >= until


@pytest.mark.parametrize(
    ("remaining", "waits"), [(["2", "0", "1"], [601]), (["1", "0"], [601]), (["0", "1"], [601]), (["2", "1"], [])]
)
def test_an_answer_that_comes_late_does_not_bring_back_what_is_used_up(remaining: list[str], waits: list[int]) -> None:
    clock = VirtualClock()
    limiter, reset = RateLimiter(Settings(requests_a_minute=60_000), clock), str(int(NOW.timestamp()) + 600)
    for left in remaining:
        limiter.observe({"x-ratelimit-remaining": left, "x-ratelimit-reset": reset}, NOW)
    with limiter.acquire():
        assert clock.waits() == waits
