"""The tables of days and weeks: what is chosen, how it is sorted and cut into pages, and the same as CSV."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any

import pyarrow as pa
import pytest

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.calendar import monday
from data.store import Store
from data.store.arrow import frame
from data.traffic.export import ExportRequest, ExportTable, export
from data.traffic.file_formats import csv_file
from data.traffic.models import DAILY_SORTS, WEEKLY_SORTS, Metric, Paging, Selection, SelectionRefused
from data.traffic.traffic import all_daily_traffic, all_weekly_traffic, daily_traffic, weekly_traffic
from tests.data.filled import DOCS, ENGINE, TODAY
from tests.data.reading import Rows, ago, answer, follow, plain
from tests.data.writers import NOW, save

MONTH = Selection(ago(30), TODAY, today=TODAY)
HALF = Selection(ago(100), ago(3), today=TODAY)
HOSTILE = ("=cmd|'/c calc'!A1/x", "100%/a_b", "100x/aXb", "Ünïcode/Größe")
TABLES = {
    "daily": (daily_traffic, all_daily_traffic, DAILY_SORTS),
    "weekly": (weekly_traffic, all_weekly_traffic, WEEKLY_SORTS),
}


@pytest.fixture
def hostile(store: Store) -> Store:
    for key in follow(store, *HOSTILE):
        save(store, answer(key, Metric.VIEWS, [7] * 14), answer(key, Metric.CLONES, [1] * 14))
    return store


def as_text(value: object) -> str:
    """A value as CSV has it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def found(store: Store, search: str) -> set[str]:
    rows = plain(daily_traffic(operator(store), store, replace(MONTH, search=search), Paging("day", size=999)))
    return {row[1] for row in rows}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("", set(HOSTILE)),
        ("%", {"100%/a_b"}),
        ("_", {"100%/a_b"}),
        ("A_B", {"100%/a_b"}),
        ("100", {"100%/a_b", "100x/aXb"}),
        ("AXB", {"100x/aXb"}),
        ("größe", {"Ünïcode/Größe"}),
        ("ÜNÏ", {"Ünïcode/Größe"}),
        ("cmd|'", {HOSTILE[0]}),
        ("\\", set()),
    ],
)
def test_a_search_is_a_literal_part_of_the_name_letter_case_aside(hostile: Store, search: str, names: set[str]) -> None:
    assert found(hostile, search) == names


@pytest.mark.parametrize(
    ("form", "is_whole_day"), [("%Y-%m-%d", True), ("%-d %b %Y", True), ("%-d %B", False), ("%Y", False)]
)
def test_a_day_is_found_by_its_date_in_rows_of_days_and_in_those_of_weeks(
    full: Store, form: str, is_whole_day: bool
) -> None:
    day = ago(9)
    wanted = replace(MONTH, search=day.strftime(form))
    days = {row[2] for row in plain(daily_traffic(operator(full), full, wanted, Paging("day", size=999)))}
    assert days == ({day} if is_whole_day else set())
    weeks = {row[2] for row in plain(weekly_traffic(operator(full), full, wanted, Paging("week", size=999)))}
    assert weeks == ({ago(9 + day.weekday())} if is_whole_day else set())


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("order", [None, ("views", True), ("views", False), ("full_name", False)])
def test_the_csv_has_all_rows_in_the_order_that_is_asked_for(
    full: Store, name: str, order: tuple[str, bool] | None
) -> None:
    table, all_rows, sorts = TABLES[name]
    shown = frame(table(operator(full), full, MONTH, Paging(*(order or (sorts[0], True)), size=999)).rows)
    file = csv_file(all_rows(operator(full), full, MONTH, Paging(*order, 3, 2) if order else None))
    if name == "weekly":
        shown["view_uniques"], shown["clone_uniques"] = shown["true_view_uniques"], shown["true_clone_uniques"]
    header, *lines = csv.reader(StringIO(file.decode()))
    export(operator(full), full, ExportRequest(ExportTable(name)), exported := BytesIO())
    assert header == next(csv.reader(StringIO(exported.getvalue().decode()))), "one name and one order everywhere"
    assert lines == [[as_text(value) for value in row] for row in plain(shown[header])]


@pytest.mark.parametrize("name", TABLES)
def test_no_name_in_a_csv_is_a_formula(hostile: Store, name: str) -> None:
    _, *lines = csv.reader(StringIO(csv_file(TABLES[name][1](operator(hostile), hostile, MONTH)).decode()))
    assert {line[1] for line in lines} == {f"'{HOSTILE[0]}", *HOSTILE[1:]}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("descending", [True, False])
def test_a_table_can_be_sorted_by_each_column_and_unknown_comes_last(full: Store, name: str, descending: bool) -> None:
    table, _, sorts = TABLES[name]
    for column in sorts:
        rows = frame(table(operator(full), full, MONTH, Paging(column, descending, size=999)).rows)
        values = [order(value) for value in rows[column].dropna()]
        assert values == sorted(values, reverse=descending), column
        assert not rows[column].isna()[: len(values)].any(), column


def order(value: Any) -> Any:
    """What a value is sorted by: names without their case, states from the surest to the least."""
    states = ["final", "pending", "gap"]
    return states.index(value) if value in states else value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("size", [7, 50])
def test_pages_follow_each_other_without_a_row_lost_or_twice(full: Store, name: str, size: int) -> None:
    table, _, _ = TABLES[name]
    whole = table(operator(full), full, MONTH, Paging("views", size=999))
    pages: list[Rows] = []
    while not pages or pages[-1]:
        page = table(operator(full), full, MONTH, Paging("views", True, len(pages) + 1, size))
        assert page.total == whole.total
        pages.append(plain(page))
    assert [row for each in pages for row in each] == plain(whole)


@pytest.fixture
def years(store: Store) -> Store:
    """Seventy repositories, each with a year or more of days that begin and end elsewhere."""
    keys = enumerate(follow(store, *(f"years/{number}" for number in range(70))))
    save(
        store,
        *(answer(key, Metric.VIEWS, [n] * (800 - 6 * n), NOW - timedelta(days=n % 9)) for n, key in keys),
    )
    return store


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_of_years_are_those_of_the_whole_table(years: Store, name: str, descending: bool) -> None:
    table, all_rows, _ = TABLES[name]
    everybody, unit = operator(years), {"daily": "day", "weekly": "week"}[name]
    of_years = Selection(ago(700), ago(1), today=TODAY)
    few = sorted(everybody.repository_ids)[:40]
    for selection in (of_years, replace(of_years, first=ago(650)), replace(of_years, repository_ids=frozenset(few))):
        paging = Paging(unit, descending, size=997)
        whole = plain_rows(all_rows(everybody, years, selection, paging), unit)
        last = len(whole) // paging.size + 1
        for number in (1, 2, last - 1, last, last + 1):
            page = table(everybody, years, selection, replace(paging, page=number))
            assert page.total == len(whole)
            assert plain_rows(page.rows, unit) == whole[(number - 1) * 997 : number * 997]


def test_a_week_that_only_github_has_counted_is_on_a_page_of_years(years: Store) -> None:
    everybody = operator(years)
    selection, paging = Selection(ago(1500), ago(1), today=TODAY), Paging("week", descending=False)
    before = weekly_traffic(everybody, years, selection, paging)
    week = monday(ago(1400))
    with years.traffic.commit("test") as connection:
        connection.execute(
            "insert into weekly_traffic (repository_id, week, views, view_uniques, views_complete, clones_complete) "
            "values ($key, $week, 7, 3, true, false)",
            {"key": min(everybody.repository_ids), "week": week},
        )
    page = weekly_traffic(everybody, years, selection, paging)
    assert page.total == before.total + 1
    assert page.rows.column("week")[0].as_py() == week


def plain_rows(rows: pa.Table, unit: str) -> list[tuple[Any, ...]]:
    return list(zip(*rows.select(["repository_id", unit, "views"]).to_pydict().values(), strict=True))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("column", ["", "repository_id", "day; drop table repository", "VIEWS"])
def test_a_table_is_sorted_by_its_own_columns_only(full: Store, name: str, column: str) -> None:
    with pytest.raises(SelectionRefused, match="can be sorted by"):
        TABLES[name][0](operator(full), full, MONTH, Paging(column))


@pytest.mark.parametrize(("page", "size"), [(0, 50), (-1, 50), (1, 0), (1, 10_001)])
def test_a_page_or_days_that_cannot_be_are_refused(page: int, size: int) -> None:
    with pytest.raises(SelectionRefused, match="Pages count from 1"):
        Paging("day", True, page, size)
    with pytest.raises(SelectionRefused, match="after the last one"):
        Selection(TODAY, ago(1), TODAY)


def test_the_widest_stretch_of_days_is_a_selection_too(full: Store) -> None:
    widest = Selection(date.min, date.max, today=TODAY)
    page = daily_traffic(operator(full), full, widest, Paging("day"))
    assert (len(page.rows), page.total) == (50, all_daily_traffic(operator(full), full, widest).num_rows)
    assert page.total > 500
    assert weekly_traffic(operator(full), full, widest, Paging("week")).total > 80


def test_chosen_repositories_are_the_only_ones_shown(full: Store) -> None:
    wish = replace(MONTH, repository_ids=frozenset({DOCS}))
    rows = plain(daily_traffic(operator(full), full, wish, Paging("day", size=999)))
    assert {row[0] for row in rows} == {DOCS}
    nothing = daily_traffic(operator(full), full, replace(MONTH, repository_ids=frozenset()), Paging("day"))
    assert (nothing.total, nothing.rows.column_names) == (0, list(TABLE_COLUMNS))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("state", ["final", "pending", "gap"])
def test_a_state_keeps_the_rows_on_which_views_or_clones_have_it(full: Store, name: str, state: str) -> None:
    table, all_rows, sorts = TABLES[name]
    every = frame(table(operator(full), full, HALF, Paging(sorts[0], size=999)).rows)
    kept = every[(every["views_state"] == state) | (every["clones_state"] == state)]
    page = table(operator(full), full, replace(HALF, state=state), Paging(sorts[0], size=999))
    assert (plain(page), page.total) == (plain(kept), len(kept))
    assert 0 < len(kept) < len(every)
    assert all_rows(operator(full), full, replace(HALF, state=state)).num_rows == len(kept)


SOURCES = ("views_source", "clones_source")
KINDS = ("view_uniques_kind", "clone_uniques_kind")
TABLE_COLUMNS = ("repository_id", "full_name", *DAILY_SORTS[:1], *DAILY_SORTS[2:], "tenant", *SOURCES, *KINDS)


def test_a_column_has_one_type_whether_there_are_rows_or_not(full: Store) -> None:
    for table, _, sorts in TABLES.values():
        some = table(Viewer(frozenset({ENGINE}), frozenset()), full, MONTH, Paging(sorts[0])).rows
        none = table(Viewer(frozenset(), frozenset()), full, MONTH, Paging(sorts[0])).rows
        assert (len(some) > 0, len(none)) == (True, 0)
        assert some.schema == none.schema


def test_weeks_have_their_iso_year_and_number(full: Store) -> None:
    viewer = Viewer(frozenset({ENGINE}), frozenset())
    rows = plain(weekly_traffic(viewer, full, replace(MONTH, first=date(2025, 12, 28)), Paging("week", size=999)))
    assert rows
    assert all((row[3], row[4]) == row[2].isocalendar()[:2] and row[2].weekday() == 0 for row in rows)
