"""Discovers repositories by a pattern: asks GitHub for its lists, shows what is found, and answers what is selected."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pandas as pd
import streamlit as st
from pandas import DataFrame

from collector.discovery import ListedRepository, parse_pattern
from collector.errors import NameRefused
from collector.reach import estimate
from data.accounts.models import Viewer
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories
from pages.add import tracking
from pages.ui import messages
from pages.ui.repository_status import STATES
from pages.ui.store import the_store
from pages.ui.text import counted

FOUND = "add_found"
ALL_OF_IT = "*/*"
ROWS_AT_SIGHT, ROW_PIXELS = 12, 35
NEW, CANNOT = "New", "No push access"
STATUS_COLOURS = {NEW: "blue", CANNOT: "orange", **{f"{word}": "gray" for word in STATES.values()}}
MARKS = {"Private": "violet", "Fork": "gray", "Archived": "gray"}
EXPLAINED = """
A pattern is a list of terms with commas between them; letter case does not matter.

| term | means |
|---|---|
| `*/*` | everything that the token can see |
| `octo/*` | all of a user or an organization |
| `octo/api-*` | those whose name begins so |
| `octo/hello` | that repository |
| `!fork` `!archived` `!private` | none of these |
| `!test-*` `!octo/test-*` | none whose name is like this |

For example: `octo/*, !fork, !archived`
"""


def draw(tenant_id: int, viewer: Viewer) -> list[str]:
    """Ask for a pattern and show what it finds; the selected names once they are to be tracked."""
    _draw_form(tenant_id)
    of_tenant, lists = st.session_state.get(FOUND, (None, None))
    if of_tenant != tenant_id:
        return []
    for warning in lists.warnings:
        st.warning(messages.literal(warning))
    if not lists.found:
        st.info("Nothing that this token can see matches. `*/*` finds everything.", icon=":material/search_off:")
        return []
    return _draw_preview(tenant_id, lists.found, viewer)


def _draw_form(tenant_id: int) -> None:
    with st.form("add_pattern_form"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            text = st.text_input("Pattern", value=ALL_OF_IT, max_chars=1000, key="add_pattern")
            pressed = st.form_submit_button("Search", type="primary", icon=":material/search:", key="add_look")
        with st.expander("How a pattern is written", icon=":material/help:"):
            st.markdown(EXPLAINED)
    if not pressed:
        return
    st.session_state.pop(FOUND, None)
    try:
        with st.spinner("Asking GitHub for its lists …", show_time=True):
            lists = tracking.discover(tenant_id, parse_pattern(text or ALL_OF_IT))
    except (NameRefused, tracking.TrackingRefused) as refusal:
        messages.refused(refusal)
    else:
        st.session_state[FOUND] = (tenant_id, lists)


def _draw_preview(tenant_id: int, listed: Sequence[ListedRepository], viewer: Viewer) -> list[str]:
    known = {
        each.github_id: each.state
        for each in repositories(viewer, the_store())
        if each.tenant_id == tenant_id and each.github_id is not None
    }
    rows = preview(listed, known)
    new = int((rows["order"] == 0).sum())
    st.markdown(f"**{counted(len(rows), 'repository')}** found, {new:,} new. Select the ones to track.")
    digest = sha256("\n".join(rows["full_name"]).encode()).hexdigest()[:12]
    state = st.dataframe(
        rows.drop(columns="order"),
        column_config=_columns(),
        hide_index=True,
        key=f"add_rows_{digest}",
        row_height=ROW_PIXELS,
        height=(min(len(rows), ROWS_AT_SIGHT) + 1) * ROW_PIXELS + 1,
        on_select="rerun",
        selection_mode="multi-row",
        alt=f"{counted(len(rows), 'repository')} that the token can see, with the status of each here",
    )
    picked = [str(rows["full_name"].iloc[row]) for row in state["selection"]["rows"] if row < len(rows)]
    if picked:
        st.caption(messages.literal(estimate(viewer, the_store(), tenant_id, len(picked))))
    if len(picked) > tracking.AT_MOST:
        st.warning(f"{len(picked):,} are selected; {tracking.AT_MOST} can be added at a time.")
    label = f"Track {counted(len(picked), 'repository')}" if picked else "Track the selected ones"
    can = 0 < len(picked) <= tracking.AT_MOST
    pressed = st.button(label, type="primary", icon=":material/add:", key="add_track_selected", disabled=not can)
    return picked if pressed and can else []


def preview(listed: Sequence[ListedRepository], known: Mapping[int, RepositoryState]) -> DataFrame:
    """What is found as a table: what can be tracked first, then what GitHub shows no traffic of, then what is here."""
    rows = [_row(each, known.get(each.github_id)) for each in listed]
    frame = pd.DataFrame(rows, columns=["full_name", "here", "marks", "order"])
    return frame.sort_values("full_name", key=lambda names: names.str.casefold()).sort_values(
        "order", kind="stable", ignore_index=True
    )


def _row(each: ListedRepository, state: RepositoryState | None) -> tuple[str, list[str], list[str], int]:
    if state is not None:
        here, order = STATES[state], 2
    elif each.may_push is False:
        here, order = CANNOT, 1
    else:
        here, order = NEW, 0
    marks = [mark for mark, is_so in zip(MARKS, (each.private, each.fork, each.archived), strict=True) if is_so]
    return each.full_name, [here], marks, order


def _columns() -> Mapping[str, Any]:
    config = st.column_config
    status_help = f"{NEW}: not tracked yet. {CANNOT}: traffic is only visible with push access. Otherwise: tracked."
    options, colours = list(STATUS_COLOURS), list(STATUS_COLOURS.values())
    return {
        "full_name": config.TextColumn("Repository", pinned=True, width=260),
        "here": config.MultiselectColumn("Status", options=options, color=colours, width=130, help=status_help),
        "marks": config.MultiselectColumn("Type", options=list(MARKS), color=list(MARKS.values()), width=230),
    }
