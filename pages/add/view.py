"""The repositories that a tenant's token sees, the most popular first, with those ticked that one will want."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pandas as pd
import streamlit as st
from pandas import DataFrame

from collector.discovery import Discovery, ListedRepository, Pattern, parse_pattern
from collector.errors import NameRefused
from collector.reach import estimate
from data.accounts.models import Viewer
from data.accounts.tokens import tokens
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories
from data.text import counted
from pages.add import tracking
from pages.ui import messages, session
from pages.ui.repository_status import STATES
from pages.ui.store import the_store

FOUND = "add_found"
ALL_OWNERS = ("*",)
ROWS_AT_SIGHT, ROW_PIXELS = 12, 35
NEW, CANNOT = "New", "No push access"
STATUS_COLOURS = {NEW: "blue", CANNOT: "orange", **{f"{word}": "gray" for word in STATES.values()}}
MARKS = {"Private": "violet", "Fork": "gray", "Archived": "gray"}
FILTER_HELP = (
    "Part of a name, or a pattern: `octo/*` all of an owner, `octo/api-*` names that begin so; `!fork`, `!archived`, "
    "`!private`, `!test-*` leave out. For example: `octo/*, !fork`"
)


def draw(tenant_id: int, viewer: Viewer) -> list[str]:
    """Show what the token sees, or what is filtered of it; the selected names once they are to be tracked."""
    text = st.text_input(
        "Filter",
        key="add_pattern",
        max_chars=1000,
        placeholder="Part of a name, or octo/*, !fork",
        icon=":material/filter_alt:",
        help=FILTER_HELP,
        width=360,
    )
    try:
        pattern = _pattern((text or "").strip())
        lists = _lists(tenant_id, ALL_OWNERS if all("*" in each for each in pattern.owners) else pattern.owners)
    except (NameRefused, tracking.TrackingRefused) as refusal:
        messages.refused(refusal)
        st.button("Try again", icon=":material/refresh:", key="add_again", on_click=forget)
        return []
    for warning in lists.warnings:
        st.warning(messages.literal(warning))
    found = [each for each in lists.found if pattern.means(each)]
    if found:
        return _draw_rows(tenant_id, found, viewer)
    seen = "No repository matches." if lists.found else "The tenant’s token sees no repository."
    st.info(f"{seen} You can also add repositories by name.", icon=":material/search_off:")
    return []


def forget() -> None:
    """Ask GitHub anew the next time."""
    st.session_state.pop(FOUND, None)


def _pattern(text: str) -> Pattern:
    """What is typed as a pattern; a single word is a part of a name. Raises: NameRefused."""
    is_word = bool(text) and not set(text) & set("/!*, ")
    return parse_pattern(f"*/*{text}*" if is_word else text or "*/*")


def _lists(tenant_id: int, owners: tuple[str, ...]) -> Discovery:
    """All that GitHub lists of these owners, kept for the session; a refusal, too, until one tries again.

    Raises: TrackingRefused.
    """
    stored = next((each for each in tokens(session.viewer(), the_store()) if each.tenant_id == tenant_id), None)
    key = (tenant_id, owners, stored)
    if st.session_state.get(FOUND, ("", None))[0] != key:
        with st.spinner("Asking GitHub for the repositories of the token …", show_time=True):
            st.session_state[FOUND] = (key, _answer(tenant_id, owners))
    answer: Discovery | str = st.session_state[FOUND][1]
    if isinstance(answer, str):
        raise tracking.TrackingRefused(answer)
    return answer


def _answer(tenant_id: int, owners: tuple[str, ...]) -> Discovery | str:
    try:
        return tracking.discover(tenant_id, Pattern(tuple((owner, "*") for owner in owners)))
    except tracking.TrackingRefused as refusal:
        return str(refusal)


def _draw_rows(tenant_id: int, listed: Sequence[ListedRepository], viewer: Viewer) -> list[str]:
    known = {
        each.github_id: each.state
        for each in repositories(viewer, the_store())
        if each.tenant_id == tenant_id and each.github_id is not None
    }
    rows = preview(listed, known)
    st.markdown(f"**{counted(len(rows), 'repository')} found.** Select the ones to track.")
    bar = st.container(horizontal=True, vertical_alignment="center")
    hidden = ["order", "ticked"] + ([] if (rows["order"] > 0).any() else ["here"])
    digest = sha256("\n".join(rows["full_name"]).encode()).hexdigest()[:12]
    state: Any = st.dataframe(
        rows.drop(columns=hidden),
        column_config=_columns(),
        hide_index=True,
        key=f"add_rows_{digest}",
        row_height=ROW_PIXELS,
        height=(min(len(rows), ROWS_AT_SIGHT) + 1) * ROW_PIXELS + 1,
        placeholder="",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [int(row) for row in rows.index[rows["ticked"]]]}},
        alt=f"{counted(len(rows), 'repository')} that the token can see, with stars, last push and type",
    )
    picked = [str(rows["full_name"].iloc[row]) for row in state["selection"]["rows"] if row < len(rows)]
    if picked:
        st.caption(messages.literal(estimate(viewer, the_store(), tenant_id, len(picked))))
    with bar:
        label = f"Track {counted(len(picked), 'repository')}" if picked else "Track"
        can = 0 < len(picked) <= tracking.AT_MOST
        pressed = st.button(label, type="primary", icon=":material/add:", key="add_track_selected", disabled=not can)
        if st.button("Refresh", icon=":material/refresh:", key="add_refresh", help="Ask GitHub again"):
            forget()
            st.rerun()
        if len(picked) > tracking.AT_MOST:
            st.caption(f"At most {tracking.AT_MOST} at a time.")
    return picked if pressed and can else []


def preview(listed: Sequence[ListedRepository], known: Mapping[int, RepositoryState]) -> DataFrame:
    """What is found as a table: what can be tracked first, then what GitHub shows no traffic of, then what is here; the
    most popular first in each. Ticked is what is new, and neither a fork nor archived, as many as can be added at once.
    """
    rows = [_row(each, known.get(each.github_id)) for each in listed]
    frame = pd.DataFrame(rows, columns=["full_name", "stars", "pushed_at", "marks", "here", "order", "ticked"])
    frame = frame.astype({"stars": "Int64"}).sort_values("full_name", key=lambda names: names.str.casefold())
    frame = frame.sort_values("stars", ascending=False, na_position="last", kind="stable")
    frame = frame.sort_values("order", kind="stable", ignore_index=True)
    frame["ticked"] &= frame["ticked"].cumsum() <= tracking.AT_MOST
    return frame


def _row(each: ListedRepository, state: RepositoryState | None) -> tuple[object, ...]:
    if state is not None:
        here, order = STATES[state], 2
    elif each.may_push is False:
        here, order = CANNOT, 1
    else:
        here, order = NEW, 0
    marks = [mark for mark, is_so in zip(MARKS, (each.private, each.fork, each.archived), strict=True) if is_so]
    ticked = order == 0 and not each.fork and not each.archived
    return each.full_name, each.stars, each.pushed_at, marks, [here], order, ticked


def _columns() -> Mapping[str, Any]:
    config = st.column_config
    status_help = f"{NEW}: not tracked yet. {CANNOT}: traffic is only visible with push access. Otherwise: tracked."
    options, colours = list(STATUS_COLOURS), list(STATUS_COLOURS.values())
    return {
        "full_name": config.TextColumn("Repository", pinned=True),
        "stars": config.NumberColumn("Stars", format="localized", width=70),
        "pushed_at": config.DateColumn("Last push", format="D MMM YYYY", width=110),
        "marks": config.MultiselectColumn("Type", options=list(MARKS), color=list(MARKS.values()), width=170),
        "here": config.MultiselectColumn("Status", options=options, color=colours, width=130, help=status_help),
    }
