"""Adds repositories: chosen from those of the tenant's token, or by name. GitHub is asked first, then it collects."""

from collections import defaultdict
from collections.abc import Sequence

import streamlit as st

from collector.discovery import CheckedName, TrackResult
from collector.reach import estimate
from data.accounts.models import Viewer
from data.repositories.repositories import repositories
from data.text import counted, number_text
from pages.add import tracking, view
from pages.ui import collecting, controls, messages, navigation, session
from pages.ui.managed_tenants import choose_tenant
from pages.ui.store import the_store

OUTCOME = "add_outcome"
FROM_LIST, BY_NAME = "Your repositories", "By name or address"
MOST_NAMED, MOST_TRACKED, MOST_REASONS = 5, 40, 20
PLACEHOLDER = "octo/hello\nhttps://github.com/octo/world, octo/api"


def typed_names(tenant_id: int) -> list[str]:
    """The words that were typed or pasted, once they are to be tracked."""
    with st.form("add_names_form"):
        text = st.text_area(
            "Repositories",
            placeholder=PLACEHOLDER,
            help=f"OWNER/NAME or any GitHub address, one a line or with commas; up to {tracking.AT_MOST} at a time",
            height=160,
            key="add_names",
        )
        st.caption(
            "Traffic is only visible with push access: each repository is checked with the tenant’s token first."
        )
        st.caption(messages.literal(estimate(session.viewer(), the_store(), tenant_id, 1)))
        pressed = st.form_submit_button("Add", type="primary", icon=":material/add:", key="add_track")
    with messages.shown():
        return tracking.words_in(text or "") if pressed else []
    return []


def track(tenant_id: int, typed: Sequence[str]) -> None:
    bar = st.progress(0.0, "Connecting …")

    def show_progress(done: int, of: int, each: CheckedName) -> None:
        views = "views unknown" if each.views is None else f"{number_text(each.views)} views in 14 days"
        result = "not added" if each.facts is None else views
        bar.progress(done / of, f"{number_text(done)} of {number_text(of)}, {messages.literal(each.name)}: {result}")

    try:
        outcome = tracking.track(tenant_id, typed, show_progress)
    except tracking.TrackingRefused as refusal:
        bar.empty()
        messages.refused(refusal)
        st.button("Back", icon=":material/arrow_back:", key="add_back")
        return
    view.forget()
    if outcome.added and not outcome.refused:
        st.session_state[messages.NOTICE] = tracking.summary(outcome)
        navigation.open_page("overview")
    st.session_state[OUTCOME] = outcome
    st.rerun()


def draw_outcome(outcome: TrackResult, viewer: Viewer) -> None:
    (st.success if outcome.added else st.info)(tracking.summary(outcome), icon=":material/checklist:")
    draw_refusals(outcome.refused)
    collecting.progress(viewer)
    with st.container(horizontal=True):
        if outcome.added and st.button("Overview", type="primary", icon=":material/dashboard:", key="add_overview"):
            st.session_state.pop(OUTCOME)
            navigation.open_page("overview")
        if st.button("Add more", icon=":material/add:", key="add_more"):
            st.session_state.pop(OUTCOME)
            st.rerun()
        if st.button("All repositories", icon=":material/folder_code:", key="add_list"):
            st.session_state.pop(OUTCOME)
            navigation.open_page("repositories")
    if outcome.added:
        st.caption(f"Tracked now: {messages.few([each.full_name for each in outcome.added], MOST_TRACKED)}")
    if outcome.already:
        st.caption(f"Tracked already: {messages.few([each.full_name for each in outcome.already], MOST_TRACKED)}")
    for name, others in outcome.elsewhere.items():
        st.caption(f"{messages.literal(name)} is also tracked by {messages.literal(', '.join(others))}.")


def draw_refusals(refused: Sequence[CheckedName]) -> None:
    """Each reason once, with the names that it is of."""
    of_reason: dict[str, list[str]] = defaultdict(list)
    for each in refused:
        of_reason[each.refusal or ""].append(each.name)
    lines = [
        f"**{messages.few(names, MOST_NAMED)}**: {messages.literal(reason)}" if any(names) else messages.literal(reason)
        for reason, names in of_reason.items()
    ]
    if lines:
        st.warning(messages.bullets("Not added:", lines, MOST_REASONS), icon=":material/block:")


viewer = session.viewer().of_each_tenant()
if not repositories(viewer, the_store()):
    with st.container(width=560):
        controls.draw_steps(len(controls.STEPS))
st.title("Add repositories", anchor=False)
if done := st.session_state.get(OUTCOME):
    draw_outcome(done, viewer)
else:
    tenant = choose_tenant("add_tenant")
    body = st.empty()
    with body.container():
        way = st.segmented_control(
            "How", [FROM_LIST, BY_NAME], default=FROM_LIST, required=True, key="add_way", label_visibility="collapsed"
        )
        wanted = typed_names(tenant) if way == BY_NAME else view.draw(tenant, viewer)
    if wanted:  # a block of another kind takes away what was there: of the same kind it would keep it, greyed
        with body.status(f"Asking GitHub about {counted(len(wanted), 'repository')}", expanded=True):
            track(tenant, wanted)
