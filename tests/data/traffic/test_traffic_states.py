"""The tables, the months and the range of days tell what the public views tell: the same days, numbers and states."""

from datetime import date

import pytest

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.store import Store
from data.traffic.models import Grain, Paging, Selection
from data.traffic.traffic import daily_traffic, day_range, series, weekly_traffic
from tests.data.filled import TODAY
from tests.data.reading import ago, ask, follow, plain

DAILY = """
select repository_id, full_name, day, views, view_uniques, clones, clone_uniques, views_state, clones_state,
    tenant, views_source, clones_source, view_uniques_kind, clone_uniques_kind
from v_daily where repository_id in (select unnest($keys)) and day between $first and $last
order by day desc, lower(full_name), repository_id
"""
WEEKLY = """
select
    repository_id, full_name, week, isoyear(week), weekofyear(week),
    views, coalesce(view_uniques, visitor_days),
    case when view_uniques is not null then 'week' when visitor_days is not null then 'sum_of_days' end,
    clones, coalesce(clone_uniques, cloner_days),
    case when clone_uniques is not null then 'week' when cloner_days is not null then 'sum_of_days' end,
    views_state, clones_state, views_state = 'final' and clones_state = 'final',
    tenant, view_uniques, visitor_days, views_days, views_by_github,
    clone_uniques, cloner_days, clones_days, clones_by_github
from v_weekly
where repository_id in (select unnest($keys)) and week between date_trunc('week', $first::date) and $last
order by week desc, lower(full_name), repository_id
"""
MONTHLY = """
select
    repository_id, month, sum(views)::bigint,
    case
        when count(*) filter (where views_state = 'final') = extract('day' from last_day(month)) then 'final'
        when count(*) filter (where views_state = 'final')
            = least(last_day(month), $last::date) - greatest(month, $first::date) + 1 then 'partial'
        when bool_or(views_state = 'gap') or min(day) > greatest(month, $first::date)
            or (max(day) < least(last_day(month), $last::date) and max(day) < $today - 14) then 'gap'
        else 'pending'
    end
from (select *, date_trunc('month', day)::date as month from v_daily)
where day between $first and $last
group by repository_id, month order by repository_id, month
"""
RANGES = [(ago(30), TODAY), (ago(95), ago(70)), (ago(200), ago(0)), (ago(12), ago(12)), (ago(400), ago(300))]
TABLES = {"day": (daily_traffic, DAILY), "week": (weekly_traffic, WEEKLY)}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("first", "last"), RANGES)
def test_a_table_tells_what_the_view_tells(full: Store, table: str, first: date, last: date) -> None:
    viewer = operator(full)
    read, question = TABLES[table]
    expected = ask(full, question, keys=list(viewer.repository_ids), first=first, last=last)
    assert plain(read(viewer, full, Selection(first, last, TODAY), Paging(table, size=10_000))) == expected
    assert bool(expected) == (first != ago(400))
    if table == "week" and first == ago(200):
        assert {row[7] for row in expected} == {"week", "sum_of_days", None}, "uniques of both kinds, and unknown ones"


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_months_are_summed_from_the_chosen_days(full: Store, first: date, last: date) -> None:
    rows = plain(series(operator(full), full, Selection(first, last, TODAY), Grain.MONTH, "views"))
    found = [(row[0], *row[2:5]) for row in rows if row[0] is not None]
    assert sorted(found, key=lambda row: row[:2]) == ask(full, MONTHLY, first=first, last=last, today=TODAY)


def test_the_range_of_days_is_that_of_the_view(full: Store) -> None:
    ends = ask(full, "select min(day), max(day) from v_daily")
    assert [day_range(operator(full), full)] == ends


def test_without_any_known_day_there_is_no_range(store: Store) -> None:
    keys = follow(store, "owner/new")
    assert day_range(Viewer(frozenset(keys), frozenset()), store) is None
