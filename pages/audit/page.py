"""The audit log: every administrative action. An admin reads all, a tenant's manager what concerns the tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st
from pandas import DataFrame
from streamlit import column_config as config

from data.accounts import audit
from data.accounts.audit import MOST, AuditEntry, AuditFilter
from data.calendar import DAY, utc_day, utc_now
from pages.ui import messages, session
from pages.ui.store import the_store
from pages.ui.text import counted
from pages.ui.time_format import moment_column

COLUMNS: Mapping[str, Any] = {
    "at": moment_column("When"),
    "actor": config.TextColumn("Who"),
    "action": config.TextColumn("Action"),
    "subject": config.TextColumn("Target"),
    "detail": config.TextColumn("Detail", width="large"),
}

SPANS = {"7 days": 7, "31 days": 31, "Year": 365, "All": None}
ROWS_AT_SIGHT = 15


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def audit_filter(search: str, span: str, today: date) -> AuditFilter:
    """The entries of a span of UTC days that ends today, by anybody; the clocks of servers may differ a little."""
    days = SPANS[span]
    since = None if days is None else begin_of(today - timedelta(days=days - 1))
    return AuditFilter(search, None, since, begin_of(today + 2 * DAY))


def draw_table(entries: Sequence[AuditEntry]) -> None:
    rows = [
        {
            "at": each.happened_at,
            "actor": each.actor,
            "action": each.action,
            "subject": each.subject,
            "detail": each.detail or "",
        }
        for each in entries
    ]
    st.dataframe(
        DataFrame(rows),
        column_config=COLUMNS,
        hide_index=True,
        key="audit_table",
        height=min(len(rows), ROWS_AT_SIGHT) * 35 + 38,
        lazy=False,
        alt=f"{len(rows)} administrative actions, the newest first",
    )
    st.caption(f"The newest {MOST:,}" if len(rows) == MOST else counted(len(rows), "entry"))


who = session.require_account()
st.title("Audit log", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", key="audit_filters"):
    search = st.text_input(
        "Search",
        key="audit_search",
        placeholder="A user, an action, a tenant",
        type="search",
        icon=":material/search:",
        live=True,
    )
    span = st.segmented_control("Days (UTC)", list(SPANS), default="31 days", required=True, key="audit_span")
everybody = audit_filter(search or "", span, utc_day(utc_now()))
audit.move_outbox(the_store())
shown = audit.entries(who, the_store(), everybody)
actors = sorted({each.actor for each in shown})
if 1 < len(actors) <= 12:
    actor = st.pills("Who", actors, key="audit_actor", format_func=messages.literal)
    shown = audit.entries(who, the_store(), replace(everybody, actor=actor)) if actor else shown
if shown:
    draw_table(shown)
else:
    st.info("No entries match in these days.", icon=":material/fact_check:")
