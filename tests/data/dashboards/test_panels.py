"""What panels tell: what the readers of traffic tell, unknown where it is unknown, and nothing of other tenants."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.accounts.models import Viewer
from data.dashboards.panel_text import measure_name
from data.dashboards.panels import PanelRows, panel_rows
from data.dashboards.specification import Kind, Panel, Range, Source, groups_for, kinds_for, measures_for, splits_for
from data.store import Store
from data.text import DAILY_CLONERS, DAILY_VISITORS
from data.traffic import traffic
from data.traffic.models import Grain, Selection
from tests.data.filled import DOCS, ENGINE, MIRROR, NAMES, OUTAGE, TELESCOPE, TODAY
from tests.data.reading import Rows, ago, ask, filled, plain
from tests.data.traffic.test_traffic_isolation import keep_only

ONE = Viewer(frozenset({TELESCOPE}), frozenset({2}))
BOTH = Viewer(frozenset({ENGINE, TELESCOPE}), frozenset({1, 2}))
NOBODY = Viewer(frozenset(), frozenset({1, 2}))
ALL = Range()


@pytest.fixture(scope="module")
def full(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with filled(template, tmp_path_factory.mktemp("full") / "db") as store:
        yield store


@pytest.fixture(scope="module")
def alone(full: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A copy of the full store in which the telescope is all that is left."""
    directory = tmp_path_factory.mktemp("alone") / "db"
    shutil.copytree(full.directory, directory, symlinks=True)
    store = Store(directory)
    keep_only(store, TELESCOPE)
    yield store
    store.close()


@pytest.fixture
def young(full: Store, tmp_path: Path) -> Iterator[Store]:
    """A copy of the full store in which the engine was first read within the last week."""
    shutil.copytree(full.directory, tmp_path / "db", symlinks=True)
    store = Store(tmp_path / "db")
    with store.traffic.commit("test") as connection:
        connection.execute("delete from repository_stats where repository_id = 1 and day < $day", {"day": ago(6)})
    yield store
    store.close()


def every_kind_and_source() -> list[Panel]:
    """A panel of every kind, source and grouping, told apart where that is possible."""
    found = []
    for source in Source:
        for kind in kinds_for(source):
            for by in groups_for(kind, source) or (None,):
                split = (*splits_for(kind, source, by)[-1:], None)[0]
                measure = measures_for(source, by, split)[-1]
                found.append(Panel(kind, "", source, measure, by=by, split=split, range=ALL, limit=8))
    return found


EVERY = pytest.mark.parametrize("panel", every_kind_and_source(), ids=lambda p: f"{p.kind}-{p.source}-{p.by}")


def shown(viewer: Viewer, store: Store, panel: Panel) -> PanelRows:
    return panel_rows(viewer, store, panel, TODAY)


def comparable(found: PanelRows) -> tuple[Rows, tuple[str, ...], int]:
    return plain(found.rows), found.notes, found.names


def values(found: PanelRows) -> list[int | None]:
    return [None if pd.isna(each) else int(each) for each in found.rows["value"]]


def daily(**more: Any) -> Panel:
    return replace(Panel(Kind.BARS, by="day", range=ALL), **more)


@EVERY
def test_one_repository_is_told_as_if_there_were_no_other(full: Store, alone: Store, panel: Panel) -> None:
    found = comparable(shown(ONE, full, panel))
    assert found == comparable(shown(ONE, alone, panel))
    assert not [name for key, name in NAMES.items() if key != TELESCOPE and name in str(found)]


@EVERY
def test_who_sees_no_repository_is_told_nothing(full: Store, panel: Panel) -> None:
    found = shown(NOBODY, full, panel)
    assert not any(values(found))
    assert "/" not in str(plain(found.rows))


@EVERY
def test_naming_another_tenants_repository_is_as_naming_none(full: Store, panel: Panel) -> None:
    wishes = ("blue/engine", "no/such", "'; drop table repository --")
    found = [comparable(shown(ONE, full, replace(panel, repositories=(wish,)))) for wish in wishes]
    assert all(each == found[0] for each in found)


def test_a_star_stands_for_anything_in_a_name(full: Store) -> None:
    panel = daily(by="repository")
    named = [shown(BOTH, full, replace(panel, repositories=(wish,))) for wish in ("*", "BLUE/*", "*/tele*")]
    assert [len(each.rows) for each in named] == [2, 1, 1]


def test_a_groups_name_stands_for_its_visible_members(full: Store) -> None:
    panel = daily(by="repository")
    named = [shown(BOTH, full, replace(panel, repositories=wish)) for wish in (("MACHINE",), ("Optics", "blue/*"))]
    assert [sorted(each.rows["name"]) for each in named] == [[NAMES[ENGINE]], [NAMES[ENGINE], NAMES[TELESCOPE]]]


def test_a_group_is_what_its_members_have_together(full: Store) -> None:
    viewer = Viewer(frozenset(NAMES), frozenset({1, 2}))
    grouped = shown(viewer, full, daily(by="group", measure="visitors"))
    each = shown(viewer, full, daily(by="repository", measure="visitors", limit=50))
    sums = dict(zip(each.rows["name"], values(each), strict=True))
    machine = [sums.get(NAMES[key]) or 0 for key in (ENGINE, DOCS)]
    by_name = dict(zip(grouped.rows["name"], values(grouped), strict=True))
    assert by_name == {"Machine": sum(machine), "Optics": sums[NAMES[TELESCOPE]]}
    assert measure_name(grouped.panel, "visitors") == DAILY_VISITORS
    assert any("several groups" in note for note in grouped.notes)


def test_bars_by_repository_are_as_high_as_the_total_and_are_compared_like_it(full: Store) -> None:
    days = Range(first=ago(10), last=ago(1), before_days=10)
    split = shown(BOTH, full, daily(split="repository", limit=1, range=days))
    total = shown(BOTH, full, daily(range=days))
    assert list(split.rows["name"])[-1] == "1 other repository"
    heights = split.rows.groupby("period")["value"].sum()
    assert list(heights) == list(total.rows["value"])
    assert split.compared == total.compared == Selection(ago(10), ago(1), TODAY, BOTH.repository_ids, before_days=10)
    assert shown(BOTH, full, daily(split="repository", measure="visitors", range=days)).compared is None


@pytest.mark.parametrize("measure", ["views", "visitors", "clones", "cloners"])
def test_a_number_of_traffic_is_what_the_totals_are(full: Store, measure: str) -> None:
    days = Range(first=ago(40), last=ago(1))
    (row,) = plain(shown(BOTH, full, Panel(Kind.NUMBER, measure=measure, range=days)).rows)
    found = traffic.totals(traffic.repository_sums(BOTH, full, Selection(ago(40), ago(1), TODAY)))
    name = {"visitors": "visitor_days", "cloners": "cloner_days"}.get(measure, measure)
    total = getattr(found, name)
    assert row[:2] == (total.value, total.before if found.comparable else None)


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_bars_over_time_are_the_series_of_the_chart(full: Store, by: str) -> None:
    found = shown(BOTH, full, daily(by=by, range=Range(first=ago(60), last=ago(1))))
    series = traffic.series(BOTH, full, Selection(ago(60), ago(1), TODAY), Grain(by), "views")
    total = series[series["repository_id"].isna()]
    assert plain(found.rows[["period", "value", "state"]]) == plain(total[["period", "value", "state"]])


def test_a_gap_and_a_pending_day_are_never_zero(full: Store) -> None:
    days = {row[0]: row[2:] for row in plain(shown(ONE, full, daily()).rows)}
    gap = [days[ago(each)] for each in OUTAGE if each > min(OUTAGE) + 14]
    assert gap == [(None, "gap")] * len(gap)
    assert days[ago(1)][1] == "pending"


def test_a_true_zero_stays_one(full: Store) -> None:
    mirror = shown(Viewer(frozenset({MIRROR}), frozenset({1})), full, daily(range=Range(first=ago(20), last=ago(10))))
    assert values(mirror) == [0] * 11


def test_a_week_of_github_has_its_true_uniques_or_none(full: Store) -> None:
    panel = Panel(Kind.LINE, "", Source.WEEKLY, "visitors", by="week", split="repository", range=ALL)
    found = {row[0]: row[2] for row in plain(shown(ONE, full, panel).rows)}
    question = "select week, view_uniques from v_weekly where repository_id = $id"
    assert found == dict(ask(full, question, id=TELESCOPE))


def test_weeks_by_weekday_are_the_days_themselves(full: Store) -> None:
    days = Range(first=ago(60), last=ago(10))
    cells = shown(ONE, full, Panel(Kind.HEAT_MAP, by="week", split="weekday", range=days))
    week = {f"{date(1900, 1, 1) + timedelta(days=n):%A}": timedelta(days=n) for n in range(7)}
    found = {row[0] + week[row[1]]: row[2] for row in plain(cells.rows)}
    shown_days = {row[0]: row[2] for row in plain(shown(ONE, full, daily(range=days)).rows)}
    assert found == shown_days


def test_a_weekday_has_the_mean_of_its_final_days(full: Store) -> None:
    averages = [float(row[2]) for row in plain(shown(ONE, full, daily(by="weekday")).rows)]
    question = """select round(avg(views), 1)::double from v_daily where repository_id = $id and views_state = 'final'
        and day < $today group by isodow(day) order by isodow(day)"""
    assert averages == [row[0] for row in ask(full, question, id=TELESCOPE, today=TODAY)]


@pytest.mark.parametrize(
    ("source", "view", "name"), [("referrers", "v_referrers", "referrer"), ("paths", "v_paths", "path")]
)
def test_a_ranking_of_a_list_is_the_newest_list_and_no_sum(full: Store, source: str, view: str, name: str) -> None:
    found = shown(ONE, full, Panel(Kind.TABLE, "", Source(source), "views", by=name, range=ALL, limit=50))
    newest = f"""select {name}, views from {view} where repository_id = $id
        and observed_on = (select max(observed_on) from {view} where repository_id = $id)"""
    assert sorted(row[1:3] for row in plain(found.rows)) == sorted(ask(full, newest, id=TELESCOPE))


def test_a_line_of_referrers_has_each_list_as_it_was_and_null_where_one_was_not_listed(full: Store) -> None:
    panel = Panel(Kind.LINE, "", Source.REFERRERS, "views", by="day", split="referrer", range=ALL, limit=8)
    found = {row[:2]: row[2] for row in plain(shown(ONE, full, panel).rows)}
    seen = ask(full, "select observed_on, referrer, views from v_referrers where repository_id = $id", id=TELESCOPE)
    assert {key: value for key, value in found.items() if value is not None} == {row[:2]: row[2] for row in seen}
    assert None in found.values()
    assert {key[0] for key in found} == {row[0] for row in seen}


def test_counters_are_those_last_seen_and_gains_those_of_the_history(full: Store) -> None:
    days = Range(first=ago(20), last=ago(3))
    (stars,) = values(shown(ONE, full, Panel(Kind.NUMBER, "", Source.STARS, "stars", range=Range(last_days=7))))
    (gained,) = values(shown(ONE, full, Panel(Kind.NUMBER, "", Source.STARS, "stars gained", range=days)))
    of = "where repository_id = $id"
    assert stars == ask(full, f"select arg_max(stars, day) from repository_stats {of}", id=TELESCOPE)[0][0]
    history = f"select sum(stars) from star_history {of} and day between $first and $last"
    assert gained == ask(full, history, id=TELESCOPE, first=days.first, last=days.last)[0][0]


def test_stars_gained_are_those_of_the_overview_and_of_the_bars_final_days(full: Store) -> None:
    days = Range(first=ago(20), last=ago(1))
    panel = Panel(Kind.NUMBER, "", Source.STARS, "stars gained", range=days)
    (row,) = plain(shown(BOTH, full, panel).rows)
    overview = traffic.totals(traffic.repository_sums(BOTH, full, Selection(ago(20), ago(1), TODAY)))
    assert (row[0], row[1], row[2]) == (overview.stars.value, overview.stars.before, overview.stars.compared)
    bars = plain(shown(BOTH, full, replace(panel, kind=Kind.BARS, by="day")).rows[["value", "state"]])
    assert row[0] == sum(value for value, state in bars if state == "final")


def test_the_stock_of_a_new_repository_is_no_growth(young: Store) -> None:
    panel = Panel(Kind.NUMBER, "", Source.STARS, "stars", range=Range(last_days=10))
    both, alone = (plain(shown(viewer, young, panel).rows)[0] for viewer in (BOTH, ONE))
    assert both[1:3] == alone[1:3], "growth is of the repository that was read on both days"
    assert both[0] > alone[0] == alone[2]


def test_the_first_reading_of_a_release_is_no_gain(full: Store) -> None:
    gained = shown(BOTH, full, Panel(Kind.BARS, "", Source.DOWNLOADS, "downloads gained", by="month", range=ALL))
    question = "select max(downloads) - min(downloads) from v_releases where day < $today group by asset_id"
    assert sum(each or 0 for each in values(gained)) == sum(row[0] for row in ask(full, question, today=TODAY))


def test_only_the_largest_are_shown_and_how_many_there_are_is_said(full: Store) -> None:
    everybody = Viewer(frozenset(NAMES), frozenset({1, 2}))
    found = shown(everybody, full, daily(by="repository", limit=2))
    assert (len(found.rows), found.names) == (2, 4)
    assert "Top 2 of 4." in found.notes


def test_what_is_below_the_minimum_is_left_out(full: Store) -> None:
    least = max(each or 0 for each in values(shown(BOTH, full, daily())))
    assert values(shown(BOTH, full, daily(minimum=least))) == [least]


def test_more_than_400_days_are_shown_by_week(full: Store) -> None:
    found = shown(ONE, full, daily(range=Range(last_days=500)))
    assert found.panel.by == "week"
    assert {row[0].weekday() for row in plain(found.rows)} == {0}


@pytest.mark.parametrize(
    ("panel", "name"),
    [
        (Panel(Kind.NUMBER, measure="visitors"), DAILY_VISITORS),
        (daily(measure="cloners"), DAILY_CLONERS),
        (daily(measure="visitors", by="month", split="repository"), DAILY_VISITORS),
        (daily(measure="visitors", split="repository"), "Unique visitors"),
        (Panel(Kind.NUMBER, "", Source.WEEKLY, "visitors"), "Weekly visitors (sum)"),
        (Panel(Kind.LINE, "", Source.WEEKLY, "visitors", by="week", split="repository"), "Unique visitors"),
    ],
)
def test_uniques_that_are_added_up_are_never_called_people(panel: Panel, name: str) -> None:
    assert measure_name(panel, panel.measure) == name
