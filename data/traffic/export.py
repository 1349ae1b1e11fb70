"""Rows as programs take them: a CSV or Parquet file, whole or not at all, or one page after another.

The API, the command line and the downloads of pages have these columns, in this order. Reads in chunks of repositories
on one version of the store, so that memory does not grow with the history.

ExportRefused      the file cannot be written so, or what is asked for makes no sense; the sentence says why
"""

import os
import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
from pyarrow import compute as pc
from pyarrow import csv, parquet

from data.accounts.models import Viewer
from data.calendar import months_later
from data.refusals import Refused
from data.sandbox.reference import relations
from data.store import Store
from data.store.cache import cached, compute_slots
from data.store.sql import query
from data.traffic.csv_values import csv_values
from data.traffic.models import Grain, Metric

REPOSITORIES_A_CHUNK = 25  # of five years
DAYS_A_CHUNK = 45_000  # of all its repositories together
ROWS_A_BATCH = 20_000
ROWS_OF_A_REPOSITORY = 365  # where nothing says how many there are
DAYS_OF = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 28}


class ExportRefused(Refused):
    """Nothing was written: the sentence says why, and what to do."""


class ExportTable(StrEnum):
    """What can be exported: the rows of the public views of these names."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    REPOSITORIES = "repositories"
    REFERRERS = "referrers"
    PATHS = "paths"
    CLONES = "clones"
    SPIKES = "spikes"
    STARS = "stars"
    RELEASES = "releases"
    NOTES = "notes"

    @property
    def view(self) -> str:
        return f"v_{self}"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row, in the order of the rows."""
        return KEYS[self]

    @property
    def by_repository(self) -> bool:
        return self.key[0] == "repository_id"

    @property
    def grain(self) -> Grain | None:
        """How long a row's period is; None where a row is not of a period that is counted."""
        return GRAINS.get(self)


KEYS = {
    ExportTable.DAILY: ("repository_id", "day"),
    ExportTable.WEEKLY: ("repository_id", "week"),
    ExportTable.MONTHLY: ("repository_id", "month"),
    ExportTable.REPOSITORIES: ("repository_id",),
    ExportTable.REFERRERS: ("repository_id", "observed_on", "rank"),
    ExportTable.PATHS: ("repository_id", "observed_on", "rank"),
    ExportTable.CLONES: ("repository_id", "day"),
    ExportTable.SPIKES: ("repository_id", "peak_day", "metric"),
    ExportTable.STARS: ("repository_id", "day"),
    ExportTable.RELEASES: ("repository_id", "release_id", "asset_id", "day"),
    ExportTable.NOTES: ("note_id",),
}
GRAINS = {ExportTable.DAILY: Grain.DAY, ExportTable.WEEKLY: Grain.WEEK, ExportTable.MONTHLY: Grain.MONTH}
OF_METRIC = {Metric.VIEWS: ("view", "visitor_"), Metric.CLONES: ("clone", "cloner_")}  # how its columns begin
FORMERLY = {
    "day": "TDATE",
    "views": "VIEWCOUNT",
    "view_uniques": "VUNIQUES",
    "clones": "CLONECOUNT",
    "clone_uniques": "CUNIQUES",
}
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export: its name, what it holds (day, time, integer, number, text, boolean), what it means."""

    name: str
    kind: str
    comment: str


class ExportFormat(StrEnum):
    """CSV is safe to open in a spreadsheet; Parquet holds every text verbatim."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export. None narrows nothing; of weeks and months their days among these.

    `today` is the UTC day that decides what is pending; None means the day of the clock. With a `metric` days, weeks
    and months have its columns only; with `before`, so many of their periods before, they have what was counted then
    as well, in columns that end in _before.
    """

    table: ExportTable
    format: ExportFormat = ExportFormat.CSV
    tenant_ids: tuple[int, ...] | None = None
    repository_ids: tuple[int, ...] | None = None
    first_day: date | None = None
    last_day: date | None = None
    overwrite: bool = False
    today: date | None = None
    metric: Metric | None = None
    before: int | None = None
    imports: bool = True  # else days, weeks and months are as they would be without what other tools have reported
    as_formerly: bool = False  # with the columns of the system that was replaced


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows, and the key of the last one where more follow."""

    rows: pa.Table
    last_key: Key | None


def export(viewer: Viewer, store: Store, request: ExportRequest, target: Path | BinaryIO) -> int:
    """Write the rows that the viewer sees and the request asks for, by repository and day. Answers how many.

    A path gets the whole file or none: it is written under another name beside it, made durable and renamed.
    A stream (standard output) takes CSV only, and gets rows as they come; its own failures pass through.
    Raises: ExportRefused, StoreMissing.
    """
    _refuse_nonsense(request)
    if not isinstance(target, Path):
        if request.format is not ExportFormat.CSV:
            raise ExportRefused("Parquet cannot be written to a stream. Name a file.")
        return sum(_write(viewer, store, request, target))
    _refuse_target(store, request, target)
    with _whole_file(target, request.overwrite) as stream:
        return sum(_write(viewer, store, request, stream))


def csv_pieces(viewer: Viewer, store: Store, request: ExportRequest) -> Iterator[bytes]:
    """The same as CSV, piece by piece, of which none is kept; the first has the header. Raises: StoreMissing."""
    written = BytesIO()
    for _ in _write(viewer, store, request, written):
        yield written.getvalue()
        written.seek(0)
        written.truncate()
        compute_slots.stand_back()


@cached("traffic")
def page_of_rows(viewer: Viewer, store: Store, request: ExportRequest, after: Key | None, size: int) -> RowsPage:
    """So many of the rows of an export, those after a key, in its order. Raises: ExportRefused, StoreMissing."""
    _refuse_nonsense(request)
    with _reading(store, request) as cursor:
        keys = list(_repository_ids(viewer, store, request))
        if after is not None and request.table.by_repository:
            keys = keys[bisect_left(keys, after[0]) :]
        parts: list[pa.Table] = []
        missing = size + 1
        for chunk in _page_chunks(request, keys, size):
            part = _table(cursor, viewer, request, chunk)
            if after is not None:
                part, after = part.slice(_place(part, request.table, after)), None
            parts.append(part.slice(0, missing))
            missing -= parts[-1].num_rows
            if missing <= 0:
                break
        found = pa.concat_tables(parts) if parts else _table(cursor, viewer, request, [])
        rows = found.slice(0, size)
        last_key = tuple(rows[name][-1].as_py() for name in request.table.key) if found.num_rows > size else None
        return RowsPage(_shaped(cursor, viewer, request, rows), last_key)


@cached("traffic")
def columns(store: Store, table: ExportTable) -> tuple[Column, ...]:
    """What the rows of a table have; the same for everybody, with nobody's rows."""
    nobody = Viewer(frozenset(), frozenset())
    comments = {
        column.name: column.comment for each in relations(store) if each.name == table.view for column in each.columns
    }
    schema = page_of_rows(nobody, store, ExportRequest(table), None, 1).rows.schema
    return tuple(Column(field.name, _kind(field.type), comments[field.name]) for field in schema)


def _kind(kind: pa.DataType) -> str:
    known = {
        "day": pa.types.is_date,
        "time": pa.types.is_timestamp,
        "integer": pa.types.is_integer,
        "number": pa.types.is_floating,
        "boolean": pa.types.is_boolean,
    }
    return next((name for name, is_kind in known.items() if is_kind(kind)), "text")


def _page_chunks(request: ExportRequest, keys: list[int], size: int) -> Iterator[list[int]]:
    """About as many repositories at a time as make a page, and each time twice as many where they have few rows."""
    grain, first, last = request.table.grain, request.first_day, request.last_day
    periods = ((last - first).days + 1) // DAYS_OF[grain] if grain and first and last else ROWS_OF_A_REPOSITORY
    many = max(1, (size + 1) // max(1, periods) + 1) if request.table.by_repository else max(1, len(keys))
    start = 0
    while start < len(keys) or (start == 0 and not request.table.by_repository):
        yield keys[start : start + many]
        start, many = start + many, 2 * many


def _place(rows: pa.Table, table: ExportTable, after: Key) -> int:
    """How many of the rows stand up to a key."""
    keys = list(zip(*(rows[name].to_pylist() for name in table.key), strict=True))
    return bisect_right(keys, after)


def _refuse_nonsense(request: ExportRequest) -> None:
    first, last = request.first_day, request.last_day
    if first is not None and last is not None and first > last:
        raise ExportRefused(f"The first day, {first}, is after the last one, {last}.")
    if request.table is ExportTable.REPOSITORIES and (first or last):
        raise ExportRefused("The table of repositories has totals of all days: leave the days out, or export daily.")


def _refuse_target(store: Store, request: ExportRequest, target: Path) -> None:
    if target.resolve().is_relative_to(store.directory.resolve()):
        raise ExportRefused(f"{target} is inside the database directory. Name a file elsewhere.")
    if not target.parent.is_dir():
        raise ExportRefused(f"The directory {target.parent} does not exist. Create it first.")
    if os.path.lexists(target) and not target.is_symlink() and not target.is_file():
        raise ExportRefused(f"{target} is not a file. Name another.")
    if os.path.lexists(target) and not request.overwrite:
        raise ExportRefused(_is_there(target))


@contextmanager
def _whole_file(target: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A file under another name, which gets the target's when the block ends well and vanishes when it does not."""
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if overwrite:
            temporary.replace(target)
        else:
            _take_free_name(temporary, target)
    except FileExistsError as found:
        raise ExportRefused(_is_there(target)) from found
    except OSError as refusal:
        raise ExportRefused(f"{target} cannot be written: {refusal.strerror or refusal}.") from refusal
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _take_free_name(temporary: Path, target: Path) -> None:
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        target.touch(exist_ok=False)
        temporary.replace(target)


def _write(viewer: Viewer, store: Store, request: ExportRequest, stream: BinaryIO) -> Iterator[int]:
    """Writes the header, then a batch of rows after another; after each, how many rows it was."""
    with _reading(store, request) as cursor:
        keys = list(_repository_ids(viewer, store, request))
        empty = _shaped(cursor, viewer, request, _table(cursor, viewer, request, []))
        with closing(_writer(request, empty.schema, stream)) as writer:
            yield 0
            for chunk in _chunks(request, keys):
                for batch in _batches(cursor, viewer, request, chunk):
                    table = _shaped(cursor, viewer, request, pa.Table.from_batches([batch]))
                    writer.write(csv_values(table) if request.format is ExportFormat.CSV else table)
                    yield batch.num_rows


@contextmanager
def _reading(store: Store, request: ExportRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    days = {"first_day": request.first_day, "last_day": request.last_day}  # of which weeks and months are
    with store.traffic.read(today=request.today, with_imports=request.imports, **days) as cursor:
        yield cursor


@contextmanager
def _days_of(cursor: duckdb.DuckDBPyConnection, asked: ExportRequest, request: ExportRequest) -> Iterator[None]:
    """While the block lasts, weeks and months are of the days of `asked`, then of those of `request` again."""
    try:
        _set_days(cursor, asked)
        yield
    finally:
        _set_days(cursor, request)


def _set_days(cursor: duckdb.DuckDBPyConnection, request: ExportRequest) -> None:
    for name in ("first_day", "last_day"):  # NULL where there is none
        cursor.execute(f"set variable {name} = $day", {"day": getattr(request, name)})


def _repository_ids(viewer: Viewer, store: Store, request: ExportRequest) -> tuple[int, ...]:
    """The visible repositories asked for, in the order of the file."""
    return _ids(viewer, store, request.tenant_ids, request.repository_ids)


@cached("traffic")
def _ids(
    viewer: Viewer, store: Store, tenant_ids: tuple[int, ...] | None, repository_ids: tuple[int, ...] | None
) -> tuple[int, ...]:
    values = {
        "visible": list(viewer.repository_ids),
        "tenant_ids": None if tenant_ids is None else list(tenant_ids),
        "repository_ids": None if repository_ids is None else list(repository_ids),
    }
    with store.traffic.read() as cursor:
        return tuple(key for (key,) in cursor.execute(query(__name__, "repository_ids"), values).fetchall())


def _chunks(request: ExportRequest, keys: list[int]) -> Iterator[list[int]]:
    """As many repositories at a time as have rows that fit into memory; of the repositories' own table all."""
    if request.table in {ExportTable.REPOSITORIES, ExportTable.NOTES}:
        yield keys
    else:
        first, last = request.first_day, request.last_day or request.today
        days = (last - first).days + 1 if first and last else 0
        size = max(REPOSITORIES_A_CHUNK, DAYS_A_CHUNK // days if days > 0 else 0)
        yield from (keys[start : start + size] for start in range(0, len(keys), size))


def _rows(
    cursor: duckdb.DuckDBPyConnection, viewer: Viewer, request: ExportRequest, keys: list[int]
) -> pa.RecordBatchReader:
    values: dict[str, Any] = {"visible": keys}
    if request.table is not ExportTable.REPOSITORIES:
        values |= {"first_day": request.first_day, "last_day": request.last_day}
    if request.table is ExportTable.NOTES:  # those of whole tenants are of no repository
        chosen = viewer.tenant_ids if request.tenant_ids is None else viewer.tenant_ids & set(request.tenant_ids)
        values["tenant_ids"] = sorted(chosen) if request.repository_ids is None else []
    return cursor.sql(query(__name__, request.table.value), params=values).to_arrow_reader(ROWS_A_BATCH)


def _batches(
    cursor: duckdb.DuckDBPyConnection, viewer: Viewer, request: ExportRequest, keys: list[int]
) -> pa.RecordBatchReader:
    """The rows as they come; at once where the cursor is needed meanwhile, for what was before."""
    rows = _rows(cursor, viewer, request, keys)
    return rows if request.before is None else rows.read_all().to_reader(ROWS_A_BATCH)


def _table(cursor: duckdb.DuckDBPyConnection, viewer: Viewer, request: ExportRequest, keys: list[int]) -> pa.Table:
    return _rows(cursor, viewer, request, keys).read_all()


def _shaped(cursor: duckdb.DuckDBPyConnection, viewer: Viewer, request: ExportRequest, rows: pa.Table) -> pa.Table:
    """The rows with the columns of the metric that is asked for, and with what was counted before beside them."""
    if request.as_formerly:
        return _as_formerly(rows)
    if request.table.grain is None or (request.metric is None and request.before is None):
        return rows
    of_others = tuple(
        sign for metric in Metric if metric is not (request.metric or metric) for sign in OF_METRIC[metric]
    )
    rows = rows.drop_columns([name for name in rows.column_names if name.startswith(of_others)])
    return rows if request.before is None else _compared(cursor, viewer, request, rows)


def _compared(cursor: duckdb.DuckDBPyConnection, viewer: Viewer, request: ExportRequest, rows: pa.Table) -> pa.Table:
    """The rows with those of so many periods before beside them; of periods that are not known, with nothing."""
    period, grain = request.table.key[1], request.table.grain or Grain.DAY
    periods, keys = rows[period].to_pylist(), rows["repository_id"].to_pylist()
    former = {each: earlier(each, grain, request.before or 0) for each in set(periods)}
    first, last = _former_days(request, former.values())
    asked = replace(request, before=None, first_day=first, last_day=last)
    with _days_of(cursor, asked, request):
        found = _shaped(cursor, viewer, asked, _table(cursor, viewer, asked, sorted(set(keys))))
    place = {
        key: n for n, key in enumerate(zip(found["repository_id"].to_pylist(), found[period].to_pylist(), strict=True))
    }
    taken = pa.array([place.get((key, former[day])) for key, day in zip(keys, periods, strict=True)], pa.int64())
    for name in found.column_names:
        if name.startswith(OF_METRIC[Metric.VIEWS] + OF_METRIC[Metric.CLONES]):
            rows = rows.append_column(f"{name}_before", found[name].combine_chunks().take(taken))
    return rows


def _former_days(request: ExportRequest, periods: Collection[date]) -> tuple[date | None, date | None]:
    """The days of these earlier periods; of those that the request has only a part of, the same part."""
    if not periods:
        return None, None
    grain, before = request.table.grain or Grain.DAY, request.before or 0

    def former(day: date) -> date:
        first = earlier(grain.first_day(day), grain, before)
        is_end = day == grain.last_day(day)
        return grain.last_day(first) if is_end else min(grain.last_day(first), first + (day - grain.first_day(day)))

    first, last = min(periods), grain.last_day(max(periods))
    return (
        max(first, former(request.first_day)) if request.first_day else first,
        min(last, former(request.last_day)) if request.last_day else last,
    )


def _as_formerly(rows: pa.Table) -> pa.Table:
    """Days or repositories as the replaced system named them."""
    names = pc.split_pattern(rows["full_name"], "/", max_splits=1)
    columns = {
        "RID": rows["repository_id"],
        "ORGNAME": pc.list_element(names, 0),
        "REPONAME": pc.list_element(names, 1),
    }
    former = {name: FORMERLY[name] for name in rows.column_names if name in FORMERLY}
    return pa.table(columns | {new: rows[old] for old, new in former.items()} if "day" in former else columns)


def earlier(day: date, grain: Grain, periods: int) -> date:
    """The first day of the period so many periods before the one that begins on a day."""
    if grain is Grain.MONTH:
        return months_later(day, -periods)
    return day - timedelta(days=periods * DAYS_OF[grain])


def _writer(request: ExportRequest, schema: pa.Schema, stream: BinaryIO) -> Any:
    """A writer whose closing ends the file's content, but leaves the stream open."""
    if request.format is ExportFormat.PARQUET:
        return parquet.ParquetWriter(stream, schema, compression="zstd")
    options = csv.WriteOptions(eol="\r\n", quoting_header="none")  # as RFC 4180 has it
    return csv.CSVWriter(stream, csv_values(schema.empty_table()).schema, write_options=options)


def _is_there(target: Path) -> str:
    return f"{target} already exists. Name another file, or use --overwrite."
