"""Pieces that several pages have: the title with a button, a search, a choice among all, an item to be taken away."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui.controls import danger_button


def title_with_button(title: str, label: str, key: str, icon: str, *, offered: bool = True, **how: Any) -> bool:
    """The title of a page, and at the other side its button, where it is offered; whether that was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, anchor=False, width="content")
        return offered and st.button(label, key=key, icon=icon, **how)


def search(key: str, placeholder: str, label: str = "Search", **how: Any) -> str:
    """A search of what is on the page, as typed so far, without spaces around it."""
    icon = ":material/search:"
    text = st.text_input(label, key=key, placeholder=placeholder, type="search", icon=icon, live=True, **how)
    return str(text or "").strip()


def one_or_all(label: str, names: Mapping[int, str], key: str, everything: str = "All", **how: Any) -> int | None:
    """A choice of one of these by its name, or (None) of `everything`."""
    options, called = [None, *names], lambda each: everything if each is None else names[each]
    chosen: int | None = st.selectbox(label, options, format_func=called, key=key, **how)
    return chosen


def item(text: str, key: str, button: tuple[str, str, str], *, removable: bool = True, border: bool = False) -> bool:
    """An item of a list, in Markdown, and the button (its label, icon and key) that takes it away; whether that was
    pressed.
    """
    with st.container(horizontal=True, vertical_alignment="center", key=key, border=border):
        st.markdown(text, width="stretch")
        return removable and danger_button(*button, "tertiary")
