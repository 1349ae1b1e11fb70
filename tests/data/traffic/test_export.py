"""Exports: the viewer's rows and no others, as they are in the views, whole or not at all."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.store import Store
from data.store.sql import query
from data.traffic import export as exports
from data.traffic.export import ExportFormat, ExportRefused, ExportRequest, ExportTable, export, page_of_rows
from data.traffic.models import Metric
from tests.data.filled import DOCS, ENGINE, MIRROR, NEW, TELESCOPE, TODAY, days_ago

Rows = list[tuple[Any, ...]]
ALL = frozenset({ENGINE, DOCS, MIRROR, TELESCOPE, NEW})


def request_for(table: str = "daily", **narrowed: Any) -> ExportRequest:
    return ExportRequest(ExportTable(table), today=TODAY, **narrowed)


def expected(full: Store, table: str) -> Rows:
    """Every row of the view in the columns of the file."""
    text = query("data.traffic.export", str(table))
    values: dict[str, Any] = {"visible": list(ALL)}
    if table != "repositories":
        values |= {"first_day": None, "last_day": None}
    if table == "notes":
        values["tenant_ids"] = [1, 2]
    with full.traffic.read(today=TODAY) as cursor:
        return cursor.execute(text, values).fetchall()


def cells(row: tuple[Any, ...]) -> list[str]:
    """A row as CSV has it, unknown as an empty cell."""
    return ["" if value is None else str(value) for value in row]


def read_csv(content: bytes) -> list[list[str]]:
    """The rows below the header."""
    return list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]


def repositories_in(path: Path) -> set[int | None]:
    return set(parquet.read_table(path)["repository_id"].to_pylist())


@pytest.mark.parametrize("table", ["daily", "weekly"])
def test_a_csv_file_has_every_row_of_the_view(full: Store, tmp_path: Path, table: str) -> None:
    rows = expected(full, table)
    assert export(operator(full), full, request_for(table), tmp_path / "x.csv") == len(rows) > 80
    assert read_csv((tmp_path / "x.csv").read_bytes()) == [cells(row) for row in rows]


@pytest.mark.parametrize("table", list(ExportTable))
def test_a_parquet_file_has_every_row_of_the_view(full: Store, tmp_path: Path, table: str) -> None:
    rows = expected(full, table)
    parquet_of = request_for(table, format=ExportFormat.PARQUET)
    assert export(operator(full), full, parquet_of, tmp_path / "x.parquet") == len(rows) > 0
    found = parquet.read_table(tmp_path / "x.parquet")
    assert [tuple(row.values()) for row in found.to_pylist()] == rows


def test_chunks_and_batches_make_no_difference(full: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(operator(full), full, request_for(), tmp_path / "large.csv")
    monkeypatch.setattr(exports, "REPOSITORIES_A_CHUNK", 2)
    monkeypatch.setattr(exports, "ROWS_A_BATCH", 7)
    export(operator(full), full, request_for(), tmp_path / "small.csv")
    assert (tmp_path / "large.csv").read_bytes() == (tmp_path / "small.csv").read_bytes()


def test_what_is_unknown_is_an_empty_cell_and_never_a_zero(full: Store, tmp_path: Path) -> None:
    gap = request_for(repository_ids=(TELESCOPE,), first_day=days_ago(80), last_day=days_ago(80))
    export(operator(full), full, gap, tmp_path / "x.csv")
    day = str(days_ago(80)).encode()
    assert (tmp_path / "x.csv").read_bytes().splitlines(keepends=True)[1] == (
        b'"Green","green/telescope",4,%s,,,,"gap",,,,"gap"\r\n' % day
    )


def test_a_stream_gets_the_same_csv_and_stays_open(full: Store, tmp_path: Path) -> None:
    export(operator(full), full, request_for("repositories"), tmp_path / "x.csv")
    stream = io.BytesIO()
    assert export(operator(full), full, request_for("repositories"), stream) == 5
    assert stream.getvalue() == (tmp_path / "x.csv").read_bytes()
    with pytest.raises(ExportRefused, match="Name a file"):
        export(operator(full), full, request_for(format=ExportFormat.PARQUET), stream)


@pytest.mark.parametrize("table", list(ExportTable))
@pytest.mark.parametrize("visible", [{TELESCOPE}, {ENGINE, NEW, 999}, set()])
def test_a_viewer_exports_visible_repositories_only(full: Store, tmp_path: Path, table: str, visible: set[int]) -> None:
    viewer = Viewer(frozenset(visible), frozenset({1, 2}))
    export(viewer, full, request_for(table, format=ExportFormat.PARQUET), tmp_path / "x.parquet")
    found = repositories_in(tmp_path / "x.parquet")
    assert found - {None} <= visible
    if table in {"daily", "weekly", "monthly", "repositories"}:
        assert found == visible & (ALL if table == "repositories" else ALL - {NEW})


@pytest.mark.parametrize(
    ("narrowed", "left"),
    [
        ({"tenant_ids": (2,)}, {TELESCOPE, NEW}),
        ({"repository_ids": (ENGINE, 999)}, {ENGINE}),
        ({"tenant_ids": (2,), "repository_ids": (ENGINE,)}, set()),
        ({"tenant_ids": ()}, set()),
    ],
)
def test_tenants_and_repositories_narrow_an_export(
    full: Store, tmp_path: Path, narrowed: dict[str, Any], left: set[int]
) -> None:
    wanted = request_for("repositories", format=ExportFormat.PARQUET, **narrowed)
    assert export(operator(full), full, wanted, tmp_path / "x.parquet") == len(left)
    assert repositories_in(tmp_path / "x.parquet") == left


@pytest.mark.parametrize("table", list(ExportTable))
@pytest.mark.parametrize("size", [1, 50])
def test_pages_one_after_another_are_the_whole(full: Store, table: ExportTable, size: int) -> None:
    viewer = Viewer(frozenset({DOCS, TELESCOPE}), frozenset({1, 2}))
    wanted = request_for(table, first_day=None if table == "repositories" else days_ago(30))
    whole = page_of_rows(viewer, full, wanted, None, 10_000)
    assert whole.last_key is None
    found, after = [], None
    while True:
        page = page_of_rows(viewer, full, wanted, after, size)
        found += page.rows.to_pylist()
        after = page.last_key
        if after is None:
            break
        assert page.rows.num_rows == size
    assert found == whole.rows.to_pylist()


def test_a_metric_narrows_the_columns_and_a_comparison_adds_those_of_before(full: Store) -> None:
    viewer = Viewer(frozenset({ENGINE, DOCS}), frozenset())
    wanted = request_for(first_day=days_ago(10), last_day=days_ago(9), metric=Metric.VIEWS, before=7)
    rows = page_of_rows(viewer, full, wanted, None, 10).rows
    assert rows.column_names[3:] == [
        *("day", "views", "view_uniques", "view_uniques_kind", "views_state"),
        *("views_before", "view_uniques_before", "view_uniques_kind_before", "views_state_before"),
    ]
    earlier = request_for(first_day=days_ago(17), last_day=days_ago(16))
    expected = page_of_rows(viewer, full, earlier, None, 10).rows["views"].to_pylist()
    assert rows["views_before"].to_pylist() == expected
    unknown = replace(wanted, first_day=days_ago(163), last_day=days_ago(160))
    assert set(page_of_rows(viewer, full, unknown, None, 99).rows["views_before"].to_pylist()) == {None}
    months = request_for("monthly", before=1)
    found = page_of_rows(viewer, full, months, None, 99).rows.to_pylist()
    assert [each["views_before"] for each in found[:3]] == [None, found[0]["views"], found[1]["views"]]


def test_a_month_that_the_days_cut_is_counted_and_compared_in_that_part(full: Store) -> None:
    viewer = Viewer(frozenset({ENGINE}), frozenset())

    def rows(table: str, first: str, last: str, **narrowed: Any) -> list[dict[str, Any]]:
        days = {"first_day": date.fromisoformat(f"2026-{first}"), "last_day": date.fromisoformat(f"2026-{last}")}
        found = page_of_rows(viewer, full, request_for(table, **days, **narrowed), None, 999)
        return list(found.rows.to_pylist())

    months = rows("monthly", "03-20", "04-12", before=1)
    parts = (("03-20", "03-31"), ("02-20", "02-28"), ("04-01", "04-12"), ("03-01", "03-12"))
    sums = [sum(row["views"] or 0 for row in rows("daily", *part)) for part in parts]
    assert [row[name] for row in months for name in ("views", "views_before")] == sums
    assert {row["views_state"] for row in months} == {"partial"}


@pytest.mark.parametrize(("table", "column"), [("daily", "day"), ("weekly", "week")])
def test_days_narrow_an_export_both_ends_included(full: Store, tmp_path: Path, table: str, column: str) -> None:
    first, last = date(2026, 3, 2), date(2026, 3, 16)  # Mondays
    wanted = request_for(table, format=ExportFormat.PARQUET, first_day=first, last_day=last)
    export(operator(full), full, wanted, tmp_path / "x.parquet")
    step = 1 if table == "daily" else 7
    days = set(parquet.read_table(tmp_path / "x.parquet")[column].to_pylist())
    assert days == {first + timedelta(days=n) for n in range(0, 15, step)}


@pytest.mark.parametrize("table", list(ExportTable))
def test_an_export_of_nothing_has_its_header(full: Store, tmp_path: Path, table: str) -> None:
    nobody = Viewer(frozenset(), frozenset())
    assert export(nobody, full, request_for(table), tmp_path / "x.csv") == 0
    assert (tmp_path / "x.csv").read_bytes().startswith(b"tenant,full_name,repository_id,")
    assert read_csv((tmp_path / "x.csv").read_bytes()) == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (request_for(first_day=days_ago(1), last_day=days_ago(2)), "is after the last one"),
        (request_for("repositories", first_day=days_ago(2)), "leave the days out"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    full: Store, tmp_path: Path, wanted: ExportRequest, said: str
) -> None:
    with pytest.raises(ExportRefused, match=said):
        export(operator(full), full, wanted, tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []
