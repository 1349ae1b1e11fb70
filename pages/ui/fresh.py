"""Keys of widgets that are to be emptied: a widget under another key begins anew, in the browser too."""

import streamlit as st

_STATE = "fresh_{}"


def key(name: str) -> str:
    """The key under which a widget stands now: its name, and how often it was emptied."""
    times = st.session_state.get(_STATE.format(name), 0)
    return f"{name}_{times}" if times else name


def empty(name: str) -> None:
    """Let go of what the widget holds. Its next run draws it anew: what a browser keeps of the former one is lost."""
    st.session_state.pop(key(name), None)
    st.session_state[_STATE.format(name)] = st.session_state.get(_STATE.format(name), 0) + 1
