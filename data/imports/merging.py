"""Works `daily_traffic` out of what was collected and what was imported, inside the caller's commit."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date

import duckdb

from data.store.sql import execute_each, query

HISTORY_ONLY = "Imported history only."  # the reason of the state of a repository that an import has added


def merge_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the days of the table touched_day (repository_id, day) anew; `fit_spans` follows."""
    connection.execute(query(__name__, "merge_days"))


def fit_spans(connection: duckdb.DuckDBPyConnection, repository_ids: Collection[int]) -> None:
    """Have a row for each day from the first to the last one that is known of these repositories, and no others."""
    execute_each(connection, query(__name__, "fit_spans"), {"repository_ids": list(repository_ids)})


@contextmanager
def setting_imports_aside(
    connection: duckdb.DuckDBPyConnection, repository_ids: Collection[int], since: date
) -> Iterator[None]:
    """Inside a commit that saves answers of GitHub: it finds and changes the days as they would be without any import.

    Afterwards the imports are merged again. Days before `since` are not looked at.
    """
    values = {"repository_ids": list(repository_ids), "since": since}
    known = "select 1 as known from imported_day where list_contains($repository_ids, repository_id) and day >= $since"
    if not connection.execute(f"{known} limit 1", values).fetchall():
        yield
        return
    execute_each(connection, query(__name__, "set_aside"), values)
    yield
    connection.execute(query(__name__, "take_back"))
    merge_days(connection)
    fit_spans(connection, repository_ids)
