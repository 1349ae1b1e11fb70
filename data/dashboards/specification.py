"""What a dashboard is made of, which parts fit together, and how it is read from JSON and written. Pure.

A specification comes from anywhere: it is taken as data, whose texts are shown literally and never become SQL. Its form
is checked against the published dashboard.schema.json (a test keeps the two in step), then what fits together; what is
wrong is reported in sentences for people: the place, the field, what is allowed.

SpecificationRefused      it is no dashboard; each problem names the panel, the field and what is allowed
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.validators import extend  # type: ignore[import-untyped]

from data.calendar import parsed_day
from data.refusals import Refused
from data.text import number_text

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
MOST_PROBLEMS = 12
VERSION = 1
MOST_PANELS = 24
MOST_DIGITS = 18  # of a number: what 64 bits hold
MOST_BYTES = 100_000
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_TEXT = 80, 500, 4000
LARGEST_LIMIT = 50
MOST_SERIES = 8  # colours that people tell apart
WIDEST = 12  # twelfths of the page
LOWEST, HIGHEST = 120, 800  # pixels
DEFAULT_HEIGHT = 280


class Kind(StrEnum):
    NUMBER = "number"
    LINE = "line"
    BARS = "bars"
    TABLE = "table"
    HEAT_MAP = "heat map"
    TEXT = "text"


class Source(StrEnum):
    DAILY = "daily traffic"
    WEEKLY = "weekly traffic"
    REFERRERS = "referrers"
    PATHS = "paths"
    STARS = "stars"
    DOWNLOADS = "downloads"
    REPOSITORIES = "repositories"


PERIODS = ("day", "week", "month")
TRAFFIC = ("views", "visitors", "clones", "cloners")
PEOPLE = {"visitors", "cloners"}
LISTED = {Source.REFERRERS: "referrer", Source.PATHS: "path"}
MEASURES: dict[Source, tuple[str, ...]] = {
    Source.DAILY: TRAFFIC,
    Source.WEEKLY: TRAFFIC,
    Source.REFERRERS: ("views", "visitors"),
    Source.PATHS: ("views", "visitors"),
    Source.STARS: ("stars", "stars gained", "forks", "watchers"),
    Source.DOWNLOADS: ("downloads", "downloads gained"),
    Source.REPOSITORIES: ("views", "clones", "stars", "days until loss"),
}
GROUPS: dict[Source, tuple[str, ...]] = {
    Source.DAILY: (*PERIODS, "weekday", "repository", "group"),
    Source.WEEKLY: ("week", "repository", "group"),
    Source.REFERRERS: ("day", "referrer", "repository"),
    Source.PATHS: ("day", "path", "repository"),
    Source.STARS: (*PERIODS, "repository"),
    Source.DOWNLOADS: (*PERIODS, "repository", "release"),
    Source.REPOSITORIES: ("repository",),
}
DEFAULT_LIMITS = {Kind.LINE: 5, Kind.BARS: 10, Kind.TABLE: 20, Kind.HEAT_MAP: 15}


@dataclass(frozen=True, slots=True)
class Range:
    """Which days: the last so many up to yesterday, or from a day to a day, or (nothing set) all. UTC, inclusive.

    Beside a specification: numbers are compared with the days `before_days` earlier; None: as many before, 0: none.
    """

    last_days: int | None = None
    first: date | None = None
    last: date | None = None
    before_days: int | None = None

    def days(self, yesterday: date, beginning: date) -> tuple[date, date]:
        """The first and the last day, where that day was yesterday and nothing is known before `beginning`."""
        if self.first is not None and self.last is not None:
            return self.first, self.last
        first = beginning
        if self.last_days is not None:
            first = max(beginning, yesterday - timedelta(days=self.last_days - 1))
        return min(first, yesterday), yesterday


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a dashboard. Of a text only title, text, width and height mean anything.

    `by` is what the time axis, the bars or the rows stand for; `split` is a second dimension: lines,
    colours, or what goes down a heat map. `also` are further measures of a table. `repositories` are names, in which
    * stands for anything; none means all. `minimum` leaves out values below it.
    """

    kind: Kind
    title: str = ""
    source: Source = Source.DAILY
    measure: str = "views"
    also: tuple[str, ...] = ()
    by: str | None = None
    split: str | None = None
    repositories: tuple[str, ...] = ()
    range: Range = field(default_factory=lambda: Range(last_days=30))
    minimum: int | None = None
    limit: int | None = None
    width: int = 6
    height: int = DEFAULT_HEIGHT
    text: str = ""

    @property
    def most(self) -> int:
        default = MOST_SERIES if self.kind is Kind.BARS and self.split else DEFAULT_LIMITS.get(self.kind, 1)
        return self.limit or default

    @property
    def measures(self) -> tuple[str, ...]:
        return (self.measure, *self.also)


@dataclass(frozen=True, slots=True)
class Dashboard:
    name: str
    description: str = ""
    panels: tuple[Panel, ...] = ()


def groups_for(kind: Kind, source: Source) -> tuple[str, ...]:
    found = GROUPS[source]
    if kind in {Kind.NUMBER, Kind.TEXT}:
        return ()
    if kind is Kind.LINE:
        return tuple(each for each in found if each in PERIODS)
    if kind is Kind.HEAT_MAP:
        return tuple(each for each in found if each in (*PERIODS, "weekday"))
    return found


def kinds_for(source: Source) -> tuple[Kind, ...]:
    every = (Kind.NUMBER, Kind.LINE, Kind.BARS, Kind.TABLE, Kind.HEAT_MAP)
    return tuple(each for each in every if each is Kind.NUMBER or groups_for(each, source))


def splits_for(kind: Kind, source: Source, by: str | None) -> tuple[str, ...]:
    """What `split` may be, beside that `by`; a heat map needs one, for others it may be left out."""
    if by is None or by not in (*PERIODS, "weekday") or (by == "weekday" and kind is not Kind.HEAT_MAP):
        return ()
    names = tuple(each for each in GROUPS[source] if each not in (*PERIODS, "weekday"))
    return ("weekday", *names) if kind is Kind.HEAT_MAP and source is Source.DAILY and by == "week" else names


def measures_for(source: Source, by: str | None, split: str | None) -> tuple[str, ...]:
    """What the measure may be. A list's people are those of one referrer or path: added up they mean nothing."""
    found = MEASURES[source]
    if source in LISTED and LISTED[source] not in {by, split}:
        return tuple(each for each in found if each not in PEOPLE)
    return found


def most_allowed(panel: Panel) -> int:
    """The greatest limit: lines and stacked bars need a colour each."""
    return MOST_SERIES if panel.kind is Kind.LINE or (panel.kind is Kind.BARS and panel.split) else LARGEST_LIMIT


class SpecificationRefused(Refused):
    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(self.problems))


def parse_dashboard(text: str | bytes) -> Dashboard:
    document = _document(text)
    problems = list(_problems(document))
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise SpecificationRefused(problems[:MOST_PROBLEMS] + ([f"And {number_text(more)} more."] if more > 0 else []))
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
        raise SpecificationRefused(
            [f"The file has {number_text(size)} bytes; a dashboard has at most {number_text(MOST_BYTES)}."]
        )
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_whole_number)
    except UnicodeDecodeError as error:
        raise SpecificationRefused(["The file is not UTF-8 text."]) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SpecificationRefused([f"This is not JSON: {error.msg.lower()}, at {place}."]) from error
    except (RecursionError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise SpecificationRefused([f"This is not a dashboard in JSON: {reason}."]) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the field {_shown(twice)} is repeated in one object")
    return found


def _whole_number(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("it has a number of too many digits")
    return int(text)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _problems(document: Any) -> Iterable[str]:
    errors = _validator().iter_errors(document)
    malformed = [error for error in errors if "allOf" not in error.absolute_schema_path]  # what must fit comes below
    if malformed:
        yield from dict.fromkeys(_sentence(error, document) for error in malformed)
        return
    yield from (f"{place} has a character that cannot be shown." for place in _unprintable(document, "The dashboard"))
    if not document["name"].strip():
        yield "The dashboard: name must not be empty."
    for number, each in enumerate(document["panels"], 1):
        place = _panel_place(number, each)
        fields = list(_field_problems(each))
        yield from (f"{place}: {problem}" for problem in fields)
        if not fields:
            yield from (f"{place}: {problem}" for problem in panel_problems(_panel(each)))


def _panel(document: Mapping[str, Any]) -> Panel:
    filters = document.get("filters", {})
    plain = ("measure", "by", "split", "limit", "width", "height", "text")
    fields = {name: document[name] for name in plain if name in document}
    if "range" in filters:
        days = filters["range"]
        fields["range"] = Range(days.get("last_days"), parsed_day(days.get("from")), parsed_day(days.get("to")))
    return Panel(
        Kind(document["kind"]),
        document.get("title", "").strip(),
        Source(document.get("source", Source.DAILY)),
        also=tuple(document.get("also", ())),
        repositories=tuple(filters.get("repositories", ())),
        minimum=filters.get("minimum"),
        **fields,
    )


def _panel_document(panel: Panel) -> dict[str, Any]:
    days = panel.range
    ends = {"from": days.first and str(days.first), "to": days.last and str(days.last)}
    filters = {"range": _present(last_days=days.last_days, **ends)}
    filters |= _present(repositories=list(panel.repositories), minimum=panel.minimum)
    shown: dict[str, Any] = {"source": panel.source.value, "measure": panel.measure, "also": list(panel.also)}
    shown |= {"by": panel.by, "split": panel.split, "filters": filters, "limit": panel.limit}
    if panel.kind is Kind.TEXT:
        shown = {"text": panel.text}
    height = panel.height if panel.height != DEFAULT_HEIGHT else None
    return _present(kind=panel.kind.value, title=panel.title, **shown, width=panel.width, height=height)


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _field_problems(each: Mapping[str, Any]) -> Iterable[str]:
    """Fields that are missing for the panel's kind, or that mean nothing in it."""
    kind = each["kind"]
    wanted = ("text",) if kind == Kind.TEXT else ("source", "measure")
    strange = ("source", "measure", "also", "by", "split", "filters", "limit") if kind == Kind.TEXT else ("text",)
    yield from (f"{name} is missing; a {kind} panel needs it." for name in wanted if name not in each)
    yield from (f"{name} does not apply to a {kind} panel." for name in strange if name in each)
    if kind == Kind.NUMBER and "limit" in each:
        yield "limit does not apply to a number panel."
    for name in ("from", "to"):
        text = each.get("filters", {}).get("range", {}).get(name)
        if text is not None and parsed_day(text) is None:
            yield f"range: {name} is {_shown(text)}, not a day such as 2026-05-03."


def panel_problems(panel: Panel) -> list[str]:
    """What does not fit together in a panel, a sentence each without the panel's name."""
    if panel.kind is Kind.TEXT:
        return []
    kinds, groups = kinds_for(panel.source), groups_for(panel.kind, panel.source)
    if panel.kind not in kinds:
        return [f"{panel.source} can be shown as {_listed(kinds)}, not as {panel.kind}."]
    if (panel.by is None) != (not groups) or (panel.by is not None and panel.by not in groups):
        return [f"by must be one of {_listed(groups)}." if groups else f"A {panel.kind} panel has no by."]
    splits = splits_for(panel.kind, panel.source, panel.by)
    if panel.split is not None and panel.split not in splits:
        return [f"split may be {_listed(splits)} here." if splits else "split does not fit here: leave it out."]
    problems = []
    if panel.kind is Kind.HEAT_MAP and panel.split is None:
        problems.append(f"A heat map needs a split: {_listed(splits)}.")
    measures = measures_for(panel.source, panel.by, panel.split)
    strange = [each for each in panel.measures if each not in measures]
    if strange:
        problems.append(f"The measure {strange[0]!r} does not fit here; possible are {_listed(measures)}.")
    elif len(set(panel.measures)) < len(panel.measures):
        problems.append("A measure is repeated.")
    if panel.also and panel.kind is not Kind.TABLE:
        problems.append("Only a table has further measures (also).")
    if panel.limit is not None and panel.kind is not Kind.NUMBER and panel.limit > most_allowed(panel):
        problems.append(f"limit may be at most {most_allowed(panel)} here, so that colours stay distinct.")
    if panel.range.first and panel.range.last and panel.range.first > panel.range.last:
        problems.append(f"The range ends on {panel.range.last}, before it begins on {panel.range.first}.")
    return problems


def _sentence(error: Any, document: Any) -> str:
    """An error of the schema, for people: where it is, what stands there, what is allowed."""
    path = list(error.absolute_path)
    place, rest = "The dashboard", path
    if len(path) >= 2 and path[0] == "panels":
        place, rest = _panel_place(path[1] + 1, document["panels"][path[1]]), path[2:]
    named = ", ".join(f"entry {part + 1}" if isinstance(part, int) else str(part) for part in rest)
    return f"{place}: {named} {_reason(error)}." if named else f"{place} {_reason(error)}."


def _reason(error: Any) -> str:
    kind, allowed, value = error.validator, error.validator_value, error.instance
    if kind in _LIMITS:
        return _LIMITS[kind].format(allowed)
    if kind == "enum":
        return f"is {_shown(value)}; allowed are {_listed(allowed)}"
    if kind == "const":
        return f"is {_shown(value)}; it must be {_shown(allowed)}"
    if kind == "type":
        return f"must be {_KINDS_OF_JSON.get(allowed, allowed)}"
    if kind == "required":
        return f"needs {_listed(name for name in allowed if name not in value)}"
    if kind == "additionalProperties":
        known = error.schema["properties"]
        strange = _shown(next(name for name in value if name not in known))
        return f"has an unknown field {strange}; possible are {_listed(known)}"
    sentences = {
        "pattern": f"is {_shown(value)}; write a day as 2026-05-03",
        "dependentRequired": "needs both from and to",
        "not": "has either last_days, or from and to",
        "uniqueItems": "has an entry twice",
    }
    return sentences.get(str(kind), "does not match the schema")


def _panel_place(number: int, panel: Any) -> str:
    title = panel.get("title") if isinstance(panel, dict) else None
    return f"Panel {number} ({_shown(title)})" if isinstance(title, str) and title else f"Panel {number}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)


def _unprintable(value: Any, place: str) -> Iterable[str]:
    """Where texts have signs that no font shows, or halves of ones that no database keeps."""
    if isinstance(value, str) and not all(each.isprintable() or each in _UNSEEN for each in value):
        yield place
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _unprintable(each, f"{place}: {name}")
    elif isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _unprintable(each, f"Panel {number}" if place.endswith(": panels") else place)


@cache
def _validator() -> Any:
    checks = Draft202012Validator.VALIDATORS
    counted = {name: _counted_first(checks[name]) for name in ("items", "uniqueItems")}
    return extend(Draft202012Validator, counted)(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _counted_first(check: Callable[..., Any]) -> Callable[..., Any]:
    """A check of a list that leaves one with too many entries: to look at thousands would take minutes."""

    def checked(validator: Any, allowed: Any, value: Any, schema: Mapping[str, Any]) -> Iterable[Any]:
        if not isinstance(value, list) or len(value) <= schema.get("maxItems", MOST_PANELS):
            yield from check(validator, allowed, value, schema) or ()

    return checked
