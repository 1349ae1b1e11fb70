"""The rows of an answered query for people: as a frame, as CSV and as Parquet. Pure.

The names of columns and every text are from outside: in CSV none of them is a formula.
"""

from io import BytesIO

import pandas as pd
import pyarrow as pa
from pandas import DataFrame
from pyarrow import csv, parquet

from data.traffic.formulas import formula_safe


def frame(rows: pa.Table) -> DataFrame:
    """The rows with Arrow's own types, so that unknown stays unknown."""
    return rows.to_pandas(types_mapper=pd.ArrowDtype)


def csv_of(rows: pa.Table) -> bytes:
    """The rows as CSV (UTF-8); unknown is an empty field."""
    columns = [_safe(column) if pa.types.is_string(column.type) else column for column in rows.columns]
    safe = pa.table(columns, names=_apart([formula_safe(name) for name in rows.column_names]))
    written = BytesIO()
    csv.write_csv(safe, written, csv.WriteOptions(eol="\r\n"))
    return written.getvalue()


def parquet_of(rows: pa.Table) -> bytes:
    """The rows as Parquet, compressed."""
    written = BytesIO()
    parquet.write_table(rows, written, compression="zstd")
    return written.getvalue()


def _safe(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = column.combine_chunks().dictionary_encode()
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    known = [None if text is None else formula_safe(text) for text in texts.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(known, type=pa.string()).take(texts.indices)])


def _apart(names: list[str]) -> list[str]:
    """The names, with a number where making them safe has made two alike."""
    return [name if names.index(name) == place else f"{name}_{place + 1}" for place, name in enumerate(names)]
