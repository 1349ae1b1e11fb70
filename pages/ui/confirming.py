"""Asks once more before something that cannot be undone, or that hits others at once."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.ui import messages, session


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `typed`, where it is not empty, must be typed; otherwise a tick is enough."""

    title: str
    text: str
    button: str
    typed: str = ""


def confirm(question: Question, act: Callable[[], None], done: str) -> None:
    """Ask in a dialog; then act, load the page anew, and say `done`. Nothing happens where the user closes it."""

    @st.dialog(question.title, icon=":material/warning:")
    def ask() -> None:
        with messages.shown():
            session.require_account()
            st.markdown(question.text)
            certain = _is_certain(question)
            if st.button(question.button, type="primary", key="confirm_submit", width="stretch"):
                if not certain:
                    st.error("Type it exactly as it is written above." if question.typed else "Tick the box first.")
                    return
                act()
                messages.notice_after_rerun(done)

    ask()


def _is_certain(question: Question) -> bool:
    if not question.typed:
        return st.checkbox("Yes, I am sure", key="confirm_ticked")
    typed = st.text_input(f"Type **{messages.literal(question.typed)}** to confirm", key="confirm_typed")
    return (typed or "").strip() == question.typed
