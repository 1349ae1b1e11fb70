"""The cards of the overview: totals, what moved, and the table of repositories."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import streamlit as st

from data.accounts.models import Viewer
from data.traffic.models import Grain, Selection
from data.traffic.traffic import Totals
from pages.insight import overview_readers
from pages.insight.overview_rows import NAME_IN_LINK, Wish, change
from pages.ui import controls, drawings, filters, tables

NEWEST_DAYS = 31
MOVED_HELP = (
    "The clearest changes against as many days before, of the days that are final in both: by their size in standard "
    "errors, so that neither a tiny repository’s doubling nor a large one’s usual sway comes first."
)
NOTHING_MOVED = "Nothing has changed by more than chance and the usual sway account for."


def draw_totals(found: Totals, selection: Selection) -> None:
    """What the final days add up to, each against as many days before."""
    days = (selection.last - selection.first).days + 1
    cards = (
        ("Views", found.views),
        ("Visitor-days", found.visitor_days),
        ("Clones", found.clones),
        ("Cloner-days", found.cloner_days),
        ("Stars gained", found.stars),
    )
    comparable = found.comparable
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="overview_totals"):
        for name, total in cards:
            delta = change(total) if comparable else None
            number = "unknown" if total.value is None else total.value
            st.metric(name, number, delta, format="localized", width=140)
    st.caption(" ".join(_notes(found, selection, days, comparable)))


def _notes(found: Totals, selection: Selection, days: int, comparable: bool) -> list[str]:
    notes = [f"{tables.day_text(selection.first)} to {tables.day_text(selection.last)}, UTC days; of final days only."]
    as_many = "day" if days == 1 else f"{days:,} days"
    if comparable:
        notes.append(
            f"Changes are against the {as_many} before, of those days of each repository that are final in both."
        )
    else:
        notes.append(f"No change is shown: of the {as_many} before, less than half is known.")
    notes.append("Visitor-days and cloner-days add up each day’s unique people: who came on three days counts thrice.")
    if found.gap_days:
        notes.append(
            f"**{found.gap_days:,} days of repositories are gaps**: what happened then is not in these numbers."
        )
    return notes


def draw_outstanding(viewer: Viewer, selection: Selection) -> None:
    """The chart of views with the days that stood out, and in a sentence each why; each leads to its repository."""
    grain = drawings.legible(Grain.DAY, selection.first, selection.last)
    found = overview_readers.outstanding(viewer, selection, grain)
    st.header("What stood out, and why", anchor=False)
    if found.picture is not None:
        st.vega_lite_chart(
            found.picture.rows, found.picture.specification, alt=found.picture.alt, key="overview_views", height=260
        )
    if not found.told:
        if found.picture is not None:
            st.html(found.picture.legend)
        st.caption("No day stood out against its repository’s own weekly pattern.")
        return
    more = ""
    if found.others:
        times = "One other time" if found.others == 1 else f"{found.others:,} other times"
        more = f"<p>{times} something stood out less: each repository’s page shows its own.</p>"
    legend = f'<div style="margin-bottom:1em">{found.picture.legend}</div>' if found.picture is not None else ""
    st.html(f"{legend}{found.told}{more}")


def draw_movers(viewer: Viewer, selection: Selection, found: overview_readers.Glance) -> None:
    """What rises, and what falls; of the newest days, where there is no period before the chosen ones."""
    newest = not found.totals.comparable
    if newest:
        found = overview_readers.glance(viewer, _newest(selection))
    st.header("What moved", anchor=False, help=MOVED_HELP)
    if newest:
        st.caption(
            f"There is no period before to compare with: these are the last {NEWEST_DAYS} days against as many before."
        )
    if found.moved:
        st.html(found.moved)
    else:
        st.caption(NOTHING_MOVED)


def _newest(selection: Selection) -> Selection:
    return replace(selection, first=max(selection.first, selection.last - timedelta(days=NEWEST_DAYS - 1)))


def draw_repositories(viewer: Viewer, selection: Selection) -> None:
    """The table of repositories: searched, ordered, in pages; each row leads to its repository."""
    st.header("Repositories", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="overview_controls"):
        search = controls.search(width=280)
        ranked = st.selectbox("Order by", filters.RANKS, key="ranked", bind="query-params", width=160)
        wish = Wish(search, ranked)
        rows, count, total = overview_readers.listed(viewer, selection, wish)
        pages = -(-total // wish.size)
        number = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    if not total:
        st.info("No repository has such a name. Clear the search.", icon=":material/filter_alt_off:")
        return
    if number > 1:
        rows, count, _ = overview_readers.listed(viewer, selection, replace(wish, page=number))
    begin = (number - 1) * wish.size
    st.dataframe(
        rows,
        column_config=columns(),
        hide_index=True,
        placeholder=tables.UNKNOWN,
        key="overview_rows",
        height="content",
        alt=f"Repositories {begin + 1} to {begin + count} of {total}, with views, clones and stars of the period",
    )
    if pages > 1:
        st.caption(f"{begin + 1:,} to {begin + count:,} of {total:,} repositories")


@lru_cache(maxsize=1)
def columns() -> Mapping[str, Any]:
    """How each column of the table of repositories is headed and written."""
    config = st.column_config
    return {
        "link": config.LinkColumn("Repository", display_text=NAME_IN_LINK, pinned=True, width=190),
        "sparkline": config.AreaChartColumn("Views a day", y_min=0, width=130, help="Final days of the period"),
        "views": config.NumberColumn("Views", format="localized", width=80, help="Of the period’s final days"),
        "change": config.TextColumn(
            "Change", alignment="right", width=80, help="Of the views, against as many days before, like with like"
        ),
        "visitor_days": config.NumberColumn(
            "Visitor-days", format="localized", width=95, help="Each day’s unique visitors, added up"
        ),
        "clones": config.NumberColumn("Clones", format="localized", width=80, help="Of the period’s final days"),
        "stars": config.NumberColumn("Stars gained", format="localized", width=95, help="Of the same days"),
    }
