"""The audit log: every administrative action. An admin reads all, a tenant's manager what concerns the tenant."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st
from streamlit import column_config as config

from data.accounts import audit, grants, tenants
from data.accounts.audit import MOST, AuditEntry, AuditFilter
from data.accounts.models import Account
from data.calendar import DAY, utc_day, utc_now
from data.repositories.repositories import repository_names
from data.store.arrow import arrow_rows
from data.text import counted, number_text
from pages.ui import messages, session, tables
from pages.ui.rows import search
from pages.ui.store import the_store
from pages.ui.time_format import moment_column

COLUMNS: Mapping[str, Any] = {
    "at": moment_column("When"),
    "actor": config.TextColumn("Who"),
    "action": config.TextColumn("Action"),
    "subject": config.TextColumn("Target"),
    "detail": config.TextColumn("Detail", width="large"),
}

NUMBERED = re.compile(r"\b(?:tenant|repository) [0-9]+\b")
SPANS = {"7 days": 7, "30 days": 30, "365 days": 365, "All": None}
ROWS_AT_SIGHT = 15


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def names_of(account: Account) -> dict[str, str]:
    """What entries call by number, with the names of today."""
    seen, store = grants.administered(account, the_store()), the_store()
    named = {f"tenant {each.tenant_id}": f"tenant {each.name}" for each in tenants.tenants(seen, store)}
    return named | {f"repository {key}": name for key, name in repository_names(seen, store).items()}


def with_names(text: str, names: Mapping[str, str]) -> str:
    return NUMBERED.sub(lambda found: names.get(found[0], found[0]), text)


def audit_filter(text: str, names: Mapping[str, str], span: str, today: date) -> AuditFilter:
    """The entries of a span of UTC days that ends today, by anybody; the clocks of servers may differ a little."""
    wanted = text.casefold()
    meant = [number for number, name in names.items() if wanted and wanted in name.casefold()]
    days = SPANS[span]
    since = None if days is None else begin_of(today - timedelta(days=days - 1))
    return AuditFilter(text, tuple(meant), None, since, begin_of(today + 2 * DAY))


def draw_table(entries: Sequence[AuditEntry], names: Mapping[str, str]) -> None:
    rows = [
        {
            "at": each.happened_at,
            "actor": each.actor,
            "action": each.action,
            "subject": with_names(each.subject, names),
            "detail": with_names(each.detail or "", names),
        }
        for each in entries
    ]
    alt = f"{len(rows)} administrative actions, the newest first"
    tables.draw_entries(arrow_rows(rows), COLUMNS, "audit_table", alt, ROWS_AT_SIGHT, lazy=False)
    st.caption(f"The newest {number_text(MOST)}" if len(rows) == MOST else counted(len(rows), "entry"))


who = session.require_account()
st.title("Audit log", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", key="audit_filters"):
    typed = search("audit_search", "User, action, tenant or repository")
    span = st.segmented_control("Days (UTC)", list(SPANS), default="30 days", required=True, key="audit_span")
names = names_of(who)
everybody = audit_filter(typed, names, span, utc_day(utc_now()))
audit.move_outbox(the_store())
shown = audit.entries(who, the_store(), everybody)
actors = sorted({each.actor for each in shown})
if 1 < len(actors) <= 12:
    actor = st.pills("Who", actors, key="audit_actor", format_func=messages.literal)
    shown = audit.entries(who, the_store(), replace(everybody, actor=actor)) if actor else shown
if shown:
    draw_table(shown, names)
else:
    st.info("No entries match in these days.", icon=":material/fact_check:")
