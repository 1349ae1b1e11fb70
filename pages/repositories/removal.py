"""The dialog that removes repositories: keeps their history, or deletes it after that was typed."""

from collections.abc import Sequence

import streamlit as st

from data.repositories.models import Repository
from data.repositories.repositories import RepositoryRefused
from pages.repositories import acts
from pages.repositories.standing import counted
from pages.ui import fresh, messages, session

ASKED = "repositories_removing"  # the ids that the dialog is about
KEEP, DELETE = "Keep the history", "Delete the history for ever"
MOST_NAMED = 8


def open_when_asked() -> None:
    """Open the dialog while there is something to remove."""
    if ASKED not in st.session_state:
        return
    try:
        chosen = acts.managed(session.require_account(), st.session_state[ASKED])
    except RepositoryRefused as refusal:
        del st.session_state[ASKED]
        messages.refused(refusal)
    else:
        _dialog(chosen)


def to_type(chosen: Sequence[Repository]) -> str:
    """What has to be typed before a history is deleted: the name, or of several how many there are."""
    return chosen[0].full_name if len(chosen) == 1 else f"delete {len(chosen)} repositories"


def _forget() -> None:
    st.session_state.pop(ASKED, None)


@st.dialog("Remove repositories", icon=":material/delete:", on_dismiss=_forget)
def _dialog(chosen: Sequence[Repository]) -> None:
    with messages.shown():
        names = [f"- {messages.literal(each.full_name)}" for each in chosen[:MOST_NAMED]]
        more = [f"- and {len(chosen) - MOST_NAMED:,} more"] if len(chosen) > MOST_NAMED else []
        st.markdown(
            "\n".join([f"GitHub is not asked any more for {counted(len(chosen), 'repository')}:", "", *names, *more])
        )
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
            wanted = to_type(chosen)
            typed = wanted
            if choice == DELETE:
                typed = (
                    st.text_input(f"Type **{messages.literal(wanted)}** to delete it", key="repositories_typed") or ""
                )
            label = "Remove, keep the history" if choice == KEEP else "Delete for ever"
            pressed = st.form_submit_button(label, type="primary", key="repositories_remove_now", width="stretch")
        if pressed and typed.strip().casefold() != wanted.casefold():
            st.error(f"That was not “{messages.literal(wanted)}”. Nothing was deleted.")
        elif pressed:
            act = acts.REMOVE if choice == KEEP else acts.DELETE
            _finish(act, [each.repository_id for each in chosen])


def _finish(act: acts.Act, repository_ids: list[int]) -> None:
    try:
        said = acts.do(act, repository_ids)
    except RepositoryRefused as refusal:
        messages.refused(refusal)
        return
    _forget()
    fresh.empty(acts.TICKS)
    messages.notice_after_rerun(said)
