"""What pages say: why something failed and what to do, what was done, and the question before what cannot be undone.

Nobody is ever shown a stack trace.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from data.accounts.encryption import KeyUnusable
from data.refusals import Refused
from data.store import StoreAway, StoreBusy, StoreError, StoreNotWritten
from data.text import number_text
from pages.ui import session

log = logging.getLogger(__name__)

UNREADABLE = "The data cannot be read just now. Tell whoever runs this server: its log says more."
UNWRITTEN = "The data cannot be written just now. Tell whoever runs this server: its log says more."
NO_KEY = "The key that encrypts the tokens cannot be used. Tell whoever runs this server: its log says more."
AWAY = "The database does not answer just now. Nothing is lost. Try again in a minute."
STALE = "The database does not answer just now. You see what was there before; changes cannot be saved."
BUSY = "The data is being written by something else just now. Try again in a minute."
NOTICE = "layout_notice"
WORD_JOINER = "\u2060"
Arguments = ParamSpec("Arguments")
_LINKED = re.compile(r"://|@|www(?=\.)", re.IGNORECASE)
_ESCAPES = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]()#+-.!|<>~$:&\"'=/"})


@contextmanager
def shown() -> Iterator[None]:
    """Show what fails inside as a message; what nobody expected gets a number that is in the server's log too."""
    try:
        yield
    except (RerunException, StopException):
        raise
    except Refused as error:
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
    elif isinstance(error, StoreAway):
        log.warning("a server of the store is away: %s", error)
        st.warning(AWAY, icon=":material/cloud_off:")
    elif isinstance(error, StoreError | KeyUnusable):
        log.error("a page could not be shown: %s", error)
        of_store = UNWRITTEN if isinstance(error, StoreNotWritten) else UNREADABLE
        st.error(NO_KEY if isinstance(error, KeyUnusable) else of_store, icon=":material/error:")
    else:
        st.error(literal_lines(str(error)), icon=":material/error:")


def notice_after_rerun(sentence: str) -> NoReturn:
    """Load the page anew, and say there once what has been done."""
    st.session_state[NOTICE] = sentence
    st.rerun()


def do(act: Callable[[], object], done: str) -> None:
    """Act, load the page anew, and say there that it is `done`; or show here why it is refused."""
    with shown():
        act()
        notice_after_rerun(done)


def draw_notice() -> None:
    sentence = st.session_state.pop(NOTICE, None)
    if sentence:
        st.toast(literal(sentence), icon=":material/check:")


def literal(text: str) -> str:
    """A text from outside as Markdown shows it literally: on one line, no markup, no link, no formula, no icon.

    What looks like an address would become a link in spite of backslashes; an unseen joiner inside prevents it.
    """
    joined = _LINKED.sub(lambda found: f"{found[0][:1]}{WORD_JOINER}{found[0][1:]}", " ".join(text.split()))
    return joined.translate(_ESCAPES)


def literal_lines(text: str) -> str:
    """A text from outside of one line as it stands, one of several lines as a list."""
    lines = [literal(line) for line in text.splitlines()]
    return lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)


def few(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are: what is on a page has bounds, whatever is stored."""
    more = f" and {number_text(len(names) - most)} more" if len(names) > most else ""
    return f"{', '.join(literal(name) for name in names[:most])}{more}"


def bullets(heading: str, lines: Sequence[str], most: int, count: int | None = None) -> str:
    """The first lines, which are Markdown, as a list below a heading, and how many more there are (of `count`)."""
    items = [f"- {line}" for line in lines[:most]]
    more = (len(lines) if count is None else count) - len(items)
    return "\n".join([heading, "", *items, *([f"- and {number_text(more)} more"] if more > 0 else [])])


def show_once(key: str, title: str, secret: str, caption: str, *, icon: str = "link", html: str = "") -> None:
    """A secret to be copied, which nobody can look up later; and `html` that has it."""
    with st.container(border=True, key=key):
        st.markdown(f":green[:material/{icon}:] **{title}**")
        st.code(secret, language=None, wrap_lines=True)
        if html:
            st.code(html, language="html", wrap_lines=True)
        st.caption(f"Copy it now: it is not shown again. {caption}")


def dialog(title: str, **how: Any) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """A dialog, for whoever is still signed in; what fails in it is shown in it."""

    def decorated(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
        @st.dialog(title, **how)
        @wraps(draw)
        def drawn(*of: Arguments.args, **named: Arguments.kwargs) -> None:
            with shown():
                session.require_account()
                draw(*of, **named)

        return drawn

    return decorated


def confirm(title: str, text: str, button: str, act: Callable[[], object], done: str, *, to_type: str = "") -> None:
    """Ask in a dialog, with a box to tick or something `to_type`; then act, load the page anew, and say `done`."""

    @dialog(title, icon=":material/warning:")
    def ask() -> None:
        st.markdown(text)
        if to_type:
            typed = st.text_input(f"Type **{literal(to_type)}** to confirm", key="confirm_typed")
            certain = (typed or "").strip() == to_type
        else:
            certain = st.checkbox("Yes, I am sure", key="confirm_ticked")
        if st.button(button, type="primary", key="confirm_submit", width="stretch"):
            if certain:
                act()
                notice_after_rerun(done)
            st.error("Type it exactly as it is written above." if to_type else "Tick the box first.")

    ask()
