"""Where people came from and what they looked at: GitHub's lists of the ten largest, over time and never added up."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from data.accounts.models import Account, Viewer
from data.repositories.models import Repository
from data.traffic.models import Selection
from pages.insight import listing_readers, repository_choice
from pages.insight.listing_readers import Lists, Newest
from pages.ui import messages, tables
from pages.ui.time_format import readers_day_format

ROWS_AT_SIGHT, ROW_PIXELS = 12, 35


@dataclass(frozen=True, slots=True)
class Words:
    """What a list is called, what stands in it, and the name of its choice in the address."""

    one: str
    many: str
    rest: str
    key: str


WORDS = {
    "referrers": Words("referrer", "referrers", "typed addresses, apps, and smaller sites", "referrer"),
    "paths": Words("page", "pages", "all other pages of the repository", "path"),
}
MOVE_HELP = "Since the list before: ▲ up, ▼ down, = as before, new, or left the list"


def draw(listing: str, viewer: Viewer, account: Account, repository: Repository, selection: Selection) -> None:
    """The section "Referrers" or "Popular content"."""
    words = WORDS[listing]
    found = listing_readers.lists(viewer, selection, listing)
    if not found.names:
        _draw_none(found, words)
        return
    st.caption(
        f"GitHub tells no day’s {words.many}: it shows the ten largest of the last 14 days. Each list is such a "
        "window, and lists share days, so they are compared here and never added up. What is in no list is unknown, "
        "not zero."
    )
    if found.newest is not None:
        _draw_newest(found.newest, words)
    _draw_table(found, words)
    st.header("Over time", anchor=False)
    st.vega_lite_chart(
        found.heat.rows, found.heat.specification, alt=found.heat.alt, key=f"repository_heat_{listing}", width="stretch"
    )
    st.caption("A cell is a list, the darker the more views in its 14 days; a blank is a list without the name.")
    _draw_bounds(listing, viewer, selection, found)
    if found.shares is not None:
        st.header("What the ten do not explain", anchor=False)
        st.vega_lite_chart(
            found.shares.rows,
            found.shares.specification,
            alt=found.shares.alt,
            key=f"repository_share_{listing}",
            width="stretch",
        )
        st.caption(
            f"The share of the views of the same 14 days that none of the ten {words.many} has: {words.rest}. It is a "
            "span, since GitHub does not tell at which hour its 14 days begin and end."
        )


def _draw_none(found: Lists, words: Words) -> None:
    if found.newest is None:
        text = f"No list of {words.many} has been collected yet. GitHub is asked once a day."
    else:
        text = f"No list seen in these days names a {words.one}: there was no such traffic. Choose more days."
    st.info(text, icon=":material/playlist_remove:")


def _draw_newest(newest: Newest, words: Words) -> None:
    """The newest list in numbers."""
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="repository_newest"):
        st.metric("Newest list", f"{newest.day.day} {newest.day:%b %Y}", width=170)
        st.metric(f"{words.many.capitalize()} in it", newest.entries, format="localized", width=130)
        st.metric("Their views, 14 days", newest.views, format="localized", width=160)
        if newest.unexplained is None:
            st.metric("Not explained by the ten", "unknown yet", width=210)
        else:
            day, low, high = newest.unexplained
            st.metric(f"Not explained, list of {day.day} {day:%b}", _share(low, high), width=210)


def _share(low: float, high: float) -> str:
    """A share between two bounds in whole percents."""
    least, most = (f"{each:.0%}".removesuffix("%") for each in (low, high))
    return f"{least} %" if least == most else f"{least} to {most} %"


def _draw_table(found: Lists, words: Words) -> None:
    config = st.column_config
    number = partial(config.NumberColumn, format="localized")
    day = partial(config.DateColumn, format=readers_day_format(), width=104)
    columns: dict[str, Any] = {
        "name": config.TextColumn(words.one.capitalize(), pinned=True, width=180),
        "rank": number("Rank", width=60, help="In the newest list"),
        "move": config.TextColumn("Move", width=66, help=MOVE_HELP),
        "views": number("Views", width=72, help="Of the 14 days of the newest list"),
        "view_uniques": number("Visitors", width=76, help="Unique visitors of these 14 days"),
        "best_rank": number("Best rank", width=82, help="In any list of these days"),
        "first": day("First seen", help="In any list ever; who was in the very first one may be older"),
        "last_seen": day("Last seen"),
        "lists": number("Lists", width=60, help="How many lists of these days have it"),
        "title": config.TextColumn("Title", width=240),
    }
    rows = len(found.names)
    st.dataframe(
        found.table,
        column_config=columns,
        hide_index=True,
        placeholder=tables.UNKNOWN,
        key="repository_listed",
        height="content" if rows <= ROWS_AT_SIGHT else (ROWS_AT_SIGHT + 1) * ROW_PIXELS + 2,
        alt=f"{rows} {words.many} with their ranks, views and when they were seen",
    )


def _draw_bounds(listing: str, viewer: Viewer, selection: Selection, found: Lists) -> None:
    """Between what the daily views of a chosen name lie."""
    words = WORDS[listing]
    st.header(f"A {words.one}, day by day", anchor=False)
    name = repository_choice.linked(words.one.capitalize(), found.names, words.key)
    picture = listing_readers.bounds(viewer, selection, listing, name)
    if picture is None:
        st.info("The lists of these days do not limit it. Choose more days.", icon=":material/query_stats:")
        return
    st.vega_lite_chart(
        picture.rows, picture.specification, alt=picture.alt, key=f"repository_bounds_{listing}", width="stretch"
    )
    cut = (selection.last - selection.first).days >= listing_readers.MOST_BOUND_DAYS
    days = f" The last {listing_readers.MOST_BOUND_DAYS} days are shown." if cut else ""
    st.caption(
        f"Not an estimate, but what must be true: each day {messages.literal(name)} had at least the thick line and at "
        "most the top of the band. It follows from how its 14-day sums rose and fell from list to list, from the last "
        f"of ten names where it is not among them, and from all views of each day.{days}"
    )
