"""Changes a dashboard: its name, its panels, their order; and says what is not saved yet."""

from dataclasses import replace

import streamlit as st

from data.accounts.models import Account, Viewer
from data.accounts.saved_items import SavedItemRefused
from data.calendar import utc_now
from data.dashboards.dashboards import DASHBOARDS
from data.dashboards.specification import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_PANELS,
    Dashboard,
    Kind,
    Panel,
    Source,
    SpecificationRefused,
    checked,
)
from pages.dashboards import choosing, dashboard_readers, panel_form, panel_view
from pages.dashboards.choosing import Draft
from pages.ui import messages, readers
from pages.ui.store import the_store

NEW_PANEL = Panel(Kind.LINE, "", Source.DAILY, "views", by="day", split="repository")


def draw(account: Account, viewer: Viewer, key: str, saved: Dashboard) -> None:
    """A dashboard that is being changed."""
    draft = choosing.draft_of(key)
    if draft is None:
        return
    dashboard = _draw_head(account, key, draft, saved)
    if dashboard != draft.dashboard:
        choosing.keep_draft(key, replace(draft, dashboard=dashboard))
        st.rerun()
    panels, seen = dashboard.panels, dashboard_readers.sight(viewer)
    for row in panel_view.rows_of(panels):
        if draft.open_panel in row:
            _draw_form(viewer, key, draft)
        panel_view.draw_row(seen, panels, row, lambda each: _draw_tools(key, draft, each))
    full = len(panels) >= MOST_PANELS
    if st.button("Add a panel", icon=":material/add:", key="dashboards_add_panel", disabled=full):
        choosing.keep_draft(key, draft.with_panels([*panels, NEW_PANEL]).opening(len(panels)))
        st.rerun()
    if full:
        st.caption(f"A dashboard has at most {MOST_PANELS} panels.")


def _draw_head(account: Account, key: str, draft: Draft, saved: Dashboard) -> Dashboard:
    """Name, description, and the ways out."""
    with st.container(border=True, key="dashboards_editing"):
        with st.container(horizontal=True, vertical_alignment="center"):
            changed = draft.dashboard != saved
            if changed:
                st.badge("Unsaved changes", icon=":material/edit:", color="orange")
            else:
                st.badge("All saved", icon=":material/check:", color="green")
            _draw_ways_out(account, key, draft, changed)
        with st.container(horizontal=True):
            name = st.text_input("Name", draft.dashboard.name, max_chars=LONGEST_NAME, key=f"dashboards_name_{key}")
            told = st.text_input(
                "Description",
                draft.dashboard.description,
                max_chars=LONGEST_DESCRIPTION,
                key=f"dashboards_description_{key}",
            )
        if not draft.dashboard.panels:
            st.caption("It has no panels yet. Add the first one below.")
    return replace(draft.dashboard, name=(name or "").strip(), description=(told or "").strip())


def _draw_ways_out(account: Account, key: str, draft: Draft, changed: bool) -> None:
    if st.button("Save", type="primary", key="dashboards_save", disabled=not changed, icon=":material/save:"):
        try:
            DASHBOARDS.save(the_store(), account.username, int(key), checked(draft.dashboard), utc_now())
        except (SpecificationRefused, SavedItemRefused) as refusal:
            messages.refused(refusal)
        else:
            choosing.drop_draft(key)
            messages.notice_after_rerun("The dashboard is saved.")
    if st.button("Discard changes" if changed else "Close", key="dashboards_discard"):
        choosing.drop_draft(key)
        _forget_names(key)
        st.rerun()


def _forget_names(key: str) -> None:
    for field in ("name", "description"):
        st.session_state.pop(f"dashboards_{field}_{key}", None)


def _draw_form(viewer: Viewer, key: str, draft: Draft) -> None:
    number, was = draft.open_panel, draft.panel
    if number is None or was is None:
        return
    names = [name.partition(" · ")[0] for name in readers.repository_names(viewer).values()]
    with st.container(border=True, key="dashboards_form"):
        st.subheader(f"Panel {number + 1}", anchor=False)
        panel = panel_form.draw(f"dashboards_form_{draft.opened}", was, names)
        problems = _problems(panel)
        if problems:
            st.warning(messages.literal(" ".join(problems)), icon=":material/rule:")
        if st.button("Done", key="dashboards_form_done", icon=":material/check:"):
            choosing.keep_draft(key, draft.opening(None))
            st.rerun()
    panels = list(draft.dashboard.panels)
    if panel != panels[number] and not problems:
        panels[number] = panel
        changed = replace(draft.dashboard, panels=tuple(panels))
        choosing.keep_draft(key, replace(draft, dashboard=changed))
        st.rerun()


def _problems(panel: Panel) -> tuple[str, ...]:
    try:
        checked(Dashboard("One panel", panels=(panel,)))
    except SpecificationRefused as refusal:
        return refusal.problems
    return ()


def _draw_tools(key: str, draft: Draft, number: int) -> None:
    """What can be done with a panel. Moving one takes the place of dragging it."""
    panels = list(draft.dashboard.panels)
    last = len(panels) - 1
    moved = {
        "left": ("arrow_back", "Move towards the beginning", number == 0),
        "right": ("arrow_forward", "Move towards the end", number == last),
        "edit": ("edit", "Change this panel", False),
        "duplicate": ("content_copy", "Duplicate this panel", len(panels) >= MOST_PANELS),
        "remove": ("delete", "Remove this panel", False),
    }
    with st.container(horizontal=True, gap="small", key=f"dashboards_tools_{number}"):
        for act, (icon, told, disabled) in moved.items():
            place = f"dashboards_{act}_{number}"
            label = f":material/{icon}:"
            if st.button(label, key=place, help=told, disabled=disabled, type="tertiary"):
                choosing.keep_draft(key, _changed(draft, number, act))
                st.rerun()


def _changed(draft: Draft, number: int, act: str) -> Draft:
    panels = list(draft.dashboard.panels)
    if act == "edit":
        return draft.opening(number)
    if act == "duplicate":
        panels.insert(number + 1, panels[number])
    elif act == "remove":
        del panels[number]
    else:
        other = number - 1 if act == "left" else number + 1
        panels[number], panels[other] = panels[other], panels[number]
    return draft.with_panels(panels)
