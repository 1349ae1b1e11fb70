"""The days that stood out, in words: how much came, how much is usual, and what is known of that time. Pure.

Words are HTML, and whatever comes from outside is escaped in it.
"""

from collections.abc import Sequence
from datetime import date
from html import escape

from data.insight.spike_causes import Cause, Listed, Noted, Released, Spike, Starred
from pages.insight.spike_words import over_days

MOST_CAUSES = 3  # beside notes
MOST_NOTES = 2
NEW_FIRST = 0.3  # what was not there before tells more than what was, by as much of the surplus
MANIFOLD = 3  # times the usual
LONGEST_NOTE = 120
LINK_STYLE = "color:inherit;text-underline-offset:.2em"  # it would be blue or violet on any background
NO_CAUSE = "Nothing is known that would explain it"


def listed(told: Sequence[tuple[Spike, str]]) -> str:
    """Spikes with the addresses that they lead to, as a numbered list."""
    items = [
        f'<li style="margin-bottom:.8em"><a href="{escape(address)}" style="{LINK_STYLE}">'
        f"<strong>{escape(spike.full_name)}</strong>, {_whole_day(spike.peak)}</a><br>{sentence(spike)}</li>"
        for spike, address in told
    ]
    return f'<ol style="padding-left:1.4em;margin:0">{"".join(items)}</ol>'


def plain(spike: Spike) -> str:
    """An event in a few words, as plain text."""
    return f"{spike.full_name}, {_whole_day(spike.peak)}, {spike.value:,} {spike.metric}"


def sentence(spike: Spike) -> str:
    """How much came, against what is usual, and why."""
    usual = round(spike.expected)
    times = f"{spike.value / usual:,.0f} times the usual {usual:,}" if usual else "where none are usual"
    if usual and spike.value < MANIFOLD * usual:
        times = f"against {usual:,} as usual"
    told = [f"{spike.value:,} {spike.metric}, {times}"]
    if spike.first != spike.last:
        told[0] += f"; it stood out from {_day(spike.first)} to {_day(spike.last)}"
    return f"{told[0]}. {why(spike)}."


def why(spike: Spike) -> str:
    """The likeliest causes in a sentence without its full stop."""
    telling = [each for each in spike.causes if not _is_front_page(each, spike.full_name)]
    written = [each for each in telling if isinstance(each.detail, Noted)][:MOST_NOTES]
    others = sorted((each for each in telling if not isinstance(each.detail, Noted)), key=lambda each: -_weight(each))
    ordered = written + others[:MOST_CAUSES]  # a note tells what somebody knows, and takes no cause's place
    if not ordered:
        return NO_CAUSE
    text = "; ".join(cause(each, spike.peak) for each in ordered)
    return text if text.startswith("<") else text[:1].upper() + text[1:]


def cause(known: Cause, day: date) -> str:
    """One cause in words."""
    match known.detail:
        case Listed() as listed:
            return _listed(known, listed)
        case Released(published_on=published):
            when = {-1: "the day before", 0: "that day", 1: "the day after"}.get((published - day).days, str(published))
            return f"release <strong>{escape(known.what)}</strong> came out {when}"
        case Noted():
            note = known.what if len(known.what) <= LONGEST_NOTE else f"{known.what[: LONGEST_NOTE - 1]}…"
            return f"noted: “{escape(note)}”"
        case Starred(gained=gained, usual=usual):
            return f"{gained:,} {'star' if gained == 1 else 'stars'} came, against {usual:,.0f} as usual"


def _listed(known: Cause, listed: Listed) -> str:
    name, path = f"<strong>{escape(known.what)}</strong>", known.kind == "path"
    if listed.is_new:
        least = f", with at least {listed.gained:,} views{over_days(listed)}" if listed.gained else ""
        return f"{name} appeared among the {'popular pages' if path else 'referrers'}{least}"
    verb = "was looked at" if path else "brought"
    if not listed.gained:
        return f"{name} {verb} more"
    more = "" if listed.views_before is None else " more"
    return f"{name} {verb} at least {listed.gained:,}{more} {'times' if path else 'views'}{over_days(listed)}"


def _weight(known: Cause) -> float:
    is_new = isinstance(known.detail, Listed) and known.detail.is_new
    return known.weight + (NEW_FIRST if is_new and known.kind == "referrer" else 0)


def _is_front_page(known: Cause, full_name: str) -> bool:
    return known.kind == "path" and known.what.strip("/").casefold() == full_name.casefold()


def _whole_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
