"""The list of repositories with the status of each; for its tenant's managers with what can be done to it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import streamlit as st

from data.accounts import github_app, grants, tenants, tokens
from data.accounts.models import Account, Viewer
from data.calendar import utc_day, utc_now
from data.collection.health import ON_HOLD
from data.collection.ledger import Scope
from data.repositories import groups
from data.repositories.models import Repository
from data.repositories.repositories import (
    RepositoryRefused,
    managed_repositories,
    pause_repositories,
    remove_repositories,
    remove_repositories_with_data,
    repositories,
    repository_names,
    resume_repositories,
)
from data.store import Store
from data.text import counted, number_text, one_or_counted
from data.traffic.export import ExportTable
from pages.repositories import groups as groups_view
from pages.repositories import view
from pages.repositories.view import FilteredRepositories, RepositoryFilter
from pages.ui import collecting, controls, messages, navigation, session
from pages.ui.controls import one_or_all, search, title_with_button
from pages.ui.repository_status import health_of
from pages.ui.store import the_store
from pages.ui.text import STORE_ANOTHER
from pages.ui.totals import draw_numbers

ROWS_AT_SIGHT, ROW_PIXELS = 14, 35
REMOVING = "repositories_removing"  # the ids that the dialog is about
KEEP, DELETE = "Keep the history", "Delete the history forever"
MOST_NAMED = 8
Change = Callable[[Store, str, Collection[int], datetime], list[Repository]]


def stop_without_any(manages: bool) -> NoReturn:
    if manages:
        text = "You are not tracking any repositories yet. Add the first: their last 14 days arrive within seconds."
    else:
        text = "You don’t have any repositories yet. Ask whoever invited you for access."
    st.info(text, icon=":material/folder_off:")
    st.stop()


def draw_missing_tokens(account: Account, tenant_names: Mapping[int, str], collecting_ids: Collection[int]) -> None:
    managed = {key: name for key, name in tenant_names.items() if key in collecting_ids and account.manages(key)}
    stored = tokens.tokens(Viewer(frozenset(), frozenset(managed)), the_store())
    valid = {each.tenant_id for each in stored if each.state == "valid"}
    valid |= github_app.collecting(Viewer(frozenset(), frozenset(managed)), the_store())
    for tenant_id, name in managed.items():
        if tenant_id not in valid:
            text = f"**{messages.literal(name)}** has no valid token: nothing is collected. {STORE_ANOTHER}"
            st.warning(text, icon=":material/key_off:")


def chosen_filter(viewer: Viewer, counts: Mapping[str, int], names: dict[int, str]) -> RepositoryFilter:
    with st.container(horizontal=True, vertical_alignment="bottom", key="repositories_controls"):
        text = search("repositories_search", "Part of a name", max_chars=140, width=240)
        tenant_id = one_or_all("Tenant", names, "repositories_tenant", width=180) if len(names) > 1 else None
        members = _members_of_chosen_group(viewer)
        sort = st.selectbox("Sort by", list(view.SORTS), key="repositories_sort", width=160)
    state = st.segmented_control(
        "State",
        list(counts),
        default=view.TRACKED,
        required=True,
        format_func=lambda name: f"{name} {number_text(counts[name])}",
        key="repositories_state",
        label_visibility="collapsed",
        wrap=True,
    )
    return RepositoryFilter(text, state or view.TRACKED, tenant_id, sort, members)


def _members_of_chosen_group(viewer: Viewer) -> frozenset[int] | None:
    """The repositories of the group that is chosen, whichever tenant's rows are shown; None where none is."""
    names = groups.group_names(viewer, the_store())
    if not names:
        return None
    chosen = one_or_all("Group", names, "repositories_group", width=180)
    if chosen is None:
        return None
    every = (*groups.groups(viewer, the_store()), *groups.groups(viewer.of_each_tenant(), the_store()))
    return frozenset(key for each in every if each.group_id == chosen for key in each.repository_ids)


def draw_table(filtered: FilteredRepositories, manages: bool) -> list[int]:
    count = len(filtered.ids)
    # ticks are row numbers: another set of rows or another order must not inherit them
    state: Any = st.dataframe(
        filtered.table,
        column_config=view.columns(),
        hide_index=True,
        key=f"{controls.widget_key(view.TICKS)}_{filtered.digest}",
        row_height=ROW_PIXELS,
        height=(min(count, ROWS_AT_SIGHT) + 1) * ROW_PIXELS + 1,
        placeholder="",
        on_select="rerun" if manages else "ignore",
        selection_mode="multi-row",
        lazy=False,
        alt=f"{counted(count, 'repository')} with state, last collection, days left, views and clones",
    )
    return [filtered.ids[row] for row in state["selection"]["rows"] if row < count] if manages else []


def draw_actions(ticked: list[int], wanted: RepositoryFilter, viewer: Viewer, *, busy: bool) -> None:
    """What can be done to the ticked repositories; what is not theirs to do is refused at the moment of acting."""
    none = not ticked
    with st.container(horizontal=True, vertical_alignment="center", key="repositories_actions"):
        words = "Select rows to act on them." if none else f"**{counted(len(ticked), 'repository')} selected**"
        st.markdown(words, width="content")
        if st.button("Show chart", icon=":material/show_chart:", key="repositories_chart", disabled=none):
            names = repository_names(viewer, the_store())
            counted_ids = [viewer.counted(key) for key in ticked]
            navigation.open_page("chart", {"repository": [names[key] for key in counted_ids if key in names]})
        collect = st.button(
            "Collect now",
            icon=":material/sync:",
            key="repositories_collect",
            disabled=busy,
            help="The selected repositories; without any, all of the tenant, or of all your tenants",
        )
        pause = st.button("Pause", icon=":material/pause:", key="repositories_pause", disabled=none)
        resume = st.button("Resume", icon=":material/play_arrow:", key="repositories_resume", disabled=none)
        if st.button("Group …", icon=":material/create_new_folder:", key="repositories_group_new", disabled=none):
            groups_view.edit(session.require_account(), viewer, ticked=ticked)
        remove = controls.danger_button("Remove …", ":material/delete:", "repositories_remove", disabled=none)
    if remove:
        st.session_state[REMOVING] = ticked
    with messages.shown():
        if collect:
            collect_now(ticked, wanted.tenant_id)
            controls.empty(view.TICKS)
            st.rerun()
        if pause:
            act(pause_repositories, "paused", ticked)
        if resume:
            act(resume_repositories, "resumed", ticked)


def act(change: Change, done: str, repository_ids: Collection[int]) -> NoReturn:
    """Do it to all of them, in one commit, and say what was done.

    Raises: RepositoryRefused where one is not there or not this user's to manage; nothing is changed then.
    """
    changed = change(the_store(), session.require_account().username, repository_ids, utc_now())
    _forget_removal()
    controls.empty(view.TICKS)
    names = one_or_counted([each.full_name for each in changed], "repository")
    notice = f"{names}: {done}." if changed else f"Nothing to do: none of them can be {done} now."
    messages.notice_after_rerun(notice)


def collect_now(repository_ids: Collection[int], tenant_id: int | None) -> None:
    """Start to collect at once: these repositories; without any, all of that tenant, or of all that the user manages.

    Raises: RepositoryRefused where one is not there, not this user's to manage, or all are on hold.
    """
    store, account = the_store(), session.require_account()
    if repository_ids:
        chosen = managed_repositories(account, store, repository_ids)
    else:
        viewer = grants.viewer_of(store, account).of_each_tenant()
        chosen = [each for each in repositories(viewer, store) if account.manages(each.tenant_id)]
        chosen = [each for each in chosen if tenant_id in {None, each.tenant_id}]
    going = [each for each in chosen if each.state not in ON_HOLD]
    if not going:
        raise RepositoryRefused("None of them is collected: they are paused or removed. Resume them first.")
    if repository_ids:
        collecting.start_by(account, Scope(repository_ids=tuple(each.repository_id for each in going)))
    else:
        collecting.start_by(account, Scope(tenant_ids=tuple(sorted({each.tenant_id for each in going}))))


def open_removal_when_asked() -> None:
    if REMOVING not in st.session_state:
        return
    try:
        chosen = managed_repositories(session.require_account(), the_store(), st.session_state[REMOVING])
    except RepositoryRefused as refusal:
        del st.session_state[REMOVING]
        messages.refused(refusal)
    else:
        _removal_dialog(chosen)


def _forget_removal() -> None:
    st.session_state.pop(REMOVING, None)


@messages.dialog("Remove repositories", icon=":material/delete:", on_dismiss=_forget_removal)
def _removal_dialog(chosen: Sequence[Repository]) -> None:
    names = [messages.literal(each.full_name) for each in chosen]
    heading = f"{counted(len(chosen), 'repository')} will no longer be collected:"
    st.markdown(messages.bullets(heading, names, MOST_NAMED))
    choice = st.radio(
        "What was collected of them",
        [KEEP, DELETE],
        captions=[
            "Charts and exports stay; resume at any time.",
            "Gone from charts and exports; nothing brings it back.",
        ],
        key="repositories_removal",
    )
    with st.form("repositories_removal_form", border=False):
        wanted = chosen[0].full_name if len(chosen) == 1 else f"delete {len(chosen)} repositories"
        typed: str | None = wanted
        if choice == DELETE:
            typed = st.text_input(f"Type **{messages.literal(wanted)}** to delete it", key="repositories_typed")
        label = "Remove, keep the history" if choice == KEEP else "Delete forever"
        pressed = st.form_submit_button(label, type="primary", key="repositories_remove_now", width="stretch")
    if pressed and (typed or "").strip().casefold() != wanted.casefold():
        st.error(f"That was not “{messages.literal(wanted)}”. Nothing was deleted.")
    elif pressed:
        ids = [each.repository_id for each in chosen]
        if choice == KEEP:
            act(remove_repositories, "removed", ids)
        act(remove_repositories_with_data, "deleted with the history", ids)


account = session.require_account()
who = grants.viewer_of(the_store(), account)
tenant_names = {each.tenant_id: each.name for each in tenants.tenants(who, the_store())}
manages = any(account.manages(tenant_id) for tenant_id in tenant_names)
key, icon = "repositories_add", ":material/add:"
if title_with_button("Repositories", "Add repositories", key, icon, offered=manages, type="primary"):
    navigation.open_page("add")
health = health_of(account, who, the_store(), utc_now()).read
findings = tuple(each for each in health.findings if each.repository_id is not None)
if (every := view.summary(who, the_store(), utc_day(utc_now()), findings)) is None:
    stop_without_any(manages)
draw_numbers("repositories_totals", every.sums)
if every.warning:
    st.warning(every.warning, icon=":material/warning:")
busy = False
if manages:
    of_each = view.summary(who.of_each_tenant(), the_store(), utc_day(utc_now()), findings)
    draw_missing_tokens(account, tenant_names, of_each.collecting if of_each else ())
    busy = collecting.progress(who)
wanted = chosen_filter(who, every.counts, tenant_names)
chosen_from = who if wanted.tenant_id is None else who.of_each_tenant()
found = view.listed(chosen_from, the_store(), utc_day(utc_now()), findings, wanted)
bar = st.container()
ticked_ids = draw_table(found, manages) if found.ids else []
if not found.ids:
    st.info("No repositories match. Choose another state, or clear the search.", icon=":material/filter_alt_off:")
if manages:
    with bar:
        draw_actions(ticked_ids, wanted, who, busy=busy)
controls.everything_button(
    "Download the list",
    ExportTable.REPOSITORIES,
    key="repositories_csv",
    help_text="CSV of all repositories you have access to",
)
groups_view.draw(account, who)
open_removal_when_asked()
