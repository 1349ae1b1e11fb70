"""The report as it is shown and printed: its choice of a period, its numbers, its lists."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

import streamlit as st

from data.accounts.models import Viewer
from data.calendar import DAY, utc_day
from data.insight.text import change
from data.reports.models import Period, Report, ReportRefused, newest_period, period_named
from data.reports.report import report_of_traffic
from data.repositories.repositories import repository_names
from data.store import Store
from data.store.cache import cached
from data.text import DAILY_CLONERS, DAILY_VISITORS, SUM_HELP, counted, day_text
from data.traffic.models import Grain
from data.traffic.traffic import Totals
from pages.report import text
from pages.ui import filters
from pages.ui.charts.chart import draw
from pages.ui.charts.spikes import spikes_in_chart
from pages.ui.spike_list import spike_list
from pages.ui.text import repository_link

TOP = 10  # repositories
ADDRESS = "period"  # in the address: 2026-10, 2026-W47
PERIOD, UNIT = "report_period", "report_unit"
UNITS = {"Month": Grain.MONTH, "Week": Grain.WEEK}
PRINT = '<a class="copy-link print-page" role="button" href="#print">Print or save as PDF</a>'
CARDS = {
    "Views": "views",
    DAILY_VISITORS: "visitor_days",
    "Clones": "clones",
    DAILY_CLONERS: "cloner_days",
    "Stars gained": "stars",
}


def periods(grain: Grain, first: date, today: date) -> dict[str, Period]:
    """The periods that are over, the newest first, back to that of the first known day; one at least."""
    each = newest_period(grain, today)
    found = {each.name: each}
    while each.first > first:
        each = Period(grain, grain.first_day(each.first - DAY))
        found[each.name] = each
    return found


@cached("traffic", in_words=True)
def _offered(store: Store, grain: Grain, first: date, today: date) -> Mapping[str, str]:
    """The periods to choose from, in words, by name."""
    return MappingProxyType({name: each.text for name, each in periods(grain, first, today).items()})


def choose_period(store: Store, first: date, today: date) -> Period:
    """The choice of a month or week, which stands in the address, with those before and after."""
    asked = st.query_params.get(ADDRESS)
    chosen = newest_period(Grain.MONTH, today)
    try:
        chosen = period_named(asked, today) if asked else chosen
    except ReportRefused:
        st.info(filters.UNUSABLE, icon=":material/link_off:")
    offered = _offered(store, chosen.grain, min(first, chosen.first), today)
    names = list(offered)
    place = names.index(chosen.name)
    st.session_state[PERIOD] = chosen.name
    st.session_state[UNIT] = next(name for name, grain in UNITS.items() if grain is chosen.grain)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", width="content", key="period"):
        st.selectbox(
            "Period",
            names,
            format_func=offered.__getitem__,
            key=PERIOD,
            on_change=lambda: _go(st.session_state[PERIOD]),
            width=230,
        )
        for label, icon, other in (("Earlier", "chevron_left", place + 1), ("Later", "chevron_right", place - 1)):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"report_{label.lower()}",
                disabled=not 0 <= other < len(names),
                on_click=_go,
                args=(names[other % len(names)],),
            )
    st.segmented_control(
        "Unit",
        list(UNITS),
        required=True,
        key=UNIT,
        on_change=lambda: _go(_beside(chosen, UNITS[st.session_state[UNIT]], today).name),
        label_visibility="collapsed",
    )
    return chosen


def _go(name: str) -> None:
    st.query_params[ADDRESS] = name


def _beside(period: Period, grain: Grain, today: date) -> Period:
    """The week or month at the end of a period, or the newest that is over."""
    return min(Period(grain, grain.first_day(period.last)), newest_period(grain, today))


def draw_totals(report: Report, last_year: Totals) -> None:
    """The numbers with their change against the period before, and below against a year before."""
    period, totals = report.period, report.totals
    before = Period(period.grain, period.grain.first_day(period.first - DAY))
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="report_totals"):
        for label, name in CARDS.items():
            total, earlier = getattr(totals, name), getattr(last_year, name)
            delta = change(total.compared, total.before) if totals.comparable else None
            with st.container(width=140, gap="xxsmall"):
                number = "unknown" if total.value is None else total.value
                help_text = SUM_HELP if name.endswith("_days") else None
                st.metric(label, number, delta, format="localized", help=help_text)
                beside = change(earlier.compared, earlier.before) if last_year.comparable else None
                st.caption(f"{beside or '–'} vs last year")
    arrows = f"Arrows: vs {before.text}." if totals.comparable else f"Not enough is known of {before.text} to compare."
    year = "vs last year: the same days of the same repositories a year before."
    st.caption(f"Final days only. {arrows} {year}")


@cached("traffic", in_words=True)
def _lists(
    viewer: Viewer, store: Store, seen: Viewer, period: Period, today: date
) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """The lists that are not empty as HTML, each between its heading and what is said below; and the notes. `seen` are
    the repositories of the report, which the viewer knows by their names.
    """
    report, names = report_of_traffic(seen, store, period, TOP, today), repository_names(viewer, store)

    def link(repository_id: int, full_name: str) -> str:
        return repository_link(names.get(repository_id, full_name), (period.first, period.last))

    spikes = spike_list([(each, link(each.repository_id, each.full_name)) for each in report.spikes])
    smaller = f"{counted(report.more_spikes, 'smaller spike')} on the repository pages." if report.more_spikes else ""
    every = (
        (report.top, "Top repositories", text.top_table(report, link), ""),
        (report.spikes, "Spikes and likely causes", spikes, smaller),
        (report.referrers, "New referrers", text.referrers(report, link), ""),
        (report.milestones, "Milestones", text.milestones(report, link), ""),
    )
    return tuple((heading, html, below) for entries, heading, html, below in every if entries), tuple(
        text.notes(report)
    )


def draw_report(viewer: Viewer, seen: Viewer, store: Store, report: Report, now: datetime) -> None:
    """What is below the numbers: the chart, and the lists."""
    selection = report.period.selection(utc_day(now))
    drawn = spikes_in_chart(seen, store, selection, Grain.DAY)
    if drawn is not None:
        st.header("Views per day", anchor=False)
        draw(drawn, "report_views")
    lists, notes = _lists(viewer, store, seen, report.period, utc_day(now))
    for heading, html, below in lists:
        st.header(heading, anchor=False)
        st.html(html)
        if below:
            st.caption(below)
    for note in notes:
        st.caption(note)
    st.caption(f"Days are UTC. Source: GitHub. Made on {day_text(now)} with GitHub Traffic.")
