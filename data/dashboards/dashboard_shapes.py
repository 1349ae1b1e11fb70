"""What a dashboard is made of, and which parts fit together. Pure.

The same is published for other programs as dashboard.schema.json; a test keeps the two in step.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

VERSION = 1
MOST_PANELS = 24
MOST_BYTES = 100_000
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_TEXT = 80, 500, 4000
LARGEST_LIMIT = 50
MOST_SERIES = 8  # colours that people tell apart
NARROWEST, WIDEST = 3, 12  # twelfths of the page
LOWEST, HIGHEST = 120, 800  # pixels
DEFAULT_HEIGHT = 280


class Kind(StrEnum):
    """How a panel shows its numbers; a text has none."""

    NUMBER = "number"
    LINE = "line"
    BARS = "bars"
    TABLE = "table"
    HEAT_MAP = "heat map"
    TEXT = "text"


class Source(StrEnum):
    """Where a panel's numbers come from."""

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
    Source.DAILY: (*PERIODS, "weekday", "repository"),
    Source.WEEKLY: ("week", "repository"),
    Source.REFERRERS: ("day", "referrer", "repository"),
    Source.PATHS: ("day", "path", "repository"),
    Source.STARS: (*PERIODS, "repository"),
    Source.DOWNLOADS: (*PERIODS, "repository", "release"),
    Source.REPOSITORIES: ("repository",),
}
DEFAULT_LIMITS = {Kind.LINE: 5, Kind.BARS: 10, Kind.TABLE: 20, Kind.HEAT_MAP: 15}


@dataclass(frozen=True, slots=True)
class Range:
    """Which days: the last so many up to yesterday, or from a day to a day, or (nothing set) all. UTC, inclusive."""

    last_days: int | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a dashboard. Of a text only title, text, width and height mean anything.

    `by` is what is told apart along the time axis, the bars or the rows; `split` tells a second thing apart: lines,
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
    range: Range = field(default_factory=lambda: Range(last_days=31))
    minimum: int | None = None
    limit: int | None = None
    width: int = 6
    height: int = DEFAULT_HEIGHT
    text: str = ""

    @property
    def most(self) -> int:
        """How many rows, bars or lines there may be."""
        default = MOST_SERIES if self.kind is Kind.BARS and self.split else DEFAULT_LIMITS.get(self.kind, 1)
        return self.limit or default

    @property
    def measures(self) -> tuple[str, ...]:
        """All measures, the one that gives the order first."""
        return (self.measure, *self.also)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A named page of panels, from top to bottom."""

    name: str
    description: str = ""
    panels: tuple[Panel, ...] = ()


def groups_for(kind: Kind, source: Source) -> tuple[str, ...]:
    """What `by` may be, in a panel of that kind."""
    found = GROUPS[source]
    if kind in {Kind.NUMBER, Kind.TEXT}:
        return ()
    if kind is Kind.LINE:
        return tuple(each for each in found if each in PERIODS)
    if kind is Kind.HEAT_MAP:
        return tuple(each for each in found if each in (*PERIODS, "weekday"))
    return found


def kinds_for(source: Source) -> tuple[Kind, ...]:
    """The kinds of panel that can show a source."""
    every = (Kind.NUMBER, Kind.LINE, Kind.BARS, Kind.TABLE, Kind.HEAT_MAP)
    return tuple(each for each in every if each is Kind.NUMBER or groups_for(each, source))


def splits_for(kind: Kind, source: Source, by: str | None) -> tuple[str, ...]:
    """What `split` may be, beside that `by`; a heat map needs one, for others it may be left out."""
    if by is None or by not in (*PERIODS, "weekday") or (by == "weekday" and kind is not Kind.HEAT_MAP):
        return ()
    names = tuple(each for each in GROUPS[source] if each not in (*PERIODS, "weekday"))
    return ("weekday", *names) if kind is Kind.HEAT_MAP and source is Source.DAILY and by == "week" else names


def measures_for(source: Source, by: str | None, split: str | None) -> tuple[str, ...]:
    """What the measure may be. People of a list are told of one referrer or path only: added up they mean nothing."""
    found = MEASURES[source]
    if source in LISTED and LISTED[source] not in {by, split}:
        return tuple(each for each in found if each not in PEOPLE)
    return found


def most_allowed(panel: Panel) -> int:
    """The greatest limit: lines and stacked bars need a colour each."""
    return MOST_SERIES if panel.kind is Kind.LINE or (panel.kind is Kind.BARS and panel.split) else LARGEST_LIMIT
