"""Numbers for new rows. A number is never given twice, so a grant or a link can never come to mean another row."""

from collections.abc import Mapping

import duckdb


def next_id(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return next_ids(connection, table, 1)[0]


def next_ids(connection: duckdb.DuckDBPyConnection, table: str, how_many: int) -> range:
    """The next numbers for so many rows of `table`, inside the caller's commit."""
    last_id = last_ids(connection).get(table, 0)
    raise_last_ids(connection, {table: last_id + how_many})
    return range(last_id + 1, last_id + 1 + how_many)


def last_ids(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(connection.execute("select table_name, last_id from identity_counter").fetchall())


def raise_last_ids(connection: duckdb.DuckDBPyConnection, at_least: Mapping[str, int]) -> None:
    """Have no number up to these given (again), inside the caller's commit."""
    known = last_ids(connection)
    for table, last_id in at_least.items():
        values = {"table": table, "last_id": max(last_id, known.get(table, 0))}
        if table in known:
            connection.execute("update identity_counter set last_id = $last_id where table_name = $table", values)
        else:
            connection.execute("insert into identity_counter (table_name, last_id) values ($table, $last_id)", values)
