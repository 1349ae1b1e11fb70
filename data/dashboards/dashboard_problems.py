"""What is wrong with the specification of a dashboard, in sentences for people: the place, the field, what is allowed.

The form is checked against the published schema; what fits together is asked of dashboard_shapes.py. Pure.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from data.dashboards.dashboard_shapes import Kind, Panel, groups_for, kinds_for, measures_for, most_allowed, splits_for

SCHEMA = Path(__file__).parent / "dashboard.schema.json"
_UNSEEN = "\n\t\u200c\u200d"  # line ends, and what joins the parts of many people's letters and signs
_KINDS_OF_JSON = {"object": "an object {…}", "array": "a list […]", "string": "a text", "integer": "a whole number"}
_LIMITS = {
    "minimum": "must be at least {:,}",
    "maximum": "may be at most {:,}",
    "minLength": "must not be empty",
    "maxLength": "may have at most {:,} characters",
    "maxItems": "may have at most {:,} entries",
}


def structural_problems(document: Any) -> list[str]:
    """What the schema finds wrong in the form of a document; what fits together is not looked at here."""
    errors = [error for error in _validator().iter_errors(document) if "allOf" not in error.absolute_schema_path]
    return list(dict.fromkeys(_sentence(error, document) for error in errors))


def field_problems(each: Mapping[str, Any]) -> Iterable[str]:
    """Fields that are missing for the panel's kind, or that mean nothing in it."""
    kind = each["kind"]
    wanted = ("text",) if kind == Kind.TEXT else ("source", "measure")
    strange = ("source", "measure", "also", "by", "split", "filters", "limit") if kind == Kind.TEXT else ("text",)
    yield from (f"{name} is missing; a panel of the kind {kind} needs it." for name in wanted if name not in each)
    yield from (f"{name} means nothing in a panel of the kind {kind}." for name in strange if name in each)
    if kind == Kind.NUMBER and "limit" in each:
        yield "limit means nothing in a panel of the kind number."
    for name in ("from", "to"):
        text = each.get("filters", {}).get("range", {}).get(name)
        if text is not None and day_of(text) is None:
            yield f"range: {name} is {shown(text)}, which is no day; a day looks like 2026-05-03."


def panel_problems(panel: Panel) -> list[str]:
    """What does not fit together in a panel, a sentence each without the panel's name."""
    if panel.kind is Kind.TEXT:
        return []
    kinds, groups = kinds_for(panel.source), groups_for(panel.kind, panel.source)
    if panel.kind not in kinds:
        return [f"{panel.source} can be shown as {_listed(kinds)}, not as {panel.kind}."]
    if (panel.by is None) != (not groups) or (panel.by is not None and panel.by not in groups):
        return [f"by must be one of {_listed(groups)}." if groups else f"A {panel.kind} has no by."]
    splits = splits_for(panel.kind, panel.source, panel.by)
    if panel.split is not None and panel.split not in splits:
        return [f"split may be {_listed(splits)} here." if splits else "split does not fit here: leave it out."]
    found = []
    if panel.kind is Kind.HEAT_MAP and panel.split is None:
        found.append(f"A heat map needs a split: {_listed(splits)}.")
    measures = measures_for(panel.source, panel.by, panel.split)
    strange = [each for each in panel.measures if each not in measures]
    if strange:
        found.append(f"The measure {strange[0]!r} does not fit here; possible are {_listed(measures)}.")
    elif len(set(panel.measures)) < len(panel.measures):
        found.append("A measure stands twice.")
    if panel.also and panel.kind is not Kind.TABLE:
        found.append("Only a table has further measures (also).")
    if panel.limit is not None and panel.kind is not Kind.NUMBER and panel.limit > most_allowed(panel):
        found.append(f"limit may be at most {most_allowed(panel)} here, so that colours can be told apart.")
    if panel.range.first and panel.range.last and panel.range.first > panel.range.last:
        found.append(f"The range ends on {panel.range.last}, before it begins on {panel.range.first}.")
    return found


def _sentence(error: Any, document: Any) -> str:
    """An error of the schema, for people: where it is, what stands there, what is allowed."""
    path = list(error.absolute_path)
    place, rest = "The dashboard", path
    if len(path) >= 2 and path[0] == "panels":
        place, rest = panel_place(path[1] + 1, document["panels"][path[1]]), path[2:]
    named = ", ".join(f"entry {part + 1}" if isinstance(part, int) else str(part) for part in rest)
    return f"{place}: {named} {_told(error)}." if named else f"{place} {_told(error)}."


def _told(error: Any) -> str:
    kind, allowed, value = error.validator, error.validator_value, error.instance
    if kind in _LIMITS:
        return _LIMITS[kind].format(allowed)
    if kind == "enum":
        return f"is {shown(value)}; allowed are {_listed(allowed)}"
    if kind == "const":
        return f"is {shown(value)}; it must be {shown(allowed)}"
    if kind == "type":
        return f"must be {_KINDS_OF_JSON.get(allowed, allowed)}"
    if kind == "required":
        return f"lacks {_listed(name for name in allowed if name not in value)}"
    if kind == "additionalProperties":
        known = error.schema["properties"]
        strange = shown(next(name for name in value if name not in known))
        return f"has an unknown field {strange}; possible are {_listed(known)}"
    told = {
        "pattern": f"is {shown(value)}; a day looks like 2026-05-03",
        "dependentRequired": "needs both from and to",
        "not": "has either last_days, or from and to",
        "uniqueItems": "has an entry twice",
    }
    return told.get(str(kind), "is not as the schema has it")


def panel_place(number: int, panel: Any) -> str:
    """How a panel is named to people."""
    title = panel.get("title") if isinstance(panel, dict) else None
    return f"Panel {number} ({shown(title)})" if isinstance(title, str) and title else f"Panel {number}"


def shown(value: Any) -> str:
    """What stands there, short and on one line, whatever it is."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)


def unprintable(value: Any, place: str) -> Iterable[str]:
    """Where texts have signs that no font shows, or halves of ones that no database keeps."""
    if isinstance(value, str) and not all(each.isprintable() or each in _UNSEEN for each in value):
        yield place
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from unprintable(each, f"{place}: {name}")
    elif isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from unprintable(each, f"Panel {number}" if place.endswith(": panels") else place)


def day_of(text: Any) -> date | None:
    """The day that a text is; None where it is none."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


@cache
def _validator() -> Any:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
