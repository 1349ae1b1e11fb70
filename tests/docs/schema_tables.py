"""Writes the part of docs/schema.md that follows from the comments of the views.

Run as: python -m tests.docs.schema_tables
"""

import tempfile
from pathlib import Path

from data.store import Store

SCHEMA = Path(__file__).parents[2] / "docs" / "schema.md"
BEGIN, END = "<!-- views: begin -->", "<!-- views: end -->"
Columns = dict[str, dict[str, tuple[str, str | None]]]

_COLUMNS = """
    select table_name as name, column_name as column, data_type as type, comment
    from duckdb_columns()
    where not internal and database_name = current_database()
    order by table_name, column_index
"""


def schema(store: Store) -> Columns:
    """The columns of every table and view with their types and comments, as they really are."""
    found: Columns = {}
    with store.traffic.read() as cursor:
        for name, column, kind, comment in cursor.execute(_COLUMNS).fetchall():
            found.setdefault(name, {})[column] = (kind.lower(), comment)
    return found


def view_comments(store: Store) -> dict[str, str | None]:
    """The public views with their comments, by name."""
    question = (
        "select view_name as name, comment from duckdb_views() "
        "where not internal and database_name = current_database() order by view_name"
    )
    with store.traffic.read() as cursor:
        return dict(cursor.execute(question).fetchall())


def sections(store: Store) -> str:
    """A section for each view: its comment, and a table of its columns."""
    columns = schema(store)
    parts = []
    for view, comment in view_comments(store).items():
        rows = [f"| `{name}` | {kind} | {text} |" for name, (kind, text) in columns[view].items()]
        parts.append(
            "\n".join([f"### {view}", "", str(comment), "", "| column | type | meaning |", "|---|---|---|", *rows])
        )
    return "\n\n".join(parts)


def written(text: str, store: Store) -> str:
    """The document with the sections of the views made anew."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{sections(store)}\n\n{END}{after}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        fresh = Store(Path(directory) / "db")
        fresh.prepare()
        SCHEMA.write_text(written(SCHEMA.read_text(encoding="utf-8"), fresh), encoding="utf-8")
        fresh.close()
