"""The example queries: each a file that begins with its title and what it tells. docs/sql.md prints the same."""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from data.calendar import DAY
from data.sandbox.query_parameters import Kind, Parameter, parameters_of

EXAMPLES = Path(__file__).parent / "examples"
_HEADED = re.compile(r"(?P<head>(?:-- [^\n]+\n)+)(?P<statement>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """A query that shows what can be asked: its title, a sentence or two about it, and the statement."""

    name: str
    title: str
    about: str
    statement: str


@cache
def examples() -> tuple[Example, ...]:
    """All examples by title."""
    found = (_example(path) for path in EXAMPLES.glob("*.sql"))
    return tuple(sorted(found, key=lambda each: each.title))


def example_parameters(example: Example, today: date) -> tuple[Parameter, ...]:
    """The parameters of an example with values that answer something: every name, and the last 31 days."""
    values = {Kind.TEXT: "%", Kind.NUMBER: "10"}
    days = {"first_day": today - DAY * 31, "last_day": today - DAY}
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
