"""How rows from answers become Arrow tables that SQL merges. Knows no endpoint: each says itself what its rows are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

Row = tuple[Any, ...]
TYPES = {
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Save:
    """How rows are stored: the tables that they come in, with their columns, and the SQL (module, function) that merges
    these.
    """

    tables: Mapping[str, str]
    statements: tuple[tuple[str, str], ...]

    def tables_of(self, rows: Iterable[tuple[str, Row]]) -> dict[str, pa.Table]:
        """The rows as Arrow tables by name, each with its columns even where there is no row for it."""
        by_table: dict[str, list[Row]] = {name: [] for name in self.tables}
        for name, row in rows:
            by_table[name].append(row)
        return {name: arrow_table(self.tables[name], of_table) for name, of_table in by_table.items()}


class Observation(Protocol):
    """What an endpoint's answer says: its rows by table, and how they are stored."""

    @property
    def save(self) -> Save: ...

    def rows(self, repository_id: int, observed_at: datetime) -> Iterable[tuple[str, Row]]: ...


def arrow_table(columns: str, rows: list[Row]) -> pa.Table:
    """The rows under columns written as in SQL: `repository_id integer, day date`."""
    named = (column.split() for column in columns.split(","))
    schema = pa.schema([(name, TYPES[kind]) for name, kind in named])
    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(column, type=field.type) for column, field in zip(values, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
