"""Keeping a query: save it, share it in a tenant, take it back, remove it."""

from functools import partial

import streamlit as st

from data.accounts.authority import AccountRefused
from data.accounts.grants import viewer_of
from data.accounts.models import Account
from data.accounts.tenants import tenants
from data.calendar import utc_now
from data.sandbox.query_parameters import Parameter, ParametersRefused
from data.sandbox.saved_queries import (
    NAME_LIMIT,
    NewQuery,
    QueryRefused,
    SavedQuery,
    add_query,
    query_with_id,
    remove_query,
    save_query,
    share_query,
    unshare_query,
)
from pages.sql import editor
from pages.ui import confirming, messages
from pages.ui.store import the_store

REFUSED = (QueryRefused, ParametersRefused, AccountRefused)


def draw(account: Account, statement: str, parameters: tuple[Parameter, ...], saved: SavedQuery | None) -> None:
    """The menu with which a query is kept."""
    changeable = saved is not None and saved.may_change(account)
    with st.popover("Save", icon=":material/bookmark:", key="sql_save"):
        name = st.text_input(
            "Name", saved.name if saved is not None else "", max_chars=NAME_LIMIT, key=f"sql_name_{_number(saved)}"
        )
        new = NewQuery(name or "", statement, parameters)
        if changeable and saved is not None:
            if st.button("Save changes", type="primary", key="sql_save_changes", width="stretch"):
                _change(account, saved, new)
            if st.button("Save as a new query", key="sql_save_new", width="stretch"):
                _add(account, new)
        elif st.button("Save query", type="primary", key="sql_save_new", width="stretch"):
            _add(account, new)
        st.caption("Saved with the values of its parameters. Nobody but you sees it, unless it is shared in a tenant.")
        if changeable and saved is not None:
            _draw_sharing(account, saved)
            if st.button("Remove …", icon=":material/delete:", key="sql_remove", width="stretch"):
                _ask_to_remove(account, saved)


def _draw_sharing(account: Account, saved: SavedQuery) -> None:
    if saved.tenant_id is not None:
        if st.button("Stop sharing", icon=":material/group_off:", key="sql_unshare", width="stretch"):
            _do(
                partial(unshare_query, the_store(), account.username, saved.query_id, utc_now()), "Not shared any more."
            )
        return
    managed = [
        each for each in tenants(viewer_of(the_store(), account), the_store()) if account.manages(each.tenant_id)
    ]
    if not managed:
        return
    names = {each.tenant_id: each.name for each in managed}
    tenant_id = managed[0].tenant_id
    if len(managed) > 1:
        tenant_id = st.selectbox("Tenant", list(names), format_func=names.__getitem__, key="sql_tenant")
    if st.button(
        f"Share in {messages.literal(names[tenant_id])}", icon=":material/group:", key="sql_share", width="stretch"
    ):
        act = partial(share_query, the_store(), account.username, saved.query_id, tenant_id, utc_now())
        _do(act, "Shared with all who see the tenant.")


def _add(account: Account, new: NewQuery) -> None:
    try:
        query_id = add_query(the_store(), account.username, new, utc_now())
    except REFUSED as refusal:
        messages.refused(refusal)
        return
    editor.show_saved(query_with_id(account, the_store(), query_id), query_id)
    messages.notice_after_rerun("Saved. The address of the page is the query’s.")


def _change(account: Account, saved: SavedQuery, new: NewQuery) -> None:
    try:
        save_query(the_store(), account.username, saved.query_id, new, utc_now())
    except REFUSED as refusal:
        messages.refused(refusal)
        return
    editor.show_saved(query_with_id(account, the_store(), saved.query_id), saved.query_id)
    messages.notice_after_rerun("Saved.")


def _ask_to_remove(account: Account, saved: SavedQuery) -> None:
    def remove() -> None:
        remove_query(the_store(), account.username, saved.query_id, utc_now())
        editor.show_saved(None, None)

    text = f"**{messages.literal(saved.name)}** is removed for good"
    text += "." if saved.tenant_id is None else ", for everybody in the tenant."
    confirming.confirm(confirming.Question("Remove this query?", text, "Remove"), remove, "Removed.")


def _do(act: partial[None], done: str) -> None:
    try:
        act()
    except REFUSED as refusal:
        messages.refused(refusal)
        return
    messages.notice_after_rerun(done)


def _number(saved: SavedQuery | None) -> int:
    return 0 if saved is None else saved.query_id
