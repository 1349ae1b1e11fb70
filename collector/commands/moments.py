"""Moments and days as the command line writes them: UTC, and saying so. Pure."""

from datetime import datetime

from data.calendar import utc_day


def moment(at: datetime | None, absent: str = "never") -> str:
    """`2026-11-24 14:15 UTC`."""
    return absent if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def days_until(at: datetime, now: datetime) -> int:
    """Whole UTC days from now to a moment; negative when it is past."""
    return (utc_day(at) - utc_day(now)).days


def expiry(at: datetime | None, now: datetime) -> str:
    """When a token expires, and how soon that is."""
    if at is None:
        return "never, or not told"
    days = days_until(at, now)
    if at <= now:
        return f"expired on {at:%Y-%m-%d}"
    return f"{moment(at)} ({'today' if days == 0 else f'in {days:,} day' + 's' * (days != 1)})"


def iso(at: datetime | None) -> str | None:
    """A moment for the JSON line."""
    return None if at is None else at.isoformat()
