"""The comparison: repositories on the same periods, and launches from day 0 on against what was usual."""

from dataclasses import replace
from datetime import date, timedelta
from math import isnan

import pytest
from pandas import DataFrame

from collector.endpoints.releases import ReleaseFacts, ReleaseObservation
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import operator
from data.insight.compare import (
    Launch,
    Measure,
    aligned,
    beside,
    beside_before,
    beside_groups,
    indexed,
    largest,
    launches,
    lifts,
)
from data.insight.events import usual
from data.insight.notes import NewNote, add_note
from data.store import Store
from data.store.arrow import frame
from data.traffic.models import Grain, Metric, Selection
from tests.data.filled import ENGINE, RELEASED_ON, TELESCOPE, TODAY
from tests.data.reading import ago, answer, ask, follow, plain, viewer_of
from tests.data.writers import NOW, result, save

QUARTER = Selection(ago(92), ago(1), today=TODAY)
LAUNCH_AGE = 20


def launched(store: Store, counts: list[int]) -> tuple[int, DataFrame]:
    """A repository with these views up to yesterday, followed for 30 days from LAUNCH_AGE days ago on."""
    (key,) = follow(store, "owner/one")
    save(store, answer(key, Metric.VIEWS, counts))
    rows = aligned(viewer_of(key), store, (Launch(key, "owner/one", ago(LAUNCH_AGE)),), 30, TODAY)
    return key, rows[rows["metric"] == "views"].set_index("offset")


@pytest.mark.parametrize("measure", [Measure.VIEWS, Measure.CLONES, Measure.VISITORS])
def test_repositories_stand_beside_each_other_with_the_days_of_the_view(full: Store, measure: Measure) -> None:
    rows = plain(beside(operator(full), full, QUARTER, measure, Grain.DAY))
    state = "clones_state" if measure is Measure.CLONES else "views_state"
    question = f"select day, {measure}, {state} from v_daily where repository_id = $key and day between $a and $b"
    for key in (ENGINE, TELESCOPE):
        expected = ask(full, f"{question} order by day", key=key, a=QUARTER.first, b=QUARTER.last)
        assert [row[2:] for row in rows if row[0] == key] == expected


def test_a_group_is_one_line_of_what_its_members_have_together(full: Store) -> None:
    groups = (("Both", (ENGINE, TELESCOPE)), ("green/telescope", (TELESCOPE,)))
    for measure, grain in ((Measure.VIEWS, Grain.DAY), (Measure.STARS, Grain.WEEK), (Measure.VISITORS, Grain.DAY)):
        each = beside(operator(full), full, QUARTER, measure, grain)
        each = each[each["repository_id"].isin([ENGINE, TELESCOPE])]
        rows = beside_groups(operator(full), full, QUARTER, measure, grain, groups=groups)
        both = rows[rows["full_name"] == "Both"].set_index("period")["value"].dropna()
        assert both.sort_index().to_dict() == each.groupby("period")["value"].sum(min_count=1).dropna().to_dict()
        assert set(rows["repository_id"].dropna()) == {TELESCOPE}
    month = beside_groups(operator(full), full, QUARTER, Measure.VISITORS, Grain.MONTH, groups=groups)
    assert month["value"].isna().all()
    nobody = beside_groups(viewer_of(TELESCOPE), full, QUARTER, Measure.VIEWS, Grain.DAY, groups=groups)
    assert nobody["value"].sum() == 2 * nobody[nobody["full_name"] == "Both"]["value"].sum()


def test_each_is_compared_with_its_own_days_before(full: Store) -> None:
    of_both = Selection(ago(30), ago(1), TODAY, frozenset({ENGINE, TELESCOPE}), before_days=28)
    viewer, later = operator(full), timedelta(days=28)
    for measure in (Measure.VIEWS, Measure.VISITORS):
        before = beside(viewer, full, Selection(ago(58), ago(29), TODAY, of_both.repository_ids), measure, Grain.DAY)
        known = before[(before["state"] != "gap") & before["value"].notna()]
        expected = {
            (name, day + later): n for name, day, n in known[["full_name", "period", "value"]].itertuples(index=False)
        }
        found = frame(beside_before(viewer, full, of_both, measure, Grain.DAY))
        assert found.set_index(["full_name", "period"])["value"].to_dict() == expected
    days, weeks = (
        frame(beside_before(viewer, full, of_both, Measure.VIEWS, grain)) for grain in (Grain.DAY, Grain.WEEK)
    )
    sums = days.groupby("full_name")["value"].sum()
    assert weeks.groupby("full_name")["value"].sum().to_dict() == sums.to_dict(), "they add up to the same"
    assert (weeks["last_day"].max(), weeks["gaps"].sum()) == (ago(29), 60 - len(expected))
    assert not beside_before(viewer, full, replace(of_both, before_days=0), Measure.VIEWS, Grain.DAY).num_rows
    for people_of in (replace(of_both, before_days=30), of_both):
        for grain in (Grain.WEEK, Grain.MONTH)[people_of is of_both :]:
            assert not beside_before(viewer, full, people_of, Measure.VISITORS, grain).num_rows


def test_people_of_a_week_are_github_s_own_count_or_unknown(full: Store) -> None:
    rows = beside(operator(full), full, QUARTER, Measure.VISITORS, Grain.WEEK)
    question = "select repository_id, week, view_uniques from v_weekly"
    true = {(key, week): people for key, week, people in ask(full, question)}
    by_week = {(row[0], row[2]): row[3] for row in plain(rows)}
    whole = {place: n for place, n in true.items() if QUARTER.first <= place[1] <= QUARTER.last - timedelta(days=6)}
    assert by_week == {place: whole.get(place) for place in by_week}
    assert None in by_week.values()
    assert beside(operator(full), full, QUARTER, Measure.VISITORS, Grain.MONTH)["value"].isna().all()


def test_stars_are_final_where_the_history_was_read_later(full: Store) -> None:
    rows = plain(beside(viewer_of(ENGINE), full, QUARTER, Measure.STARS, Grain.DAY))
    (known,) = ask(full, "select max(day) from star_history where repository_id = $key", key=ENGINE)
    states = {row[2]: row[4] for row in rows}
    assert (states[ago(3)], states[ago(2)], known[0]) == ("final", "pending", ago(1))
    weeks = plain(beside(viewer_of(ENGINE), full, QUARTER, Measure.STARS, Grain.WEEK))
    by_day = {row[2]: row[3] for row in rows}
    whole = next(row for row in weeks if row[4] == "final" and row[2] >= QUARTER.first)
    assert whole[3] == sum(by_day[whole[2] + timedelta(days=n)] for n in range(7))


def test_an_index_is_a_hundred_at_the_own_median_of_final_days() -> None:
    rows = DataFrame(
        {
            "full_name": ["a", "a", "a", "a", "b", "b"],
            "value": [10.0, 20.0, 40.0, 1000.0, 0.0, 0.0],
            "state": ["final", "final", "final", "pending", "final", "final"],
        }
    )
    found = list(indexed(rows)["value"])
    assert found[:4] == [50, 100, 200, 5000]
    assert all(isnan(value) for value in found[4:]), "a median of 0 makes no index"


def test_at_most_eight_are_compared_and_those_with_the_most_views(store: Store) -> None:
    keys = follow(store, *(f"owner/number-{n}" for n in range(10)))
    save(store, *(answer(key, Metric.VIEWS, [n] * 14) for n, key in enumerate(keys)))
    assert largest(viewer_of(*keys), store, QUARTER) == tuple(keys[:1:-1])
    assert set(beside(viewer_of(*keys), store, QUARTER, Measure.VIEWS, Grain.DAY)["repository_id"]) == set(keys[2:])


def test_usual_is_the_median_of_the_same_weekday_before() -> None:
    first = date(2026, 3, 2)  # a Monday
    days = [first + timedelta(days=n) for n in range(35)]
    values = [100 * day.weekday() + n // 7 for n, day in enumerate(days)]  # 0 to 4 in five weeks, and 100 a weekday
    found = usual(DataFrame({"views": values}, index=days), [date(2026, 4, 8) + timedelta(days=n) for n in range(3)])
    assert list(found["views"]) == [202, 302, 402]
    assert found.index[0] == date(2026, 4, 8)


def test_a_launch_is_followed_against_the_weekdays_of_eight_weeks_before_the_day_before(store: Store) -> None:
    quiet = [5] * 57
    _, rows = launched(store, [*quiet[1:], 999, *([20] * LAUNCH_AGE)])  # 999 on the day before is no part of usual
    known = LAUNCH_AGE - 2  # days 0 to 17 are final
    assert list(rows["value"][:known]) == [20] * known
    assert set(rows["usual"]) == {5}
    assert list(rows["total"][:known]) == [20 * (n + 1) for n in range(known)]
    assert list(rows["usual_total"][:3]) == [5, 10, 15]
    assert rows["total"][known:].isna().all()


def test_a_sum_ends_where_a_day_is_not_known(store: Store) -> None:
    (key,) = follow(store, "owner/one")
    before = answer(key, Metric.VIEWS, [5] * 60, NOW - timedelta(days=40))  # up to ago(41): then ten days of gap
    save(store, before, answer(key, Metric.VIEWS, [8] * 30))
    rows = aligned(viewer_of(key), store, (Launch(key, "owner/one", ago(45)),), 30, TODAY)
    views = rows[rows["metric"] == "views"].set_index("offset")
    assert list(views["total"][:5]) == [5, 10, 15, 20, 25]
    assert views["total"][5:].isna().all()
    assert views["value"][20] == 8, "the day itself is known"


def test_a_lift_compares_the_same_final_days(store: Store) -> None:
    _, rows = launched(store, [*([5] * 57), *([20] * LAUNCH_AGE)])
    (week,) = plain(lifts(rows.reset_index(), 7))
    (month,) = plain(lifts(rows.reset_index(), 30))
    assert week == (0, "views", 160, 40, 8, 8, 120)
    assert month == (0, "views", 20 * 18, 5 * 18, 18, 31, 15 * 18)


def test_nothing_is_usual_after_too_few_weeks(store: Store) -> None:
    _, rows = launched(store, [*([5] * 20), *([20] * LAUNCH_AGE)])
    assert rows["usual"].isna().all()
    assert list(rows["total"][:2]) == [20, 40]
    (lift,) = plain(lifts(rows.reset_index(), 7))
    assert lift[2:5] == (None, None, 0)


def test_releases_and_notes_are_launches_and_one_a_day(store: Store) -> None:
    key, other = follow(store, "owner/one", "owner/two")
    released = ReleaseFacts(1, "v1", None, False, NOW - timedelta(days=9))
    save(store, result(key, "releases", ReleaseObservation((released,), ())))
    for note in (NewNote(ago(9), "Told the world", None, key), NewNote(ago(5), "Elsewhere", None, other)):
        add_note(store, COMMAND_LINE, note, NOW)
    offered = launches(viewer_of(key, other), store, frozenset({key}), TODAY)
    assert offered == (Launch(key, "owner/one", ago(9), "v1; Told the world"),)


def test_another_tenant_s_launches_and_days_are_as_if_they_were_not_there(full: Store) -> None:
    other = viewer_of(TELESCOPE)
    assert launches(other, full, frozenset({ENGINE}), TODAY) == ()
    assert launches(operator(full), full, frozenset({ENGINE}), TODAY)
    missing, theirs = (Launch(key, "blue/engine", RELEASED_ON) for key in (999, ENGINE))
    rows = [aligned(other, full, (each,), 30, TODAY) for each in (missing, theirs)]
    assert rows[0].equals(rows[1])
    assert rows[1]["value"].isna().all()
    assert aligned(operator(full), full, (theirs,), 30, TODAY)["value"].notna().any()
