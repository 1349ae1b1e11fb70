"""Groups on the page of repositories: their list, and the dialog in which a tenant's manager makes or changes one."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.repositories.groups import (
    NAME_LIMIT,
    Group,
    add_group,
    change_group,
    group_names,
    groups,
    remove_group,
)
from data.repositories.models import Repository, RepositoryState
from data.repositories.repositories import repositories
from data.text import counted
from pages.repositories import view
from pages.ui import controls, messages, navigation
from pages.ui.managed_tenants import managed_tenants
from pages.ui.store import the_store

ABOUT = "A product, a team: a group can be chosen wherever repositories are."
MOST_NAMED = 6


def draw(account: Account, viewer: Viewer) -> None:
    """The groups that the viewer sees; for managers with what can be done to them."""
    found, managed = groups(viewer.of_each_tenant(), the_store()), managed_tenants(account)
    if not found and not managed:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header("Groups", anchor=False, width="content")
        if managed and st.button("New group", icon=":material/create_new_folder:", key="groups_new"):
            edit(account, viewer)
    st.caption(ABOUT)
    for each in found:
        _draw_group(account, viewer, each)


def _draw_group(account: Account, viewer: Viewer, group: Group) -> None:
    every = {each.repository_id: each.full_name for each in repositories(viewer.of_each_tenant(), the_store())}
    names = [every[key] for key in group.repository_ids]
    of_tenant = f" · {messages.literal(group.tenant)}" if len(viewer.tenant_ids) > 1 else ""
    title = f"**{messages.literal(group.name)}** · {counted(len(names), 'repository')}{of_tenant}"
    row: Any = {"horizontal": True, "vertical_alignment": "center"}
    with st.container(**row, horizontal_alignment="distribute", border=True, key=f"group_{group.group_id}"):
        st.markdown(f"{title}  \n:small[{messages.few(names, MOST_NAMED)}]", width="content")
        with st.container(**row, width="content", gap="xsmall"):
            _draw_actions(account, viewer, group)


def _draw_actions(account: Account, viewer: Viewer, group: Group) -> None:
    if st.button("Overview", icon=":material/dashboard:", key=f"group_open_{group.group_id}", type="tertiary"):
        navigation.open_page("overview", {"repository": [group_names(viewer, the_store())[group.group_id]]})
    if not account.manages(group.tenant_id):
        return
    if st.button("Edit", icon=":material/edit:", key=f"group_edit_{group.group_id}", type="tertiary"):
        edit(account, viewer, group)
    if controls.danger_button("Delete", ":material/delete:", f"group_delete_{group.group_id}", "tertiary"):
        messages.confirm(
            "Delete group",
            f"**{messages.literal(group.name)}** is deleted. Its repositories stay with their history; dashboards and "
            "links that name the group lose it.",
            "Delete group",
            lambda: remove_group(the_store(), account.username, group.group_id, utc_now()),
            "Group deleted.",
        )


@messages.dialog("Group of repositories", icon=":material/folder:", on_dismiss="rerun")
def edit(account: Account, viewer: Viewer, group: Group | None = None, ticked: Collection[int] = ()) -> None:
    """Ask for the name and the members of a group; without one for those of a new one, which begins with the ticked."""
    every = [r for r in repositories(viewer.of_each_tenant(), the_store()) if r.state is not RepositoryState.REMOVED]
    tenant_id = _tenant(managed_tenants(account), every, group, ticked)
    offered = {each.repository_id: each.full_name for each in every if each.tenant_id == tenant_id}
    was = group.repository_ids if group else [key for key in ticked if key in offered]
    if left_out := {*ticked} - offered.keys():
        st.caption(f"A group is of one tenant: {counted(len(left_out), 'repository')} of another left out.")
    name = st.text_input(
        "Name", group.name if group else "", max_chars=NAME_LIMIT, key="group_name", placeholder="Web shop"
    )
    members = st.multiselect(
        "Repositories", list(offered), list(was), format_func=offered.__getitem__, key=f"group_members_{tenant_id}"
    )
    if not st.button("Save group", type="primary", key="group_save", width="stretch"):
        return
    store, by, now = the_store(), account.username, utc_now()
    if group is None:
        add_group(store, by, tenant_id, name or "", members, now=now)
    else:
        change_group(store, by, group.group_id, name or "", members, now=now)
    controls.empty(view.TICKS)
    messages.notice_after_rerun("Group saved. It can be chosen wherever repositories are.")


def _tenant(names: Mapping[int, str], every: Sequence[Repository], group: Group | None, ticked: Collection[int]) -> int:
    """The tenant whose group it is: of a new one, that of the first ticked repository until another is chosen."""
    if group is not None:
        return group.tenant_id
    owners = [each.tenant_id for each in every if each.repository_id in ticked]
    keys = list(names)
    if len(keys) == 1:
        return keys[0]
    place = keys.index(owners[0]) if owners and owners[0] in keys else 0
    return int(st.selectbox("Tenant", keys, index=place, format_func=names.__getitem__, key="group_tenant"))
