"""However GitHub shows its days, and whenever it is asked: the same days are stored, and none before it is known."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from collector.endpoints.traffic import parse_traffic
from data.collection.models import RunState
from data.traffic.models import Metric
from tests.collector.run.collecting import DAY, NOW, SECRET, TODAY, Collection, MachineTime, Rows, repository
from tests.fake_github import DENSE, SPARSE, FakeGitHub, Token, World
from tests.recorded import RecordedAnswer

QUIET = 3  # every third day is without any view, every fourth without a clone
LONGEST_PAUSE = 13


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """GitHub with one repository that has quiet days, of which some days appear a day late."""
    days = [TODAY + DAY * n for n in range(-40, 60)]
    views = {day: (5 + n, 2 + n % 4) if n % QUIET else (0, 0) for n, day in enumerate(days)}
    clones = {day: (n, n) for n, day in enumerate(days) if n % 4}
    late = frozenset(days[::7])
    given = repository(1, "one", views=views, clones=clones, late_days=late, publish_hour=None)
    with FakeGitHub(World([given], [Token(SECRET)]), now=NOW) as github:
        yield github


KNOWN = "select day, views, clones from daily_traffic where views is not null or clones is not null"


def moments(seed: int) -> Iterator[datetime]:
    """Random moments of about five weeks, some on the same day, some days apart."""
    random, now = Random(seed), NOW - DAY * 2
    while now < NOW + DAY * 17:
        now += timedelta(minutes=random.choice((random.randint(60, 900), random.randint(900, 12_000))))
        yield now


def stored(collection: Collection) -> dict[date, tuple[int | None, int | None]]:
    """Views and clones of each day of which something is known."""
    rows = collection.rows(f"{KNOWN} order by day")
    return {day: (views, clones) for day, views, clones in rows}


def untrue(collection: Collection) -> list[object]:
    """The stored days that say something else than what was: more, a zero too early, or too little once settled."""
    given, today = collection.github.world.repositories[1], collection.github.clock.now.date()
    wrong: list[object] = []
    for day, numbers in stored(collection).items():
        for metric, number, series in zip(Metric, numbers, (given.views, given.clones), strict=True):
            truth = series.get(day, (0, 0))[0]
            settled = day <= today - DAY * 3
            if number is not None and (number > truth or (number < truth and settled) or (not number and truth)):
                wrong.append((day, metric, number, truth))
    return wrong


@pytest.mark.parametrize(
    ("forms", "seed"),
    [((SPARSE,), 1), ((SPARSE, DENSE, DENSE), 2)],
    ids=["sparse", "in turns"],
)
def test_both_forms_of_the_window_lead_to_the_same_days_at_any_moment(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, forms: Sequence[str], seed: int
) -> None:
    for number, now in enumerate(moments(seed)):
        collection.github.clock.now = now
        collection.github.switches.window_mode = forms[number % len(forms)]
        monkeypatch.setattr(MachineTime, "moment", now)
        assert collection().state is RunState.COMPLETE
        assert untrue(collection) == []
    settled = [TODAY + DAY * n for n in range(-12, 14)]
    given, found = collection.github.world.repositories[1], stored(collection)
    truth = {day: (given.views.get(day, (0, 0))[0], given.clones.get(day, (0, 0))[0]) for day in settled}
    assert {day: found.get(day) for day in settled} == truth


@pytest.mark.parametrize("hour", [14, 15])
def test_a_day_that_is_not_published_is_absent_and_never_zero(collection: Collection, hour: int) -> None:
    given = collection.github.world.repositories[1]
    given.publish_hour, given.late_days = 15, frozenset({TODAY - DAY * 2})
    collection.github.clock.now = datetime(2026, 5, 7, hour, tzinfo=UTC)
    collection()
    newest = TODAY - DAY * (1 if hour >= 15 else 3)
    assert max(stored(collection)) == newest
    known = "select max(day) from daily_traffic where views_source is not null and clones_source is not null"
    assert collection.rows(known) == [(newest,)]


def greatest(chosen: Sequence[RecordedAnswer]) -> Rows:
    """The greatest reading of each day that these answers tell, found without a database."""
    best: dict[tuple[date, int], int] = {}
    for each in chosen:
        for place, (metric, body) in enumerate(zip(Metric, (each.views, each.clones), strict=True)):
            for reading in parse_traffic(metric, body, each.fetched_at).observation.days:
                best[reading.day, place] = max(best.get((reading.day, place), 0), reading.count)
    return [(day, best.get((day, 0)), best.get((day, 1))) for day in sorted({day for day, _ in best})]
