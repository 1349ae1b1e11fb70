"""A statement as somebody types it: how long it may be, and its named parameters with their values. Pure.

A value is bound by name and never becomes a part of the text.

ParametersRefused    a parameter cannot be so, or its value is not one; the sentence says which
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from data.text import number_text

Value = str | int | float | date

MOST = 20
LONGEST_STATEMENT = 50_000  # characters
LONGEST_TEXT = 1000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_ASKED = re.compile(  # what is never closed reaches to the end, so that no text is looked through more than once
    r"""
    '(?:[^']|'')*(?:'|\Z) | "(?:[^"]|"")*(?:"|\Z)                          # texts and quoted names
    | --[^\n]* | /\*.*?(?:\*/|\Z)                                          # comments
    | (?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)      # texts between dollars
    | (?<![\w$])\$(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
_OF_DAYS = re.compile(r"(^|_)(day|date|first|last|from|to|since|until)(_|$)")
_OF_NUMBERS = re.compile(r"(^|_)(number|count|most|least|limit|days|weeks|id|min|max|top|n)(_|$)")


class ParametersRefused(Exception):
    """A parameter cannot be so, or its value is not one; the sentence says which."""


class ParameterKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named parameter with the value that it has unless another one is typed; a day is written 2026-05-10."""

    name: str
    kind: ParameterKind
    default: str = ""

    def value(self, typed: str | None = None) -> Value:
        """The value of what was typed; of the default where nothing was. Raises ParametersRefused."""
        text = self.default if typed is None else typed
        match self.kind:
            case ParameterKind.TEXT:
                if len(text) > LONGEST_TEXT:
                    raise ParametersRefused(f"${self.name} has at most {number_text(LONGEST_TEXT)} characters.")
                return text
            case ParameterKind.NUMBER:
                return _number(self.name, text)
            case ParameterKind.DAY:
                return _day(self.name, text)


def parameter_names(statement: str) -> list[str]:
    """The names that stand in a statement as $name, in their order, each once."""
    found = (match["name"] for match in _ASKED.finditer(statement[:LONGEST_STATEMENT]))
    return list(dict.fromkeys(name for name in found if name))


def parameters_of(statement: str, known: Iterable[Parameter] = ()) -> tuple[Parameter, ...]:
    """The parameters of a statement: those that are known as they are, the others by what their names sound like."""
    kept = {each.name: each for each in known}
    names = [name for name in parameter_names(statement) if _NAME.fullmatch(name)][:MOST]
    return tuple(kept.get(name) or Parameter(name, _kind_of(name)) for name in names)


def parse_parameters(text: str) -> tuple[Parameter, ...]:
    """The parameters as they were written. Raises ParametersRefused."""
    try:
        written: list[Mapping[str, Any]] = json.loads(text)
        parameters = [
            Parameter(str(each["name"]), ParameterKind(each["kind"]), str(each.get("default", ""))) for each in written
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParametersRefused("These parameters are not valid.") from error
    return checked_parameters(parameters)


def written_parameters(parameters: Iterable[Parameter]) -> str:
    return json.dumps([asdict(each) for each in parameters], ensure_ascii=False)


def checked_parameters(parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """The parameters, when they can be so: names apart, defaults that are values or empty. Raises ParametersRefused."""
    found = tuple(parameters)
    if len(found) > MOST:
        raise ParametersRefused(f"A query has at most {MOST} parameters.")
    if len({each.name for each in found}) < len(found):
        raise ParametersRefused("Two parameters have the same name.")
    for each in found:
        if not _NAME.fullmatch(each.name):
            raise ParametersRefused("A parameter's name has up to 40 letters, digits and underscores.")
        if each.default:
            each.value()
    return found


def _kind_of(name: str) -> ParameterKind:
    if _OF_NUMBERS.search(name.lower()):
        return ParameterKind.NUMBER
    return ParameterKind.DAY if _OF_DAYS.search(name.lower()) else ParameterKind.TEXT


def _number(name: str, text: str) -> int | float:
    try:
        number = float(text.strip())
        whole = int(number)
    except (ValueError, OverflowError) as error:
        raise ParametersRefused(f"${name} is a number, for example 10 or 0.5.") from error
    return whole if whole == number and abs(whole) < 2**53 else number


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ParametersRefused(f"${name} is a day, for example 2026-05-10.") from error
