"""What is sent, before it has the form of a channel: titles, lines and a table of plain text, some with links. Pure.

Names and sentences from outside stand in it verbatim: each channel keeps them text in its own way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from data.collection.health import Finding
from data.insight.spike_causes import Spike
from data.insight.text import Markup, change, spike_text, why
from data.reports.models import RankedRepository, Report
from data.text import (
    DAILY_CLONERS,
    DAILY_VISITORS,
    counted,
    day_text,
    number_text,
    repository_path,
    short_day_text,
    writing,
)
from data.traffic.models import Grain
from data.traffic.traffic import Total

PLAIN = Markup(str, "{}")
SUM_MARK = "†"
SUM_NOTE = f"{SUM_MARK} Daily unique people added up: GitHub's own count of these repositories' week is not known."
MONTH_NOTE = f"{SUM_MARK} Daily unique people added up: GitHub counts no uniques of a month."
UNKNOWN = "unknown"
TOP_HEADINGS = ("Repository", "Visitors", "Views", "Cloners", "Clones")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; `link` is a whole address."""

    text: str
    bold: bool = False
    link: str | None = None


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class MessageTable:
    """Rows whose first cell is a name, the others numbers under their headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Span, ...], ...]

    def lines(self) -> Iterator[Line]:
        """The rows where there is no room for a table: 1. octo/hello: 120 visitors, 800 views."""
        for number, (name, *cells) in enumerate(self.rows, start=1):
            numbers = zip(cells, self.headings[1:], strict=True)
            values = ", ".join(f"{cell.text} {heading.lower()}" for cell, heading in numbers)
            yield (Span(f"{number}. "), name, Span(f": {values}"))


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...] = ()
    table: MessageTable | None = None
    note: str = ""

    def all_lines(self) -> tuple[Line, ...]:
        table = tuple(self.table.lines()) if self.table else ()
        return (*self.lines, *table, *(((Span(self.note),),) if self.note else ()))


@dataclass(frozen=True, slots=True)
class Message:
    """A report, an alert or a test. `summary` is a sentence that stands where there is room for no more."""

    title: str
    summary: str
    sections: tuple[Section, ...]
    footer: tuple[Line, ...] = ()


def plain_text(message: Message) -> str:
    """The message as it stands in a terminal and in the text part of a mail."""
    parts = [message.title, message.summary]
    for section in message.sections:
        lines = [plain_line(line) for line in section.lines]
        if section.table:
            lines += _aligned(section.table)
        lines += [section.note] if section.note else []
        parts.append("\n".join([section.title, "-" * len(section.title), *lines]))
    parts.append("\n".join(plain_line(line, with_links=True) for line in message.footer))
    return "\n\n".join(part for part in parts if part)


def plain_line(line: Line, *, with_links: bool = False) -> str:
    return "".join(f"{each.text}: {each.link}" if with_links and each.link else each.text for each in line)


def _aligned(table: MessageTable) -> list[str]:
    rows = [table.headings, *(tuple(cell.text for cell in row) for row in table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.headings))]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of this server's pages; without a public address there are none."""

    address: str | None

    def page(self, path: str) -> str | None:
        return f"{self.address}/{path}" if self.address else None

    def repository(self, name: str, days: tuple[date, date] | None = None) -> str | None:
        return self.page(repository_path(name, days))


@writing()
def report_message(report: Report, links: Links, *, is_late: bool = False) -> Message:
    """A report in words."""
    period = report.period
    kind = "Weekly" if period.grain is Grain.WEEK else "Monthly"
    late = " (late)" if is_late else ""
    views = _number(report.totals.views.value)
    days = (period.first, period.last)
    sections = [Section("Totals", tuple(_totals(report)), note=open_days_text(report))]
    if report.top:
        sections.append(_top(report, links))
    if report.spikes:
        lines = [line for spike in report.spikes for line in _spike(spike, links)]
        sections.append(Section("Spikes and likely causes", tuple(lines + _more(report.more_spikes, "smaller spike"))))
    if report.referrers:
        new = [
            (
                Span(each.full_name, link=links.repository(each.full_name, days)),
                Span(
                    f": {each.referrer}, since {short_day_text(each.first_seen)}, "
                    f"{counted(each.views, 'view')} in 14 days"
                ),
            )
            for each in report.referrers
        ]
        sections.append(Section("New referrers", tuple(new + _more(report.more_referrers, "new referrer"))))
    if report.milestones:
        reached = [
            (
                Span(each.full_name, link=links.repository(each.full_name)),
                Span(f" reached {number_text(each.stars)} stars on {short_day_text(each.day)}"),
            )
            for each in report.milestones
        ]
        sections.append(Section("Milestones", tuple(reached + _more(report.more_milestones, "milestone"))))
    sections.append(Section("Needs attention", tuple(_attention(report))))
    return Message(
        f"{kind} report{late}: {report.subject}, {period.text}",
        f"{counted(report.repositories, 'repository')}, {views} views from {period.text} (UTC, final days only).",
        tuple(sections),
        tuple(_footer(links)),
    )


def _totals(report: Report) -> Iterator[Line]:
    totals = report.totals
    yield (Span("Repositories: "), Span(f"{number_text(report.repositories)}", bold=True))
    named = {
        "Views": totals.views,
        DAILY_VISITORS: totals.visitor_days,
        "Clones": totals.clones,
        DAILY_CLONERS: totals.cloner_days,
        "Stars gained": totals.stars,
    }
    for name, total in named.items():
        yield (Span(f"{name}: "), Span(_number(total.value), bold=True), Span(_against(total, totals.comparable)))
    before = "week" if report.period.grain is Grain.WEEK else "month"
    if totals.comparable:
        of = f"{number_text(totals.compared_days)} of {number_text(totals.final_days)} repository days comparable"
        yield (
            Span(
                f"Compared with the previous {before}{'' if totals.compared_days == totals.final_days else f' ({of})'}."
            ),
        )
    else:
        yield (Span(f"No comparison: less than half of the previous {before} is known."),)


def _against(total: Total, comparable: bool) -> str:
    """How a number stands to the one before: absolute, and where there is something to divide by relative."""
    if not comparable or total.compared is None or total.before is None:
        return ""
    relative = change(total.compared, total.before)
    return f" ({total.compared - total.before:+,}{f', {relative}' if relative else ''})"


def open_days_text(report: Report) -> str:
    """What is not in the numbers."""
    parts = []
    if report.pending_days:
        named = ", ".join(
            f"{short_day_text(each.day)} ({number_text(each.pending)})" for each in report.pending_days[:7]
        )
        more = f" and {number_text(len(report.pending_days) - 7)} more" if len(report.pending_days) > 7 else ""
        parts.append(f"Still pending and not counted (repositories): {named}{more}.")
    if report.gap_days:
        parts.append(f"{counted(report.gap_days, 'repository day')} missing: not collected in time.")
    return " ".join(parts)


def _top(report: Report, links: Links) -> Section:
    period = report.period
    rows = tuple(_row(each, links.repository(each.full_name, (period.first, period.last))) for each in report.top)
    more = report.listed - len(report.top)
    title = f"Top {len(rows)} by unique visitors" if more else "Repositories by unique visitors"
    is_marked = any(SUM_MARK in cell.text for row in rows for cell in row)
    notes = [(SUM_NOTE if period.grain is Grain.WEEK else MONTH_NOTE) if is_marked else ""]
    notes += ["* Not all days are final." if any(not each.is_whole for each in report.top) else ""]
    return Section(title, table=MessageTable(TOP_HEADINGS, rows), note=" ".join(filter(None, notes)))


def _row(each: RankedRepository, link: str | None) -> tuple[Span, ...]:
    numbers = (
        _number(each.visitors)
        + (SUM_MARK if each.visitors_kind == "sum_of_days" and each.visitors is not None else ""),
        _number(each.views),
        _number(each.cloners) + (SUM_MARK if each.cloners_kind == "sum_of_days" and each.cloners is not None else ""),
        _number(each.clones),
    )
    name = Span(each.full_name + ("" if each.is_whole else " *"), link=link)
    return (name, *(Span(number) for number in numbers))


def _spike(spike: Spike, links: Links) -> Iterator[Line]:
    days = (spike.first, spike.last)
    name = Span(spike.full_name, bold=True, link=links.repository(spike.full_name, days))
    yield (name, Span(f", {short_day_text(spike.peak)}: {spike_text(spike)}. {why(spike, PLAIN)}."))


def _attention(report: Report) -> Iterator[Line]:
    for each in report.attention:
        yield finding_line(each)
    yield from _more(report.more_attention, "finding")
    if not report.attention:
        yield (Span("All repositories are up to date."),)


def finding_line(finding: Finding) -> Line:
    at = f" {finding.label}: {day_text(finding.moment)}." if finding.label and finding.moment else ""
    return (Span(finding.about, bold=True), Span(f": {finding.text}{at}"))


def _footer(links: Links) -> Iterator[Line]:
    if overview := links.page("overview"):
        yield (Span("Open the overview", link=overview),)
    if subscriptions := links.page("subscriptions"):
        yield (Span("Change or pause this report", link=subscriptions),)


def _more(number: int, noun: str) -> list[Line]:
    return [(Span(f"and {number_text(number)} more {noun}{'' if number == 1 else 's'}"),)] if number else []


def _number(value: int | None) -> str:
    return UNKNOWN if value is None else f"{number_text(value)}"


def shortened_lines(lines: Sequence[str], most: int) -> list[str]:
    """As many lines as have room, and how many were left out."""
    kept: list[str] = []
    room = most - len("... and 10,000 more")
    for place, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return [*kept, f"... and {number_text(len(lines) - place)} more"]
        kept.append(line)
    return kept
