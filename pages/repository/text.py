"""A repository in words: its spikes, events, lists and unique visitors; what comes from outside is text. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import pandas as pd
from pandas import DataFrame

from data.insight.events import Comparison
from data.insight.repository import Records
from data.insight.spike_causes import Cause, Listed, Noted, Released, Spike, Wave
from data.insight.text import beside_usual, capitalised, cause_text, of_ratio, shortened
from data.store.arrow import arrow_table
from data.text import DAILY_CLONERS, DAILY_VISITORS, counted, day_text, days_text, number_text, short_day_text
from pages.ui.charts.events import METRICS
from pages.ui.charts.listings import below
from pages.ui.charts.repository import NUMBERED, Mark, wave_key
from pages.ui.text import MARKDOWN

MOST_CAUSES = 3
NAME = "text-align:left;padding:.3em .5em;overflow-wrap:anywhere;border-bottom:1px solid rgba(128,128,128,.2)"
NUMBER = "text-align:right;padding:.3em .5em;white-space:nowrap;border-bottom:1px solid rgba(128,128,128,.2)"
NOTE_CAUSES = 2  # referrers and pages that go into the text of a note
LEAST_WEIGHT = 0.05
CARDS = ("views", "visitor_days", "clones", "stars")
WINDOWS = {"before": "7 days before", "after_7": "7 days after", "after_30": "30 days after"}
LABEL_LIMIT = 90
PEOPLE = {  # of a metric: many, one, the column and the name of the sum
    "views": ("visitors", "visitor", "visitor_days", DAILY_VISITORS),
    "clones": ("cloners", "cloner", "cloner_days", DAILY_CLONERS),
}
WEEK_COLUMNS = ("week", "view_uniques", "visitor_days", "clone_uniques", "cloner_days")
SHOWN = ("name", "rank", "move", "views", "view_uniques", "best_rank", "first", "last_seen", "lists", "title")
_BRACKETS = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "|": "%7C", "$": "%24"})


@dataclass(frozen=True, slots=True)
class WaveText:
    """A wave of spikes: its key, the title of its card, the text of its card (Markdown), and what a note of it begins
    with.
    """

    key: str
    title: str
    body: str
    day: date
    note: str


def wave(waved: Wave, number: int) -> WaveText:
    top, *others = waved.spikes
    title = f"{day_text(top.peak)}: {number_text(top.value)} {top.metric}"
    if number <= NUMBERED:
        title = f"{number} · {title}"
    lines = [beside_usual(top.value, top.expected)]
    if waved.first != waved.last:
        lines[0] += f", unusual from {days_text(waved.first, waved.last, year=False)}"
    lines += [
        f"Also {number_text(each.value)} {each.metric} on {short_day_text(each.peak)}, "
        f"{beside_usual(each.value, each.expected)}"
        for each in others
    ]
    causes = worth_showing(top.causes)
    cause_lines = [f"- {cause_line(each, top.peak)}" for each in causes] or ["No likely cause found."]
    body = "  \n".join(capitalised(line) for line in lines) + "\n\n" + "\n".join(cause_lines)
    return WaveText(wave_key(waved), title, body, top.peak, for_note(top.metric, top.value, causes))


def records(record: Records) -> str:
    """All-time numbers, records and milestones in a line of HTML, in the reader's numbers."""
    if record.first_day is None:
        return ""
    numbers = {"views": record.views, "clones": record.clones, "stars": record.stars}
    sums = [f"<b>{number_text(value)}</b> {name}" for name, value in numbers.items() if value is not None]
    parts = [f"All time since {day_text(record.first_day)}: {', '.join(sums)}"]
    if record.most_views and record.most_views_day:
        parts.append(f"Best day: <b>{number_text(record.most_views)}</b> views on {day_text(record.most_views_day)}")
    if record.milestone and record.milestone_day:
        parts.append(f"<b>{number_text(record.milestone)} stars</b> on {day_text(record.milestone_day)}")
    items = "".join(f"<span>{part}</span>" for part in parts)
    return f'<div style="display:flex;flex-wrap:wrap;gap:.2em 2em;font-size:.9rem">{items}</div>'


def top_list(entries: DataFrame, word: str, repository: str) -> str:
    """One list as GitHub shows it, as an HTML table; bars behind the names are in proportion to the views."""
    most = max(1, int(entries["views"].max()))
    head = "".join(
        f'<th scope="col" style="{NUMBER if place else NAME}">{name}</th>'
        for place, name in enumerate((word, "Views", "Unique visitors"))
    )
    rows = "".join(_top_row(row, most, repository) for row in entries.to_dict("records"))
    return f'<table style="border-collapse:collapse;width:100%;font-size:.9rem"><tr>{head}</tr>{rows}</table>'


def _top_row(row: dict[str, Any], most: int, repository: str) -> str:
    share, title = 100 * int(row["views"]) // most, "" if pd.isna(row["title"]) else str(row["title"])
    bar = f"background:linear-gradient(90deg,rgba(47,127,230,.18) {share}%,transparent {share}%)"
    name = escape(below(str(row["name"]), repository))
    cells = [f'<td style="{NAME};{bar}" title="{escape(title)}">{name}</td>']
    cells += [f'<td style="{NUMBER}">{number_text(int(row[column]))}</td>' for column in ("views", "view_uniques")]
    return f"<tr>{''.join(cells)}</tr>"


def worth_showing(causes: Sequence[Cause]) -> list[Cause]:
    """The likeliest causes, as many as people read, and what is noted, which takes no cause's place."""
    written = [each for each in causes if isinstance(each.detail, Noted)]
    others = [each for each in causes if each.weight >= LEAST_WEIGHT and not isinstance(each.detail, Noted)]
    return written + others[:MOST_CAUSES]


def cause_line(cause: Cause, day: date) -> str:
    """A cause as Markdown, on one line, with the link of a note."""
    link = to_open(cause.detail.link) if isinstance(cause.detail, Noted) else ""
    return capitalised(cause_text(cause, day, MARKDOWN)) + link


def for_note(metric: str, value: float, causes: list[Cause]) -> str:
    """A text to begin a note with: what it is, the likeliest causes, and whatever was released."""
    released = [each for each in causes if isinstance(each.detail, Released)]
    listed = [each for each in causes if isinstance(each.detail, Listed)][:NOTE_CAUSES]
    names = [f"{each.kind} {each.what}" for each in causes if each in released or each in listed]
    return f"{number_text(value)} {metric}" + (f": {', '.join(names)}" if names else "")


def to_open(link: str | None) -> str:
    """A link to follow, with a space before it, or nothing: no sign in it ends the link and begins other markup."""
    return f" [Open]({link.translate(_BRACKETS)})" if link else ""


@dataclass(frozen=True, slots=True)
class Card:
    """What the week from the day on brought of one metric: of how many days, and how it stands to the usual."""

    name: str
    days: str
    total: int | None
    on_usual: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """A day on which something happened, and what, on one line; its key is the day, the kind, and a number where that
    day has several of the kind, so that a link to it holds nobody's text. What stood out has a score.
    """

    day: date
    label: str
    key: str
    score: float = 0.0


def events(marks: Iterable[Mark], spikes: Iterable[Spike]) -> list[Event]:
    """Everything that can be looked at, the newest day first, each once."""
    scores = {(each.day, each.kind, f"{each.kind}: {each.text}"): 0.0 for each in marks}
    scores |= {
        (each.peak, each.metric, f"Spike: {number_text(each.value)} {each.metric}"): each.score for each in spikes
    }
    made, seen = [], Counter[str]()
    for (day, kind, text), score in sorted(scores.items()):
        key = f"{day}-{kind.lower()}"
        seen[key] += 1
        numbered = key if seen[key] == 1 else f"{key}-{seen[key]}"
        made.append(Event(day, f"{day_text(day)} · {shortened(text, LABEL_LIMIT)}", numbered, score))
    return made[::-1]


def most_notable(events: Sequence[Event]) -> Event:
    """What is looked at first: the day that stood out most; where none did, the newest."""
    return max(events, key=lambda each: each.score)


def cards(comparison: Comparison) -> list[Card]:
    """The week from the day on in a few numbers; where days are missing, it says of how many they are."""
    rows = comparison.windows[comparison.windows["window"] == "after_7"].set_index("metric")
    made = []
    for metric in CARDS:
        row = rows.loc[metric]
        days = "7 days" if row["final_days"] == row["days"] else f"{row['final_days']} of 7 days"
        total = None if pd.isna(row["total"]) else int(row["total"])
        change = None if pd.isna(row["change"]) else of_ratio(1 + row["change"])
        made.append(Card(METRICS[metric], days, total, change))
    return made


def event_table(comparison: Comparison) -> DataFrame:
    """A row a metric: the total of each window and its change against the usual, of 7 days also on the week before."""
    shown = DataFrame({"metric": list(METRICS.values())})
    by_window = comparison.windows.set_index(["window", "metric"])
    for window in WINDOWS:
        rows = by_window.loc[window].reindex(list(METRICS))
        shown[window] = rows["total"].astype("Float64").round().astype("Int64").to_numpy()
        shown[f"{window}_change"] = _changes(rows["change"])
        if window == "after_7":
            shown["on_before"] = _changes(rows["change_on_before"])
    return shown


def incomplete(comparison: Comparison) -> list[str]:
    """What to know of the windows that lack days, of views and of clones."""
    sentences, windows = [], comparison.windows[comparison.windows["metric"].isin(["views", "clones"])]
    for window, name in WINDOWS.items():
        rows = windows[windows["window"] == window]
        lacking = rows.loc[rows["final_days"].idxmin()]
        if lacking["final_days"] == lacking["days"]:
            continue
        parts = [
            f"{count} {how}"
            for count, how in ((lacking["open_days"], "not final yet"), (lacking["lost_days"], "missing"))
            if count
        ]
        sentences.append(f"{name}: {lacking['final_days']} of {lacking['days']} days counted ({', '.join(parts)}).")
    return sentences


def _changes(shares: "pd.Series[float]") -> list[str | None]:
    return [None if pd.isna(each) else of_ratio(1 + each) for each in shares]


def machines(rows: DataFrame) -> str:
    """What is known of the clones that machines made, of the rows of repository.machine_clones; '' for nothing."""
    known, sentences = rows[rows["at_least_by_actions"].notna()], []
    days = int(rows["clones"].notna().sum())
    if len(known) and not known["workflow_runs"].sum():
        sentences.append("No workflow runs: no clones by GitHub Actions.")
    elif len(known):
        of = "" if len(known) == days else f" ({len(known)} of {counted(days, 'day')} known)"
        least, clones = int(known["at_least_by_actions"].sum()), int(known["clones"].sum())
        sentences.append(f"At least {number_text(least)} of {number_text(clones)} clones by GitHub Actions{of}.")
    steady = rows["steady_floor"].dropna()
    if len(steady) and steady.iloc[-1]:
        floor = f"{counted(int(steady.iloc[-1]), 'clone')} a day"
        sentences.append(f"Steady floor: {floor}, the fewest of 15 days: a sign of machines.")
    alone = rows[(rows["clone_uniques"] == 1) & (rows["clones"] > 1)]
    if len(alone):
        every = number_text(int(alone["clones"].sum()))
        sentences.append(f"On {counted(len(alone), 'day')} one cloner made all {every} clones.")
    return " ".join(sentences)


@dataclass(frozen=True, slots=True)
class People:
    """Cards (a name and a number, None: unknown), the sentence about their days, and the weeks (Arrow)."""

    cards: tuple[tuple[str, int | None], ...]
    sentence: str
    weeks: Any


def people(windows: DataFrame, weeks: DataFrame) -> People:
    """Arrange the rows of repository.true_uniques and true_weeks."""
    cards: list[tuple[str, int | None]] = []
    sentences = []
    for row in windows.to_dict("records"):
        many, _, column, summed = PEOPLE[row["metric"]]
        days = None if pd.isna(row[column]) else int(row[column])
        cards += [(f"Unique {many}", int(row["uniques"])), (summed, days)]
        sentences.append(_difference(row, days))
    return People(tuple(cards), " ".join(sentences), arrow_table(weeks[list(WEEK_COLUMNS)]))


def _difference(row: dict[str, Any], days: int | None) -> str:
    many, one, _, _ = PEOPLE[row["metric"]]
    span = f"{capitalised(many)} from {days_text(row['first_day'], row['last_day'])}"
    if not row["uniques"] or days is None:
        return f"{span}, as counted by GitHub."
    return f"{span}: {number_text(days / row['uniques'], 1)} active days per {one}."


def listing_table(summary: DataFrame, repository: str) -> DataFrame:
    """The names with words for how they moved and since when they are known; paths as below()."""
    shown = summary.copy()
    pairs = zip(summary["rank"], summary["rank_before"], strict=True)
    shown["move"] = [_move(now, before) for now, before in pairs]
    shown["first"] = summary["first_seen"]
    shown["name"] = [below(name, repository) for name in summary["name"]]
    return shown[[name for name in SHOWN if name != "title" or summary["title"].notna().any()]]


def _move(now: Any, before: Any) -> str:
    """How a name moved since the list before."""
    if pd.isna(now):
        return "left" if not pd.isna(before) else ""
    if pd.isna(before):
        return "new"
    up = int(before) - int(now)
    return "=" if up == 0 else f"▲ {up}" if up > 0 else f"▼ {-up}"
