"""The days that stood out, in words: how much came, how much is usual, and what is known of that time. Pure.

Words are HTML, and whatever comes from outside is escaped in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import escape
from itertools import groupby
from math import sqrt
from typing import Any

from pandas import DataFrame

from data.insight.spike_facts import Cause, Listed, Noted, Released, Starred
from pages.insight.spike_words import over_days

TOGETHER = timedelta(days=2)  # days that stand out and are so near to each other are one event
MOST_CAUSES = 3  # beside notes
MOST_NOTES = 2
NEW_FIRST = 0.3  # what was not there before tells more than what was, by as much of the surplus
MANIFOLD = 3  # times the usual
LONGEST_NOTE = 120
LINK_STYLE = "color:inherit;text-underline-offset:.2em"  # it would be blue or violet on any background
NO_CAUSE = "Nothing is known that would explain it"


@dataclass(frozen=True, slots=True)
class Event:
    """One or several near days on which a metric of a repository stood out: the one with the most, and its causes."""

    repository_id: int
    full_name: str
    metric: str
    first: date
    last: date
    peak: date
    value: int
    expected: float
    causes: tuple[Cause, ...] = ()

    @property
    def weight(self) -> float:
        """How notable it is: the rise on the scale on which every count has the same noise, so that both its size and
        its share count (Anscombe 1948, as in data/insight/spikes.py).
        """
        return 2 * (sqrt(self.value) - sqrt(max(self.expected, 0)))


def events(found: DataFrame) -> list[Event]:
    """The rows of spike_causes.spikes_found as events, the most notable first; their causes are not known yet."""
    made: list[Event] = []
    rows = sorted(found.itertuples(index=False), key=lambda row: (row.repository_id, row.metric, row.day))
    for _, of_one in groupby(rows, key=lambda row: (row.repository_id, row.metric)):
        near: list[Any] = []
        for row in of_one:
            if near and row.day - near[-1].day > TOGETHER:
                made.append(_event(near))
                near = []
            near.append(row)
        made.append(_event(near))
    return sorted(made, key=lambda each: (-each.weight, each.full_name, each.metric))


def _event(days: Sequence[Any]) -> Event:
    peak = max(days, key=lambda row: row.value - row.expected)
    about = int(peak.repository_id), str(peak.full_name), str(peak.metric)
    return Event(*about, days[0].day, days[-1].day, peak.day, int(peak.value), float(peak.expected))


def peaks(found: DataFrame, notable: Sequence[Event]) -> DataFrame:
    """The rows of the days on which these events were greatest, to be explained."""
    keys = {(each.repository_id, each.metric, each.peak) for each in notable}
    rows = zip(found["repository_id"], found["metric"], found["day"], strict=True)
    return found.iloc[[place for place, key in enumerate(rows) if key in keys]]


def with_causes(notable: Sequence[Event], explained: DataFrame) -> list[Event]:
    """The same events with the causes of their greatest days."""
    of_day = {(row.repository_id, row.metric, row.day): tuple(row.causes) for row in explained.itertuples()}
    return [replace(each, causes=of_day[each.repository_id, each.metric, each.peak]) for each in notable]


def listed(told: Sequence[tuple[Event, str]]) -> str:
    """Events with the addresses that they lead to, as a numbered list."""
    items = [
        f'<li style="margin-bottom:.8em"><a href="{escape(address)}" style="{LINK_STYLE}">'
        f"<strong>{escape(event.full_name)}</strong>, {_whole_day(event.peak)}</a><br>{sentence(event)}</li>"
        for event, address in told
    ]
    return f'<ol style="padding-left:1.4em;margin:0">{"".join(items)}</ol>'


def plain(event: Event) -> str:
    """An event in a few words, as plain text."""
    return f"{event.full_name}, {_whole_day(event.peak)}, {event.value:,} {event.metric}"


def sentence(event: Event) -> str:
    """How much came, against what is usual, and why."""
    usual = round(event.expected)
    times = f"{event.value / usual:,.0f} times the usual {usual:,}" if usual else "where none are usual"
    if usual and event.value < MANIFOLD * usual:
        times = f"against {usual:,} as usual"
    told = [f"{event.value:,} {event.metric}, {times}"]
    if event.first != event.last:
        told[0] += f"; it stood out from {_day(event.first)} to {_day(event.last)}"
    return f"{told[0]}. {why(event)}."


def why(event: Event) -> str:
    """The likeliest causes in a sentence without its full stop."""
    telling = [each for each in event.causes if not _is_front_page(each, event.full_name)]
    written = [each for each in telling if isinstance(each.detail, Noted)][:MOST_NOTES]
    others = sorted((each for each in telling if not isinstance(each.detail, Noted)), key=lambda each: -_weight(each))
    ordered = written + others[:MOST_CAUSES]  # a note tells what somebody knows, and takes no cause's place
    if not ordered:
        return NO_CAUSE
    text = "; ".join(cause(each, event.peak) for each in ordered)
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
