"""Numbers for new rows. A number is never given twice, so a grant or a link can never come to mean another row."""

import duckdb


def next_id(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """The next number for a row of `table`, inside the caller's commit."""
    values = {"table": table}
    last = "select last_id from identity_counter where table_name = $table"
    rows = connection.execute(last, values).fetchall()
    if not rows:
        connection.execute("insert into identity_counter values ($table, 1)", values)
        return 1
    connection.execute("update identity_counter set last_id = last_id + 1 where table_name = $table", values)
    return int(rows[0][0]) + 1
