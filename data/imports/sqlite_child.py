"""The process that reads an untrusted SQLite file: its tables and columns as JSON, or the rows of one table as CSV.

Started by tables.py as a script of its own (`python -I`, a clean environment). A file may be damaged or made to do
harm, so limits are set before it is opened, it is opened read-only, and nothing but plain tables is read.
Run as: sqlite_child.py FILE [TABLE COLUMN...]
"""

import csv
import json
import resource
import sqlite3
import sys
from pathlib import Path
from urllib.parse import quote

SECONDS = 120
MEMORY = 512 << 20
SHARED_MEMORY = 64 << 20  # the index of a write-ahead log, beside a copy that has one
LIMITS = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_CPU, SECONDS),
    (resource.RLIMIT_AS, MEMORY),
    (resource.RLIMIT_FSIZE, SHARED_MEMORY),
    (resource.RLIMIT_NOFILE, 16),
    (resource.RLIMIT_NPROC, 0),
)
READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
TABLES = "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'"


def main() -> None:
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    for limit, most in LIMITS:
        resource.setrlimit(limit, (most, most))
    path, *wanted = sys.argv[1:]
    try:
        connection = _opened(path)
        if wanted:
            _write_rows(connection, wanted[0], wanted[1:])
        else:
            json.dump(_tables(connection), sys.stdout)
    except (sqlite3.Error, MemoryError) as error:
        sys.stderr.write(str(error) or type(error).__name__)
        sys.exit(1)


def _opened(path: str) -> sqlite3.Connection:
    unchanged = "" if Path(f"{path}-wal").exists() else "&immutable=1"
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro{unchanged}", uri=True)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    for setting in ("trusted_schema = off", "query_only = on", "cell_size_check = on", "mmap_size = 0"):
        connection.execute(f"pragma {setting}")
    return connection


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    plain = [name for name, sql in connection.execute(TABLES) if "virtual" not in str(sql).casefold()[:20]]
    columns = "select name from pragma_table_info(?)"
    return {name: [column for (column,) in connection.execute(columns, (name,))] for name in plain}


def _write_rows(connection: sqlite3.Connection, table: str, columns: list[str]) -> None:
    listed = ", ".join(_quoted(column) for column in columns)
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in READS else sqlite3.SQLITE_DENY)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in connection.execute(f"select {listed} from {_quoted(table)}"):  # noqa: S608 - quoted names
        writer.writerow([None if isinstance(value, bytes) else value for value in row])
    sys.stdout.flush()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    main()
