"""Dashboards: choose one, look at it with other days or repositories, build, share, export and import one's own.

A dashboard goes by a key: the name of a canned one, or the number of a saved one; it stands in the address. So do the
page's own filters: other days or repositories than the panels say.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from data.accounts import grants
from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.dashboards.dashboards import DASHBOARDS, SavedDashboard, canned_dashboards
from data.dashboards.specification import (
    LONGEST_NAME,
    MOST_BYTES,
    Dashboard,
    Kind,
    Panel,
    Range,
    SpecificationRefused,
    parse_dashboard,
    written,
)
from data.traffic.models import Selection
from pages.dashboards import editor, view
from pages.dashboards.editor import Draft
from pages.ui import controls, filters, messages, periods, saved_items, session
from pages.ui.store import the_store

ADDRESS = "dashboard"  # in the address
CHOICE = "dashboards_choice"
NOT_HERE = "This dashboard does not exist, or you don’t have access to it. Another one is shown."
COPY_HELP = "Creates a copy of your own"
OWN = "Default"
FORMER_KEY = "days"  # in addresses of before, for the range


@dataclass(frozen=True, slots=True)
class Chosen:
    """The dashboard that is looked at; `saved` is None for a canned one."""

    key: str
    saved: SavedDashboard | None


def choose(account: Account) -> Chosen:
    saved = {str(each.item_id): each for each in DASHBOARDS.seen_by(account, the_store())}
    names = _names(saved, account)
    keys = list(names)
    asked = st.query_params.get(ADDRESS)
    if asked is not None and asked not in keys:
        st.info(NOT_HERE, icon=":material/link_off:")
    chosen = asked if asked in keys else keys[0]
    st.session_state[CHOICE] = chosen
    st.selectbox(
        "Dashboard",
        keys,
        format_func=names.__getitem__,
        key=CHOICE,
        on_change=lambda: st.query_params.update({ADDRESS: st.session_state[CHOICE]}),
        label_visibility="collapsed",
        width=420,
    )
    others = [names[key] for key in editor.drafts() if key != chosen and key in names]
    if others:
        st.badge(f"Unsaved changes in {messages.literal(', '.join(others))}", icon=":material/edit:", color="orange")
    return Chosen(chosen, saved.get(chosen))


def opened(chosen: Chosen) -> tuple[Dashboard | None, tuple[str, ...]]:
    """What it is made of; None, and why, where another release has saved it so that this one cannot read it."""
    try:
        return (chosen.saved.dashboard() if chosen.saved else canned_dashboards()[chosen.key]), ()
    except SpecificationRefused as refusal:
        return None, refusal.problems


def _names(saved: Mapping[str, SavedDashboard], account: Account) -> dict[str, str]:
    """What each dashboard is called in the choice; where two would be called the same, with their numbers."""
    names = {key: canned.name for key, canned in canned_dashboards().items()}
    names |= {key: f"{each.name} · {_whose(each, account)}" for key, each in saved.items()}
    times = Counter(names.values())
    return {key: name if times[name] == 1 else f"{name} · {key}" for key, name in names.items()}


def _whose(saved: SavedDashboard, account: Account) -> str:
    if saved.tenant_id is None:
        return "mine"
    return "shared" if saved.user_id == account.user_id else f"shared by {saved.owner}"


def draw_actions(account: Account, chosen: Chosen, dashboard: Dashboard | None) -> None:
    may_change = chosen.saved is not None and chosen.saved.may_change(account)
    editing = chosen.key in editor.drafts()
    if dashboard is not None and not editing:
        if may_change:
            if st.button("Edit", icon=":material/edit:", key="dashboards_change"):
                editor.drafts()[chosen.key] = Draft(dashboard)
                st.rerun()
        elif st.button("Duplicate to edit", icon=":material/content_copy:", key="dashboards_copy", help=COPY_HELP):
            _add(account, dashboard, "This copy is yours to edit.", edit=True)
    with st.popover("More", icon=":material/more_horiz:", key="dashboards_more"):
        if st.button("New dashboard …", icon=":material/add:", key="dashboards_new", type="tertiary"):
            _new(account)
        if dashboard is not None:
            _draw_copies(account, chosen, dashboard)
        if st.button("Import …", icon=":material/upload:", key="dashboards_import", type="tertiary"):
            _import(account)
        if chosen.saved is not None and may_change:
            saved_items.draw("dashboards", account, DASHBOARDS, chosen.saved, partial(_forget, chosen.key))


def _draw_copies(account: Account, chosen: Chosen, dashboard: Dashboard) -> None:
    if st.button("Duplicate", icon=":material/content_copy:", key="dashboards_duplicate", type="tertiary"):
        name = f"{dashboard.name[: LONGEST_NAME - 7]} (copy)"
        _add(account, replace(dashboard, name=name), "This copy is yours to edit.")
    draft = editor.drafts().get(chosen.key)
    shown = dashboard if draft is None else draft.dashboard
    controls.download_button(
        "Export as JSON",
        lambda viewer, store: written(shown).encode(),
        f"{view.file_name(dashboard.name)}.dashboard.json",
        mime="application/json",
        key="dashboards_export",
        kind="tertiary",
    )


def _forget(key: str) -> None:
    editor.drafts().pop(key, None)
    st.query_params.pop(ADDRESS, None)


def _add(account: Account, dashboard: Dashboard, done: str, *, edit: bool = False) -> None:
    key = str(DASHBOARDS.add(the_store(), account.username, dashboard, utc_now()))
    if edit:
        editor.drafts()[key] = Draft(dashboard)
    st.query_params[ADDRESS] = key
    messages.notice_after_rerun(done)


@messages.dialog("New dashboard", icon=":material/add:")
def _new(account: Account) -> None:
    name = st.text_input("Name", max_chars=LONGEST_NAME, key="dashboards_new_name", placeholder="Launch week")
    if st.button("Create", type="primary", key="dashboards_new_submit", width="stretch"):
        _add(account, Dashboard((name or "").strip()), "Dashboard created. Add the first panel.", edit=True)


@messages.dialog("Import a dashboard", icon=":material/upload:")
def _import(account: Account) -> None:
    st.caption("A JSON file from *Export as JSON*. It becomes a new dashboard of yours.")
    file = st.file_uploader("File", type=["json"], key="dashboards_import_file", max_upload_size=1)
    pasted = st.text_area("Or paste the JSON", max_chars=MOST_BYTES, key="dashboards_import_text", height=160)
    if st.button("Import", type="primary", key="dashboards_import_submit", width="stretch"):
        _bring_in(account, file.getvalue() if file is not None else pasted or "")


def _bring_in(account: Account, text: str | bytes) -> None:
    try:
        dashboard = parse_dashboard(text)
    except SpecificationRefused as refusal:
        st.error("This dashboard cannot be imported:", icon=":material/error:")
        st.markdown("\n".join(f"- {messages.literal(problem)}" for problem in refusal.problems))
        return
    _add(account, dashboard, "Dashboard imported.")


def draw_filters(viewer: Viewer, panels: Sequence[Panel]) -> Sequence[Panel]:
    """The choice of other days and repositories; the panels with what is chosen in place of what they say."""
    if former := st.query_params.get(FORMER_KEY):
        st.query_params[filters.RANGE] = former
        del st.query_params[FORMER_KEY]
        st.rerun()  # a widget takes its first value from the address with which the run began
    selection = filters.draw_override(viewer, OWN)
    names = filters.choosable(viewer)
    named = tuple(names[each].partition(" · ")[0] for each in st.session_state[filters.REPOSITORY])
    changes: dict[str, Any] = {"repositories": named} if named else {}
    if selection is not None:
        changes["range"] = _range(st.session_state[filters.RANGE], selection)
    return [panel if panel.kind is Kind.TEXT else replace(panel, **changes) for panel in panels]


def _range(name: str, selection: Selection) -> Range:
    if name == periods.ALL:
        return Range()
    if days := (periods.ROLLING | periods.FORMER).get(name):
        return Range(last_days=days, before_days=selection.before_days)
    return Range(first=selection.first, last=selection.last, before_days=selection.before_days)


account = session.require_account()
viewer = grants.viewer_of(the_store(), account)
st.title("Dashboards", anchor=False)
filters.stop_without_traffic(viewer)
with st.container(horizontal=True, vertical_alignment="bottom", key="dashboards_head"):
    chosen = choose(account)
    dashboard, problems = opened(chosen)
    draw_actions(account, chosen, dashboard)
if dashboard is None:
    st.error("This dashboard was saved by another version of the app and cannot be opened.")
    st.caption(messages.literal(" ".join(problems)))
else:
    st.header(messages.literal(dashboard.name), anchor=False)
    if chosen.key in editor.drafts():
        editor.draw(account, viewer, chosen.key, dashboard)
    else:
        if dashboard.description:
            st.caption(messages.literal(dashboard.description))
        panels = draw_filters(viewer, dashboard.panels)
        for row in view.rows_of(panels):
            view.draw_row(viewer, panels, row)
