"""docs/schema.md against the real schema: every table, view and column, and nothing else."""

import re
from collections.abc import Iterator

import pytest

from data.store import Store
from tests.docs.schema_tables import BEGIN, SCHEMA, schema, view_comments, written

TEXT = SCHEMA.read_text(encoding="utf-8")
HEADING = re.compile(r"^### (\w+)$", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty store with this release's schema."""
    store = Store(tmp_path_factory.mktemp("schema") / "db")
    store.prepare()
    yield store
    store.close()


def documented() -> dict[str, list[tuple[str, str, str]]]:
    """The columns of each section as the document lists them: name, type, meaning."""
    _, *parts = HEADING.split(TEXT)
    return {name: ROW.findall(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def test_every_table_and_view_has_a_section_and_nothing_else_has(store: Store) -> None:
    assert sorted(documented()) == sorted(schema(store))
    assert len(HEADING.findall(TEXT)) == len(documented())


def test_every_column_is_listed_with_its_type_in_its_place(store: Store) -> None:
    listed = {name: [(column, kind) for column, kind, _ in rows] for name, rows in documented().items()}
    real = {name: [(column, kind) for column, (kind, _) in rows.items()] for name, rows in schema(store).items()}
    assert listed == real


def test_every_column_has_a_meaning() -> None:
    assert not [(name, row) for name, rows in documented().items() for row in rows if len(row[2].strip()) < 4]


def test_the_sections_of_the_views_are_their_comments(store: Store) -> None:
    assert written(TEXT, store) == TEXT, "run: python -m tests.docs.schema_tables"


def test_every_view_and_every_column_of_it_has_a_comment(store: Store) -> None:
    views, columns = view_comments(store), schema(store)
    assert not [name for name, comment in views.items() if not comment]
    assert not [(name, column) for name in views for column, (_, told) in columns[name].items() if not told]


def test_every_section_says_what_a_row_is() -> None:
    _, *parts = HEADING.split(TEXT)
    bodies = dict(zip(parts[::2], parts[1::2], strict=True))
    assert not [name for name, body in bodies.items() if not re.match(r"\s+\S.*\brow\b", body)]


def test_the_diagram_names_every_table_that_belongs_to_a_repository(store: Store) -> None:
    (diagram,) = re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    views = view_comments(store)
    theirs = {name for name, columns in schema(store).items() if "repository_id" in columns and name not in views}
    assert theirs <= set(re.findall(r"\w+", diagram))


def test_the_views_come_after_the_tables() -> None:
    assert all(name.startswith("v_") for name in HEADING.findall(TEXT.partition(BEGIN)[2]))
    assert not [name for name in HEADING.findall(TEXT.partition(BEGIN)[0]) if name.startswith("v_")]
