"""The days that stand out, each with what may have made it; one click makes it a note."""

from collections.abc import Sequence

import streamlit as st

from data.accounts.models import Account
from data.insight.notes import may_write
from data.repositories.models import Repository
from pages.insight import repository_notes
from pages.insight.repository_notes import Draft
from pages.insight.spike_words import SpikeText

AT_SIGHT = 3
ALL = "repository_all_spikes"


def draw(account: Account, repository: Repository, found: Sequence[SpikeText]) -> None:
    """The list "What stands out", the greatest first."""
    st.header("What stands out", anchor=False)
    if not found:
        st.caption("No final day of these stands out against the repository’s own weekly pattern.")
        return
    writes = may_write(account, repository.tenant_id)
    for spike in found if st.session_state.get(ALL) else found[:AT_SIGHT]:
        _draw_one(repository, spike, writes)
    if len(found) > AT_SIGHT:
        st.toggle(f"Show all {len(found)}", key=ALL)
    st.caption(
        "Days above what the level and the weekday of the weeks around them lead to expect, by three robust deviations "
        "or more. What is listed is known of that time and proves nothing; GitHub tells of referrers and pages in sums "
        "of 14 days only."
    )


def _draw_one(repository: Repository, spike: SpikeText, writes: bool) -> None:
    key = f"{spike.day}_{spike.metric}"
    with st.container(border=True, gap="xsmall", key=f"repository_spike_{key}"):
        if not writes:
            st.markdown(f"{spike.head}\n\n{spike.body}")
            return
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(spike.head, width="content")
            if st.button("Make it a note", key=f"repository_note_{key}", type="tertiary"):
                repository_notes.write(repository, Draft(spike.day, spike.note))
        st.markdown(spike.body)
