"""How each visible repository stands, with nothing of those that the viewer may not see."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Viewer
from data.accounts.tenants import add_tenant, operator
from data.calendar import DAY, stored
from data.collection.health import LOOK_EVERY, MISSED_AFTER, FindingKind, collection_health, near_loss
from data.repositories.health import repository_health, with_open_days
from data.repositories.models import OpenDays, Repository, RepositoryFacts, RepositoryHealth, RepositoryState
from data.repositories.repositories import add_repositories
from data.store import Store
from data.store.backup import COLLECTING
from data.store.version_files import exclusive
from data.traffic.models import Metric
from tests.data.filled import DOCS, ENGINE, MIRROR, NEW, TELESCOPE, TODAY, days_ago, filled_store
from tests.data.writers import NOW


@pytest.fixture
def by_id(full: Store) -> dict[int, RepositoryHealth]:
    return {each.repository.repository_id: each for each in with_open_days(operator(full), full, NOW.date())}


def both(first: int, last: int) -> tuple[OpenDays, ...]:
    return tuple(OpenDays(metric, days_ago(first), days_ago(last)) for metric in Metric)


def test_the_most_urgent_repository_comes_first(by_id: dict[int, RepositoryHealth]) -> None:
    assert list(by_id) == [DOCS, ENGINE, MIRROR, NEW, TELESCOPE]


def test_a_repository_that_is_well_waits_for_today_only(by_id: dict[int, RepositoryHealth]) -> None:
    engine = by_id[ENGINE]
    assert (engine.pending, engine.gaps, engine.pending_days, engine.gap_days) == (both(0, 0), (), 3, 0)
    assert (engine.tenant, engine.days_until_loss) == ("Blue", 13)
    assert engine.last_good_at == {Metric.VIEWS: NOW, Metric.CLONES: NOW}


def test_a_blocked_repository_tells_why_and_how_long_there_is_time(by_id: dict[int, RepositoryHealth]) -> None:
    docs, last_good = by_id[DOCS], NOW - timedelta(days=7)
    assert (docs.repository.state, docs.repository.full_name) == (RepositoryState.BLOCKED, "blue/docs")
    assert docs.repository.state_reason == "The token may not read its traffic."
    assert docs.last_good_at == {Metric.VIEWS: last_good, Metric.CLONES: last_good}
    assert (docs.pending, docs.days_until_loss) == (both(7, 0), 6)


def test_days_that_nobody_fetched_in_time_are_told_as_gaps(by_id: dict[int, RepositoryHealth]) -> None:
    assert (by_id[TELESCOPE].gaps, by_id[TELESCOPE].gap_days) == (both(91, 71), 21)


def test_a_repository_that_was_never_collected_has_no_good_answer(by_id: dict[int, RepositoryHealth]) -> None:
    new = by_id[NEW]
    assert (new.last_good_at, new.gaps, new.pending, new.days_until_loss) == ({}, (), both(0, 0), 13)


@pytest.mark.parametrize("later", [14, 20])
def test_as_time_goes_by_pending_days_become_gaps(full: Store, later: int) -> None:
    seen = with_open_days(Viewer(frozenset({ENGINE}), frozenset()), full, TODAY + timedelta(days=later))
    lost = tuple(OpenDays(m, TODAY, TODAY + timedelta(days=later - 14)) for m in Metric)
    assert [(each.gaps, each.days_until_loss) for each in seen] == [(lost, 13 - later)]


@pytest.mark.parametrize("later", [0, 5, 6, 13, 14, 40, 400])
@pytest.mark.parametrize("visible", [{ENGINE}, {ENGINE, NEW}, {ENGINE, NEW, DOCS, MIRROR, TELESCOPE}])
def test_the_first_loss_is_that_of_the_view_however_long_nobody_has_asked(
    full: Store, visible: set[int], later: int
) -> None:
    viewer, now = Viewer(frozenset(visible), frozenset()), NOW + later * DAY
    losses = [each.days_until_loss for each in repository_health(viewer, full, now.date())]
    read = collection_health(viewer, full, frozenset(), now)
    assert read.days_until_loss == min(each for each in losses if each is not None)


def test_of_who_was_never_collected_old_imported_days_count_too(tmp_path: Path) -> None:
    store = filled_store(tmp_path / "db")
    with store.traffic.commit("importing") as connection:
        values = {"repository_id": NEW, "day": days_ago(200)}
        connection.execute(
            "insert into daily_traffic (repository_id, day, views, views_source)"
            " values ($repository_id, $day, 3, 'import')",
            values,
        )
    viewer = Viewer(frozenset({NEW}), frozenset())
    (new,) = repository_health(viewer, store, TODAY)
    assert new.days_until_loss == collection_health(viewer, store, frozenset(), NOW).days_until_loss == 0


@pytest.mark.parametrize("visible", [set(), {TELESCOPE}, {ENGINE, NEW, 999}])
def test_a_viewer_is_told_of_visible_repositories_only(full: Store, visible: set[int]) -> None:
    seen = with_open_days(Viewer(frozenset(visible), frozenset({1, 2})), full, TODAY)
    assert {each.repository.repository_id for each in seen} == visible - {999}


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
COLLECTED = datetime(2026, 5, 6, 6, 16, tzinfo=UTC)  # a Wednesday, at the time of the weekly schedule
WEEKLY, DAILY, MONTHLY = "weekly", "daily", "15 6 6 * *"


def collected(schedule: str, left: int | None, *metrics: Metric) -> RepositoryHealth:
    """A repository with so many days left, that was last collected at COLLECTED."""
    repository = Repository(1, 1, 1, "octo/one", RepositoryState.ACTIVE)
    good = dict.fromkeys(metrics or tuple(Metric), COLLECTED)
    return RepositoryHealth(repository, "acme", good, left, 0, 0, COLLECTED - DAY, schedule)


def alarms(schedule: str, after: timedelta, left: int | None = None, *metrics: Metric) -> bool:
    """Whether it is an alarm so long after the last collection, whose newest day was the day before."""
    now = COLLECTED + after
    left = 13 - (now.date() - COLLECTED.date()).days if left is None else left
    return bool(near_loss([collected(schedule, left, *metrics)], now))


def test_a_weekly_schedule_that_is_kept_is_never_an_alarm_nor_while_it_is_a_day_late() -> None:
    assert not any(alarms(WEEKLY, HOUR * hours) for hours in range(0, 7 * 24 + 23, 5))


@pytest.mark.parametrize(
    ("schedule", "first_alarm"),
    [(WEEKLY, 8), (DAILY, 6), (MONTHLY, 6)],  # missed by a day; a week before the loss; too late, though it is kept
)
def test_a_collection_that_was_missed_or_comes_too_late_is_an_alarm_from_a_day_on(
    schedule: str, first_alarm: int
) -> None:
    assert [alarms(schedule, DAY * days) for days in range(1, 21)] == [days >= first_alarm for days in range(1, 21)]


@pytest.mark.parametrize("schedule", [DAILY, WEEKLY])
@pytest.mark.parametrize("left", [0, 4, 7])
def test_a_day_that_the_last_collection_did_not_bring_is_an_alarm_on_any_schedule(schedule: str, left: int) -> None:
    assert alarms(schedule, HOUR, left)


def test_a_metric_that_was_never_collected_is_an_alarm() -> None:
    assert alarms(WEEKLY, DAY * 6, 7, Metric.VIEWS)


@pytest.mark.parametrize("schedule", ["", "never", "0 0 31 2 *"])
def test_a_schedule_that_never_comes_saves_nothing(schedule: str) -> None:
    assert alarms(schedule, DAY * 6)


def test_what_has_time_or_is_not_collected_is_no_alarm() -> None:
    assert near_loss([collected(DAILY, 8), collected(DAILY, None)], COLLECTED + DAY) == []


AT = NOW.replace(tzinfo=None)


@dataclass(frozen=True)
class Tried:
    """A repository of a daily schedule: when it was last asked for, since when it has its state."""

    at: datetime | None
    since: datetime = COLLECTED - DAY
    state: str = "active"


LATE = datetime(2026, 5, 6, 14, 15, tzinfo=UTC) + MISSED_AFTER  # the time of 14:15 counts as missed from here on


@pytest.mark.parametrize(
    ("repositories", "now", "is_going_on", "missed"),
    [
        ([Tried(COLLECTED)], LATE - MINUTE, False, False),
        ([Tried(COLLECTED)], LATE, False, True),
        ([Tried(COLLECTED)], LATE, True, True),
        ([Tried(LATE)], LATE + HOUR, False, False),
        ([Tried(None)], LATE, False, True),
        ([Tried(COLLECTED, LATE - HOUR / 2)], LATE, False, False),  # resumed after the time
        ([Tried(LATE), Tried(COLLECTED)], LATE, False, False),  # half of them
        ([Tried(LATE), Tried(COLLECTED), Tried(COLLECTED)], LATE, False, True),
        ([Tried(LATE), Tried(COLLECTED), Tried(COLLECTED)], LATE, True, False),  # the others may come
        ([Tried(COLLECTED, state="blocked")], LATE, False, False),
    ],
)
def test_a_time_is_missed_when_within_an_hour_nobody_asked(
    store: Store, repositories: list[Tried], now: datetime, is_going_on: bool, missed: bool
) -> None:
    assert MISSED_AFTER + LOOK_EVERY < HOUR
    add_tenant(store, COMMAND_LINE, "acme", DAILY, COLLECTED)
    facts = [RepositoryFacts(key, f"octo/{key}", "public", False, False) for key in range(len(repositories))]
    added = add_repositories(store, COMMAND_LINE, 1, facts, COLLECTED - DAY)
    with store.traffic.commit("test") as connection:
        for each, seen in zip(added, repositories, strict=True):
            values = {"key": each.repository_id, "state": seen.state, "since": stored(seen.since)}
            connection.execute(
                "update repository set state = $state, state_since = $since where repository_id = $key", values
            )
            if seen.at is not None:
                row = "insert into endpoint_state select $key, 'views', $at, null, 'failed', null, null"
                connection.execute(row, {"key": each.repository_id, "at": stored(seen.at)})
    with exclusive(store.directory / COLLECTING, "collecting", 0) if is_going_on else nullcontext():
        found = collection_health(operator(store), store, frozenset(), now).findings
    assert [each.about for each in found if each.kind is FindingKind.MISSED] == ["acme"] * missed


def test_a_viewer_is_told_of_visible_repositories_and_managed_tokens_only(full: Store) -> None:
    viewer = Viewer(frozenset({ENGINE}), frozenset())
    read = collection_health(viewer, full, frozenset(), NOW + timedelta(hours=1))
    assert (read.tracked, read.findings) == (1, ())
    findings = collection_health(operator(full), full, frozenset({1, 2}), NOW + timedelta(hours=1)).findings
    assert {(each.kind, each.about) for each in findings} == {
        (FindingKind.RUN, "Run 5"),
        (FindingKind.TOKEN, "Blue"),
        (FindingKind.TOKEN, "Green"),
        (FindingKind.REFUSED, "blue/docs"),
    }


def test_the_newest_run_of_each_tenant_counts_however_others_went_since(tmp_path: Path) -> None:
    store = filled_store(tmp_path / "db")
    with store.traffic.commit("test") as connection:
        connection.execute(
            "insert into collection_run select 6, 'schedule', $at, $at, 'failed', 0, 1, 'No.', null", {"at": AT}
        )
        row = "insert into collection_result select 6, $key, 'views', $at, 'server_failed', 502, 'No.', 0, 1"
        connection.execute(row, {"key": TELESCOPE, "at": AT})
    findings = collection_health(operator(store), store, frozenset(), NOW).findings
    runs = [each for each in findings if each.kind is FindingKind.RUN]
    assert [(each.about, each.is_problem) for each in runs] == [("Run 6", True), ("Run 5", False)]
    assert "failed for 1 of 3 repositories" in runs[1].text
    viewer = Viewer(frozenset({ENGINE, MIRROR}), frozenset({1}))
    findings = collection_health(viewer, store, frozenset(), NOW).findings
    assert not [each for each in findings if each.kind is FindingKind.RUN]


@pytest.mark.parametrize(
    ("failing", "endpoint", "is_problem"),
    [((ENGINE,), "views", False), ((ENGINE, MIRROR), "views", True), ((ENGINE, MIRROR), "releases", False)],
)
def test_a_run_that_brought_no_days_of_most_repositories_is_a_problem(
    tmp_path: Path, failing: tuple[int, ...], endpoint: str, is_problem: bool
) -> None:
    store = filled_store(tmp_path / "db")
    with store.traffic.commit("test") as connection:
        connection.execute(
            "insert into collection_run select 6, 'app', $at, $at, 'partial', 4, 3, null, null", {"at": AT}
        )
        row = "insert into collection_result select 6, $key, $endpoint, $at, 'server_failed', 502, 'No.', 0, 1"
        for key in failing:
            connection.execute(row, {"key": key, "endpoint": endpoint, "at": AT})
    findings = collection_health(operator(store), store, frozenset(), NOW).findings
    assert [each.is_problem for each in findings if each.about == "Run 6"] == [is_problem]


@pytest.mark.parametrize(("requests", "expected"), [(4, ["The last collection failed."]), (0, [])])
def test_a_run_that_did_not_reach_github_is_everybodys_and_tells_nothing_of_others(
    tmp_path: Path, requests: int, expected: list[str]
) -> None:
    store = filled_store(tmp_path / "db")
    with store.traffic.commit("test") as connection:
        run = "insert into collection_run select 6, 'app', $at, $at, 'failed', $requests, 0, 'Green cannot.', null"
        connection.execute(run, {"at": AT, "requests": requests})
    seen = collection_health(Viewer(frozenset({ENGINE}), frozenset({1})), store, frozenset(), NOW).findings
    assert [each.text for each in seen if each.kind is FindingKind.RUN] == expected
