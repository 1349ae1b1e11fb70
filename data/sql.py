"""Finds the SQL text of a function: `data/queries/<module>.<function>.sql`."""

from functools import cache
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"


@cache
def query(name: str) -> str:
    """The SQL text of `<module>.<function>`, as it stands in its file."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
