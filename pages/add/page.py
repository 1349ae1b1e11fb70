"""Adds repositories: by name or by pattern, each checked with GitHub, tracked in one go and collected at once."""

from collections.abc import Mapping, Sequence

import streamlit as st

from collector.discovery import TrackResult
from collector.errors import NameRefused
from collector.reach import estimate
from data.accounts.models import Viewer
from data.repositories.repositories import repository_names
from pages.add import tracking, view
from pages.ui import collecting, messages, navigation, session
from pages.ui.store import the_store

OUTCOME = "add_outcome"
BY_NAME, BY_PATTERN = "By name", "Discover"
MOST_WRONG, MOST_REFUSALS = 8, 20
PLACEHOLDER = "octo/hello\nhttps://github.com/octo/world, octo/api"


def chosen_tenant() -> int:
    names: Mapping[int, str] = {each.tenant_id: each.name for each in tracking.managed_tenants()}
    if not names:
        st.info("You don’t manage an active tenant. Ask an administrator.")
        st.stop()
    if len(names) == 1:
        tenant_id, name = next(iter(names.items()))
        st.caption(f"For the tenant **{messages.literal(name)}**, with its token.")
        return tenant_id
    return int(st.selectbox("Tenant", list(names), format_func=names.__getitem__, key="add_tenant", width=320))


def track(tenant_id: int, names: Sequence[str]) -> None:
    bar = st.progress(0.0, "Asking GitHub …")

    def told(done: int, of: int) -> None:
        bar.progress(done / of, f"Asking GitHub: {done:,} of {of:,} checked. Nothing is added until all are.")

    try:
        st.session_state[OUTCOME] = tracking.track(tenant_id, names, told)
    except tracking.TrackingRefused as refusal:
        bar.empty()
        messages.refused(refusal)
    else:
        st.rerun()


def draw_by_name(tenant_id: int) -> None:
    with st.form("add_names_form"):
        text = st.text_area(
            "Repositories",
            placeholder=PLACEHOLDER,
            help=f"OWNER/NAME or any GitHub address, one a line or with commas; up to {tracking.AT_MOST} at a time",
            height=160,
            key="add_names",
        )
        st.caption("Each is checked with the tenant’s token first. Traffic is only visible with push access.")
        st.caption(messages.literal(estimate(session.viewer(), the_store(), tenant_id, 1)))
        pressed = st.form_submit_button("Add", type="primary", icon=":material/add:", key="add_track")
    if not pressed:
        return
    try:
        names = tracking.names_in(text or "")
    except NameRefused as refusal:
        lines = [f"- {messages.literal(line)}" for line in str(refusal).splitlines()]
        more = [f"- And {len(lines) - MOST_WRONG:,} more."] if len(lines) > MOST_WRONG else []
        st.error("\n".join(["Nothing was added:", "", *lines[:MOST_WRONG], *more]), icon=":material/error:")
    except tracking.TrackingRefused as refusal:
        messages.refused(refusal)
    else:
        track(tenant_id, names)


def draw_outcome(outcome: TrackResult, viewer: Viewer) -> None:
    (st.success if outcome.added else st.info)(tracking.summary(outcome), icon=":material/checklist:")
    collecting.progress(viewer)
    known = repository_names(viewer, the_store())
    kept = [viewer.counted(each.repository_id) for each in (*outcome.added, *outcome.already)]
    with st.container(horizontal=True):
        names = [known[each] for each in kept if each in known]
        if names and st.button("Show the chart", type="primary", icon=":material/show_chart:", key="add_chart"):
            st.session_state.pop(OUTCOME)
            navigation.open_page("chart", {"repository": names})
        if st.button("Add more", icon=":material/add:", key="add_more"):
            st.session_state.pop(OUTCOME)
            st.rerun()
        if st.button("All repositories", icon=":material/folder_code:", key="add_list"):
            st.session_state.pop(OUTCOME)
            navigation.open_page("repositories")
    if outcome.refused:
        lines = [
            f"- **{messages.literal(each.name)}**: {messages.literal(each.refusal or '')}"
            for each in outcome.refused[:MOST_REFUSALS]
        ]
        more = len(outcome.refused) - MOST_REFUSALS
        lines += [f"- and {more:,} more"] if more > 0 else []
        st.warning("\n".join(["Not added, with what GitHub says:", "", *lines]), icon=":material/block:")
    if outcome.already:
        names = [messages.literal(each.full_name) for each in outcome.already]
        st.caption(f"Tracked already: {', '.join(names[:MOST_REFUSALS])}{' …' if len(names) > MOST_REFUSALS else ''}")
    for name, others in outcome.elsewhere.items():
        st.caption(f"{messages.literal(name)} is also tracked by {messages.literal(', '.join(others))}.")
    if outcome.added:
        st.caption(f"Tracked now: {', '.join(messages.literal(each.full_name) for each in outcome.added)}")


with st.container(horizontal=True):
    st.title("Add repositories", anchor=False)
if done := st.session_state.get(OUTCOME):
    draw_outcome(done, session.viewer())
    st.stop()
tenant = chosen_tenant()
way = st.segmented_control(
    "How", [BY_NAME, BY_PATTERN], default=BY_NAME, required=True, key="add_way", label_visibility="collapsed"
)
if way == BY_NAME:
    draw_by_name(tenant)
elif picked := view.draw(tenant, session.viewer().of_each_tenant()):
    track(tenant, picked)
