"""The repositories at a glance: how each stands and is read; for its tenant's managers with what can be done to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from data.accounts import grants, tenants
from data.accounts.models import Viewer
from data.repositories.repositories import RepositoryRefused
from data.traffic.export import ExportTable
from pages.repositories import acts, following, glance, overview, removal
from pages.repositories.glance import Glance, Listed
from pages.repositories.standing import counted
from pages.ui import collecting, fresh, messages, readers, session
from pages.ui.store import the_store

PAGES = Path(__file__).parents[1]
CHART, ADD = PAGES / "traffic/chart.py", PAGES / "repositories/add.py"
ROWS_AT_SIGHT, ROW_PIXELS = 14, 35


def draw_head(manages: bool) -> None:
    """The title, with the way to add repositories for those who may."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("Repositories", anchor=False, width="content")
        if manages and st.button("Add repositories", type="primary", icon=":material/add:", key="repositories_add"):
            st.switch_page(ADD)


def stop_without_any(manages: bool) -> NoReturn:
    """Say what to do next where there is nothing to list."""
    if manages:
        text = "No repository is followed yet. Add the first ones: their last 14 days are here seconds later."
    else:
        text = "There is no repository here for you yet. Ask whoever invited you to give you one to see."
    st.info(text, icon=":material/folder_off:")
    st.stop()


def draw_totals(every: Glance) -> None:
    """What the repositories that are followed add up to."""
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="repositories_totals"):
        for name, value in every.sums.items():
            st.metric(name, "unknown" if value is None else value, format="localized", width=140)


def draw_warnings(every: Glance) -> None:
    """What needs somebody's attention, the most urgent first."""
    if every.warning:
        st.warning(every.warning, icon=":material/warning:")


def draw_lacking_tokens(every: Glance) -> None:
    """Which of the user's tenants cannot collect, for want of a token."""
    for name in following.without_token(every.collecting):
        st.warning(
            f"**{messages.literal(name)}** has no valid token: nothing is collected. {following.MEND_IT}",
            icon=":material/key_off:",
        )


def controls(counts: Mapping[str, int], names: dict[int, str]) -> overview.Sieve:
    """The search, the choice of state and tenant, and the order."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="repositories_controls"):
        text = st.text_input(
            "Search",
            max_chars=140,
            placeholder="Part of a name",
            type="search",
            icon=":material/search:",
            key="repositories_search",
            live=True,
            width=240,
        )
        tenant_id = 0
        if len(names) > 1:
            tenant_id = st.selectbox(
                "Tenant",
                [0, *names],
                format_func=lambda key: names.get(key, "All"),
                key="repositories_tenant",
                width=180,
            )
        sort = st.selectbox("Sort by", list(overview.SORTS), key="repositories_sort", width=160)
    group = st.segmented_control(
        "State",
        list(counts),
        default=overview.FOLLOWED,
        required=True,
        format_func=lambda name: f"{name} {counts[name]:,}",
        key="repositories_state",
        label_visibility="collapsed",
        wrap=True,
    )
    return overview.Sieve(str(text or "").strip(), group or overview.FOLLOWED, tenant_id or None, sort)


def draw_table(found: Listed, manages: bool) -> list[int]:
    """The table; answers the ids of the ticked rows."""
    count = len(found.ids)
    # ticks are row numbers: another set of rows or another order must not inherit them
    state: Any = st.dataframe(
        found.table,
        column_config=overview.columns(),
        hide_index=True,
        key=f"{fresh.key(acts.TICKS)}_{found.digest}",
        row_height=ROW_PIXELS,
        height=(min(count, ROWS_AT_SIGHT) + 1) * ROW_PIXELS + 1,
        placeholder="",
        on_select="rerun" if manages else "ignore",
        selection_mode="multi-row",
        lazy=False,
        alt=f"{counted(count, 'repository')} with state, last collection, days until loss, views and clones",
    )
    return [found.ids[row] for row in state["selection"]["rows"] if row < count] if manages else []


def draw_acts(ticked: list[int], sieve: overview.Sieve, viewer: Viewer) -> None:
    """What can be done to the ticked repositories; what is not theirs to do is refused at the moment of acting."""
    none = not ticked
    with st.container(horizontal=True, vertical_alignment="center", key="repositories_acts"):
        words = "Tick rows to act on them." if none else f"**{counted(len(ticked), 'repository')} ticked**"
        st.markdown(words, width="content")
        if st.button("Show chart", icon=":material/show_chart:", key="repositories_chart", disabled=none):
            names = readers.repository_names(viewer)
            st.switch_page(CHART, query_params={"repository": [names[key] for key in ticked if key in names]})
        collect = st.button(
            "Collect now",
            icon=":material/sync:",
            key="repositories_collect",
            disabled=collecting.is_going_on(viewer),
            help="One ticked repository alone; otherwise all of its tenant",
        )
        pause = st.button("Pause", icon=":material/pause:", key="repositories_pause", disabled=none)
        resume = st.button("Resume", icon=":material/play_arrow:", key="repositories_resume", disabled=none)
        remove = st.button("Remove …", icon=":material/delete:", key="repositories_remove", disabled=none)
    if remove:
        st.session_state[removal.ASKED] = ticked
    try:
        if collect:
            acts.collect(ticked, sieve.tenant_id)
            fresh.empty(acts.TICKS)
            st.rerun()
        if pause or resume:
            said = acts.do(acts.PAUSE if pause else acts.RESUME, ticked)
            fresh.empty(acts.TICKS)
            messages.notice_after_rerun(said)
    except RepositoryRefused as refusal:
        messages.refused(refusal)


account = session.require_account()
who = grants.viewer_of(the_store(), account)
tenant_names = {each.tenant_id: each.name for each in tenants.tenants(who, the_store())}
manages = any(account.manages(tenant_id) for tenant_id in tenant_names)
draw_head(manages)
if (every := glance.glance(who)) is None:
    stop_without_any(manages)
draw_totals(every)
draw_warnings(every)
if manages:
    draw_lacking_tokens(every)
    collecting.progress(who)
wanted = controls(every.counts, tenant_names)
found = glance.listed(who, wanted)
bar = st.container()
ticked_ids = draw_table(found, manages) if found.ids else []
if not found.ids:
    st.info("No repository is like this. Choose another state, or clear the search.", icon=":material/filter_alt_off:")
if manages:
    with bar:
        draw_acts(ticked_ids, wanted, who)
st.download_button(
    "Download the list",
    readers.download(readers.everything(ExportTable.REPOSITORIES)),
    "repositories.csv",
    "text/csv",
    icon=":material/download:",
    key="repositories_csv",
    help="CSV of all repositories that you may see",
    on_click="ignore",
)
removal.open_when_asked()
