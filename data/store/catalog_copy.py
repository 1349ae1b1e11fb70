"""A copy of the lake's catalog, by which one process reads.

For each table of a statement DuckLake asks its catalog which files there are, what is in them, which rows were deleted
and which lie in the catalog itself: five to seven questions, each a round trip to PostgreSQL and a plan of its own,
some 40 ms of processor time for a page's query however little it reads. So a process has the catalog beside it as well,
as a DuckDB file, and brings that up to a version once for all who read it; what has not changed is not copied again.
It is small: the rows of the files are not in it.

Even so a table of the lake costs a statement 5 to 8 ms of planning, and v_repositories is made of eleven. So readers
are given a database in memory beside it, where a table of few rows is a table, and one of many a view on the lake. To a
table that rows were only added to just these are added; any other that has changed is copied again.

Such a view has only rows of the repositories that its cursor is narrowed to, where it is narrowed. DuckDB 1.5 takes a
filter to some repositories no further than to where rows are added up: for the months of 200 repositories it added up
those of all 10,000, in 2.3 s. As part of the table the filter is below everything that is made of it. The bounds let
blocks and files be left out; the ids, what lies between them, where a tenant's are scattered.
"""

import fcntl
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from graphlib import TopologicalSorter
from pathlib import Path
from typing import IO, Any

import duckdb

from data.store.database import quoted
from data.store.version_files import is_held

NAME = "traffic_read"  # the database that is read
ASKED = "asked_repositories"  # the variable with the ids that a cursor will be asked of
FEW_ROWS = 1_000_000  # some 60 MB of memory; a page that reads as many from a lake takes twice as long
_LAKE = "traffic_by_copy"  # by what the lake is attached with the copy of its catalog
_FOLDER = "github-traffic-catalog-"
_HELD = "held"  # the file in it that its process has locked, until it ends
_NEW_S = 60  # how old that file is when it surely is locked
_METADATA = f"__ducklake_metadata_{_LAKE}"
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
# Since version {1}: how many versions there were, whether one changed the schema, and the numbers of changed tables,
# all of them and those to which more was done than that rows were added.
_CHANGES = """
with changes as (
    select
        changes_made as made,
        regexp_replace(changes_made, '(inserted_into_table|inlined_insert):[0-9]+', '', 'g') as made_otherwise
    from {0}.ducklake_snapshot_changes
    where snapshot_id > {1}
)

select
    count(*) as versions,
    coalesce(bool_or(regexp_matches(made, '(created|altered|dropped)_')), false) as is_schema,
    flatten(coalesce(list(regexp_extract_all(made, ':([0-9]+)', 1)), [])) as changed,
    flatten(coalesce(list(regexp_extract_all(made_otherwise, ':([0-9]+)', 1)), [])) as changed_otherwise
from changes
"""
_ADDED = "from ducklake_table_insertions('{0}', 'main', '{1}', {2}, {3})"  # from one version to another
_OF_LAKE = """
select
    table_id::text as id,
    table_name as name,
    coalesce(record_count, 0) as most_rows,
    table_id in (
        select table_id
        from {0}.ducklake_column
        where column_name = 'repository_id' and not nulls_allowed and end_snapshot is null
    ) as is_of_repositories
from {0}.ducklake_table left join {0}.ducklake_table_stats using (table_id)
where end_snapshot is null
"""
_OF_ASKED = f"""
where
    repository_id between coalesce(list_min(getvariable('{ASKED}')::integer[]), 0)
    and coalesce(list_max(getvariable('{ASKED}')::integer[]), 2147483647)
    and (
        getvariable('{ASKED}') is null
        or repository_id in (select unnest(getvariable('{ASKED}')::integer[]))
    )
"""
_OF_READERS = """
select table_name, lower(split_part(table_type, ' ', -1)) as kind
from information_schema.tables
where table_catalog = '{0}'
"""
_VIEWS = "select view_name as name, sql from {0}.ducklake_view where end_snapshot is null"

Ask = Callable[[duckdb.DuckDBPyConnection, str], list[tuple[Any, ...]]]


class CatalogCopy:
    """The copy of the catalog that is the schema `schema` of the PostgreSQL which is attached as `control`."""

    def __init__(self, schema: str, ask: Ask) -> None:
        self._schema = schema
        self._ask = ask
        self._folder: tempfile.TemporaryDirectory[str] | None = None  # is removed with the last reference to it
        self._held: IO[bytes] | None = None
        self._marks: dict[str, tuple[Any, ...]] = {}
        self._large: set[str] = set()  # the tables of more than FEW_ROWS, until the schema changes
        self.guard = threading.Lock()
        self.version = 0

    def bring_up(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Have the copy be at the newest version; the caller holds the guard."""
        if self._folder is None:
            remove_left_ones()
            folder = tempfile.TemporaryDirectory(prefix=_FOLDER)
            self._held = (Path(folder.name) / _HELD).open("wb")
            fcntl.flock(self._held, fcntl.LOCK_EX)
            place = quoted(Path(folder.name) / "catalog.duckdb")
            cursor.execute(f"attach or replace '{place}' as {_METADATA}")
            cursor.execute(f"create schema {_METADATA}.{self._schema}")
            self._copy(cursor)
            cursor.execute(f"detach {_METADATA}")
            cursor.execute(f"attach 'ducklake:{place}' as {_LAKE} (metadata_schema '{self._schema}')")
            cursor.execute(f"attach ':memory:' as {NAME}")
            self._folder = folder
        else:
            self._copy(cursor)
        self._give(cursor)

    def _give(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Have readers read the version that the catalog is at now."""
        place = f"{_METADATA}.{self._schema}"
        ((version,),) = cursor.execute(_SNAPSHOT.format(place)).fetchall()
        (changes,) = cursor.execute(_CHANGES.format(place, self.version)).fetchall()
        versions, is_schema, changed, changed_otherwise = changes
        tables = cursor.execute(_OF_LAKE.format(place)).fetchall()
        whole = is_schema or versions != version - self.version  # of some nothing is known any more
        large = set() if whole else set(self._large)
        cursor.execute("begin")
        if whole:
            for name, kind in cursor.execute(_OF_READERS.format(NAME)).fetchall():
                cursor.execute(f"drop {kind} {NAME}.{name}")
        for number, name, most_rows, _ in tables:
            if name not in large and (whole or number in changed):
                if most_rows > FEW_ROWS and _rows(cursor, name) > FEW_ROWS:
                    cursor.execute(f"drop table if exists {NAME}.{name}")
                    large.add(name)
                elif not whole and number not in changed_otherwise:
                    added = _ADDED.format(_LAKE, name, self.version + 1, version)
                    cursor.execute(f"insert into {NAME}.{name} by name {added}")
                else:
                    cursor.execute(f"create or replace table {NAME}.{name} as from {_LAKE}.{name}")
        narrowed = {name for _, name, _, is_of_repositories in tables if is_of_repositories}
        for name in large:  # of this version, whichever the catalog is at when it is read
            rows = f"from {_LAKE}.{name} at (version => {version}) {_OF_ASKED * (name in narrowed)}"
            cursor.execute(f"create or replace view {NAME}.{name} as {rows}")
        cursor.execute(f"create or replace macro {NAME}.copied_version() as {version}")
        if whole:
            self._give_views(cursor)
        cursor.execute("commit")
        self.version, self._large = version, large

    def _give_views(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """The views of the lake, each after those that it speaks of."""
        views = dict(cursor.execute(_VIEWS.format(f"{_METADATA}.{self._schema}")).fetchall())
        words = {name: set(re.findall(r"\w+", text)) for name, text in views.items()}
        cursor.execute(f"use {NAME}")
        for name in TopologicalSorter({name: views.keys() & words[name] for name in views}).static_order():
            cursor.execute(f"create view {name} as {views[name]}")

    def _copy(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Take over the tables of the catalog that differ, all as they were at one moment."""
        cursor.execute("begin")
        marks = self._marks_there(cursor)
        changed = [name for name, mark in marks.items() if mark != self._marks.get(name)]
        types = self._types(cursor)
        for name in changed:
            cursor.execute(
                f"create or replace table {_METADATA}.{self._schema}.{name} as {self._rows(cursor, name, types)}"
            )
        cursor.execute(_EMPTY_TABLES.format(f"{_METADATA}.{self._schema}"))
        cursor.execute("commit")
        self._marks = marks

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


def remove_left_ones() -> None:
    """Remove the copies of processes that were killed, some 10 MB each."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        held = folder / _HELD
        with suppress(OSError):  # another user's, or removed meanwhile
            if held.stat().st_mtime < time.time() - _NEW_S and not is_held(held):
                shutil.rmtree(folder)


def version_of(cursor: duckdb.DuckDBPyConnection) -> int:
    """The version that a reader's cursor reads."""
    ((version,),) = cursor.execute(f"select {NAME}.copied_version()").fetchall()
    return int(version)


def _rows(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a table of the lake has; the catalog counts those that were deleted, too."""
    ((rows,),) = cursor.execute(f"select count(*) from {_LAKE}.{table}").fetchall()  # noqa: S608 - our own names
    return int(rows)


def _typed(column: str, kind: str, wanted: str) -> str:
    if kind == "BLOB" and wanted == "varchar":
        return f'decode("{column}") as "{column}"'
    return f'"{column}"::{wanted} as "{column}"' if kind == "VARCHAR" and wanted else f'"{column}"'
