"""What pages say: why something failed and what to do, what was done, and the question before what cannot be undone.

Nobody is ever shown a stack trace.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from data.accounts.authority import AccountRefused
from data.accounts.encryption import EncryptionError, KeyUnusable
from data.accounts.passwords import PasswordRefused
from data.accounts.sessions import TooManyAttempts
from data.accounts.tenants import TenantRefused
from data.store import StoreBusy, StoreError, StoreNotWritten
from pages.ui import session

log = logging.getLogger(__name__)

REFUSED = (AccountRefused, PasswordRefused, TenantRefused, TooManyAttempts, EncryptionError)
UNREADABLE = "The data cannot be read just now. Tell whoever runs this server: its log says more."
UNWRITTEN = (
    "The data cannot be written just now, and nothing was changed. Tell whoever runs this server: its log says more."
)
NO_KEY = "The key that encrypts the tokens cannot be used. Tell whoever runs this server: its log says more."
BUSY = "The data is being written by something else just now. Nothing was changed. Try again in a minute."
NOTICE = "layout_notice"
WORD_JOINER = "\u2060"
_LINKED = re.compile(r"://|@|www(?=\.)", re.IGNORECASE)
_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|<>~$:&\"'=/")


@contextmanager
def shown() -> Iterator[None]:
    """Show what fails inside as a message; what nobody expected gets a number that is in the server's log too."""
    try:
        yield
    except (RerunException, StopException):
        raise
    except (StoreError, *REFUSED) as error:
        refused(error)
    except Exception:
        number = secrets.token_hex(4)
        log.exception("page failure %s", number)
        st.error(f"Something went wrong. The error is in the server log (reference {number}).")


def refused(error: Exception) -> None:
    """Show why something was not done. What names the server's files goes into its log, and a plain sentence here."""
    if isinstance(error, StoreBusy):
        log.warning("the store is busy: %s", error)
        st.warning(BUSY, icon=":material/hourglass_top:")
    elif isinstance(error, StoreError | KeyUnusable):
        log.error("a page could not be shown: %s", error)
        st.error(_plain(error), icon=":material/error:")
    else:
        st.error(literal(str(error)), icon=":material/error:")


def _plain(error: StoreError | KeyUnusable) -> str:
    if isinstance(error, KeyUnusable):
        return NO_KEY
    return UNWRITTEN if isinstance(error, StoreNotWritten) else UNREADABLE


def notice_after_rerun(sentence: str) -> None:
    """Load the page anew, and say there once what has been done."""
    st.session_state[NOTICE] = sentence
    st.rerun()


def draw_notice() -> None:
    sentence = st.session_state.pop(NOTICE, None)
    if sentence:
        st.toast(literal(sentence), icon=":material/check:")


def literal(text: str) -> str:
    """A text from outside as Markdown shows it literally: on one line, no markup, no link, no formula, no icon.

    What looks like an address would become a link in spite of backslashes; an unseen joiner inside prevents it.
    """
    joined = _LINKED.sub(lambda found: f"{found[0][:1]}{WORD_JOINER}{found[0][1:]}", " ".join(text.split()))
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in joined)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is asked: `typed`, where it is not empty, must be typed; otherwise a tick is enough."""

    title: str
    text: str
    button: str
    typed: str = ""


def confirm(question: Confirmation, act: Callable[[], None], done: str) -> None:
    """Ask in a dialog; then act, load the page anew, and say `done`. Nothing happens where the user closes it."""

    @st.dialog(question.title, icon=":material/warning:")
    def ask() -> None:
        with shown():
            session.require_account()
            st.markdown(question.text)
            certain = _is_certain(question)
            if st.button(question.button, type="primary", key="confirm_submit", width="stretch"):
                if not certain:
                    st.error("Type it exactly as it is written above." if question.typed else "Tick the box first.")
                    return
                act()
                notice_after_rerun(done)

    ask()


def _is_certain(question: Confirmation) -> bool:
    if not question.typed:
        return st.checkbox("Yes, I am sure", key="confirm_ticked")
    typed = st.text_input(f"Type **{literal(question.typed)}** to confirm", key="confirm_typed")
    return (typed or "").strip() == question.typed
