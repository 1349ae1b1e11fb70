"""Writes what a viewer sees to a CSV or Parquet file, whole or not at all.

Reads in chunks of repositories on one version of the store, so that memory does not grow with the history.

ExportRefused      the file cannot be written so, or what is asked for makes no sense; the sentence says why
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
from pyarrow import csv, parquet

from data.accounts.models import Viewer
from data.store import Store
from data.store.sql import query
from data.traffic.formulas import without_formulas

REPOSITORIES_A_CHUNK = 25  # of five years: 45,000 rows
ROWS_A_BATCH = 20_000


class ExportRefused(Exception):
    """Nothing was written: the sentence says why, and what to do."""


class ExportTable(StrEnum):
    """What can be exported: the views v_daily, v_weekly and v_repositories."""

    DAILY = "daily"
    WEEKLY = "weekly"
    REPOSITORIES = "repositories"


class ExportFormat(StrEnum):
    """CSV is safe to open in a spreadsheet; Parquet holds every text verbatim."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export. None narrows nothing; of weeks, those that begin within the days.

    `today` is the UTC day that decides what is pending; None means the day of the clock.
    """

    table: ExportTable
    format: ExportFormat = ExportFormat.CSV
    tenant_ids: tuple[int, ...] | None = None
    repository_ids: tuple[int, ...] | None = None
    first_day: date | None = None
    last_day: date | None = None
    overwrite: bool = False
    today: date | None = None


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
    with store.traffic.read() as cursor:
        if request.today is not None:
            cursor.execute("set variable today = $today", {"today": request.today})
        keys = _repository_ids(viewer, cursor, request)
        with closing(_writer(request, _rows(cursor, request, []).schema, stream)) as writer:
            yield 0
            for chunk in _chunks(request, keys):
                for batch in _rows(cursor, request, chunk):
                    table = pa.Table.from_batches([batch])
                    writer.write(without_formulas(table) if request.format is ExportFormat.CSV else table)
                    yield batch.num_rows


def _repository_ids(viewer: Viewer, cursor: duckdb.DuckDBPyConnection, request: ExportRequest) -> list[int]:
    """The visible repositories asked for, in the order of the file."""
    values = {
        "visible": list(viewer.repository_ids),
        "tenant_ids": None if request.tenant_ids is None else list(request.tenant_ids),
        "repository_ids": None if request.repository_ids is None else list(request.repository_ids),
    }
    return [key for (key,) in cursor.execute(query(__name__, "repository_ids"), values).fetchall()]


def _chunks(request: ExportRequest, keys: list[int]) -> Iterator[list[int]]:
    """As many repositories at a time as have rows that fit into memory; of the repositories' own table all."""
    size = REPOSITORIES_A_CHUNK if request.table is not ExportTable.REPOSITORIES else len(keys)
    yield from (keys[start : start + size] for start in range(0, len(keys), max(size, 1)))


def _rows(cursor: duckdb.DuckDBPyConnection, request: ExportRequest, keys: list[int]) -> pa.RecordBatchReader:
    values: dict[str, Any] = {"visible": keys}
    if request.table is not ExportTable.REPOSITORIES:
        values |= {"first_day": request.first_day, "last_day": request.last_day}
    return cursor.sql(query(__name__, request.table.value), params=values).to_arrow_reader(ROWS_A_BATCH)


def _writer(request: ExportRequest, schema: pa.Schema, stream: BinaryIO) -> Any:
    """A writer whose closing ends the file's content, but leaves the stream open."""
    if request.format is ExportFormat.PARQUET:
        return parquet.ParquetWriter(stream, schema, compression="zstd")
    options = csv.WriteOptions(eol="\r\n", quoting_header="none")  # as RFC 4180 has it
    return csv.CSVWriter(stream, schema, write_options=options)


def _is_there(target: Path) -> str:
    return f"{target} already exists. Name another file, or use --overwrite."
