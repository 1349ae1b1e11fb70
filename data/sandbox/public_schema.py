"""What people who write SQL can ask: the views and tables of `traffic` with their columns, as the database tells."""

from dataclasses import dataclass
from itertools import groupby

from duckdb import DuckDBPyConnection

from data.schema.migrate import OWN_TABLES
from data.store import Store
from data.store.sql import query


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type in DuckDB's words, what it means (empty for one of a table)."""

    name: str
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A view or a table with its columns, and what a row of it is (empty for a table: docs/schema.md has it)."""

    name: str
    is_view: bool
    about: str
    columns: tuple[Column, ...]


def relations(store: Store) -> tuple[Relation, ...]:
    """The public views, then the tables, by name; the same for everybody, with nobody's rows. Raises: StoreMissing."""
    return store.traffic.remembered("relations", _relations)


def _relations(cursor: DuckDBPyConnection) -> tuple[Relation, ...]:
    rows = cursor.execute(query(__name__, "relations")).fetchall()
    found = []
    for (name, is_view, about), of_it in groupby(rows, key=lambda row: row[:3]):
        columns = tuple(Column(column, kind, text or "") for *_, column, kind, text in of_it)
        if name not in OWN_TABLES:
            found.append(Relation(name, is_view, about or "", columns))
    return tuple(found)
