"""Moments in words. They are UTC; a table column shows them in the reader's own time. Pure."""

from datetime import datetime


def day_text(moment: datetime) -> str:
    """A moment's UTC day: 3 May 2026."""
    return f"{moment.day} {moment:%B %Y}"


def moment_text(moment: datetime) -> str:
    """A moment: 3 May 2026, 14:15 UTC."""
    return f"{day_text(moment)}, {moment:%H:%M} UTC"


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
