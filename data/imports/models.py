"""What an import is made of, and what it says before anything is written. Pure.

ImportRefused      the files, the mapping or the import cannot be used so; the sentence says why, with file and line
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from data.refusals import Refused
from data.text import counted, number_text

REFUSALS_KEPT = 1000  # rows that are listed with their reason; the others are counted


class ImportRefused(Refused):
    """Nothing can be imported so; the sentence says why, and `option` what helps on the command line."""

    def __init__(self, sentence: str, option: str = "") -> None:
        super().__init__(sentence)
        self.option = option


class Zeros(StrEnum):
    """What a 0 of a format means: that there was no traffic, nothing, or nothing where the whole row has zeros."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    UNKNOWN_ROWS = "unknown rows"


class Unknown(StrEnum):
    """What is done with repositories that the tenant does not have: ask, leave them out, or add their history."""

    ASK = "ask"
    SKIP = "skip"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class Options:
    """What whoever imports says about the files.

    `repository` is meant where a file names none; `aliases` says what the names in the files mean. `year` is that of
    the first day of files whose days have none; `columns` gives a column for each field.
    """

    tool: str | None = None
    repository: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    year: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    trust_zeros: bool | None = None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row, or a part of a file, that is not imported, and why."""

    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {number_text(self.line)}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class NamedRepository:
    """A repository as the files call it: a name (empty: none), and GitHub's id where they have it."""

    name: str
    github_id: int | None = None

    def __str__(self) -> str:
        return self.name or "the repository that the files do not name"


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import brings: readings (a metric of a day) compared with what is stored, and what it wins.

    `days_won` are days of a repository of which something becomes known; `gaps_closed` those of them that lie between
    days that are known.
    """

    new: int = 0
    greater: int = 0
    equal: int = 0
    smaller: int = 0
    days_won: int = 0
    gaps_closed: int = 0
    lists: int = 0
    windows: int = 0
    counters: int = 0
    repositories: int = 0
    first_day: date | None = None
    last_day: date | None = None

    @property
    def wins(self) -> bool:
        return any((self.new, self.greater, self.days_won, self.lists, self.windows, self.counters))

    def sentences(self) -> list[str]:
        """The sentence that people read."""
        new, greater, equal, smaller = map(number_text, (self.new, self.greater, self.equal, self.smaller))
        readings = f"{new} new, {greater} greater than stored, {equal} equal, {smaller} smaller"
        closing = f", {number_text(self.gaps_closed)} of them in gaps" if self.gaps_closed else ""
        won = f"{counted(self.days_won, 'day')} won{closing}."
        others = ((self.lists, "top-10 list"), (self.counters, "reading"), (self.windows, "window"))
        kinds = ("", " of stars or forks", " with unique visitors of 14 days")
        also = [f"{counted(n, noun)}{kind}" for (n, noun), kind in zip(others, kinds, strict=True) if n]
        return [
            f"Readings: {readings} (smaller ones change nothing).",
            won,
            *([f"Also new: {', '.join(also)}."] if also else []),
        ]


@dataclass(frozen=True, slots=True)
class RepositoryPlan:
    """What an import has of one repository: known days of each metric, and their sums."""

    full_name: str
    first_day: date
    last_day: date
    views_days: int
    views: int | None
    visitor_days: int | None
    clones_days: int
    clones: int | None
    cloner_days: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be imported, before anything is written. The tenant does not have the unknown repositories."""

    counts: Counts
    repositories: tuple[RepositoryPlan, ...]
    unknown: tuple[NamedRepository, ...]


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """An import that was made; `user_id` is who made it (0: the command line)."""

    batch_id: int
    tenant_id: int
    imported_at: datetime
    user_id: int
    tool: str
    source: str
    counts: Counts
    refused: int
