"""The demo opens with its past, moved to the present, and goes on from there."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from collector.clock import SystemClock
from collector.owner_run import Progress, RunRequest
from collector.run import collect
from collector.settings import Settings
from data.accounts.tenants import operator
from data.calendar import DAY, monday
from data.collection.ledger import Scope
from data.reports.models import Period
from data.reports.report import report
from data.store import Store
from data.traffic.models import Grain
from tests.demo.history import load
from tests.demo.world import demo_world
from tests.fake_github import FakeGitHub

TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize("today", [monday(TODAY), monday(TODAY) + 6 * DAY, date(2031, 3, 13)])
def test_the_demo_begins_at_once_with_a_past_that_ends_in_the_night_to_monday(tmp_path: Path, today: date) -> None:
    now = datetime.combine(today, time(23), UTC)
    with FakeGitHub(demo_world(today), now=now) as github:
        github.budgets.an_hour = 100_000
        store = load(tmp_path / "db", github, today)
        with store.traffic.read() as cursor:
            newest = "select max(day), max(week) from v_daily, v_weekly"
            assert cursor.execute(newest).fetchall() == [(monday(today) - DAY, monday(today) - 7 * DAY)]
            largest = "select full_name from v_spikes order by score desc limit 1"
            assert cursor.execute(largest).fetchall() == [("Pythagora-io/pythagora",)]
        report_is_what_sql_and_pages_say(store, Period(Grain.WEEK, monday(today) - 14 * DAY), now)
        collect(store, Settings(github.url, 100_000), RunRequest(Scope(), "schedule"), SystemClock(), Progress())
        with store.traffic.read(today=today) as cursor:
            assert cursor.execute("select count(*) from v_gaps where first_day > $day", {"day": today - 14 * DAY})
            gaps = "select count(*) from v_gaps where state = 'gap' and last_day >= $day"
            assert cursor.execute(gaps, {"day": monday(today)}).fetchall() == [(0,)]
            assert cursor.execute("select max(day) from v_daily where views is not null").fetchall() >= [(today - DAY,)]


def report_is_what_sql_and_pages_say(store: Store, week: Period, now: datetime) -> None:
    """The report of a recorded week, against the views that every other reader of it has."""
    made = report(operator(store), store, week, subject="", top=100, now=now)
    days = (
        "select sum(views) filter (views_state = 'final'), sum(view_uniques) filter (views_state = 'final'), "
        "sum(clones) filter (clones_state = 'final'), sum(clone_uniques) filter (clones_state = 'final') "
        "from v_daily where day between $first and $last"
    )
    weeks = "select full_name, views, view_uniques, clones, clone_uniques from v_weekly "
    weeks += "where week = $first and views_days > 0"
    with store.traffic.read(today=now.date()) as cursor:
        totals = cursor.execute(days, {"first": week.first, "last": week.last}).fetchall()
        rows = cursor.execute(weeks, {"first": week.first}).fetchall()
    of = made.totals
    assert totals == [(of.views.value, of.visitor_days.value, of.clones.value, of.cloner_days.value)]
    assert len(rows) > 5
    assert set(rows) == {(e.full_name, e.views, e.visitors, e.clones, e.cloners) for e in made.top}
