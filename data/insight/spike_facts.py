"""What may have made a day stand out: plain facts, as spike_causes finds them. Pure.

Texts come from outside, verbatim: whoever shows them trusts none of them.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Listed:
    """A referrer or path whose sum of about 14 days rose.

    `views` is its sum in the list of `seen_on`, `views_before` in the newest list up to the day (None: not in it, or
    there is none), which is that of `seen_before`. At least `gained` views came from it on the days between
    the two lists, not on the one day (None: not known). On the day itself between `low` and `high` did, where that was
    worked out (see bounds.py).
    """

    seen_on: date
    is_new: bool
    views: int
    views_before: int | None
    gained: int | None
    low: int | None = None
    high: int | None = None
    seen_before: date | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """A release; `published_on` is the day before, the day, or the day after."""

    release_id: int
    name: str | None
    published_on: date
    prerelease: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """A note of the day."""

    note_id: int
    link: str | None


@dataclass(frozen=True, slots=True)
class Starred:
    """More stars than the usual (the median of the four weeks before and after)."""

    gained: int
    usual: float


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that may have made a day stand out.

    `kind` is referrer, path, release, note or stars; `what` the referrer, the path, the tag, the note, '' for stars.
    `weight` (0 to 1) orders causes. For a referrer it is the share of the surplus that it gained, and a quarter more if
    it was not listed before; for a path less than half of that.
    """

    kind: str
    what: str
    weight: float
    detail: Listed | Released | Noted | Starred
