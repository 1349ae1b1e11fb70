"""Dashboards as JSON: read and checked against the published schema, with what is wrong told for people; and written.

A specification comes from anywhere: it is taken as data, whose texts are shown literally and never become SQL.

SpecificationRefused      it is no dashboard; each problem names the panel, the field and what is allowed
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from data.dashboards.dashboard_problems import (
    day_of,
    field_problems,
    panel_place,
    panel_problems,
    shown,
    structural_problems,
    unprintable,
)
from data.dashboards.dashboard_shapes import DEFAULT_HEIGHT, MOST_BYTES, VERSION, Dashboard, Kind, Panel, Range, Source

MOST_PROBLEMS = 12


class SpecificationRefused(Exception):
    """It is no dashboard; `problems` says why, a sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(self.problems))


def parse_dashboard(text: str | bytes) -> Dashboard:
    """The dashboard that a JSON text specifies. Raises: SpecificationRefused."""
    document = _document(text)
    problems = list(_problems(document))
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise SpecificationRefused(problems[:MOST_PROBLEMS] + ([f"And {more:,} more."] if more > 0 else []))
    panels = tuple(_panel(each) for each in document["panels"])
    return Dashboard(document["name"].strip(), document.get("description", "").strip(), panels)


def checked(dashboard: Dashboard) -> Dashboard:
    """The dashboard, if its specification would be read again as it is. Raises: SpecificationRefused."""
    return parse_dashboard(written(dashboard))


def written(dashboard: Dashboard) -> str:
    """The specification as JSON, with nothing in it that goes without saying."""
    document: dict[str, Any] = {"version": VERSION, "name": dashboard.name}
    if dashboard.description:
        document["description"] = dashboard.description
    document["panels"] = [_panel_document(each) for each in dashboard.panels]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _document(text: str | bytes) -> Any:
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise SpecificationRefused([f"The file has {size:,} bytes; a dashboard has at most {MOST_BYTES:,}."])
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise SpecificationRefused(["The file is not text in UTF-8."]) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SpecificationRefused([f"This is not JSON: {error.msg.lower()}, at {place}."]) from error
    except (RecursionError, ValueError) as error:
        told = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise SpecificationRefused([f"This is not JSON of a dashboard: {told}."]) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {shown(twice)} stands twice in one object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _problems(document: Any) -> Iterable[str]:
    structure = structural_problems(document)
    if structure:
        yield from structure
        return
    yield from (f"{place} has a character that cannot be shown." for place in unprintable(document, "The dashboard"))
    if not document["name"].strip():
        yield "The dashboard: name must not be empty."
    for number, each in enumerate(document["panels"], 1):
        place = panel_place(number, each)
        fields = list(field_problems(each))
        yield from (f"{place}: {problem}" for problem in fields)
        if not fields:
            yield from (f"{place}: {problem}" for problem in panel_problems(_panel(each)))


def _panel(document: Mapping[str, Any]) -> Panel:
    kind = Kind(document["kind"])
    filters = document.get("filters", {})
    return Panel(
        kind=kind,
        title=document.get("title", "").strip(),
        source=Source(document.get("source", Source.DAILY)),
        measure=document.get("measure", "views"),
        also=tuple(document.get("also", ())),
        by=document.get("by"),
        split=document.get("split"),
        repositories=tuple(filters.get("repositories", ())),
        range=_range(filters["range"]) if "range" in filters else Range(last_days=31),
        minimum=filters.get("minimum"),
        limit=document.get("limit"),
        width=document.get("width", 6),
        height=document.get("height", DEFAULT_HEIGHT),
        text=document.get("text", ""),
    )


def _range(document: Mapping[str, Any]) -> Range:
    return Range(document.get("last_days"), day_of(document.get("from")), day_of(document.get("to")))


def _panel_document(panel: Panel) -> dict[str, Any]:
    document: dict[str, Any] = {"kind": panel.kind.value}
    if panel.kind is Kind.TEXT:
        document |= _present(title=panel.title, text=panel.text)
    else:
        document |= _present(title=panel.title, source=panel.source.value, measure=panel.measure)
        document |= _present(also=list(panel.also), by=panel.by, split=panel.split)
        filters = _filters_document(panel)
        document |= _present(filters=filters, limit=panel.limit)
    document |= {"width": panel.width}
    return document | ({"height": panel.height} if panel.height != DEFAULT_HEIGHT else {})


def _filters_document(panel: Panel) -> dict[str, Any]:
    days = panel.range
    spelled = {"last_days": days.last_days, "from": days.first and str(days.first), "to": days.last and str(days.last)}
    found: dict[str, Any] = {"range": {name: value for name, value in spelled.items() if value is not None}}
    if panel.repositories:
        found["repositories"] = list(panel.repositories)
    if panel.minimum is not None:
        found["minimum"] = panel.minimum
    return found


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], ())}
