"""Finds the SQL text of a function in the file beside its module: `<module>.<function>.sql`."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def query(module: str, function: str) -> str:
    """The SQL text that belongs to a function of a module (`__name__`), as it stands in its file."""
    path = ROOT.joinpath(*module.split("."))
    return path.with_name(f"{path.name}.{function}.sql").read_text(encoding="utf-8")
