"""The audit log: every administrative act, by whom, on what. Lies in `control`."""

from datetime import datetime

import duckdb

from data.calendar import stored


def note(connection: duckdb.DuckDBPyConnection, act: str, subject: str, by: tuple[str, datetime]) -> None:
    """Write an act into the log, inside the caller's commit; `by` is who did it, and when (UTC)."""
    actor, at = by
    connection.execute(
        "insert into audit_log values ($at, $actor, $act, $subject, null)",
        {"at": stored(at), "actor": actor, "act": act, "subject": subject},
    )
