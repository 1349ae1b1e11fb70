"""What can be done with a dashboard beside looking at it: make, copy, share, remove, take away and bring in."""

from dataclasses import replace
from functools import partial

import streamlit as st

from data.accounts.models import Account
from data.accounts.saved_items import SavedItemRefused
from data.calendar import utc_now
from data.dashboards.dashboards import DASHBOARDS
from data.dashboards.specification import (
    LONGEST_NAME,
    MOST_BYTES,
    Dashboard,
    SpecificationRefused,
    parse_dashboard,
    written,
)
from pages.dashboards import choosing
from pages.dashboards.choosing import Chosen, Draft
from pages.dashboards.panel_view import file_name
from pages.ui import messages, readers, saved_items, session
from pages.ui.store import the_store


def draw(account: Account, chosen: Chosen, dashboard: Dashboard | None) -> None:
    """The buttons beside the choice; without a dashboard those that need none."""
    may_change = chosen.saved is not None and chosen.saved.may_change(account)
    editing = choosing.draft_of(chosen.key) is not None
    if dashboard is not None and not editing:
        if may_change:
            if st.button("Change", icon=":material/edit:", key="dashboards_change"):
                choosing.keep_draft(chosen.key, Draft(dashboard))
                st.rerun()
        elif st.button("Make it mine", icon=":material/content_copy:", key="dashboards_copy", help=_COPY_HELP):
            _add(account, dashboard, "Your copy is here: change it as you like.", edit=True)
    with st.popover("More", icon=":material/more_horiz:", key="dashboards_more"):
        if st.button("New dashboard …", icon=":material/add:", key="dashboards_new", type="tertiary"):
            _new(account)
        if dashboard is not None:
            _draw_copies(account, chosen, dashboard)
        if st.button("Import …", icon=":material/upload:", key="dashboards_import", type="tertiary"):
            _import(account)
        if chosen.saved is not None and may_change:
            saved_items.draw_sharing("dashboards", account, DASHBOARDS, chosen.saved)
            saved_items.draw_removing("dashboards", account, DASHBOARDS, chosen.saved, partial(_forget, chosen.key))


_COPY_HELP = "Make a copy of your own, which you can change"


def _draw_copies(account: Account, chosen: Chosen, dashboard: Dashboard) -> None:
    if st.button("Duplicate", icon=":material/content_copy:", key="dashboards_duplicate", type="tertiary"):
        name = f"{dashboard.name[: LONGEST_NAME - 7]} (copy)"
        _add(account, replace(dashboard, name=name), "The copy is yours: change it as you like.")
    draft = choosing.draft_of(chosen.key)
    shown = dashboard if draft is None else draft.dashboard
    st.download_button(
        "Export as JSON",
        readers.download(lambda viewer, store: written(shown).encode()),
        f"{file_name(dashboard.name)}.dashboard.json",
        "application/json",
        icon=":material/download:",
        key="dashboards_export",
        type="tertiary",
        on_click="ignore",
    )


def _forget(key: str) -> None:
    choosing.drop_draft(key)
    st.query_params.pop(choosing.ADDRESS, None)


def _add(account: Account, dashboard: Dashboard, done: str, *, edit: bool = False) -> None:
    key = str(DASHBOARDS.add(the_store(), account.username, dashboard, utc_now()))
    if edit:
        choosing.keep_draft(key, Draft(dashboard))
    choosing.show(key)
    messages.notice_after_rerun(done)


@st.dialog("New dashboard", icon=":material/add:")
def _new(account: Account) -> None:
    with messages.shown():
        session.require_account()
        name = st.text_input("Name", max_chars=LONGEST_NAME, key="dashboards_new_name", placeholder="What it answers")
        if st.button("Make it", type="primary", key="dashboards_new_submit", width="stretch"):
            try:
                _add(account, Dashboard((name or "").strip()), "Add its first panel.", edit=True)
            except (SpecificationRefused, SavedItemRefused) as refusal:
                messages.refused(refusal)


@st.dialog("Import a dashboard", icon=":material/upload:")
def _import(account: Account) -> None:
    with messages.shown():
        session.require_account()
        st.caption("A specification as JSON, as *Export* gives it. It becomes a new dashboard of yours.")
        file = st.file_uploader("File", type=["json"], key="dashboards_import_file", max_upload_size=1)
        pasted = st.text_area("Or paste it", max_chars=MOST_BYTES, key="dashboards_import_text", height=160)
        if st.button("Import", type="primary", key="dashboards_import_submit", width="stretch"):
            _bring_in(account, file.getvalue() if file is not None else pasted or "")


def _bring_in(account: Account, text: str | bytes) -> None:
    try:
        dashboard = parse_dashboard(text)
    except SpecificationRefused as refusal:
        st.error("This is not a dashboard that can be shown:", icon=":material/error:")
        st.markdown("\n".join(f"- {messages.literal(problem)}" for problem in refusal.problems))
        return
    try:
        _add(account, dashboard, "The dashboard is imported, and yours.")
    except SavedItemRefused as refusal:
        messages.refused(refusal)
