"""The audit log: every administrative act. An admin reads all, a tenant's manager what concerns the tenant."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from data.accounts.audit import MOST, ActFilter
from data.calendar import DAY, utc_day, utc_now
from pages.administration import readers
from pages.administration.columns import ACTS
from pages.ui import messages, session

SPANS = {"7 days": 7, "31 days": 31, "Year": 365, "All": None}
ROWS_AT_SIGHT = 15


def begin_of(day: date) -> datetime:
    """The beginning of a UTC day."""
    return datetime.combine(day, time(0), UTC)


def wanted(search: str, span: str, today: date) -> ActFilter:
    """The acts of a span of UTC days that ends today, of whoever; the clocks of servers may differ a little."""
    days = SPANS[span]
    since = None if days is None else begin_of(today - timedelta(days=days - 1))
    return ActFilter(search, None, since, begin_of(today + 2 * DAY))


def draw_table(found: readers.Acts) -> None:
    """The acts in a table."""
    st.dataframe(
        found.table,
        column_config=ACTS,
        hide_index=True,
        key="audit_table",
        height=min(found.count, ROWS_AT_SIGHT) * 35 + 38,
        lazy=False,
        alt=f"{found.count} administrative acts, the newest first",
    )
    st.caption(
        f"The newest {MOST:,}." if found.count == MOST else f"{found.count:,} {'act' if found.count == 1 else 'acts'}."
    )


who = session.require_account()
st.title("Audit log", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", key="audit_filters"):
    search = st.text_input(
        "Search",
        key="audit_search",
        placeholder="A user, an act, a tenant",
        type="search",
        icon=":material/search:",
        live=True,
    )
    span = st.segmented_control("Days (UTC)", list(SPANS), default="31 days", required=True, key="audit_span")
everybody = wanted(search or "", span, utc_day(utc_now()))
shown = readers.acts(who, everybody)
if 1 < len(shown.actors) <= 12:
    actor = st.pills("Who", shown.actors, key="audit_actor", format_func=messages.literal)
    shown = readers.acts(who, replace(everybody, actor=actor))
if shown.count:
    draw_table(shown)
else:
    st.info("Nothing like that was done in these days.", icon=":material/fact_check:")
