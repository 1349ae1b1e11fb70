"""SQL: ask the database oneself, with one's own rows only."""

from functools import partial

import streamlit as st

from data.accounts import grants
from data.accounts.authority import AccountRefused
from data.accounts.models import Account, Viewer
from data.accounts.saved_items import SavedItemRefused
from data.calendar import utc_now
from data.sandbox.sandbox import SandboxError
from data.sandbox.saved_queries import NAME_LIMIT, QUERIES, NewQuery, SavedQuery
from data.sandbox.statement import Parameter, ParametersRefused
from data.text import number_text
from pages.sql import editor, view
from pages.ui import filters, messages, query_sandbox, saved_items, session
from pages.ui.store import the_store


def draw_editor(account: Account, viewer: Viewer) -> str:
    editor.draw_choice(account)
    saved = editor.opened(account)
    editor.draw_origin(account, saved)
    statement = editor.draw_statement()
    parameters = editor.draw_parameters(statement)
    limits = query_sandbox.limits()
    with st.container(horizontal=True, vertical_alignment="center", key="sql_actions"):
        pressed = st.button("Run", type="primary", icon=":material/play_arrow:", key=editor.RUN, shortcut="Mod+Enter")
        draw_saving(account, NewQuery("", statement, parameters), saved)
        st.caption(
            f"Limits: {limits.seconds:g} s, {number_text(limits.rows)} rows, {limits.megabytes} MB. "
            f"Queries cover your {number_text(len(viewer.repository_ids))} repositories."
        )
    if pressed:
        run(account, viewer, statement, parameters)
    return statement


def run(account: Account, viewer: Viewer, statement: str, parameters: tuple[Parameter, ...]) -> None:
    saved = editor.opened(account)
    try:
        view.begin(account, viewer, statement, editor.values_of(parameters))
    except (SandboxError, ParametersRefused) as refusal:
        messages.refused(refusal)
        return
    if not editor.put_into_address(statement, parameters, saved):
        st.caption("This query is too long for a link. Save it to get one.")


def draw_saving(account: Account, typed: NewQuery, saved: SavedQuery | None) -> None:
    changeable = saved is not None and saved.may_change(account)
    with st.popover("Save", icon=":material/bookmark:", key="sql_save"):
        name_key = f"sql_name_{0 if saved is None else saved.item_id}"
        name = st.text_input("Name", "" if saved is None else saved.name, max_chars=NAME_LIMIT, key=name_key)
        new = NewQuery(name or "", typed.statement, typed.parameters)
        if saved is not None and changeable:
            if st.button("Save changes", type="primary", key="sql_save_changes", width="stretch"):
                save(account, new, saved)
            if st.button("Save as a new query", key="sql_save_new", width="stretch"):
                save(account, new)
        elif st.button("Save query", type="primary", key="sql_save_new", width="stretch"):
            save(account, new)
        st.caption("Parameter values are saved, too. Private until shared in a tenant.")
        if saved is not None and changeable:
            saved_items.draw("sql", account, QUERIES, saved, partial(editor.show_saved, None))


def save(account: Account, new: NewQuery, saved: SavedQuery | None = None) -> None:
    store = the_store()
    try:
        if saved is None:
            item_id = QUERIES.add(store, account.username, new, utc_now())
        else:
            item_id = saved.item_id
            QUERIES.save(store, account.username, item_id, new, utc_now())
    except (SavedItemRefused, ParametersRefused, AccountRefused) as refusal:
        messages.refused(refusal)
        return
    editor.show_saved(QUERIES.with_id(account, store, item_id))
    messages.notice_after_rerun("Saved. The page’s address is a link to this query.")


account = session.require_account()
viewer = grants.viewer_of(the_store(), account)
st.title("SQL", anchor=False)
filters.stop_without_traffic(viewer)
if not query_sandbox.is_on():
    st.info("SQL is switched off on this server.", icon=":material/block:")
    st.stop()
view.prepare(viewer)
editor.load_from_address(account)
left, right = st.columns([2, 1], gap="large")
with left:
    statement = draw_editor(account, viewer)
    st.header("Result", anchor=False)
    view.draw_result(viewer, statement)
with right:
    view.draw_schema()
