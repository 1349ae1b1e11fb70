"""Finds the SQL text that lies beside its module: `<module>.<what it answers or does>.sql`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

ROOT = Path(__file__).parents[2]
OF_OLD_DUCKDB = re.compile(r"^.* -- DuckDB 1\.5\n", re.MULTILINE)
IS_OLD_DUCKDB = duckdb.__version__.startswith("1.")


@cache
def query(module: str, name: str) -> str:
    """The SQL text of that name beside a module (`__name__`), as it stands in its file. Lines that end with
    `-- DuckDB 1.5` are for the lake's DuckDB only: what helps it to skip rows makes the newest one twice as slow.
    """
    path = ROOT.joinpath(*module.split("."))
    text = path.with_name(f"{path.name}.{name}.sql").read_text(encoding="utf-8")
    return text if IS_OLD_DUCKDB else OF_OLD_DUCKDB.sub("", text)


@cache
def parsed(text: str) -> duckdb.Statement:
    """A statement that is asked for again and again: to parse a long one takes a tenth of its time."""
    (statement,) = duckdb.extract_statements(text)
    return statement


def changed_rows(connection: DuckDBPyConnection, text: str, values: Mapping[str, object]) -> int:
    """How many rows a statement has changed. Not every backend of the store can return these rows themselves."""
    ((number,),) = connection.execute(text, dict(values)).fetchall()
    return int(number)


def insert(connection: DuckDBPyConnection, table: str, row: Mapping[str, object]) -> None:
    """Add a row: its values by the names of their columns, which are the program's own and never from outside."""
    columns, values = ", ".join(row), ", ".join(f"${name}" for name in row)
    connection.execute(f"insert into {table} ({columns}) values ({values})", dict(row))  # noqa: S608 - our own names


def execute_each(connection: DuckDBPyConnection, text: str, values: Mapping[str, object]) -> None:
    """Run the statements of a text one by one, each with those of the values that it names."""
    for statement in connection.extract_statements(text):
        connection.execute(statement, {name: values[name] for name in statement.named_parameters})
