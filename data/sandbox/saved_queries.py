"""SQL queries that users save. Saving runs nothing, and whoever runs a query runs it with their own rows.

What may be done with them, and by whom, is that of every saved item: see data/accounts/saved_items.py.
"""

from dataclasses import dataclass
from typing import Any

from data.accounts.saved_items import SavedItem, SavedItemRefused, SavedItems
from data.sandbox.statement import (
    LONGEST_STATEMENT,
    Parameter,
    checked_parameters,
    parse_parameters,
    written_parameters,
)
from data.text import number_text

NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class NewQuery:
    name: str
    statement: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedQuery(SavedItem):
    statement: str
    parameters: tuple[Parameter, ...]


def _values(new: NewQuery) -> dict[str, Any]:
    name = " ".join(new.name.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise SavedItemRefused(f"A query's name has 1 to {NAME_LIMIT} printable characters.")
    statement = new.statement.strip().encode("utf-8", "replace").decode()
    if not statement:
        raise SavedItemRefused("Nothing to save. Write a query first.")
    if len(statement) > LONGEST_STATEMENT:
        raise SavedItemRefused(f"A query has at most {number_text(LONGEST_STATEMENT)} characters.")
    parameters = written_parameters(checked_parameters(new.parameters))
    return {"name": name, "statement": statement, "parameters": parameters}


def _saved_query(*row: Any) -> SavedQuery:
    item_id, user_id, owner, tenant_id, name, statement, parameters = row
    return SavedQuery(item_id, user_id, owner, tenant_id, name, statement, parse_parameters(parameters))


QUERIES: SavedItems[NewQuery, SavedQuery] = SavedItems(
    kind="query",
    plural="queries",
    most=500,
    columns=("statement", "parameters"),
    values=_values,
    item=_saved_query,
)
