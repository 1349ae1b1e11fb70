"""What a subscription is set to: which report when, which alerts from what size on. Checked here, kept as JSON. Pure.

SubscriptionRefused      it cannot be so; the sentence says why
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from data.insight.spikes import STANDS_OUT
from data.refusals import Refused
from data.reports.models import Period, newest_period
from data.traffic.models import Grain

MOST_LISTED = 100
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LAST_DAY_OF_MONTH = 28  # that every month has
HIGHEST_SCORE, HIGHEST_TIMES = 100.0, 1000.0
LEAST_SCORE_OF_DROP = 4.0  # quiet days are more usual than busy ones
_AT = re.compile(r"(?:(?P<day>[A-Za-z]{3}|\d{1,2}) +)?(?P<hour>\d{1,2}):(?P<minute>\d{2})")
FORMS = "A time is MON 12:00 for a weekly report, 1 12:00 (the day of the month, up to 28) for a monthly one, or 12:00."


class SubscriptionRefused(Refused):
    """A subscription or a channel cannot be so, or is not there; the sentence says why."""


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """A weekly or monthly report: so many repositories in its list, sent on the `day` (1 is Monday; or of the month)
    `at` that time of the zone. `repository_ids` or `group_id` narrow it; without both it is about all.
    """

    grain: Grain = Grain.WEEK
    top: int = 25
    day: int = 1
    at: time = time(12)
    zone: str = "UTC"
    repository_ids: tuple[int, ...] | None = None
    group_id: int | None = None

    def __post_init__(self) -> None:
        last = 7 if self.grain is Grain.WEEK else LAST_DAY_OF_MONTH
        if self.grain is Grain.DAY or not 1 <= self.day <= last:
            raise SubscriptionRefused(FORMS)
        if not 1 <= self.top <= MOST_LISTED:
            raise SubscriptionRefused(f"The list has 1 to {MOST_LISTED} repositories.")
        checked_zone(self.zone)

    @property
    def at_text(self) -> str:
        """MON 12:00 UTC; 1 12:00 Europe/Berlin."""
        day = WEEKDAYS[self.day - 1] if self.grain is Grain.WEEK else str(self.day)
        return f"{day} {self.at:%H:%M} {self.zone}"

    def last_time(self, now: datetime) -> datetime:
        """The newest moment up to now at which the report was to go out."""
        zone = ZoneInfo(self.zone)
        day = now.astimezone(zone).date()
        if self.grain is Grain.WEEK:
            found, before = day - timedelta(days=(day.isoweekday() - self.day) % 7), timedelta(days=7)
            times = (found, found - before)
        else:
            times = (day.replace(day=self.day), (day.replace(day=1) - timedelta(days=1)).replace(day=self.day))
        moments = (self._moment(each, zone) for each in times)
        return next(at for at in moments if at <= now)

    def _moment(self, day: date, zone: ZoneInfo) -> datetime:
        """That day at the time of the zone, but not before the week or month that it ends is over by UTC, too."""
        over = datetime.combine(self.grain.first_day(day), time(), UTC)
        return max(over, datetime.combine(day, self.at, zone).astimezone(UTC))

    def period(self, at: datetime) -> Period:
        """The newest period that was over at that moment, by UTC, as GitHub counts days."""
        return newest_period(self.grain, at.astimezone(UTC).date())


class AlertKind(StrEnum):
    """What an alert is about."""

    SPIKE = "spike"
    DROP = "drop"
    REFERRER = "referrer"
    MILESTONE = "milestone"
    LOSS = "loss"
    RUN = "run"
    REFUSED = "refused"
    TOKEN = "token"  # noqa: S105 - no token
    MISSED = "missed"

    @property
    def lasts(self) -> bool:
        """Whether it goes on until it is resolved, which is sent, too."""
        return self in {AlertKind.LOSS, AlertKind.RUN, AlertKind.REFUSED, AlertKind.TOKEN, AlertKind.MISSED}


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Which alerts, and from what size on: of a spike or drop the least score (robust deviations) and how many times
    the usual it must have (a drop: half at most, plainly); of a new referrer its views in 14 days. Until `muted_until`,
    that day included, nothing is sent. The defaults are those that `make bench` measures on recorded years.
    """

    kinds: tuple[AlertKind, ...] = tuple(AlertKind)
    least_score: float = 3.0
    least_times: float = 3.0
    referrer_views: int = 100
    muted_until: date | None = None

    def __post_init__(self) -> None:
        if not self.kinds:
            raise SubscriptionRefused(f"Choose what to be alerted about: {', '.join(AlertKind)}.")
        is_possible = STANDS_OUT <= self.least_score <= HIGHEST_SCORE and 1 <= self.least_times <= HIGHEST_TIMES
        if not is_possible or self.referrer_views < 1:
            raise SubscriptionRefused(
                f"The minimum score is {STANDS_OUT:g} to {HIGHEST_SCORE:g}, that of a spike "
                f"1 to {HIGHEST_TIMES:,.0f} times the usual, that of views 1 or more."
            )

    def is_notable(self, value: int, expected: float, score: float) -> bool:
        """Whether unusual days are reported whose most unusual one is so: a spike has a positive score."""
        if score < 0:
            return -score >= max(self.least_score, LEAST_SCORE_OF_DROP) and 2 * value <= expected
        return score >= self.least_score and value >= self.least_times * max(expected, 1)


Settings = ReportSettings | AlertSettings


def checked_zone(name: str) -> str:
    """Raises: SubscriptionRefused."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise SubscriptionRefused(f"{name[:60]!r} is no time zone. One is UTC or Europe/Berlin.") from error
    return name


def time_as_typed(text: str, grain: Grain) -> tuple[int, time]:
    """The day and the time of day of "MON 12:00", "1 12:00" or "12:00". Raises: SubscriptionRefused."""
    match = _AT.fullmatch(text.strip())
    if match is None or int(match["hour"]) > 23 or int(match["minute"]) > 59:
        raise SubscriptionRefused(FORMS)
    at, day = time(int(match["hour"]), int(match["minute"])), (match["day"] or "1").upper()
    if match["day"] and grain is Grain.WEEK:
        if day not in WEEKDAYS:
            raise SubscriptionRefused(FORMS)
        return WEEKDAYS.index(day) + 1, at
    if not day.isdigit():
        raise SubscriptionRefused(FORMS)
    return int(day), at


def settings_as_json(settings: Settings) -> dict[str, Any]:
    kept = asdict(settings)
    if isinstance(settings, AlertSettings):
        return kept | {"muted_until": settings.muted_until and settings.muted_until.isoformat()}
    return kept | {"at": f"{settings.at:%H:%M}", "grain": settings.grain.value}


def settings_of(kind: str, fields: Mapping[str, Any]) -> Settings:
    """What was kept; what an older release did not know has its default."""
    if kind == "alert":
        named = {name: fields[name] for name in ("least_score", "least_times", "referrer_views") if name in fields}
        muted = fields.get("muted_until")
        kinds = tuple(AlertKind(each) for each in fields["kinds"] if each in set(AlertKind))
        return AlertSettings(kinds, muted_until=date.fromisoformat(muted) if muted else None, **named)
    ids = fields.get("repository_ids")
    known = {name: fields[name] for name in ("top", "day", "zone", "group_id") if name in fields}
    return ReportSettings(
        grain=Grain(fields["grain"]),
        at=time.fromisoformat(fields["at"]),
        repository_ids=None if ids is None else tuple(ids),
        **known,
    )
