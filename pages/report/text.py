"""The parts of a report as HTML. Pure but for the reader's way to write numbers; what comes from outside is escaped."""

from collections.abc import Callable, Iterable, Iterator
from html import escape

from data.reports.message import SUM_MARK, SUM_NOTE, open_days_text
from data.reports.models import RankedRepository, Report
from data.text import DAILY_CLONERS, DAILY_VISITORS, counted, number_text, short_day_text
from data.traffic.models import Grain

Link = Callable[[int, str], str]  # of a repository, by its id and name
HEADINGS = {  # of a month there are none but sums of days
    Grain.WEEK: ("Repository", "Unique visitors", "Views", "Unique cloners", "Clones"),
    Grain.MONTH: ("Repository", DAILY_VISITORS, "Views", DAILY_CLONERS, "Clones"),
}


def top_table(report: Report, link: Link) -> str:
    """The repositories with the most visitors; what is added up of days is marked."""
    head = "".join(f'<th scope="col">{each}</th>' for each in HEADINGS[report.period.grain])
    is_week = report.period.grain is Grain.WEEK
    rows = "".join(f"<tr>{''.join(_cells(each, link, is_week))}</tr>" for each in report.top)
    return f'<div class="report-table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(each: RankedRepository, link: Link, is_week: bool) -> Iterator[str]:
    yield f'<th scope="row">{_named(each.repository_id, each.full_name, link)}{"" if each.is_whole else " *"}</th>'
    for number, kind in (
        (each.visitors, each.visitors_kind),
        (each.views, ""),
        (each.cloners, each.cloners_kind),
        (each.clones, ""),
    ):
        mark = SUM_MARK if is_week and kind == "sum_of_days" and number is not None else ""
        yield f"<td>{'unknown' if number is None else number_text(number)}{mark}</td>"


def referrers(report: Report, link: Link) -> str:
    return _list(
        (
            f"<strong>{escape(each.referrer)}</strong>, {_named(each.repository_id, each.full_name, link)}: "
            f"{counted(each.views, 'view')} in 14 days, "
            f"first listed on {short_day_text(each.first_seen)}"
            for each in report.referrers
        ),
        report.more_referrers,
    )


def milestones(report: Report, link: Link) -> str:
    return _list(
        (
            f"{_named(each.repository_id, each.full_name, link)} reached "
            f"<strong>{number_text(each.stars)} stars</strong> on {short_day_text(each.day)}"
            for each in report.milestones
        ),
        report.more_milestones,
    )


def notes(report: Report) -> list[str]:
    """What has to be known of the numbers."""
    kinds = {kind for each in report.top for kind in (each.visitors_kind, each.cloners_kind)}
    sentences = [SUM_NOTE] if "sum_of_days" in kinds and report.period.grain is Grain.WEEK else []
    sentences += ["* Not all days are final."] if any(not each.is_whole for each in report.top) else []
    return [*sentences, *filter(None, [open_days_text(report)])]


def _named(repository_id: int, full_name: str, link: Link) -> str:
    return f'<a href="{escape(link(repository_id, full_name))}">{escape(full_name)}</a>'


def _list(items: Iterable[str], more: int) -> str:
    entries = [f"<li>{each}</li>" for each in items]
    entries += [f"<li>and {number_text(more)} more</li>"] if more else []
    return f'<ul class="report-list">{"".join(entries)}</ul>'
