"""Tables as Arrow has them: ready to be sent to a browser, and unchangeable, so that many may share one."""

import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray
from pandas import DataFrame

from data.store.sql import parsed
from data.store.store import Store

# The way without the copy, cursor.sql(), plans each statement twice: a fifth more time for the few rows of a page.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy")


def arrow_table(rows: DataFrame) -> pa.Table:
    """The rows as an Arrow table of the same columns. Numbered rows stay numbered, without a column for it.

    Made once and kept, it spares every later showing the way from pandas to Arrow, which takes longer than all else.
    """
    return pa.Table.from_pandas(rows)


def arrow_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The same of records, each with all columns."""
    return pa.Table.from_pylist(rows)


def arrow_columns(columns: Mapping[str, "NDArray[Any] | pd.Series[Any] | pa.ChunkedArray | Sequence[Any]"]) -> pa.Table:
    """The same of columns: lists, those of a frame or of an Arrow table, or NumPy's, whose objects are texts, of which
    None is unknown, and whose NaN stays a number.
    """

    def typed(column: Any) -> Any:
        return pa.array(column, pa.string()) if getattr(column, "dtype", None) == np.dtype(object) else column

    return pa.table({name: typed(column) for name, column in columns.items()})


def ask(store: Store, text: str, today: date, values: dict[str, Any], *, imports: bool = True) -> pa.Table:
    """The rows of a question to the views, on a UTC day, which decides what is pending; with what was imported, or as
    it would be without. Where it has a first and a last day, these bound what weeks and months are of.
    """
    days = {name: values.get(name) for name in ("first_day", "last_day")}
    with store.traffic.read(today=today, with_imports=imports, **days) as cursor:
        if "visible" in values:
            store.traffic.narrow(cursor, values["visible"])
        return rows_of(cursor, text, values)


def rows_of(cursor: DuckDBPyConnection, text: str, values: dict[str, Any]) -> pa.Table:
    """The rows of a statement as an Arrow table."""
    return cursor.execute(parsed(text), values).to_arrow_table()


def frame(rows: pa.Table) -> DataFrame:
    """The same with Arrow's types: what is unknown is NULL (pandas.NA)."""
    return rows.to_pandas(types_mapper=pd.ArrowDtype)


def plain_values(column: "pd.Series[Any]") -> list[Any]:
    """A column's values as plain Python's, None where unknown: to iterate an Arrow column takes ten times as long."""
    values: list[Any] = column.to_numpy(dtype=object, na_value=None).tolist()
    return values


def numpy_values(column: "pd.Series[Any] | pa.ChunkedArray") -> NDArray[Any]:
    """The same as NumPy's: days as datetime64, all numbers as floats, of which NaN is unknown. To make an object of
    each day takes longer than all else.
    """
    values = column if isinstance(column, pa.ChunkedArray) else pa.array(column)
    if pa.types.is_integer(values.type) or pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    found: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return found
