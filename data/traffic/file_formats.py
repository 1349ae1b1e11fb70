"""Rows as files and answers: CSV, Parquet and JSON for programs, XLSX for spreadsheets. Pure.

A spreadsheet guesses what a CSV's letters, separators and numbers are, and guesses wrong outside of English: so it gets
a file of its own, in which a number is a number, a day a day, and no text is a formula.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import xlsxwriter
from pandas import DataFrame
from pyarrow import csv, parquet

from data.text import number_text
from data.traffic.csv_values import csv_values, formula_safe, times_as_texts

MOST_EXCEL_ROWS = 100_000  # a few seconds' work
MOST_EXCEL_LETTERS = 32_767  # in a cell
FIRST_EXCEL_YEAR = 1900
MOST_EXCEL = 10**15  # what a spreadsheet holds exactly: it has no whole numbers
BATCH = 1_000
_PLAIN = re.compile(r"[\w -]*")


class TooManyRows(Exception):
    """A file for a spreadsheet would have more rows than it may."""


def csv_file(rows: DataFrame | pa.Table) -> bytes:
    """CSV (UTF-8): unknown is an empty field; no text and no heading is a formula. Days and times as in JSON."""
    table = csv_values(_table(rows))
    names = [formula_safe(name) for name in table.column_names]
    distinct = [name if names.index(name) == n else f"{name}_{n + 1}" for n, name in enumerate(names)]
    written = BytesIO()
    quoting = "none" if all(_PLAIN.fullmatch(name) for name in distinct) else "needed"  # as in an export
    csv.write_csv(table.rename_columns(distinct), written, csv.WriteOptions(eol="\r\n", quoting_header=quoting))
    return written.getvalue()


def json_rows(rows: pa.Table) -> str:
    """JSON: a list of objects; unknown is null, a day 2026-11-14, a time of UTC 2026-11-14T06:15:00Z."""
    columns = [_json_values(column) for column in rows.columns]
    found = [dict(zip(rows.column_names, values, strict=True)) for values in zip(*columns, strict=True)]
    return json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _json_values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_date(column.type):
        column = column.cast(pa.string())
    values: list[Any] = times_as_texts(column).to_pylist()
    return values


def parquet_file(rows: DataFrame | pa.Table) -> bytes:
    """Parquet, with every text verbatim."""
    written = BytesIO()
    parquet.write_table(_table(rows), written, compression="zstd")
    return written.getvalue()


def excel_file(rows: DataFrame | pa.Table) -> bytes:
    """XLSX, with every text verbatim and none a formula; unknown is an empty cell. Raises: TooManyRows."""
    table = _table(rows)
    if table.num_rows > MOST_EXCEL_ROWS:
        most, rows_here = number_text(MOST_EXCEL_ROWS), number_text(table.num_rows)
        raise TooManyRows(f"A file for Excel has at most {most} rows here; these are {rows_here}.")
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        moment, bold = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table.column_names):
            sheet.write_string(0, column, name[:MOST_EXCEL_LETTERS], bold)
        for number, values in enumerate(_values(table), 1):
            for column, value in enumerate(values):
                _write_cell(sheet, number, column, value, moment)
    return written.getvalue()


def _write_cell(sheet: Any, row: int, column: int, value: Any, moment: Any) -> None:
    """A value as what it is; as text where a spreadsheet has no such thing."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float) and -MOST_EXCEL < value < MOST_EXCEL:  # not so: not a number
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime) and value.year >= FIRST_EXCEL_YEAR:
        sheet.write_datetime(row, column, value.replace(tzinfo=None), moment)
    elif isinstance(value, date) and not isinstance(value, datetime) and value.year >= FIRST_EXCEL_YEAR:
        sheet.write_datetime(row, column, value)
    else:
        sheet.write_string(row, column, str(value)[:MOST_EXCEL_LETTERS])


def _values(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches(BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _table(rows: DataFrame | pa.Table) -> pa.Table:
    return pa.Table.from_pandas(rows, preserve_index=False) if isinstance(rows, DataFrame) else rows
