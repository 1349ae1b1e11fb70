"""v_daily, v_gaps and the counts of v_repositories, against a plain Python reading of the same answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.calendar import utc_day
from data.collection.models import EndpointResult
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, pause_repositories
from data.store import Store
from data.traffic.models import Metric
from tests.data.reading import ago
from tests.data.writers import NOW, result, save

FEW = settings(max_examples=8)
TODAY = utc_day(NOW)
NEXT = count(1)
Rows = list[tuple[Any, ...]]
DAYS = "select day, views, views_state, clones, clones_state from v_daily where repository_id = $key order by day"
GAPS = "select metric, first_day, last_day, days from v_gaps where repository_id = $key and state = $state"
REPOSITORY = (
    "select pending_days, gap_days, days_until_loss, views, last_collected_at, first_day, last_day "
    "from v_repositories where repository_id = $key"
)


@st.composite
def answers(draw: st.DrawFn) -> EndpointResult:
    """An answer of views or clones: a covered stretch, its zeros filled in, and now and then a row outside it."""
    metric = draw(st.sampled_from(Metric))
    at = NOW - timedelta(days=draw(st.integers(0, 30)))
    newest = draw(st.integers((NOW - at).days + 1, 40))
    covered = [ago(newest + n) for n in range(draw(st.integers(1, 14)))]
    lonely = draw(st.lists(st.integers((NOW - at).days, 45), max_size=2))
    readings = {d: DayReading(d, draw(st.integers(0, 9)), 0) for d in (*covered, *map(ago, lonely))}
    window = TrafficWindow(covered[-1], covered[0], 0, draw(st.none() | st.integers(0, 9)))
    return result(0, metric.value, TrafficObservation(metric, tuple(readings.values()), window), at)


histories = st.lists(st.lists(answers(), max_size=5), min_size=1, max_size=4)


@dataclass
class Expected:
    """What plain Python knows of a repository from its answers."""

    seen: Sequence[EndpointResult]
    added: date = TODAY

    def __post_init__(self) -> None:
        self.counts: dict[Metric, dict[date, int]] = {metric: {} for metric in Metric}
        self.covered: dict[Metric, set[date]] = {metric: set() for metric in Metric}
        for each in self.seen:
            answer = each.observation
            assert isinstance(answer, TrafficObservation)
            assert answer.window
            for reading in answer.days:
                known = self.counts[answer.metric].get(reading.day, 0)
                self.counts[answer.metric][reading.day] = max(known, reading.count)
            span = (answer.window.last_day - answer.window.first_day).days
            self.covered[answer.metric] |= {answer.window.last_day - timedelta(days=n) for n in range(span + 1)}
        self.known = sorted(set(self.counts[Metric.VIEWS]) | set(self.counts[Metric.CLONES]))

    def state(self, metric: Metric, day: date) -> str:
        age = (TODAY - day).days
        if day in self.covered[metric]:
            return "final" if age >= 3 else "pending"
        return "gap" if age > 13 else "pending"

    def days(self, last: date) -> list[date]:
        first = self.known[0] if self.known else self.added
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def daily(self) -> Rows:
        if not self.seen:
            return []
        last = max(self.known[-1], *(utc_day(each.finished_at) for each in self.seen))
        v, c = Metric.VIEWS, Metric.CLONES
        return [
            (d, self.counts[v].get(d), self.state(v, d), self.counts[c].get(d), self.state(c, d))
            for d in self.days(last)
        ]

    def uncovered(self, state: str) -> set[tuple[str, date]]:
        """Every metric and day up to today that no answer covered."""
        found = {(m, d) for m in Metric for d in self.days(TODAY) if d not in self.covered[m]}
        return {(m.value, d) for m, d in found if self.state(m, d) == state}

    def counted(self, state: str) -> int:
        """The days up to today on which a metric has that state."""
        return sum(any(self.state(m, d) == state for m in Metric) for d in self.days(TODAY))

    def until_loss(self) -> int:
        risks = [max(days) + timedelta(days=1) if days else self.added for days in self.covered.values()]
        risks += [day for _, day in self.uncovered("pending")]  # holes that GitHub still shows, for either metric
        return (min(risks) - TODAY).days + 13


def add(store: Store, number: int) -> list[int]:
    """Follow so many new repositories in a new tenant."""
    ids = [next(NEXT) for _ in range(number)]
    tenant = add_tenant(store, COMMAND_LINE, f"Tenant {ids[0]}", "daily", NOW)
    facts = [RepositoryFacts(i, f"owner/repository-{i}", "public", False, False) for i in ids]
    return [each.repository_id for each in add_repositories(store, COMMAND_LINE, tenant.tenant_id, facts, NOW)]


@pytest.fixture
def spare(store: Store) -> Iterator[int]:
    """Repositories that nothing is known of yet, one after the other."""
    return iter(add(store, 100))


def saved_histories(store: Store, spare: Iterator[int], histories: list[list[EndpointResult]]) -> dict[int, Expected]:
    """Repositories with these histories, each with what is expected of it."""
    keys = [next(spare) for _ in histories]
    save(store, *(replace(each, repository_id=key) for key, seen in zip(keys, histories, strict=True) for each in seen))
    return {key: Expected(seen) for key, seen in zip(keys, histories, strict=True)}


def ask(store: Store, question: str, **values: object) -> Rows:
    """The rows of a question, on the day TODAY."""
    with store.traffic.read(today=TODAY) as cursor:
        return cursor.execute(question, values).fetchall()


def metric_days(rows: Rows) -> list[tuple[str, date]]:
    """Stretches (metric, first, last, length) as single days; fails where a length is wrong."""
    assert all((last - first).days + 1 == length for _, first, last, length in rows)
    return [(metric, first + timedelta(days=n)) for metric, first, _, length in rows for n in range(length)]


@FEW
@given(histories=histories)
def test_days_gaps_and_the_numbers_of_a_repository_follow_from_the_answers(
    store: Store, spare: Iterator[int], histories: list[list[EndpointResult]]
) -> None:
    for key, expected in saved_histories(store, spare, histories).items():
        assert ask(store, DAYS, key=key) == expected.daily()
        for state in ("gap", "pending"):
            found = metric_days(ask(store, GAPS, key=key, state=state))
            assert (set(found), len(found)) == (expected.uncovered(state), len(expected.uncovered(state)))
        open_days = expected.counted("pending"), expected.counted("gap"), expected.until_loss()
        total = sum(expected.counts[Metric.VIEWS].values()) if expected.counts[Metric.VIEWS] else None
        newest = max((each.finished_at.replace(tzinfo=None) for each in expected.seen), default=None)
        ends = (expected.known[0], expected.known[-1]) if expected.known else (None, None)
        assert ask(store, REPOSITORY, key=key) == [(*open_days, total, newest, *ends)]


def test_a_paused_repository_loses_nothing_and_gains_no_gap(store: Store) -> None:
    (key,) = add(store, 1)
    days = tuple(DayReading(ago(n), 1, 1) for n in range(31, 45))
    seen = TrafficObservation(Metric.VIEWS, days, TrafficWindow(ago(44), ago(31), 14, 9))
    save(store, result(key, "views", seen, NOW - timedelta(days=30)))
    pause_repositories(store, COMMAND_LINE, [key], NOW)
    question = "select days_until_loss, pending_days, view_uniques_of_14_days from v_repositories"
    assert ask(store, question) == [(None, 0, 9)]
    stretches = ask(store, "select metric, state, first_day, last_day from v_gaps order by all")
    assert stretches == [("clones", "gap", ago(44), ago(30)), ("views", "gap", ago(30), ago(30))]


def test_a_repository_that_was_never_collected_counts_from_the_day_it_was_added(store: Store) -> None:
    add(store, 1)
    rows = ask(store, "select views, first_day, pending_days, gap_days, days_until_loss from v_repositories")
    assert rows == [(None, None, 1, 0, 13)]
    with store.traffic.commit("test") as connection:
        connection.execute("update repository set added_at = added_at - interval 20 days")
    assert ask(store, "select gap_days, pending_days, days_until_loss from v_repositories") == [(7, 14, -7)]


def test_without_a_variable_today_is_the_day_of_the_clock_in_utc(store: Store) -> None:
    with store.traffic.read() as cursor:
        cursor.execute("set timezone = 'Pacific/Kiritimati'")  # 14 hours ahead
        question = "select today, (current_timestamp at time zone 'UTC')::date as utc from v_today"
        ((today, utc),) = cursor.execute(question).fetchall()
        cursor.execute("reset timezone")
    assert today == utc
