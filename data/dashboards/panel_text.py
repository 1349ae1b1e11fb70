"""What the numbers of a panel are called, and the remarks that they need so that none of them misleads. Pure."""

from collections.abc import Iterator
from datetime import date

from data.dashboards.specification import LISTED, PEOPLE, Kind, Panel, Range, Source
from data.text import DAILY_CLONERS, DAILY_VISITORS, SUM_HELP, days_text, number_text

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST_WEEKDAY = date(1900, 1, 1)  # a Monday: rows by weekday name them as the days of this week
SNAPSHOTS = {"stars", "forks", "watchers", "downloads"}  # counters as last seen: never added up over time
_NAMES = {
    "views": "Views",
    "clones": "Clones",
    "stars": "Stars",
    "stars gained": "Stars gained",
    "forks": "Forks",
    "watchers": "Watchers",
    "downloads": "Downloads",
    "downloads gained": "Downloads gained",
    "days until loss": "Days until GitHub deletes data",
}
_SUMMED = {"visitors": DAILY_VISITORS, "cloners": DAILY_CLONERS}
_SUMMED_WEEKS = {"visitors": "Weekly visitors (sum)", "cloners": "Weekly cloners (sum)"}
_UNIQUE = {"visitors": "Unique visitors", "cloners": "Unique cloners"}


def measure_name(panel: Panel, measure: str) -> str:
    """What a measure is called in that panel: uniques that are added up are never called people."""
    if measure not in PEOPLE:
        return _NAMES[measure]
    if panel.source is Source.WEEKLY:
        return _UNIQUE[measure] if "repository" in {panel.by, panel.split} else _SUMMED_WEEKS[measure]
    if panel.source in LISTED:
        return _UNIQUE[measure]
    return _UNIQUE[measure] if panel.by == "day" and panel.split == "repository" else _SUMMED[measure]


def group_name(group: str) -> str:
    return {"day": "Day", "week": "Week of", "month": "Month"}.get(group, group.capitalize())


def title_of(panel: Panel) -> str:
    if panel.title or panel.kind is Kind.TEXT:
        return panel.title
    parts = [measure_name(panel, panel.measure)]
    if panel.by:
        parts.append(f"by {panel.by}")
    if panel.split:
        parts.append(f"and {panel.split}")
    return " ".join(parts)


def range_name(days: Range) -> str:
    if days.last_days is not None:
        return "last day" if days.last_days == 1 else f"last {number_text(days.last_days)} days"
    if days.first and days.last:
        return days_text(days.first, days.last)
    return "all days"


def notes(panel: Panel) -> Iterator[str]:
    names = {measure_name(panel, each) for each in panel.measures}
    if "group" in {panel.by, panel.split}:
        yield "A repository in several groups counts in each of them; one in no group is left out."
    if names & set(_SUMMED.values()):
        yield SUM_HELP
    if names & set(_SUMMED_WEEKS.values()):
        yield "Each repository’s weekly uniques added up: someone who visits two repositories is counted twice."
    if panel.source in LISTED:
        yield from _notes_on_lists(panel)
    elif panel.source is Source.REPOSITORIES:
        yield "Views and clones are of the 30 days up to yesterday; the rest as of the last collection."
    elif panel.source is Source.WEEKLY and panel.by in {None, "repository", "group"}:
        yield "The newest whole week."
    elif panel.source is Source.DAILY and panel.by == "weekday":
        yield "Average per final day."
    elif panel.source is Source.DAILY and panel.by in {"week", "month"}:
        yield f"A {panel.by} at the edge of the range may be partial."
    elif SNAPSHOTS & set(panel.measures) and panel.kind is Kind.NUMBER:
        yield "The change covers repositories known since the beginning of these days."
    elif SNAPSHOTS & set(panel.measures) and panel.source is Source.STARS and panel.by:
        yield "As of the last collection, at most a week before."
    elif "downloads gained" in panel.measures:
        yield "Gains are shown on the day they were seen."


def _notes_on_lists(panel: Panel) -> Iterator[str]:
    listed = f"{LISTED[panel.source]}s"
    if panel.by == "day":
        yield f"GitHub’s top 10 {listed} of the 14 days before each day: these sums overlap."
    else:
        yield f"GitHub’s newest top 10 {listed} of 14 days."
    if PEOPLE & set(panel.measures):
        yield "Unique visitors of several repositories are added up."
