"""Choices and searches that stand in the address, so that a link opens the same view."""

from collections.abc import Iterable

import streamlit as st


def choice(label: str, options: Iterable[str], default: str, key: str) -> str:
    """One of several words side by side; it stands in the address under its key."""
    words = list(options)
    found = st.segmented_control(
        label,
        words,
        default=default,
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        wrap=True,
    )
    return found if found in words else default


def search(width: int | None = None) -> str:
    """The search for a part of a repository's name, as typed so far; it stands in the address."""
    typed = st.text_input(
        "Search",
        max_chars=140,
        placeholder="Part of a repository’s name",
        type="search",
        icon=":material/search:",
        key="search",
        bind="query-params",
        live=True,
        width="stretch" if width is None else width,
    )
    return str(typed or "").strip()
