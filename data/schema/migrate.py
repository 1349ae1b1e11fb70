"""Brings a database file to the newest schema, and writes a compacted copy of one.

Works on connections that the store opens; opens none itself. The schema is the numbered files in
`migrations/<database>/`, and for `traffic` the public views in `views.sql`, rebuilt with every migration.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data.calendar import SETTLED_AFTER_DAYS, WINDOW_DAYS, stored, utc_now

MIGRATIONS = Path(__file__).parent / "migrations"
VIEWS = Path(__file__).parent / "views.sql"
BOOKKEEPING = frozenset({"schema_migration", "schema_views", "store_compaction"})
RECENT_DAYS = 430  # with a month that is not over yet, the same month of the year before
OWN_TABLES = BOOKKEEPING | {"audit_outbox", "identity_counter", "import_batch", "import_mapping"}

_BOOKKEEPING_TABLES = """
create table if not exists schema_migration (
    number integer not null, name text not null, applied_at timestamp not null
);
create table if not exists schema_views (digest text not null);
create table if not exists store_compaction (compacted_at timestamp not null, bytes bigint not null);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str


def migrations(database: str) -> list[Migration]:
    files = sorted((MIGRATIONS / database).glob("[0-9]*.sql"))
    return [Migration(int(f.stem[:4]), f.stem[5:], f.read_text(encoding="utf-8")) for f in files]


def newest_known(database: str) -> int:
    return max(int(file.name[:4]) for file in (MIGRATIONS / database).glob("[0-9]*.sql"))


def applied(connection: duckdb.DuckDBPyConnection) -> int:
    """The schema number of an open file; 0 for an empty one."""
    try:
        connection.table("schema_migration")  # much cheaper than to ask duckdb_tables(), in every commit
    except duckdb.CatalogException:  # which, unlike that of a failed query, ends no transaction
        return 0
    ((number,),) = connection.execute("select coalesce(max(number), 0) from schema_migration").fetchall()
    return int(number)


def is_current(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    if applied(connection) < newest_known(database):
        return False
    digests = "select digest from schema_views"
    return database != "traffic" or connection.execute(digests).fetchall() == [(_digest(),)]


def migrate(
    connection: duckdb.DuckDBPyConnection, database: str, adapt: Callable[[str], str] = lambda sql: sql
) -> None:
    """Apply the missing steps and rebuild the views, inside the caller's transaction; each text as `adapt` makes it."""
    connection.execute(_BOOKKEEPING_TABLES)
    done = applied(connection)
    for step in migrations(database):
        if step.number > done:
            connection.execute(adapt(step.sql))
            record = "insert into schema_migration (number, name, applied_at) values ($number, $name, $at)"
            connection.execute(record, {"number": step.number, "name": step.name, "at": stored(utc_now())})
    if database == "traffic":
        _rebuild_views(connection, adapt(VIEWS.read_text(encoding="utf-8")))


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables of a database; what stands for one may be a view, but none of the public ones, which begin with v_."""
    there = "from information_schema.tables where table_catalog = current_database()"
    names = f"select table_name as name {there} and not starts_with(table_name, 'v_') order by 1"
    return [name for (name,) in connection.execute(names).fetchall()]


def read_whole(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every row once: DuckDB compares a block's checksum only when it reads the block."""
    for table in tables(connection):
        connection.execute(f"select max(hash(every)) from {table} as every")  # noqa: S608 - our own names


def copy_ordered(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Fill the freshly migrated tables from the attached database `source`, each row in its sorted place.

    Sorted rows compress best, and a repository's days lie together; but the recent ones after all others, so that who
    asks for the last month of many repositories does not read their five years.
    """
    for table in tables(connection):
        rows = f"{source}.{table}"
        is_recent = f"day > (select max(day) from {rows}) - {RECENT_DAYS}, "  # noqa: S608 - names of our own migrations
        order = f"{is_recent if 'day' in connection.table(table).columns else ''}columns(*)"
        connection.execute(f"delete from {table}")  # noqa: S608
        connection.execute(f"insert into {table} select * from {rows} order by {order}")  # noqa: S608


def copy_visible(connection: duckdb.DuckDBPyConnection, source: str, visible: list[int], but: frozenset[str]) -> None:
    """Fill the freshly migrated tables with the rows of these repositories in the attached database `source`.

    Only tables with a repository_id, and none of `but`: a table that nobody has thought of stays empty. The tables that
    describe the program and not the traffic are dropped.
    """
    for table in tables(connection):
        if table in OWN_TABLES:
            connection.execute(f"drop table {table}")
        elif table not in but and "repository_id" in connection.table(table).columns:
            mine = "where repository_id in (select unnest($visible::integer[]))"
            rows = f"insert into {table} select * from {source}.{table} {mine}"  # noqa: S608 - our own names
            connection.execute(rows, {"visible": visible})


def delete_repository(connection: duckdb.DuckDBPyConnection, repository_id: int) -> None:
    """Delete a repository with every row that belongs to it, whichever table a migration has put it in."""
    for table in tables(connection):
        if "repository_id" in connection.table(table).columns:
            delete = f"delete from {table} where repository_id = $repository_id"  # noqa: S608 - our own names
            connection.execute(delete, {"repository_id": repository_id})


def _rebuild_views(connection: duckdb.DuckDBPyConnection, views: str) -> None:
    old = connection.execute(
        "select view_name as name from duckdb_views() where not internal and database_name = current_database()"
    ).fetchall()
    for (name,) in old:
        connection.execute(f'drop view "{name}"')
    connection.execute(views)
    connection.execute("delete from day_rule")
    rule = "insert into day_rule (settled_after_days, window_days) values ($settled_after_days, $window_days)"
    connection.execute(rule, {"settled_after_days": SETTLED_AFTER_DAYS, "window_days": WINDOW_DAYS})
    connection.execute("delete from schema_views")
    connection.execute("insert into schema_views (digest) values ($digest)", {"digest": _digest()})


def _digest() -> str:
    rule = f"{SETTLED_AFTER_DAYS} {WINDOW_DAYS}"
    return hashlib.sha256(VIEWS.read_bytes() + rule.encode()).hexdigest()
