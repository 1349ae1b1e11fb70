"""The audit log: every administrative action. An admin reads all, a tenant's manager what concerns the tenant."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st
from streamlit import column_config as config

from data.accounts import audit
from data.accounts.audit import MOST, AuditFilter
from data.calendar import DAY, utc_day, utc_now
from data.text import counted, number_text
from pages.audit import view
from pages.ui import messages, session, tables
from pages.ui.controls import search
from pages.ui.store import the_store
from pages.ui.time_format import moment_column

COLUMNS: Mapping[str, Any] = {
    "at": moment_column("When"),
    "actor": config.TextColumn("Who"),
    "action": config.TextColumn("Action"),
    "subject": config.TextColumn("Target"),
    "detail": config.TextColumn("Detail", width="large"),
}

SPANS = {"7 days": 7, "30 days": 30, "365 days": 365, "All": None}
ROWS_AT_SIGHT = 15


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def audit_filter(text: str, names: Mapping[str, str], span: str, today: date) -> AuditFilter:
    """The entries of a span of UTC days that ends today, by anybody; the clocks of servers may differ a little."""
    wanted = text.casefold()
    meant = [number for number, name in names.items() if wanted and wanted in name.casefold()]
    days = SPANS[span]
    since = None if days is None else begin_of(today - timedelta(days=days - 1))
    return AuditFilter(text, tuple(meant), None, since, begin_of(today + 2 * DAY))


def draw_table(rows: Any) -> None:
    count = rows.num_rows
    alt = f"{count} administrative actions, the newest first"
    tables.draw_entries(rows, COLUMNS, "audit_table", alt, ROWS_AT_SIGHT, lazy=False)
    st.caption(f"The newest {number_text(MOST)}" if count == MOST else counted(count, "entry"))


who = session.require_account()
st.title("Audit log", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", key="audit_filters"):
    typed = search("audit_search", "User, action, tenant or repository")
    span = st.segmented_control("Days (UTC)", list(SPANS), default="30 days", required=True, key="audit_span")
names = view.names_of(who, the_store()) if typed else {}
wanted = everybody = audit_filter(typed, names, span, utc_day(utc_now()))
audit.move_outbox(the_store())
shown = audit.entries(who, the_store(), everybody)
actors = sorted({each.actor for each in shown})
if 1 < len(actors) <= 12:
    actor = st.pills("Who", actors, key="audit_actor", format_func=messages.literal)
    wanted = replace(everybody, actor=actor) if actor else everybody
if shown:
    draw_table(view.entry_rows(who, the_store(), wanted))
else:
    st.info("No entries match in these days.", icon=":material/fact_check:")
