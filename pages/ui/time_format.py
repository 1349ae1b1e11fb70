"""How moments and days are written: the same way in sentences, tables and charts, whatever the reader's locale.

Streamlit's own "localized" format is not used: it takes a day for a moment of the reader's zone, and shows the day
before to whoever lives west of Greenwich. Under a format that is given, a day stays GitHub's UTC day.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from data.text import counted, day_text
from pages.ui.notation import day_format

WARNED_AT = ((1, "error"), (7, "warning"), (14, "info"))  # days before a token expires


def moment_text(moment: datetime, zone: str | None = None) -> str:
    """A moment: 3 Mar 2026, 14:15 UTC; in a zone (Europe/Berlin) 3 Mar 2026, 15:15 CET."""
    there = _in_zone(moment, zone) if zone else moment
    return f"{day_text(there)}, {there:%H:%M} {there:%Z}"


def _in_zone(moment: datetime, zone: str) -> datetime:
    """The moment as clocks of that zone show it; as it is where there is no such zone: a browser may say anything."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment


def days_left(moment: datetime, now: datetime) -> str:
    seconds = (moment - now).total_seconds()
    if seconds <= 0:
        return "expired"
    days = int(seconds // 86400)
    if days == 0:
        hours = int(seconds // 3600)
        return f"{counted(hours, 'hour')} left" if hours else "less than an hour left"
    return f"{counted(days, 'day')} left"


def expiry_level(expires_at: datetime | None, now: datetime) -> str | None:
    """How loudly to warn of a token's end: within 1, 7, 14 days, or not at all. An expired one: as within a day."""
    if expires_at is None:
        return None
    left = expires_at - now
    return next((level for days, level in WARNED_AT if left <= timedelta(days=days)), None)


def expiry(expires_at: datetime | None, now: datetime) -> str:
    if expires_at is None:
        return "no expiry date"
    return f"{day_text(expires_at)} ({days_left(expires_at, now)})"


def ago(moment: datetime, now: datetime) -> str:
    seconds = max(0, (now - moment).total_seconds())
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(int(seconds // size), name)} ago"
    return "just now"


def moment_column(label: str, **more: Any) -> Any:
    """A table's column of moments, in the reader's own time zone."""
    zone = st.context.timezone
    help_text, form = f"In your time zone: {zone or 'UTC'}", f"{day_format()}, HH:mm"
    return st.column_config.DatetimeColumn(label, format=form, timezone=zone, help=help_text, **more)
