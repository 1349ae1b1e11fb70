"""A failure becomes the sentence that says what happened and what to do. Nobody is ever shown a stack trace."""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from data.authority import AccountRefused
from data.passwords import PasswordRefused
from data.sessions import TooManyAttempts
from data.store import StoreBusy, StoreError
from data.tenants import TenantRefused
from data.vault import VaultError

log = logging.getLogger(__name__)

REFUSED = (AccountRefused, PasswordRefused, TenantRefused, TooManyAttempts, VaultError)
NOTICE = "frame_notice"
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
    except StoreBusy as error:
        st.warning(f"{literal(str(error))} Nothing was changed.")
    except (StoreError, *REFUSED) as error:
        refused(error)
    except Exception:
        number = secrets.token_hex(4)
        log.exception("page failure %s", number)
        st.error(
            f"Something went wrong here, and it is our fault. Nothing was changed. Please report it with the "
            f"number {number}: the server's log says more about it."
        )


def refused(error: Exception) -> None:
    """Show why something was not done."""
    st.error(literal(str(error)), icon=":material/error:")


def notice_after_rerun(sentence: str) -> None:
    """Load the page anew, and say there once what has been done."""
    st.session_state[NOTICE] = sentence
    st.rerun()


def draw_notice() -> None:
    """Say what has just been done, once."""
    sentence = st.session_state.pop(NOTICE, None)
    if sentence:
        st.toast(literal(sentence), icon=":material/check:")


def literal(text: str) -> str:
    """A text from outside as Markdown shows it literally: on one line, no markup, no link, no formula, no icon.

    What looks like an address would become a link in spite of backslashes; an unseen joiner inside prevents it.
    """
    joined = _LINKED.sub(lambda found: f"{found[0][:1]}{WORD_JOINER}{found[0][1:]}", " ".join(text.split()))
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in joined)
