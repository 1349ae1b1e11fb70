"""Moments in words. They are UTC, or in the reader's own time where the zone is given, as in tables. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def day_text(moment: datetime) -> str:
    """A moment's UTC day: 3 May 2026."""
    return f"{moment.day} {moment:%B %Y}"


def moment_text(moment: datetime, zone: str | None = None) -> str:
    """A moment: 3 May 2026, 14:15 UTC; in a zone (Europe/Berlin) 3 May 2026, 16:15 CEST."""
    there = _in_zone(moment, zone) if zone else moment
    return f"{day_text(there)}, {there:%H:%M} {there:%Z}"


def _in_zone(moment: datetime, zone: str) -> datetime:
    """The moment as clocks of that zone show it; as it is where there is no such zone: a browser may say anything."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment


def days_left(moment: datetime, now: datetime) -> str:
    """How long it is until a moment, in whole days."""
    seconds = (moment - now).total_seconds()
    if seconds <= 0:
        return "expired"
    days = int(seconds // 86400)
    if days == 0:
        hours = int(seconds // 3600)
        return f"{hours} {'hour' if hours == 1 else 'hours'} left" if hours else "less than an hour left"
    return f"{days:,} {'day' if days == 1 else 'days'} left"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, roughly."""
    seconds = max(0, (now - moment).total_seconds())
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count:,} {name}{'' if count == 1 else 's'} ago"
    return "just now"
