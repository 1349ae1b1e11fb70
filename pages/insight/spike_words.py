"""What may have made a day stand out, in words; everything from outside is shown as text. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.insight.spike_causes import Cause, Listed, Noted, Released, Spike, Starred
from pages.insight.note_links import to_open
from pages.ui.messages import literal
from pages.ui.tables import day_text

MOST_CAUSES = 5
NOTE_CAUSES = 2  # referrers and pages that go into the text of a note
LEAST_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class SpikeText:
    """A day that stands out: its head and its causes as Markdown, and the text that a note about it begins with."""

    day: date
    metric: str
    head: str
    body: str
    note: str


def spike(told: Spike) -> SpikeText:
    """A spike in words."""
    day, causes = told.peak, worth_telling(told.causes)
    head = f"**{day:%A}, {day_text(day)}: {told.value:,} {told.metric}** · {times(told.value, told.expected)}"
    if told.first != told.last:
        head += f" · unusual from {day_text(told.first)} to {day_text(told.last)}"
    body = "\n".join([f"- {in_words(each, day)}" for each in causes] or ["Nothing else is known of that time."])
    return SpikeText(day, told.metric, head, body, for_note(told.metric, told.value, causes))


def worth_telling(causes: Sequence[Cause]) -> list[Cause]:
    """The likeliest causes, as many as people read, and what is noted, which takes no cause's place."""
    written = [each for each in causes if isinstance(each.detail, Noted)]
    others = [each for each in causes if each.weight >= LEAST_WEIGHT and not isinstance(each.detail, Noted)]
    return written + others[:MOST_CAUSES]


def in_words(cause: Cause, day: date) -> str:
    """A cause as Markdown, on one line."""
    what = literal(cause.what)
    match cause.detail:
        case Listed() as listed:
            kind = "Referrer" if cause.kind == "referrer" else "Page"
            return f"{kind} **{what}**: {_listed(listed)}"
        case Released() as release:
            name = f" ({literal(release.name)})" if release.name and release.name != cause.what else ""
            return f"Release **{what}**{name}, {_when(release.published_on, day)}"
        case Noted() as noted:
            return f"Note: **{what}**{to_open(noted.link)}"
        case Starred() as stars:
            return f"Stars: {stars.gained:,} gained, where {stars.usual:,.0f} a day is usual"


def for_note(metric: str, value: float, causes: list[Cause]) -> str:
    """A text to begin a note with: what it is, the likeliest causes, and whatever was released."""
    released = [each for each in causes if isinstance(each.detail, Released)]
    listed = [each for each in causes if isinstance(each.detail, Listed)][:NOTE_CAUSES]
    names = [f"{each.kind} {each.what}" for each in causes if each in released or each in listed]
    return f"{value:,.0f} {metric}" + (f": {', '.join(names)}" if names else "")


def times(value: float, expected: float) -> str:
    """How a value stands to what was expected."""
    if expected < 1:
        return "hardly any expected"
    return f"{expected:,.0f} expected, {value / expected:,.1f} times as many"


def over_days(listed: Listed) -> str:
    """The days between the two lists that a rise is of, which are several: the day itself may have had less."""
    before, seen = listed.seen_before, listed.seen_on
    if before is None:
        return ""
    begin = f"{before.day}" if (before.year, before.month) == (seen.year, seen.month) else f"{before.day} {before:%B}"
    return f" from {begin} to {seen.day} {seen:%B}"


def _listed(listed: Listed) -> str:
    seen = f"the list of {listed.seen_on.day} {listed.seen_on:%B}"
    if listed.gained is None:
        before = f"{listed.views_before:,} before" if listed.views_before is not None else "not listed before"
        said = f"{listed.views:,} views of 14 days in {seen}, {before}"
    else:
        said = f"at least {listed.gained:,} more views{over_days(listed) or f' by {seen}'}"
    if listed.high is not None and listed.low:
        said += f", {listed.low:,} to {listed.high:,} of them on this day"
    return said + (", **never listed before**" if listed.is_new else "")


def _when(published_on: date, day: date) -> str:
    if published_on == day:
        return "published that day"
    return "published the day before" if published_on < day else "published the day after"
