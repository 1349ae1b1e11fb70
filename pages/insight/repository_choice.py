"""Which repository the page is of, by its address or a choice: a stranger's is answered as one that is not there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

import streamlit as st

from data.accounts.models import Viewer
from data.repositories.models import Repository
from data.traffic.models import Selection
from pages.insight import repository_readers
from pages.ui import filters, messages, readers

OF = "of"  # key of the choice, and name in the address
LAST = "repository_last"
NOT_FOUND = "There is no such repository here, or it is not for you to see. Choose another one above."


def draw(viewer: Viewer) -> Repository:
    """Draw the title, the choice and the days; answers the repository, or stops the page where there is none."""
    names = readers.repository_names(viewer)
    asked = st.query_params.get(OF)
    known = asked is None or asked in names.values()
    if asked is None and OF not in st.session_state:
        last: int | None = st.session_state.get(LAST)
        first = last if last is not None and last in names else next(iter(names))
        st.query_params[OF], st.session_state[OF] = names[first], first
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="top", key="repository_choice"):
        chosen = st.selectbox(
            "Repository",
            list(names),
            index=None,
            format_func=lambda key: names.get(key, ""),
            placeholder="Choose a repository",
            key=OF,
            bind="query-params",
            width=320,
        )
        days = st.container(width="content")
    found = repository_readers.repository(viewer, chosen) if chosen is not None else None
    with head:
        _draw_title(found)
    if found is None:
        st.info("Choose a repository above." if known else NOT_FOUND, icon=":material/search_off:")
        st.stop()
    st.session_state[LAST] = found.repository_id
    with days:
        filters.draw(viewer, of_days_only=True)
    return found


def linked(label: str, options: Sequence[str], key: str) -> str:
    """One of several texts, the first where none is chosen; it always stands in the address, since the first of today
    may not be that of the day on which somebody opens the link.
    """
    if key not in st.session_state and key not in st.query_params:
        st.query_params[key] = st.session_state[key] = options[0]
    chosen = st.selectbox(label, options, index=None, placeholder=options[0], key=key, bind="query-params", width=560)
    return chosen if chosen is not None else options[0]


def linked_to(label: str, options: Mapping[str, str], key: str, first: str) -> str:
    """One of several texts by their keys, `first` where none is chosen; the key, not the text, is in the address."""
    widget = f"repository_{key}"
    if st.session_state.get(widget) not in options:
        asked = st.query_params.get(key, first)
        st.session_state[widget] = asked if asked in options else first
    chosen = st.selectbox(label, list(options), format_func=options.__getitem__, key=widget, width=560)
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def selection(viewer: Viewer, repository: Repository) -> Selection:
    """The chosen days of that repository."""
    return replace(filters.chosen_days(viewer), repository_ids=frozenset({repository.repository_id}))


def _draw_title(found: Repository | None) -> None:
    if found is None:
        st.title("Repository", anchor=False)
        return
    st.title(messages.literal(found.full_name), anchor=False)
    st.markdown(f"[Open on GitHub](https://github.com/{quote(found.full_name)})")
