"""A store with five months of five repositories: enough for every view and every documented query to tell something.

The numbers follow from the day and the repository alone, so that every run has the same.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from collector.endpoints.lists import ListingEntry, ListingObservation
from collector.endpoints.releases import AssetReading, ReleaseFacts, ReleaseObservation
from collector.endpoints.repository import StatsObservation
from collector.endpoints.stars import StarDay, StarObservation
from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow, WeeklyObservation, WeekReading
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.calendar import is_whole_week, newest_settled_week, stored, utc_day
from data.collection import ledger
from data.collection.models import EndpointResult, Outcome, RunState, StateChange
from data.insight.notes import NewNote, add_note
from data.insight.spikes import save_spikes
from data.repositories.groups import add_group
from data.repositories.models import RepositoryFacts, RepositoryState
from data.repositories.repositories import add_repositories
from data.store import Store
from data.traffic.models import Metric
from tests.data.writers import NOW, result

TODAY = utc_day(NOW)
FIRST_RUN = NOW - timedelta(days=150)
RELEASED_ON = TODAY - timedelta(days=40)
ENGINE, DOCS, MIRROR, TELESCOPE, NEW = range(1, 6)
NAMES = {ENGINE: "blue/engine", DOCS: "blue/docs", MIRROR: "blue/mirror", TELESCOPE: "green/telescope"}
OUTAGE = range(60, 91)  # days ago on which the telescope was not collected: longer than GitHub remembers
SITES = ("Google", "github.com", "news.ycombinator.com", "reddit.com", "t.co", "Bing", "duckduckgo.com", "medium.com")


def days_ago(days: int) -> date:
    """A day so many days before TODAY."""
    return TODAY - timedelta(days=days)


def reading(key: int, metric: Metric, day: date, at: date) -> DayReading:
    """A day as an answer of the day `at` shows it: yesterday's count is not whole yet."""
    weekday = 0.4 if day.weekday() >= 5 else 1.0
    spike = 4 if key == ENGINE and (day - RELEASED_ON).days in (0, 1) else 1
    base = 0 if key == MIRROR and metric is Metric.VIEWS else 40 * key + day.toordinal() * 7919 * key % 23
    count = int(base * weekday * spike * (1 if metric is Metric.VIEWS else 0.3))
    seen = count if (at - day).days > 1 else count * 7 // 10
    return DayReading(day, seen, seen * 2 // 5)


def traffic(key: int, at: datetime) -> Iterator[EndpointResult]:
    """Dense answers up to yesterday, and the newest whole week where there is one."""
    today = utc_day(at)
    for metric in Metric:
        days = tuple(reading(key, metric, today - timedelta(days=n), today) for n in range(14, 0, -1))
        window = TrafficWindow(days[0].day, days[-1].day, sum(d.count for d in days), sum(d.uniques for d in days) // 2)
        yield result(key, metric.value, TrafficObservation(metric, days, window), at)
        week = newest_settled_week(today)
        if is_whole_week(week, today):
            whole = [reading(key, metric, week + timedelta(days=n), today) for n in range(7)]
            in_week = WeekReading(week, sum(d.count for d in whole), sum(d.uniques for d in whole) * 2 // 3, True)
            yield result(key, f"weekly_{metric.value}", WeeklyObservation(metric, (in_week,)), at)


def listings(key: int, at: datetime) -> Iterator[EndpointResult]:
    """Referrers that take turns, and paths."""
    turn = (NOW - at).days // 7
    names = [SITES[(turn // 4 + n) % len(SITES)] for n in range(5)]
    entries = tuple(ListingEntry(name, None, 300 - 50 * n + key, 90 - 9 * n) for n, name in enumerate(names))
    yield result(key, "referrers", ListingObservation("referrers", entries), at)
    repository = NAMES.get(key, "green/new")
    paths = tuple(
        ListingEntry(f"/{repository}{tail}", f"{repository}: {title}", count, count // 3)
        for tail, title, count in (("", 'home, with a "quoted" part', 200), ("/releases", "=1+1", 80 + turn))
    )
    yield result(key, "paths", ListingObservation("paths", paths), at)


def counters(key: int, at: datetime) -> Iterator[EndpointResult]:
    """The repository's own counters, its stars of five weeks, and one release with an asset of two."""
    today, age = utc_day(at), 150 - (NOW - at).days
    facts = RepositoryFacts(100 + key, NAMES.get(key, "green/new"), "public", False, False)
    yield result(key, "repository", StatsObservation(facts, 500 + 3 * age * key, 40, 12, 7, 2048), at)
    stars = tuple(
        StarDay(day, 3 * key + (25 if abs((day - RELEASED_ON).days) <= 2 else 0))
        for day in (today - timedelta(days=n) for n in range(34, 0, -1))
    )
    yield result(key, "star_history", StarObservation(stars), at)
    if today >= RELEASED_ON and key == ENGINE:
        published = datetime.combine(RELEASED_ON, datetime.min.time(), NOW.tzinfo)
        release = ReleaseFacts(1, "v2.0", "Two", False, published)
        assets = (
            AssetReading(1, 11, "engine.tar.gz", 50 + 30 * (today - RELEASED_ON).days),
            AssetReading(1, 12, "engine.zip", 7 * (today - RELEASED_ON).days),
        )
        yield result(key, "releases", ReleaseObservation((release,), assets), at)


def answers(at: datetime) -> Iterator[EndpointResult]:
    """What a run at that moment is answered."""
    for key in (ENGINE, DOCS, MIRROR, TELESCOPE):
        if key == DOCS and at == NOW:
            reason = "The token may not read its traffic."
            change = StateChange(RepositoryState.BLOCKED, reason)
            for endpoint in ("views", "clones"):
                yield EndpointResult(key, endpoint, at, Outcome.NO_PERMISSION, 9, 403, reason, state_change=change)
        elif key != TELESCOPE or (NOW - at).days not in OUTAGE:
            yield from traffic(key, at)
            yield from listings(key, at)
            yield from counters(key, at)


ATTEMPTS = """
insert into delivery_attempt
values ('a-1', $now, 'report', 1, 'Blue weekly', null, $tenant_id, 1, 'slack', '2026-W18', 'sent', 200, null, 180)
"""


def filled_store(directory: Path) -> Store:
    """A new store in that directory, filled."""
    shutil.copytree(_filled_once(), directory, symlinks=True)
    return Store(directory)


@cache
def _filled_once() -> Path:
    """A filled data directory, made once a process; never written to again."""
    directory = Path(tempfile.mkdtemp(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))) / "db"
    atexit.register(shutil.rmtree, directory.parent)
    store = Store(directory)
    store.prepare()
    ledger.start_run(store, "by hand", FIRST_RUN)  # run 1, which never ended
    fill(store)
    return directory


def fill(store: Store) -> None:
    """Two tenants, weeks of answers, the last of them at NOW, a note of each kind, and a group of each tenant."""
    blue, green = (add_tenant(store, COMMAND_LINE, name, "daily", FIRST_RUN).tenant_id for name in ("Blue", "Green"))
    known = {key: RepositoryFacts(100 + key, name, "public", False, False) for key, name in NAMES.items()}
    add_repositories(store, COMMAND_LINE, blue, [known[key] for key in (ENGINE, DOCS, MIRROR)], FIRST_RUN)
    add_repositories(store, COMMAND_LINE, green, [known[TELESCOPE]], FIRST_RUN)
    add_repositories(store, COMMAND_LINE, green, [RepositoryFacts(100 + NEW, "green/new", "public", False, False)], NOW)
    for ages in (range(147, 14, -7), (14,), (7,), (0,)):  # a commit each: the older weeks come in one run
        seen = [each for age in ages for each in answers(NOW - timedelta(days=age))]
        at = NOW - timedelta(days=ages[-1])
        run_id = ledger.start_run(store, "schedule", at)
        state = RunState.COMPLETE if all(each.outcome.good for each in seen) else RunState.PARTIAL
        progress = ledger.RunProgress(state, len(seen), 4, "GitHub was slow.")
        ledger.save_results(store, [ledger.Batch(run_id, seen, progress)])
        ledger.finish_runs(store, {run_id: progress}, at + timedelta(minutes=2))
    save_spikes(store, (), TODAY)
    for note in (
        NewNote(RELEASED_ON, "Version 2 was announced", "https://example.org/two", ENGINE),
        NewNote(days_ago(25), "A talk about all of it", tenant_id=blue),
    ):
        add_note(store, COMMAND_LINE, note, NOW)
    add_group(store, COMMAND_LINE, blue, "Machine", [ENGINE, DOCS], now=NOW)
    add_group(store, COMMAND_LINE, green, "Optics", [TELESCOPE], now=NOW)
    with store.traffic.commit("attempts to send a report") as connection:
        connection.execute(ATTEMPTS, {"now": stored(NOW), "tenant_id": blue})
    store.close()  # to write a note is to read who may: a client of a test opens the file with other settings
