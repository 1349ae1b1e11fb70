"""Moves a whole installation from one backend of the store to another, and proves that nothing of it was changed."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data.schema import migrate as schema
from data.store.backup import nobody_collecting, publish
from data.store.database import StoreError, StoreMissing, refuse_newer
from data.store.file_backend import check_file
from data.store.store import Store
from data.store.version_files import make_directory

DATABASES = ("traffic", "control")
OF_ITSELF = schema.BOOKKEEPING | {"day_rule", "setup_code"}  # what a new installation has rows in


class CopyRefused(StoreError):
    """The target holds another installation, or what was copied is not what was there."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a table holds: its rows, and a sum of their hashes, in which their order makes no difference."""

    rows: int
    hash: int


Facts = dict[str, TableFacts]


@dataclass(frozen=True, slots=True)
class CopyReport:
    """The tables of both databases, as `database.table`, each found equal; `was_there`: without a copy."""

    tables: Facts
    was_there: bool


def copy_store(source: Store, target: Store, report: Callable[[str], None]) -> CopyReport:
    """Have `target` hold what `source` holds, both databases, row by row; `report` gets a sentence for each step.

    Nobody writes to `source` meanwhile. What was cut short is done over. Raises: CopyRefused, and other StoreErrors.
    """
    if source.place == target.place:
        raise CopyRefused(f"{source.place} cannot be copied to itself.")
    source.traffic.version(), source.control.version()  # nothing to copy is no empty copy
    source.prepare()  # what is compared has the same tables
    with nobody_collecting(source, "copy"), source.traffic.locked("copying the store"):
        expected = facts(source)
        present = facts(target)
        if present == expected:
            return CopyReport(expected, was_there=True)
        if "control.tenant_token" in present and _holds_something(present):
            raise CopyRefused(
                f"{target.place} holds an installation already, and not the one of {source.place}. "
                "Name an empty place, or remove what is there."
            )
        with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
            files = {name: Path(folder) / f"{name}.duckdb" for name in DATABASES}
            for name, file in files.items():
                report(f"Reading {name} of {source.place} ...")
                source.database(name).take(file, opened).finish()
                refuse_newer(file, name, check_file(file, name))
            report(f"Writing to {target.place} ...")
            make_directory(target.directory)
            with target.traffic.locked("copying the store"):
                publish(target, files, lambda connection: None)
    report("Comparing every table ...")
    found = facts(target)
    if wrong := [name for name in expected if found.get(name) != expected[name]]:
        raise CopyRefused(f"{target.place} differs in {', '.join(wrong)}. Do not use it; copy again.")
    return CopyReport(expected, was_there=False)


def facts(store: Store) -> Facts:
    """The facts of each table of both databases, but those about the file itself; none where there is none."""
    found: Facts = {}
    for name in DATABASES:
        try:
            with store.database(name).read() as cursor:
                tables = [table for table in schema.tables(cursor) if table not in schema.BOOKKEEPING]
                found |= {f"{name}.{table}": _facts(cursor, table) for table in tables}
        except StoreMissing:
            continue
    return found


def _facts(cursor: duckdb.DuckDBPyConnection, table: str) -> TableFacts:
    sums = f"select count(*), coalesce(sum(hash(every)::hugeint), 0) from {table} as every"  # noqa: S608 - our own names
    ((rows, total),) = cursor.execute(sums).fetchall()
    return TableFacts(rows, int(total))


def _holds_something(tables: Facts) -> bool:
    return any(each.rows for name, each in tables.items() if name.partition(".")[2] not in OF_ITSELF)
