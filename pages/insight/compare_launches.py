"""Launches aligned at day 0: what came from a release, a note or any other day on, against what was usual before."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import streamlit as st

from data.accounts.models import Viewer
from data.insight import compare
from data.insight.compare import MOST_LAUNCHES, Launch
from data.store import Store
from data.traffic.models import Selection
from pages.insight import compare_readers, compare_rows
from pages.insight.compare_rows import FOLLOWED, called
from pages.ui import filters, messages, readers, tables
from pages.ui.controls import choice

LAUNCH = "launch"  # the parameter of an address: OWNER/NAME@2026-05-31, once a launch
WIDGET = "compare_launches"
AT_FIRST = 3  # launches that are shown where none is asked for
METRICS = {name: metric for metric, name in FOLLOWED.items()}
_WRITTEN = re.compile(r"(?P<name>\S{1,200})@(?P<day>\d{4}-\d{2}-\d{2})")


def draw(viewer: Viewer, selection: Selection) -> None:
    """The choice of launches, the chart, what each has brought, and files of it."""
    today = selection.today or selection.last
    wanted = _choice(viewer, selection, today)
    if not wanted:
        st.info(
            "Choose one or several launches above: releases and notes of the repositories that are chosen under "
            "*Repositories*. A note makes any other day one.",
            icon=":material/rocket_launch:",
        )
        return
    with st.container(horizontal=True, key="compare_controls"):
        metric = METRICS[choice("Measure", METRICS, "Views", "measure")]
        days = filters.AFTER[choice("Days after", filters.AFTER, "30 days", "after")]
    found = compare_readers.followed(viewer, wanted, (metric, days), today)
    if found.picture is None:
        st.info("Nothing is known of the days from these launches on.", icon=":material/hourglass_empty:")
    else:
        st.vega_lite_chart(found.picture.rows, found.picture.specification, alt=found.picture.alt, key="compare_chart")
        st.html(found.picture.legend)
    st.caption(
        "Sums from day 0 on, of final days. *Usual before* is the median of each weekday in the eight weeks before the "
        "day before the launch, of the same repository. Stars are those gained."
    )
    for sentence in found.remarks:
        st.caption(f":material/info: {messages.literal(sentence)}")
    _draw_lifts(found.table, wanted, days)
    _draw_downloads(wanted, days, today)


def _choice(viewer: Viewer, selection: Selection, today: date) -> tuple[Launch, ...]:
    """The launches that are wanted: by the address at first, then by whoever chooses; they stand in the address."""
    of = selection.repository_ids or compare_readers.largest(viewer, selection)
    names = readers.repository_names(viewer)
    known = {_key(each, names): each for each in compare_readers.offered(viewer, of, today)}
    asked = st.query_params.get_all(LAUNCH) if WIDGET not in st.session_state else st.session_state[WIDGET]
    read = {text: _read(text, names, viewer, today) for text in asked if text not in known}
    if WIDGET not in st.session_state:
        if not all(read.values()):
            st.info(filters.UNUSABLE, icon=":material/link_off:")
        found = [text for text in dict.fromkeys(asked) if text in known or read[text]]
        st.session_state[WIDGET] = (found if asked else _at_first(known, readers.day_range(viewer)))[:MOST_LAUNCHES]
    options = {text: launch for text, launch in read.items() if launch} | known
    chosen = st.multiselect(
        "Launches",
        list(options),
        format_func=lambda key: called(options[key]) if key in options else key,
        max_selections=MOST_LAUNCHES,
        placeholder="Releases and notes, the newest first",
        key=WIDGET,
    )
    if st.query_params.get_all(LAUNCH) != chosen:
        st.query_params[LAUNCH] = chosen
    return tuple(options[key] for key in chosen)


def _at_first(known: Mapping[str, Launch], days: tuple[date, date] | None) -> list[str]:
    """The newest launches of whose first week something is known."""
    if days is None:
        return []
    first, last = days[0], days[1] - timedelta(days=10)
    return [key for key, launch in known.items() if first <= launch.day <= last][:AT_FIRST]


def _key(launch: Launch, names: Mapping[int, str]) -> str:
    return f"{names[launch.repository_id]}@{launch.day}"


def _read(text: str, names: Mapping[int, str], viewer: Viewer, today: date) -> Launch | None:
    """What an address asks for; None where there is no such repository to see, or no such day."""
    found = _WRITTEN.fullmatch(text)
    key = next((key for key, name in names.items() if found and name == found["name"]), None)
    try:
        day = date.fromisoformat(found["day"]) if found else today
    except ValueError:
        return None
    if found is None or key is None or not date(2008, 1, 1) <= day < today:
        return None
    offered = compare_readers.offered(viewer, frozenset({key}), today)
    return next((each for each in offered if each.day == day), Launch(key, found["name"], day))


def _draw_lifts(table: Any, wanted: tuple[Launch, ...], days: int) -> None:
    st.subheader("What each launch has brought", anchor=False)
    config = st.column_config
    st.dataframe(
        table,
        column_config={
            "launch": config.TextColumn("Launch", width=230),
            "metric": config.TextColumn("What", width=95),
            "came": config.NumberColumn("Came", format="localized", width=75, help=f"Day 0 to day {days}"),
            "usual": config.NumberColumn("Usual", format="localized", width=75, help="On the same days"),
            "lift": config.NumberColumn("Lift", format="localized", width=75, help="What came, less what is usual"),
            "share": config.TextColumn(
                "Came to usual", alignment="right", width=110, help="Its change, or how many times"
            ),
            "known": config.TextColumn(
                "Days", width=85, help="Days that are final and have a usual number; both numbers are of these only"
            ),
        },
        hide_index=True,
        placeholder=tables.UNKNOWN,
        key="compare_lifts",
        height="content",
        alt=f"Views, clones and stars of {len(wanted)} launches until day {days}, against what is usual",
    )


def _draw_downloads(wanted: tuple[Launch, ...], days: int, today: date) -> None:
    with st.container(horizontal=True):
        for label, read, name in (
            ("Download this table", lifts_csv, "lifts"),
            ("Download the days", days_csv, "days"),
        ):
            st.download_button(
                label,
                readers.download(lambda viewer, store, read=read: read(viewer, store, wanted, days, today)),  # type: ignore[misc]
                f"launches-{name}-until-day-{days}.csv",
                "text/csv",
                icon=":material/download:",
                key=f"compare_{name}_csv",
                on_click="ignore",
            )


def lifts_csv(viewer: Viewer, store: Store, wanted: tuple[Launch, ...], days: int, today: date) -> bytes:
    """The table as CSV."""
    rows = compare.aligned(viewer, store, wanted, days, today)
    return tables.csv_of(compare_rows.lift_table(compare.lifts(rows, days), wanted))


def days_csv(viewer: Viewer, store: Store, wanted: tuple[Launch, ...], days: int, today: date) -> bytes:
    """Every day of every launch as CSV."""
    return tables.csv_of(compare_rows.daily_table(compare.aligned(viewer, store, wanted, days, today), wanted))
