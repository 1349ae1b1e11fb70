"""The audit log: every administrative act. An admin reads all, a tenant's manager what concerns the tenant."""

from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from data.audit import MOST, Act, ActFilter, acts
from data.calendar import DAY, utc_day, utc_now
from pages.ui import messages, session
from pages.ui.store import the_store

SPANS = {"7 days": 7, "31 days": 31, "Year": 365, "All": None}
ROWS_AT_SIGHT = 15


def since(span: str, today: date) -> datetime | None:
    """The beginning of a span of UTC days that ends today."""
    days = SPANS[span]
    return None if days is None else datetime.combine(today - timedelta(days=days - 1), time(0), UTC)


def draw_table(found: list[Act]) -> None:
    """The acts in a table."""
    rows = [
        {
            "at": each.happened_at,
            "actor": each.actor,
            "act": each.act,
            "subject": each.subject,
            "detail": each.detail or "",
        }
        for each in found
    ]
    text = st.column_config.TextColumn
    st.dataframe(
        rows,
        column_config={
            "at": st.column_config.DatetimeColumn("When", format="localized", help="In your own time zone"),
            "actor": text("Who"),
            "act": text("Did"),
            "subject": text("On"),
            "detail": text("Detail", width="large"),
        },
        hide_index=True,
        key="audit_table",
        height=min(len(rows), ROWS_AT_SIGHT) * 35 + 38,
        alt=f"{len(rows)} administrative acts, the newest first",
    )
    st.caption(
        f"The newest {MOST:,}." if len(rows) == MOST else f"{len(rows):,} {'act' if len(rows) == 1 else 'acts'}."
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
begin = since(span, utc_day(utc_now()))
everything = acts(who, the_store(), ActFilter(search or "", None, begin, utc_now() + DAY))
actors = sorted({act.actor for act in everything})
actor = st.pills("Who", actors, key="audit_actor", format_func=messages.literal) if 1 < len(actors) <= 12 else None
shown = [act for act in everything if actor in {None, act.actor}]
if shown:
    draw_table(shown)
else:
    st.info("Nothing like that was done in these days.", icon=":material/fact_check:")
