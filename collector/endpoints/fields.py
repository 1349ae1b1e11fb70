"""Checks the fields and rows of GitHub's answers: what is not what it should be is refused, never guessed. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Generic, TypeVar

from collector.errors import AnswerRefused
from data.collection.models import ROW_REFUSED
from data.traffic.models import GREATEST_COUNT

GREATEST_ID = 2**63 - 1
TEXT_LIMIT = 1000  # the longest path seen has 194 characters; DuckDB would take gigabytes
MOST_WARNINGS = 10
Seen_co = TypeVar("Seen_co", covariant=True)
Made = TypeVar("Made")


class FieldRefused(AnswerRefused):
    """A field is missing or not of its kind: a row without it is left out, an answer is refused."""


def text_field(row: Mapping[str, object], name: str) -> str:
    """A required text: verbatim up to a limit, hostile until escaped. Raises FieldRefused."""
    value = row.get(name)
    if not isinstance(value, str):
        raise FieldRefused(f"{name} is {_kind(value)}, not text")
    return storable(value)


def optional_text(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    return storable(value) if isinstance(value, str) else None


def optional_flag(row: Mapping[str, object], name: str) -> bool | None:
    value = row.get(name)
    return value if isinstance(value, bool) else None


def storable(text: str) -> str:
    """The text as it can be stored: cut at the limit, halves of surrogate pairs replaced."""
    return text[:TEXT_LIMIT].encode("utf-8", "replace").decode("utf-8")


def count_field(row: Mapping[str, object], name: str, most: int = GREATEST_COUNT) -> int:
    """A required count of 0 or more: an integer, a float without a fraction, or digits in a text.

    Raises: FieldRefused for anything else: null, true, negative, 3.5, more than GitHub can mean.
    """
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise FieldRefused(f"{name} is {_kind(value)}, not a number")
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise FieldRefused(f"{name} is a text, not a number")
    if isinstance(value, float) and not value.is_integer():
        raise FieldRefused(f"{name} has a fraction or is infinite")
    number = int(value)
    if not 0 <= number <= most:
        raise FieldRefused(f"{name} is negative or more than {most:,}")
    return number


def id_field(row: Mapping[str, object], name: str) -> int:
    """A required id of GitHub's. Raises: FieldRefused."""
    return count_field(row, name, GREATEST_ID)


def optional_count(row: Mapping[str, object], name: str) -> int | None:
    try:
        return count_field(row, name)
    except FieldRefused:
        return None


def moment_field(row: Mapping[str, object], name: str) -> datetime:
    """A required moment in any ISO 8601 form, made UTC; without an offset it is taken as UTC. Raises FieldRefused."""
    value = row.get(name)
    if not isinstance(value, str):
        raise FieldRefused(f"{name} is {_kind(value)}, not a moment")
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldRefused(f"{name} is not a moment in ISO 8601") from error


def mapping(value: object) -> Mapping[str, object]:
    """The value as a JSON object. Raises: FieldRefused."""
    if not isinstance(value, Mapping):
        raise FieldRefused(f"expected an object, found {_kind(value)}")
    return value


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Seen_co]):
    observation: Seen_co
    warnings: tuple[str, ...] = ()


class Warnings:
    def __init__(self) -> None:
        self.refused: list[str] = []
        self.odd: list[str] = []

    def sentences(self) -> tuple[str, ...]:
        """The first of them as sentences for the log, each once: an answer may hold a hundred thousand bad rows."""
        kinds = Counter(f"{ROW_REFUSED}{reason}" for reason in self.refused)
        refused = [text if rows == 1 else f"{text} ({rows} times)" for text, rows in kinds.items()]
        odd = list(dict.fromkeys(self.odd))
        sentences = (*refused[:MOST_WARNINGS], *odd[:MOST_WARNINGS])
        more = len(refused) + len(odd) - len(sentences)
        return (*sentences, f"and {more} more such rows") if more else sentences


def attempt(make: Callable[[], Made], warnings: Warnings) -> Made | None:
    try:
        return make()
    except FieldRefused as refusal:
        warnings.refused.append(str(refusal))
        return None


def count_or_warning(top: Mapping[str, object], name: str, warnings: Warnings) -> int | None:
    """A count that may be absent; one that cannot be used is unknown, and warned of."""
    return attempt(partial(count_field, top, name), warnings) if name in top else None


def json_list(top: Mapping[str, object], name: str) -> list[object]:
    """The list of that name in a JSON object. Raises AnswerRefused."""
    rows = top.get(name)
    if not isinstance(rows, list):
        raise AnswerRefused(f"the list {name} is missing")
    return rows


def rows_of_pages(pages: object, what: str) -> list[object]:
    """The rows of all pages of a list. Raises AnswerRefused."""
    rows: list[object] = []
    for page in pages if isinstance(pages, list) else [pages]:
        if not isinstance(page, list):
            raise AnswerRefused(f"{what} should be a list")
        rows.extend(page)
    return rows


def _kind(value: object) -> str:
    names = {type(None): "null or missing", bool: "true or false", list: "a list", dict: "an object", str: "a text"}
    return names.get(type(value), "a number")
