"""A report tells the numbers of the pages, of final days only, of what its recipient may see."""

from dataclasses import replace
from datetime import date

import pytest

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.insight.spike_causes import explained_spikes
from data.reports.message import Links, plain_text, report_message
from data.reports.models import Period, Report, ReportRefused, newest_period, period_named
from data.reports.report import is_final, narrowed, report, totals_beside_last_year
from data.store import Store
from data.store.arrow import frame
from data.traffic.models import Grain, Metric, Paging
from data.traffic.traffic import selection_totals, weekly_traffic
from tests.data.filled import ENGINE, TODAY
from tests.data.launch import LAUNCH, fill_launch
from tests.data.launch import day as launch_day
from tests.data.reading import ago, answer, follow, plain, viewer_of
from tests.data.writers import NOW, save

WEEK, MONTH = Period(Grain.WEEK, date(2026, 4, 20)), Period(Grain.MONTH, date(2026, 4, 1))


def made(viewer: Viewer, store: Store, period: Period) -> Report:
    return report(viewer, store, period, subject="all", top=25, now=NOW)


@pytest.mark.parametrize("period", [WEEK, MONTH])
def test_its_totals_are_those_of_the_overview(full: Store, period: Period) -> None:
    result = made(operator(full), full, period).totals
    shown = selection_totals(operator(full), full, period.selection(TODAY))
    assert replace(result, gap_days=0, pending_days=0) == replace(shown, gap_days=0, pending_days=0)


def test_its_list_has_the_uniques_of_the_weekly_page_and_marks_a_sum(full: Store) -> None:
    viewer = operator(full)
    for week in (WEEK, Period(Grain.WEEK, date(2026, 4, 27))):
        rows = frame(weekly_traffic(viewer, full, week.selection(TODAY), Paging("view_uniques")).rows)
        columns = ["full_name", "views", "view_uniques", "view_uniques_kind", "clones", "clone_uniques"]
        shown = plain(rows[rows["views_state"] == "final"][[*columns, "clone_uniques_kind"]])
        result = made(viewer, full, week)
        assert shown
        assert set(shown) <= {
            (e.full_name, e.views, e.visitors, e.visitors_kind, e.clones, e.cloners, e.cloners_kind) for e in result.top
        }
    assert {"week", "sum_of_days"} == {each.visitors_kind for each in result.top}


def test_it_has_the_spikes_of_the_overview_with_their_causes(store: Store) -> None:
    rocket, _ = fill_launch(store)
    week = Period(Grain.WEEK, Grain.WEEK.first_day(launch_day(LAUNCH)))
    result = report(viewer_of(rocket), store, week, subject="x", top=5, now=NOW)
    assert result.spikes == explained_spikes(viewer_of(rocket), store, week.selection(TODAY), 5)
    assert [(each.referrer, each.first_seen) for each in result.referrers] == [("news.example", launch_day(LAUNCH + 1))]
    text = plain_text(report_message(result, Links("https://traffic.example.org")))
    assert "red/rocket" in text
    assert ". news.example appeared" in text  # a name keeps its letters
    assert "blue/boat" not in text


def test_a_pending_day_is_named_and_not_counted(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, answer(key, Metric.VIEWS, [10] * 14), answer(key, Metric.CLONES, [1] * 14))  # up to yesterday
    week = Period(Grain.WEEK, ago(6))  # whose last four days are pending or yet to come
    result = report(viewer_of(key), store, week, subject="x", top=5, now=NOW)
    assert result.totals.views.value == 40
    assert [each.day for each in result.pending_days] == [ago(n) for n in (2, 1, 0)]
    assert (result.top[0].views, result.top[0].is_whole) == (40, False)
    assert "Still pending and not counted" in plain_text(report_message(result, Links(None)))
    assert not is_final(viewer_of(key), store, week, TODAY)


def test_a_final_week_waits_for_githubs_own_count(full: Store) -> None:
    assert is_final(viewer_of(ENGINE), full, WEEK, TODAY)
    assert not is_final(viewer_of(ENGINE), full, Period(Grain.WEEK, date(2026, 5, 4)), TODAY)


def test_it_is_narrowed_to_what_both_the_subscription_and_the_viewer_have(full: Store) -> None:
    assert narrowed(viewer_of(ENGINE), frozenset({ENGINE, 2})) == viewer_of(ENGINE)
    assert made(narrowed(viewer_of(), frozenset({ENGINE})), full, WEEK).top == ()


@pytest.mark.parametrize("name", ["2026-W60", "2026-13", "yesterday", "2026-W19"])
def test_a_period_that_is_none_or_not_over_is_refused(name: str) -> None:
    with pytest.raises(ReportRefused):
        period_named(name, TODAY)


def test_the_newest_period_is_the_last_that_is_over() -> None:
    assert newest_period(Grain.WEEK, date(2026, 11, 30)).name == "2026-W48"
    assert newest_period(Grain.MONTH, date(2026, 12, 1)).name == "2026-11"
    assert period_named("2026-w18", TODAY).text == "27 Apr to 3 May 2026"


def test_a_month_stands_beside_the_same_days_of_the_year_before(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    days = ((MONTH.first, 30), (date(2025, 4, 1), 20), (MONTH.last, 5), (date(2025, 5, 1), 9))
    with store.traffic.commit("test") as connection:
        for day, views in days:
            row = "insert into daily_traffic (repository_id, day, views, views_source) values (?, ?, ?, 'github')"
            connection.execute(row, [key, day, views])
    result = totals_beside_last_year(viewer_of(key), store, MONTH, TODAY)
    assert (result.views.value, result.views.compared, result.views.before) == (35, 30, 20)
    assert made(viewer_of(key), store, MONTH).totals.views.before is None
