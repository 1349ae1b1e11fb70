"""What helps people to write SQL: the public views and tables with their columns, and the example queries."""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path

from data.calendar import DAY
from data.sandbox.statement import Parameter, ParameterKind, parameters_of
from data.schema.migrate import OWN_TABLES
from data.store import Store
from data.store.cache import cached
from data.store.file_backend import empty_database
from data.store.sql import query

EXAMPLES = Path(__file__).parent / "examples"
_HEADED = re.compile(r"(?P<head>(?:-- [^\n]+\n)+)(?P<statement>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ReferenceColumn:
    """A column: its name, its type in DuckDB's words, what it means (empty for one of a table)."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A view or a table with its columns, and what a row of it is (empty for a table: docs/schema.md has it)."""

    name: str
    is_view: bool
    comment: str
    columns: tuple[ReferenceColumn, ...]


@cached("traffic")
def relations(store: Store) -> tuple[Relation, ...]:
    """The public views, then the tables, by name; the same for everybody. Raises: StoreMissing."""
    rows = store.traffic.rows(query(__name__, "relations"))
    if not any(about for *_, about in rows):  # a lake keeps no comments on columns
        with empty_database("traffic") as connection:
            rows = connection.execute(query(__name__, "relations")).fetchall()
    found = []
    for (name, is_view, comment), of_it in groupby(rows, key=lambda row: row[:3]):
        columns = tuple(ReferenceColumn(column, kind, about or "") for *_, column, kind, about in of_it)
        if name not in OWN_TABLES:
            found.append(Relation(name, is_view, comment or "", columns))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    title: str
    about: str
    statement: str


@cache
def examples() -> tuple[Example, ...]:
    """All examples by title: files that begin with a title and what they answer, printed in docs/sql.md too."""
    return tuple(sorted((_example(path) for path in EXAMPLES.glob("*.sql")), key=lambda example: example.title))


def example_parameters(example: Example, today: date) -> tuple[Parameter, ...]:
    """The parameters of an example with values that return something: every name, and the last 30 days."""
    values = {ParameterKind.TEXT: "%", ParameterKind.NUMBER: "10"}
    days = {"first_day": today - DAY * 30, "last_day": today - DAY}
    return tuple(
        replace(each, default=str(days[each.name]) if each.name in days else values.get(each.kind, ""))
        for each in parameters_of(example.statement)
    )


def _example(path: Path) -> Example:
    match = _HEADED.fullmatch(path.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{path.name} does not begin with its title")
    title, _, about = match["head"].replace("-- ", "").replace("\n", " ").strip().partition(": ")
    return Example(path.stem, title, about, match["statement"].strip())
