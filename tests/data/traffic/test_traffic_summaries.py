"""Series for charts, totals beside the period before, and repository summaries."""

from datetime import date, timedelta
from typing import Any

import pytest
from pandas import DataFrame

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.repositories.health import with_open_days
from data.store import Store
from data.traffic.models import Grain, Metric, Selection
from data.traffic.traffic import (
    COUNTED,
    COUNTERS,
    UNIQUES,
    Total,
    Totals,
    repository_summaries,
    repository_sums,
    series,
    series_before,
    totals,
)
from tests.data.filled import DOCS, ENGINE, NEW, TELESCOPE, TODAY
from tests.data.reading import ago, answer, ask, follow, plain, viewer_of
from tests.data.writers import NOW, save

HALF_YEAR = Selection(ago(150), TODAY, today=TODAY)
SUMS = """
select day, sum({0})::bigint,
    case when bool_and({0}_state = 'final') then 'final' when bool_or({0}_state = 'gap') then 'gap' else 'pending' end
from v_daily where day between $first and $last group by day order by day
"""


def summed(viewer: Viewer, store: Store, selection: Selection) -> Totals:
    return totals(repository_sums(viewer, store, selection))


def test_days_are_compared_with_those_so_many_days_earlier(full: Store) -> None:
    days = Selection(ago(30), ago(24), TODAY, before_days=21)
    found, then = summed(operator(full), full, days), summed(operator(full), full, Selection(ago(51), ago(45), TODAY))
    assert found.final_days == found.compared_days == then.final_days  # nothing is missing in either
    assert (found.views.before, found.clones.before) == (then.views.value, then.clones.value)
    assert found.views.compared == found.views.value


def drawn(frame: DataFrame, key: int | None) -> list[tuple[Any, ...]]:
    """The periods of a series with value, state and kind."""
    return [row[2:6] for row in plain(frame) if row[0] == key]


@pytest.mark.parametrize("metric", ["views", "view_uniques", "clones", "clone_uniques"])
def test_a_series_of_days_has_the_numbers_and_states_of_the_view(full: Store, metric: str) -> None:
    rows = series(operator(full), full, HALF_YEAR, Grain.DAY, metric)
    state = "clones_state" if "clone" in metric else "views_state"
    for key in (ENGINE, DOCS, TELESCOPE):
        kind = f"{metric}_kind" if "uniques" in metric else "null"
        question = f"select day, {metric}, {state}, {kind} from v_daily where repository_id = $key and day >= $first"
        assert drawn(rows, key) == ask(full, f"{question} order by day", key=key, first=ago(150))


@pytest.mark.parametrize("metric", ["views", "clones"])
def test_the_total_adds_up_every_repository_and_is_final_where_each_is(full: Store, metric: str) -> None:
    rows = drawn(series(operator(full), full, HALF_YEAR, Grain.DAY, metric), None)
    assert [row[:3] for row in rows] == ask(full, SUMS.format(metric), first=ago(150), last=TODAY)
    assert {row[2] for row in rows} == {"final", "pending", "gap"}


@pytest.mark.parametrize("grain", Grain)
def test_people_are_never_added_up_over_repositories(full: Store, grain: Grain) -> None:
    for metric in (*COUNTED, *COUNTERS):
        rows = plain(series(operator(full), full, HALF_YEAR, grain, metric))
        assert {row[1] for row in rows if row[0] is None} == ({"total"} if metric in {"views", "clones"} else set())


@pytest.mark.parametrize(
    ("grain", "kinds"),
    [(Grain.DAY, {"day", None}), (Grain.WEEK, {"week", "sum_of_days", None}), (Grain.MONTH, {"sum_of_days"})],
)
def test_uniques_of_longer_periods_say_what_they_are(full: Store, grain: Grain, kinds: set[str | None]) -> None:
    found: dict[bool, set[str | None]] = {True: set(), False: set()}
    for metric in COUNTED:
        rows = plain(series(operator(full), full, HALF_YEAR, grain, metric))
        found[metric in UNIQUES] |= {row[5] for row in rows}
    assert found == {True: kinds, False: {None}}


def test_a_chart_gets_the_twelve_largest_and_is_told_of_the_others(store: Store) -> None:
    keys = follow(store, *(f"owner/number-{n}" for n in range(15)))
    for n, key in enumerate(keys):
        save(store, answer(key, Metric.VIEWS, [n] * 14), answer(key, Metric.CLONES, [1] * 14))
    frame = series(viewer_of(*keys), store, Selection(ago(10), ago(5), today=TODAY), Grain.DAY, "views")
    assert set(frame["repository_id"].dropna()) == set(keys[3:])
    assert frame.attrs["left_out"] == 3
    assert {row[1] for row in drawn(frame, None)} == {sum(range(15))}


def test_a_chart_that_shows_all_leaves_none_out(full: Store) -> None:
    frame = series(operator(full), full, HALF_YEAR, Grain.WEEK, "views")
    assert (frame.attrs["left_out"], NEW in set(frame["repository_id"].dropna())) == (0, False)
    assert series(viewer_of(NEW), full, HALF_YEAR, Grain.WEEK, "views").attrs["left_out"] == 0


def test_totals_compare_the_final_days_with_their_counterparts_only(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, answer(key, Metric.VIEWS, [2**n for n in range(14)]))  # 2**13 is yesterday's
    week = Selection(ago(6), TODAY, today=TODAY)  # ago(6) to ago(3) are final, ago(13) to ago(10) their counterparts
    known = sum(2 ** (14 - n) for n in (6, 5, 4, 3, 2, 1))
    expected = sum(2 ** (14 - n) for n in (6, 5, 4, 3)), sum(2 ** (14 - n) for n in (13, 12, 11, 10))
    people = sum(2 ** (14 - n) // 2 for n in (6, 5, 4, 3)), sum(2 ** (14 - n) // 2 for n in (13, 12, 11, 10))
    seen = summed(viewer_of(key), store, week)
    nothing = Total(None, None, None)
    views, visitors = Total(known, *expected), Total(known // 2, *people)
    assert seen == Totals(views, visitors, nothing, nothing, nothing, 4, 4, 0, 7)


def test_a_new_repository_is_no_rise_and_few_days_say_nothing_of_a_period(store: Store) -> None:
    old, *new = follow(store, "owner/old", "owner/new", "owner/newer")
    save(store, answer(old, Metric.VIEWS, [10] * 14))
    for each in new:
        save(store, answer(each, Metric.VIEWS, [1000] * 6))
    week = Selection(ago(6), ago(1), today=TODAY)
    both = summed(viewer_of(old, new[0]), store, week)
    assert (both.views, both.comparable) == (Total(6060, 40, 40), True)
    most = summed(viewer_of(old, *new), store, week)
    assert (most.views.value, most.comparable) == (12060, False)


def test_a_gap_of_one_repository_leaves_the_others_to_compare_with(store: Store) -> None:
    one, other, third = follow(store, "owner/one", "owner/other", "owner/third")
    for each in (one, other, third):
        save(store, answer(each, Metric.VIEWS, [10] * 14))
    gaps = [(one, ago(12)), (one, ago(11)), (other, ago(11))]
    forget = "update daily_traffic set views = null, view_uniques = null, views_source = null"
    with store.traffic.commit("gaps") as connection:
        connection.executemany(f"{forget} where repository_id = ? and day = ?", gaps)
    days = Selection(ago(6), ago(4), TODAY + timedelta(days=30), before_days=7)
    found = series_before(viewer_of(one, other, third), store, days, Grain.DAY)
    assert found[["views", "views_gaps"]].astype(object).fillna(-1).values.tolist() == [[30, 0], [20, 1], [-1, 2]]


def test_what_is_not_known_has_no_total(full: Store) -> None:
    seen = summed(viewer_of(NEW), full, HALF_YEAR)
    assert {seen.views, seen.visitor_days, seen.clones, seen.cloner_days, seen.stars} == {Total(None, None, None)}
    assert (seen.final_days, seen.comparable) == (0, False)


def test_totals_tell_the_gaps_and_the_pending_days(full: Store) -> None:
    seen = summed(viewer_of(TELESCOPE), full, HALF_YEAR)
    assert (seen.gap_days, seen.pending_days) == (21, 3)
    before = summed(viewer_of(TELESCOPE), full, Selection(ago(91), ago(71), today=TODAY))
    assert (before.views, before.gap_days, before.pending_days) == (Total(None, None, None), 21, 0)


def test_totals_of_settled_days_are_those_of_the_view(full: Store) -> None:
    seen = summed(operator(full), full, Selection(ago(40), ago(21), today=TODAY))
    question = "select sum(views), sum(clones), sum(view_uniques), sum(clone_uniques) from v_daily"
    (now,) = ask(full, f"{question} where day between $first and $last", first=ago(40), last=ago(21))
    (then,) = ask(full, f"{question} where day between $first and $last", first=ago(60), last=ago(41))
    counted = (seen.views, seen.clones, seen.visitor_days, seen.cloner_days)
    assert counted == tuple(Total(value, value, before) for value, before in zip(now, then, strict=True))
    assert (seen.gap_days, seen.pending_days) == (0, 0)


def test_the_overview_tells_the_same_risk_and_times_as_the_health(full: Store) -> None:
    rows = {row[0]: row for row in plain(repository_summaries(operator(full), full, TODAY))}
    for each in with_open_days(operator(full), full, NOW.date()):
        row = rows.pop(each.repository.repository_id)
        newest = max(each.last_good_at.values(), default=None)
        assert row[1:5] == (
            each.repository.tenant_id,
            each.repository.full_name,
            each.repository.state,
            each.repository.state_reason,
        )
        assert row[7:9] == (newest, each.days_until_loss)
    assert not rows


def test_the_list_of_repositories_counts_as_many_days_as_a_range_by_default(full: Store) -> None:
    question = "select sum(views), sum(clones) from v_daily where repository_id = $key and day between $first and $last"
    for row in plain(repository_summaries(operator(full), full, TODAY)):
        assert [row[9:11]] == ask(full, question, key=row[0], first=ago(30), last=ago(1))


def test_a_sparkline_of_a_summary_has_the_known_days_oldest_first(store: Store) -> None:
    known, unknown = follow(store, "owner/known", "owner/unknown")
    save(store, answer(known, Metric.VIEWS, [5, 6, 7], NOW - timedelta(days=2)))
    lines = repository_summaries(viewer_of(known, unknown), store, TODAY)["sparkline"]
    assert [list(each) for each in lines] == [[5, 6, 7], []]


@pytest.mark.parametrize("age", [1, 29, 31, 400])
def test_stars_are_those_of_the_last_look_however_old(store: Store, age: int) -> None:
    (key,) = follow(store, "owner/stars")
    insert = (
        "insert into repository_stats select $key, day::date, day, $stars, 1, 1, 1, 1, null from (values ($day)) t(day)"
    )
    with store.traffic.commit("test") as connection:
        for stars, day in ((9, ago(age)), (8, ago(age + 3))):
            connection.execute(insert, {"key": key, "stars": stars, "day": day})
    assert list(repository_summaries(viewer_of(key), store, TODAY)["stars"]) == [9]


def test_a_counter_of_a_period_is_that_of_its_last_look(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, answer(key, Metric.VIEWS, [1] * 14))
    looks = [(date(2026, 4, 20), 3), (date(2026, 4, 22), 9), (date(2026, 4, 27), 5)]
    insert = "insert into repository_stats select $key, $day, $day, $n, $n + 1, $n + 2, $n + 3, 1, null"
    with store.traffic.commit("test") as connection:
        for day, number in looks:
            connection.execute(insert, {"key": key, "day": day, "n": number})
    days = Selection(date(2026, 4, 1), TODAY, today=TODAY)
    expected = {
        Grain.DAY: looks,
        Grain.WEEK: [(date(2026, 4, 20), 9), (date(2026, 4, 27), 5)],
        Grain.MONTH: [(date(2026, 4, 1), 5)],
    }
    for grain, periods in expected.items():
        for more, metric in enumerate(COUNTERS):
            rows = series(viewer_of(key), store, days, grain, metric)
            assert drawn(rows, key) == [(period, value + more, "final", None) for period, value in periods]
            assert drawn(rows, None) == []


def test_a_day_looked_at_on_later_days_changes_its_state_and_not_its_number(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    save(store, answer(key, Metric.VIEWS, [1] * 14))
    ages: list[tuple[date, str]] = [(TODAY, "pending"), (ago(-2), "final"), (ago(-60), "final")]
    for today, state in ages:
        rows = series(viewer_of(key), store, Selection(ago(1), ago(1), today=today), Grain.DAY, "views")
        assert drawn(rows, key) == [(ago(1), 1, state, None)]
