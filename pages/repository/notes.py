"""The dialog that writes a note, and the list of notes; what may be done is asked at the moment of acting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import streamlit as st

from data.accounts.models import Account
from data.calendar import utc_now
from data.insight.notes import (
    LINK_LIMIT,
    TEXT_LIMIT,
    NewNote,
    Note,
    add_note,
    change_note,
    may_write,
    remove_note,
)
from data.repositories.models import Repository
from data.text import day_text, number_text
from pages.repository.text import to_open
from pages.ui import controls, messages, session
from pages.ui.store import the_store

THIS, ALL = "This repository", "All repositories of the tenant"
MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """What the dialog begins with; `note` where one is changed."""

    day: date
    text: str = ""
    note: Note | None = None


def draw_list(account: Account, repository: Repository, notes: Sequence[Note]) -> None:
    """The notes, the newest first; for those who may write them with what can be done to each."""
    st.header("Notes", anchor=False)
    newest = sorted(notes, key=lambda each: (each.day, each.note_id), reverse=True)
    for note in newest[:MOST_LISTED]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"repository_note_{note.note_id}"):
            about = "" if note.repository_id is not None else " · all repositories"
            st.markdown(
                f"**{day_text(note.day)}**{about}  \n{messages.literal(note.note)}{to_open(note.link)}",
                width="stretch",
            )
            if may_write(account, note.tenant_id) and st.button(
                "Edit", key=f"repository_change_{note.note_id}", type="tertiary"
            ):
                write(repository, NoteDraft(note.day, note.note, note))
    if len(newest) > MOST_LISTED:
        st.caption(
            f"The newest {MOST_LISTED} of {number_text(len(newest))}. Choose an earlier range to see older ones."
        )


@messages.dialog("Note", icon=":material/edit_note:")
def write(repository: Repository, draft: NoteDraft) -> None:
    by, old = session.require_account().username, draft.note
    with st.form("repository_note_form", border=False):
        day = st.date_input("Day (UTC)", draft.day, format="YYYY-MM-DD", key="repository_note_day")
        text = st.text_area("What happened", draft.text, max_chars=TEXT_LIMIT, key="repository_note_text", height=96)
        given = old.link or "" if old else ""
        link = st.text_input("Link (optional)", given, max_chars=LINK_LIMIT, key="repository_note_link")
        about = THIS
        if old is None:
            about = st.radio("About", [THIS, ALL], key="repository_note_about", horizontal=True)
        saved = st.form_submit_button("Save", type="primary", key="repository_note_save", width="stretch")
    st.caption("Visible to everyone who can see this repository; about all: any repository of the tenant.")
    store, now = the_store(), utc_now()
    if saved and isinstance(day, date) and old is None:
        place = (repository.repository_id, None) if about == THIS else (None, repository.tenant_id)
        new = NewNote(day, text or "", link, *place)
        messages.do(lambda: add_note(store, by, new, now), "Note saved.")
    elif saved and isinstance(day, date) and old is not None:
        changed = replace(old, day=day, note=text or "", link=link)
        messages.do(lambda: change_note(store, by, changed, now), "Note saved.")
    if old is not None and controls.danger_button(
        "Delete note", ":material/delete:", "repository_note_remove", width="stretch"
    ):
        messages.do(lambda: remove_note(store, by, old.note_id, now), "Note deleted.")
