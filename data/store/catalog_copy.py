"""A copy of the lake's catalog, by which one process reads.

For each table of a statement DuckLake asks its catalog which files there are, what is in them, which rows were deleted
and which lie in the catalog itself: five to seven questions, each a round trip to PostgreSQL and a plan of its own,
some 40 ms of processor time for a page's query however little it reads. So a process has the catalog beside it as well,
as a DuckDB file, and brings that up to a version once for all who read it; what has not changed is not copied again.
It is small: the rows of the files are not in it.
"""

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from data.store.database import quoted

NAME = "traffic_read"  # by what the lake is attached with it
_FOLDER = "github-traffic-catalog-"
_METADATA = f"__ducklake_metadata_{NAME}"
_SNAPSHOT = "select max(snapshot_id) as version from {}.ducklake_snapshot"
_TABLES = "select table_name::text from information_schema.tables where table_schema = '{}'"
_MARK = "select '{1}' as name, count(*) as rows, sum(xmin::text::bigint) as writers from {0}.{1}"
_COLUMNS = "select table_id::text, column_name, column_type from {}.ducklake_column"
# Of a table that nothing was ever written to DuckLake keeps no statistics, and asks for them again with each column.
_EMPTY_TABLES = """
insert into {0}.ducklake_table_stats (table_id, record_count, next_row_id, file_size_bytes)
select distinct table_id, 0 as record_count, 0 as next_row_id, 0 as file_size_bytes
from {0}.ducklake_table anti join {0}.ducklake_table_stats using (table_id)
"""

Ask = Callable[[duckdb.DuckDBPyConnection, str], list[tuple[Any, ...]]]


class CatalogCopy:
    """The copy of the catalog that is the schema `schema` of the PostgreSQL which is attached as `control`."""

    def __init__(self, schema: str, ask: Ask) -> None:
        self._schema = schema
        self._ask = ask
        self._folder: tempfile.TemporaryDirectory[str] | None = None  # is removed with the last reference to it
        self._marks: dict[str, tuple[Any, ...]] = {}
        self.guard = threading.Lock()
        self.version = 0

    def bring_up(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Have the copy be at the newest version; the caller holds the guard."""
        if self._folder is None:
            folder = tempfile.TemporaryDirectory(prefix=_FOLDER)
            place = quoted(Path(folder.name) / "catalog.duckdb")
            cursor.execute(f"attach or replace '{place}' as {_METADATA}")
            cursor.execute(f"create schema {_METADATA}.{self._schema}")
            self._copy(cursor)
            cursor.execute(f"detach {_METADATA}")
            cursor.execute(f"attach 'ducklake:{place}' as {NAME} (metadata_schema '{self._schema}')")
            self._folder = folder
        else:
            self._copy(cursor)

    def _copy(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Take over the tables that differ, all as they were at one moment."""
        cursor.execute("begin")
        marks = self._marks_there(cursor)
        changed = [name for name, mark in marks.items() if mark != self._marks.get(name)]
        types = self._types(cursor)
        for name in changed:
            cursor.execute(
                f"create or replace table {_METADATA}.{self._schema}.{name} as {self._rows(cursor, name, types)}"
            )
        cursor.execute(_EMPTY_TABLES.format(f"{_METADATA}.{self._schema}"))
        ((version,),) = self._ask(cursor, _SNAPSHOT.format(self._schema))
        cursor.execute("commit")
        self._marks, self.version = marks, version

    def _marks_there(self, cursor: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
        """Of each table, what differs as soon as a row was added, changed or deleted."""
        marks = (_MARK.format(self._schema, name) for (name,) in self._ask(cursor, _TABLES.format(self._schema)))
        return {name: tuple(mark) for name, *mark in self._ask(cursor, " union all ".join(marks))}

    def _types(self, cursor: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
        """The types of columns in the lake, which PostgreSQL keeps in those that it has."""
        columns = self._ask(cursor, _COLUMNS.format(self._schema))
        return {(table, column): kind for table, column, kind in columns}

    def _rows(self, cursor: duckdb.DuckDBPyConnection, name: str, types: dict[tuple[str, str], str]) -> str:
        """The statement that gives a table's rows; those of a table of the lake (whose number is in its name) as typed
        there: PostgreSQL has its texts as bytes and its days as text.
        """
        rows = f"from postgres_query('control', 'select * from {self._schema}.{name}')"  # noqa: S608 - our own names
        if not name.startswith("ducklake_inlined_data_") or name == "ducklake_inlined_data_tables":
            return rows
        table = name.removeprefix("ducklake_inlined_data_").partition("_")[0]
        columns = cursor.execute(f"describe {rows}").fetchall()
        listed = (_typed(column, kind, types.get((table, column), "")) for column, kind, *_ in columns)
        return f"select {', '.join(listed)} {rows}"


def _typed(column: str, kind: str, wanted: str) -> str:
    if kind == "BLOB" and wanted == "varchar":
        return f'decode("{column}") as "{column}"'
    return f'"{column}"::{wanted} as "{column}"' if kind == "VARCHAR" and wanted else f'"{column}"'
