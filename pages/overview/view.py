"""What the overview shows below its totals: spikes, what has changed, health, the table of repositories."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

import streamlit as st

from data.accounts.models import Account, Viewer
from data.calendar import DAY, utc_now
from data.insight.overview import selection_movers
from data.insight.spike_causes import explained_spikes, spikes
from data.repositories.repositories import repository_names
from data.store import Store
from data.store.arrow import arrow_rows
from data.store.cache import cached
from data.text import DAILY_VISITORS, SUM_HELP, counted, number_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import day_range, repository_sums, sparklines
from pages.overview import text
from pages.overview.text import TableRequest
from pages.ui import controls, filters, repository_status, tables
from pages.ui.charts.chart import draw
from pages.ui.charts.spikes import MOST_SPIKES, spikes_in_chart
from pages.ui.spike_list import spike_list
from pages.ui.text import NAME_IN_LINK, repository_link

NEWEST_DAYS = 31
MOST_MOVERS = 5  # that rise, and that fall
AROUND = timedelta(days=14)  # a spike, on the page that it leads to
MOST_TOLD = 4  # of each kind that needs attention
MOVED_HELP = (
    "The clearest changes of final days, largest difference first, compared as chosen above, or with the previous "
    "period. Usual ups and downs are left out. Newly tracked: too few earlier days to compare."
)
NOTHING_MOVED = "No change beyond the usual ups and downs."


def draw_spikes(viewer: Viewer, store: Store, selection: Selection, grain: Grain) -> None:
    """The chart of views with the spikes, and in a sentence each its causes; each leads to its repository."""
    st.header("Spikes and likely causes", anchor=False)
    split = filters.choose_split(viewer, selection)
    drawn = spikes_in_chart(viewer, store, selection, grain, split=split)
    if drawn is not None:
        draw(drawn, "overview_views")
    if listed := _spike_list(viewer, store, selection):
        st.html(listed)
    else:
        st.caption("No spikes: every day is within the usual range of its repository.")


@cached("traffic", in_words=True)
def _spike_list(viewer: Viewer, store: Store, selection: Selection) -> str:
    """The spikes as HTML; '' where there are none."""
    notable = explained_spikes(viewer, store, selection, MOST_SPIKES)
    if not notable:
        return ""
    others = spikes(viewer, store, selection, MOST_SPIKES)[1] - len(notable)
    more = ""
    if others:
        smaller = "1 smaller spike is" if others == 1 else f"{number_text(others)} smaller spikes are"
        more = f"<p>{smaller} on the repository pages.</p>"
    names = repository_names(viewer, store)
    links = []
    for spike in notable:
        days = _known(viewer, store, spike.first - AROUND, min(spike.last + AROUND, selection.today - DAY))
        links.append((spike, repository_link(names.get(spike.repository_id, spike.full_name), days)))
    return f"{spike_list(links)}{more}"


def _known(viewer: Viewer, store: Store, first: date, last: date) -> tuple[date, date]:
    """The days of a link: none before the first known one, of which a page would say that it is not there."""
    known = day_range(viewer, store)
    return (max(first, known[0]) if known and known[0] <= last else first), last


def draw_movers(viewer: Viewer, store: Store, selection: Selection, *, comparable: bool) -> None:
    """What rises, and what falls; of the newest days, where there is no period before the chosen ones."""
    st.header("Biggest changes", anchor=False, help=MOVED_HELP)
    if not comparable:
        first = max(selection.first, selection.last - timedelta(days=NEWEST_DAYS - 1))
        selection = replace(selection, first=first, before_days=None)
        days = counted(selection.days, "day")
        st.caption(f"No earlier period to compare with: the last {days} against the {selection.days} before.")
    if listed := _moved_table(viewer, store, selection):
        st.html(listed)
    else:
        st.caption(NOTHING_MOVED)


@cached("traffic", in_words=True)
def _moved_table(viewer: Viewer, store: Store, selection: Selection) -> str:
    """What has changed most as HTML; '' where nothing has."""
    moved = selection_movers(viewer, store, selection)
    risers = [each for each in moved if each.change > 0][:MOST_MOVERS]
    shown = risers + [each for each in moved if each.change < 0][:MOST_MOVERS]
    shown.sort(key=lambda each: -each.change)
    days = _known(viewer, store, selection.first, selection.last)
    return text.moved_table(shown, repository_names(viewer, store), days) if shown else ""


def draw_repositories(viewer: Viewer, store: Store, selection: Selection) -> None:
    st.header("Repositories", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="overview_controls"):
        search = controls.search_in_address(width=280)
        ranked = st.selectbox("Sort by", filters.RANKS, key="ranked", bind="query-params", width=160)
        request = TableRequest(search, ranked)
        rows, total = _listed(viewer, store, selection, request)
        pages = -(-total // request.size)
        number = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    if not total:
        st.info("No repositories match. Clear the search.", icon=":material/filter_alt_off:")
        return
    if number > 1:
        rows, _ = _listed(viewer, store, selection, replace(request, page=number))
    begin = (number - 1) * request.size
    end = begin + rows.num_rows
    alt = f"Repositories {begin + 1} to {end} of {total}, with views, clones and stars of the period"
    tables.draw(rows, _columns(tables.name_width()), "overview_rows", alt)
    if pages > 1:
        st.caption(f"{number_text(begin + 1)} to {number_text(end)} of {number_text(total)} repositories")


@cached("traffic", in_words=True)
def _listed(viewer: Viewer, store: Store, selection: Selection, request: TableRequest) -> tuple[Any, int]:
    """A page of the table of repositories as Arrow, and how many rows all pages have."""
    shown, total = text.page(repository_sums(viewer, store, selection), request)
    keys = frozenset(each["repository_id"] for each in shown)
    lines = sparklines(viewer, store, replace(selection, repository_ids=keys))
    days = _known(viewer, store, selection.first, selection.last)
    names = repository_names(viewer, store)
    return arrow_rows([text.row(each, names, days, lines) for each in shown]), total


@cache
def _columns(name_width: int) -> Mapping[str, Any]:
    config = st.column_config
    number = partial(config.NumberColumn, format="localized")
    against = "Views, compared as chosen above, or with the previous period"
    return {
        "link": config.LinkColumn("Repository", display_text=NAME_IN_LINK, pinned=True, width=name_width),
        "sparkline": config.AreaChartColumn("Views per day", y_min=0, width=130, help="Final days only"),
        "views": number("Views", width=80, help="Of the days above"),
        "change": config.TextColumn("Change", alignment="right", width=80, help=against),
        "visitor_days": number(DAILY_VISITORS, width=140, help=SUM_HELP),
        "clones": number("Clones", width=80, help="Of the days above"),
        "stars": number("Stars gained", width=95),
    }


def draw_health(viewer: Viewer, store: Store, account: Account) -> None:
    """What needs attention, or that nothing does."""
    st.header("Health", anchor=False)
    found = repository_status.health_of(account, viewer, store, utc_now())
    for words, show in ((found.problems, st.error), (found.warnings, st.warning)):
        if words:
            show(words, icon=":material/warning:")
    if not found.read.findings:
        st.markdown(found.text)
