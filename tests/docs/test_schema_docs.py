"""docs/schema.md against the real schema: every table, view and column, and nothing else."""

import re

from data.store import Store
from tests.docs.schema_tables import SCHEMA, schema, view_comments, written

TEXT = SCHEMA.read_text(encoding="utf-8")
HEADING = re.compile(r"^### (\w+)$", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| (.+) \|$", re.MULTILINE)


def documented() -> dict[str, list[tuple[str, str, str]]]:
    """The columns of each section as the document lists them: name, type, meaning."""
    _, *parts = HEADING.split(TEXT)
    return {name: ROW.findall(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def test_every_table_and_view_is_there_with_each_column_its_type_and_its_meaning(full: Store) -> None:
    listed = {name: [(column, kind) for column, kind, _ in rows] for name, rows in documented().items()}
    real = {name: [(column, kind) for column, (kind, _) in rows.items()] for name, rows in schema(full).items()}
    assert listed == real
    assert len(HEADING.findall(TEXT)) == len(listed)
    assert not [(name, row) for name, rows in documented().items() for row in rows if len(row[2].strip()) < 4]


def test_the_sections_of_the_views_are_their_comments(full: Store) -> None:
    assert written(TEXT, full) == TEXT, "run: python -m tests.docs.schema_tables"


def test_every_view_and_every_column_of_it_has_a_comment(full: Store) -> None:
    views, columns = view_comments(full), schema(full)
    assert not [name for name, comment in views.items() if not comment]
    assert not [(name, column) for name in views for column, (_, text) in columns[name].items() if not text]


def test_every_section_says_what_a_row_is() -> None:
    _, *parts = HEADING.split(TEXT)
    bodies = dict(zip(parts[::2], parts[1::2], strict=True))
    assert not [name for name, body in bodies.items() if not re.match(r"\s+\S.*\brow\b", body)]


def test_the_diagram_names_every_table_that_belongs_to_a_repository(full: Store) -> None:
    (diagram,) = re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    views = view_comments(full)
    theirs = {name for name, columns in schema(full).items() if "repository_id" in columns and name not in views}
    assert theirs <= set(re.findall(r"\w+", diagram))
