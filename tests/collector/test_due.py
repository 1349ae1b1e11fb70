"""What is due: days in every run, lists once a UTC day, weeks when whole and missing, refused repositories daily."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.fetcher import FetchJob, due_jobs
from data.calendar import SETTLED_AFTER_DAYS, WINDOW_DAYS, is_whole_week, monday, utc_day
from data.collection.models import CollectableRepository, EndpointState, Outcome
from data.collection.schedule import REFUSED_AGAIN_AFTER
from data.repositories.models import Repository, RepositoryState
from data.traffic.models import Metric

START = datetime(2026, 5, 4, 0, tzinfo=UTC)  # a Monday
DAYS = {"repository", "views", "clones"}
LISTS, HISTORY = {"referrers", "paths"}, {"star_history", "releases"}
DAILY = LISTS | HISTORY
WEEKS = {"weekly_views": Metric.VIEWS, "weekly_clones": Metric.CLONES}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

gaps = st.lists(st.integers(1, 40 * 60).map(lambda minutes: timedelta(minutes=minutes)), min_size=1, max_size=60)


def followed(state: RepositoryState = RepositoryState.ACTIVE) -> CollectableRepository:
    """A repository that was never collected."""
    return CollectableRepository(Repository(1, 1, 1, "octo/one", state))


def asked(jobs: Sequence[Sequence[FetchJob]]) -> set[str]:
    """The endpoints of all phases."""
    return {endpoint.name for phase in jobs for job in phase for endpoint in job.endpoints}


def answer(each: CollectableRepository, endpoint: str, now: datetime, outcome: Outcome = Outcome.OK) -> None:
    """Note an answer as the ledger does."""
    former = each.endpoints.get(endpoint)
    good = now if outcome.good else (former.last_good_at if former else None)
    each.endpoints[endpoint] = EndpointState(now, good, outcome)
    if endpoint in WEEKS and good == now and is_whole_week(week_before(now), utc_day(now)):
        each.newest_whole_week[WEEKS[endpoint]] = week_before(now)


def week_before(now: datetime) -> date:
    """The newest Monday whose week is over and settled."""
    return monday(utc_day(now) - DAY * (SETTLED_AFTER_DAYS + 6))


def moments(pattern: Sequence[timedelta]) -> list[datetime]:
    """The moments of runs with these pauses between them."""
    found = [START]
    for gap in pattern:
        found.append(found[-1] + gap)
    return found


@given(gaps)
@settings(max_examples=20)
def test_days_are_asked_for_in_every_run_and_daily_things_once_a_utc_day(pattern: list[timedelta]) -> None:
    each = followed()
    days_asked: dict[str, list[date]] = {endpoint: [] for endpoint in DAILY}
    for now in moments(pattern):
        due = asked(due_jobs([each], now))
        assert due >= DAYS
        for endpoint in due:
            answer(each, endpoint, now)
        for endpoint in due & DAILY:
            days_asked[endpoint].append(utc_day(now))
    with_runs = sorted({utc_day(now) for now in moments(pattern)})
    assert all(days == with_runs for days in days_asked.values())


@given(gaps)
@settings(max_examples=20)
def test_weeks_are_asked_for_until_they_are_complete_and_once_a_day_when_they_need_not_be_shown_any_more(
    pattern: list[timedelta],
) -> None:
    each = followed()
    for now in moments(pattern):
        due = asked(due_jobs([each], now))
        whole = is_whole_week(week_before(now), utc_day(now))
        had = {endpoint for endpoint, metric in WEEKS.items() if each.newest_whole_week.get(metric) == week_before(now)}
        asked_today = {
            endpoint for endpoint in WEEKS if endpoint in each.endpoints and _answered_on(each, endpoint, now)
        }
        assert due & WEEKS.keys() == WEEKS.keys() - had - (set() if whole else asked_today)
        for endpoint in due:
            answer(each, endpoint, now)


def _answered_on(each: CollectableRepository, endpoint: str, now: datetime) -> bool:
    return utc_day(each.endpoints[endpoint].last_tried_at) == utc_day(now)


@given(gaps)
@settings(max_examples=20)
def test_no_week_is_missed_by_runs_that_are_less_than_two_days_apart(pattern: list[timedelta]) -> None:
    each, weeks = followed(), set()
    for now in moments(pattern):
        for endpoint in asked(due_jobs([each], now)):
            answer(each, endpoint, now)
        weeks |= {each.newest_whole_week.get(Metric.VIEWS)}
    first = monday(utc_day(START) - DAY * (WINDOW_DAYS - 1) + DAY * 6)
    last = week_before(moments(pattern)[-1])
    expected = {first + DAY * 7 * n for n in range((last - first).days // 7 + 1)}
    assert {week for week in expected if week + DAY * 13 < utc_day(moments(pattern)[-1])} <= weeks


@given(gaps, st.lists(st.sampled_from(list(Outcome)), min_size=61, max_size=61))
@settings(max_examples=20)
def test_whatever_is_answered_a_day_with_a_run_asks_once_and_again_only_after_a_passing_failure(
    pattern: list[timedelta], outcomes: list[Outcome]
) -> None:
    each, last = followed(), None
    for now, outcome in zip(moments(pattern), outcomes, strict=False):
        is_due = "referrers" in asked(due_jobs([each], now))
        new_day = last is None or utc_day(last[0]) < utc_day(now)
        assert is_due is (new_day or (last is not None and last[1].passing and not last[1].good))
        if is_due:
            answer(each, "referrers", now, outcome)
            last = (now, outcome)


@given(gaps)
@settings(max_examples=20)
def test_a_refused_repository_is_tried_again_after_twenty_hours_and_not_before(pattern: list[timedelta]) -> None:
    each, last = followed(RepositoryState.UNAVAILABLE), None
    answer(each, "views", START - 30 * DAY)
    for now in moments(pattern):
        due = asked(due_jobs([each], now))
        assert bool(due) is (last is None or now - last >= REFUSED_AGAIN_AFTER)
        if due:
            answer(each, "repository", now, Outcome.MISSING)
            last = now


def test_the_perishable_comes_first() -> None:
    phases = due_jobs([followed()], START + 2 * DAY)
    assert [asked([phase]) for phase in phases] == [DAYS, LISTS, set(WEEKS), HISTORY]
    assert [endpoint.name for endpoint in phases[0][0].endpoints] == ["repository", "views", "clones"]


def test_a_phase_asks_all_repositories_before_the_next_one_begins() -> None:
    many = [CollectableRepository(Repository(n, 1, n, f"octo/{n}", RepositoryState.ACTIVE)) for n in range(5)]
    assert [len(phase) for phase in due_jobs(many, START)] == [5, 5, 5, 5]


def test_a_clock_that_went_back_asks_for_nothing_daily_again() -> None:
    each = followed()
    for endpoint in DAILY:
        answer(each, endpoint, START + DAY)
    assert not asked(due_jobs([each], START)) & DAILY
