"""SQL: ask the database oneself, with one's own rows only."""

import streamlit as st

from data.accounts import grants
from data.accounts.models import Account, Viewer
from data.sandbox.query_parameters import Parameter, ParametersRefused
from data.sandbox.sandbox_failures import SandboxError
from pages.sql import editor, results, running, saving, schema_view
from pages.ui import filters, messages, session
from pages.ui.store import the_store


def run(account: Account, viewer: Viewer, statement: str, parameters: tuple[Parameter, ...]) -> None:
    """Run what is in the editor, and have the address name it."""
    saved = editor.opened(account)
    try:
        running.begin(account, viewer, statement, editor.values_of(parameters))
    except (SandboxError, ParametersRefused) as refusal:
        messages.refused(refusal)
        return
    if not editor.put_into_address(statement, parameters, saved):
        st.caption("This query is too long for an address: save it to have a link to it.")


def draw_editor(account: Account, viewer: Viewer) -> str:
    """The query and what can be done with it. Answers its text."""
    editor.draw_choice(account)
    saved = editor.opened(account)
    editor.draw_origin(account, saved)
    statement = editor.draw_statement()
    parameters = editor.draw_parameters(statement)
    limits = running.limits()
    with st.container(horizontal=True, vertical_alignment="center", key="sql_acts"):
        pressed = st.button("Run", type="primary", icon=":material/play_arrow:", key="sql_run", shortcut="Mod+Enter")
        saving.draw(account, statement, parameters, saved)
        st.caption(
            f"At most {limits.seconds:g} s, {limits.rows:,} rows, {limits.megabytes} MB. "
            f"You ask {len(viewer.repository_ids):,} repositories: those that you may see."
        )
    if pressed:
        run(account, viewer, statement, parameters)
    return statement


account = session.require_account()
who = grants.viewer_of(the_store(), account)
st.title("SQL", anchor=False)
filters.stop_without_traffic(who)
if not running.is_on():
    st.info("The operator of this server has switched SQL off.", icon=":material/block:")
    st.stop()
running.make_ready(who)
editor.load_from_address(account)
left, right = st.columns([2, 1], gap="large")
with left:
    text = draw_editor(account, who)
    st.header("Result", anchor=False)
    results.draw(who, text)
with right:
    schema_view.draw()
