"""Columns of tables, as Streamlit is told of them."""

from collections.abc import Mapping
from typing import Any


def lean(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns by name without the settings that nobody has set, which are not sent either: Streamlit copies all of a
    table's columns at every run, and most of what it would copy are these. None is a column that is not shown.
    """
    return {name: None if column is None else _set_only(column) for name, column in columns.items()}


def _set_only(settings: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in settings.items() if value is not None}
    return {name: _set_only(value) if isinstance(value, dict) else value for name, value in kept.items()}
