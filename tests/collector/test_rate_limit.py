"""How long the client waits, for which reason, and when it gives up instead (fault cases 44 to 51 and 54)."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.client import GitHub
from collector.clock import MustWait, Stopped, SystemClock
from collector.errors import LimitReached
from collector.rate_limit import LimitHit, RateLimiter, until_reset, until_retry
from collector.settings import Settings
from data.collection.models import Outcome
from tests.collector.asking import CLONES, NOW, REFERRERS, REPO, SECRET, VIEWS, VirtualClock, asking
from tests.fake_github import Fault, Trigger

OWNER_ID, EPOCH = 1001, int(NOW.timestamp())


def limited(**headers: str | None) -> Fault:
    """A secondary limit with these headers."""
    text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. And more."
    return Fault(403, {"message": text}, {name.replace("_", "-"): value for name, value in headers.items()})


def used_up(reset: str | int | None) -> Fault:
    """The primary limit with this reset."""
    header = None if reset is None else str(reset)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": header}
    return Fault(403, {"message": "API rate limit exceeded for user ID 1."}, headers)


def test_a_budget_used_up_before_the_run_is_waited_for_after_one_answer() -> None:
    with asking() as there:
        there.server.budgets.use_up(OWNER_ID, timedelta(minutes=10))
        assert there.fetch("/rate_limit").status == 200
        assert there.fetch().status == 200
        assert there.clock.waits() == [601]
        assert there.server.violations == []


def test_a_budget_that_is_used_up_on_the_way_is_waited_for() -> None:
    with asking() as there:
        there.server.budgets.of(OWNER_ID).limit = 3
        for _ in range(7):
            assert there.fetch().status == 200
        assert there.clock.waits() == [3601, 3601]
        assert 403 not in there.statuses


@pytest.mark.parametrize("status", [403, 429])
def test_a_budget_that_others_have_used_up_is_waited_for(status: int) -> None:
    with asking() as there:
        assert there.fetch().status == 200
        there.server.budgets.primary_status = status
        there.server.budgets.use_up(OWNER_ID, timedelta(minutes=5))
        assert there.fetch().status == 200
        assert there.clock.waits() == [301]
        assert [why for _, why in there.waits] == ["The hourly limit of this token's owner is used up."]


def test_a_wait_beyond_ones_patience_ends_the_work_and_says_when_it_goes_on() -> None:
    with asking() as there:
        there.server.budgets.use_up(OWNER_ID, timedelta(minutes=50))
        hasty = there.client(SECRET, patience_s=120)
        for _ in range(3):
            with pytest.raises(LimitReached, match="It ends in about 50 minutes") as caught:
                hasty.fetch(VIEWS)
            assert caught.value.outcome == "primary_limit"
        assert there.asked == 1
        assert there.clock.waits(0.5) == []


@pytest.mark.parametrize("retry_after", [1, 7, 60, 600])
def test_retry_after_is_obeyed_to_the_second(retry_after: int) -> None:
    with asking() as there:
        there.server.budgets.of(OWNER_ID).trigger = Trigger(1, retry_after)
        assert [there.fetch().status for _ in range(3)] == [200, 200, 200]
        assert there.clock.waits(0.5) == [retry_after]
        assert there.server.violations == []


def test_without_retry_after_the_waits_are_60_120_and_240_seconds_and_then_it_ends() -> None:
    with asking(limited(retry_after=None).repeated()) as there:
        with pytest.raises(LimitReached) as caught:
            there.fetch()
        assert caught.value.outcome == "secondary_limit"
        assert there.clock.waits() == [60, 120, 240]
        assert there.asked == 4


def test_a_good_answer_makes_the_next_secondary_limit_a_first_one_again() -> None:
    with asking() as there:
        for _ in range(3):
            there.server.faults.add(limited(retry_after=None))
            there.fetch()
        assert there.clock.waits() == [60, 60, 60]


def test_an_answer_that_was_on_its_way_before_the_limit_does_not_make_it_a_first_one() -> None:
    with asking(limited(retry_after=None), limited(retry_after=None)) as there:
        owner, early = there.github.limiter, there.clock.monotonic()
        there.clock.sleep(1)
        there.clock.before_sleeping = lambda: owner.succeeded(early)
        there.fetch()
        assert there.clock.waits() == [60, 120]


@pytest.mark.parametrize(
    ("text", "waited"),
    [
        ("90", 90),
        ("-5", 1),
        ("0", 1),
        (" 45 ", 45),
        ("soon", 60),
        ("", 60),
        ("1.5", 60),
        ("¹²", 60),
        ("--9", 60),
        ("9" * 5000, 60),
        ("9" * 20, None),
        ("86400", None),
        (format_datetime(NOW + timedelta(seconds=75), usegmt=True), 75),
        (format_datetime(NOW - timedelta(days=9), usegmt=True), 1),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), None),
        ("Sun, 99 May 2026 99:00:00 GMT", 60),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_every_form_of_retry_after_leads_to_a_wait_or_an_end(text: str, waited: int | None) -> None:
    with asking(limited(retry_after=text)) as there:
        if waited is None:
            with pytest.raises(LimitReached, match="left to the next run"):
                there.fetch()
        else:
            assert there.fetch().status == 200
        assert there.clock.waits(0.5) == ([] if waited is None else [waited])


@pytest.mark.parametrize(
    ("reset", "waited"),
    [
        (EPOCH - 3600, 1),
        ((EPOCH + 60) * 1000, 61),
        (None, 60),
        (EPOCH + 365 * 86400, 3601),
        ("²", 60),
        ("-1", 60),
        ("9" * 5000, 60),
        ("0", 1),
    ],
)
def test_every_form_of_the_reset_leads_to_a_wait_within_the_hour(reset: str | int | None, waited: int) -> None:
    with asking(used_up(reset)) as there:
        assert there.fetch().status == 200
        assert there.clock.waits(0.5) == [waited]


def test_a_reset_that_is_always_over_does_not_keep_the_client_asking() -> None:
    with asking(used_up(EPOCH - 3600).repeated()) as there:
        with pytest.raises(LimitReached):
            there.fetch()
        assert there.asked == 4


@pytest.mark.parametrize("hours", [-30, -5, 5, 30, 24 * 400])
def test_a_clock_of_github_that_differs_from_ours_by_hours_changes_no_wait(hours: int) -> None:
    with asking() as there:
        there.server.clock.now = datetime.now(UTC) + timedelta(hours=hours)
        there.server.budgets.use_up(OWNER_ID, timedelta(minutes=7))
        answer = there.fetch()
        assert there.clock.waits() == [pytest.approx(421, abs=1)]
        assert abs(answer.as_of - there.server.clock.now) < timedelta(seconds=2)


@pytest.mark.parametrize(
    "date", [None, "yesterday", "Fri, 31 Dec 9999 23:59:59 -2300", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_without_a_date_that_can_be_our_own_clock_is_taken_with_a_warning(date: str | None) -> None:
    with asking(Fault(headers={"date": date})) as there:
        answer = there.fetch()
        assert abs(answer.as_of - datetime.now(UTC)) < timedelta(minutes=1)
        assert answer.warnings == ("the answer had no Date; ours was taken",)


def test_the_date_of_an_answer_is_that_of_github_in_utc() -> None:
    with asking(Fault(headers={"date": "Sun, 10 May 2026 01:00:00 +0200"})) as there:
        assert there.fetch().as_of == datetime(2026, 5, 9, 23, tzinfo=UTC)


@pytest.mark.parametrize("number", ["²", "", "-1", "9" * 5000, "many"])
def test_headers_that_are_no_numbers_are_left_aside(number: str) -> None:
    odd = Fault(headers={"x-ratelimit-remaining": number, "x-ratelimit-reset": number})
    with asking(odd.repeated(2)) as there:
        assert [there.fetch().status for _ in range(3)] == [200, 200, 200]
        assert there.clock.waits() == []


def test_without_headers_of_a_limit_none_is_assumed() -> None:
    names = [f"x-ratelimit-{name}" for name in ("limit", "remaining", "used", "reset")]
    with asking(Fault(headers=dict.fromkeys(names)).repeated()) as there:
        assert [there.fetch().status for _ in range(5)] == [200] * 5
        assert there.clock.waits() == []


def test_after_secondary_limits_it_goes_on_more_slowly() -> None:
    with asking(limited(retry_after="1")) as there:
        intervals = []
        for _ in range(2):
            there.clock.slept.clear()
            for _ in range(40):
                there.fetch(REPO)
            intervals.append(there.github.limiter._interval_s * there.github.limiter._slowed)
        assert intervals == [2 * there.github.limiter._interval_s] * 2


def test_a_stop_ends_a_wait_at_once() -> None:
    with asking(limited(retry_after="600")) as there:
        stop = threading.Event()
        clock = SystemClock(stop)
        waiting = RateLimiter(there.settings, clock, lambda _wait, _why: stop.set())
        with pytest.raises(Stopped):
            GitHub(Settings(there.server.url), SECRET, waiting, clock).fetch(VIEWS)
        assert there.asked == 1


OWNER_ID = 1001
LIMITS = st.sampled_from([Outcome.PRIMARY_LIMIT, Outcome.SECONDARY_LIMIT])
UNHURRIED = settings(max_examples=50)
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
        assert len(there.waits) == 1
        assert there.server.requests.by_status[403] <= 4


def test_a_budget_used_up_under_four_threads_is_never_overdrawn() -> None:
    with asking(concurrency=4) as there:
        there.server.budgets.of(OWNER_ID).limit = 50
        assert statuses(there.github, 120) == [200] * 120
        assert there.server.requests.by_status == {200: 120}
        assert there.server.violations == []


def test_the_pace_is_kept_over_all_threads() -> None:
    with asking(concurrency=4) as there:
        slow = Settings(there.server.url, requests_a_minute=600, concurrency=4)
        github = GitHub(slow, SECRET, RateLimiter(slow, there.clock), there.clock)
        began = there.clock.monotonic()
        statuses(github, 1200)
        assert there.clock.monotonic() - began >= (1200 - 250) / 10 - 1
        assert there.server.violations == []


def sent(limiters: Sequence[RateLimiter], clock: VirtualClock, number: int) -> list[float]:
    """The moments, from the first on, at which so many calls went out, by each limiter in turn."""
    moments = []
    for _ in range(number // len(limiters)):
        for limiter in limiters:
            with limiter.acquire() as turn:
                moments.append(turn.sent_at)
    return [moment - moments[0] for moment in moments]


@pytest.mark.parametrize(
    ("a_minute", "at_once", "burst"), [(600, 8, 250), (60, 8, 25), (800, 8, 100), (899, 8, 1), (3000, 8, 8)]
)
def test_a_burst_goes_out_at_once_and_no_minute_has_more_than_github_allows(
    a_minute: int, at_once: int, burst: int
) -> None:
    clock = VirtualClock()
    moments = sent([RateLimiter(Settings("", a_minute, at_once), clock)], clock, 2000)
    assert sum(moment < 30 / a_minute for moment in moments) == burst
    in_a_minute = max(sum(at <= each < at + 60 for each in moments) for at in moments[:300])
    assert in_a_minute <= max(900, a_minute + at_once)


def test_a_secondary_limit_ends_the_burst_for_good() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(Settings(), clock)
    with limiter.acquire() as turn:
        limiter.back_off(LimitHit(Outcome.SECONDARY_LIMIT, 60), turn.sent_at)
    clock.sleep(600)
    assert sent([limiter], clock, 20) == pytest.approx([n / 5 for n in range(20)])


def test_processes_with_one_file_draw_from_one_bucket(tmp_path: Path) -> None:
    clock = VirtualClock()
    limiters = [RateLimiter(Settings(), clock, kept_in=tmp_path / "pace" / "user-1") for _ in range(3)]
    moments = sent(limiters, clock, 900)
    assert sum(moment < 0.1 for moment in moments) == 250
    assert moments[-1] == pytest.approx(65, abs=1)
    (tmp_path / "pace" / "user-1").write_text("987654321.0")  # of before the machine started anew
    assert sent(limiters, clock, 30)[-1] < 5
    (tmp_path / "pace" / "user-1").write_text("nonsense")
    assert sent(limiters, clock, 30)[-1] < 5


def test_a_call_holds_its_turn_until_its_answer_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with asking() as there:
        limiter, free = there.github.limiter, []
        observe = limiter.observe

        def observed(*arguments: Any) -> None:
            free.append(limiter._slots.acquire(blocking=False))
            observe(*arguments)

        monkeypatch.setattr(limiter, "observe", observed)
        there.fetch()
        assert free == [False]


def test_whoever_has_other_work_is_told_to_come_back_instead_of_sleeping() -> None:
    with asking(limited(retry_after="600")) as there:
        busy = there.client(SECRET, sleeps_for_s=5.0)
        for _ in range(2):
            with pytest.raises(MustWait):
                busy.fetch(VIEWS)
        assert (there.asked, there.clock.waits()) == (1, [])
        there.clock.sleep(busy.limiter.ready_in())
        assert busy.fetch(VIEWS).status == 200
        assert there.clock.waits(0.5) == [600]


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
        with owner.acquire() as turn:
            until = turn.sent_at + wait
        if number == 3 or wait > 3700:
            with pytest.raises(LimitReached):
                owner.back_off(LimitHit(outcome, wait), turn.sent_at)
            return
        owner.back_off(LimitHit(outcome, wait), turn.sent_at)
        with owner.acquire() as turn:
            assert turn.sent_at >= until


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
