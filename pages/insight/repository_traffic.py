"""The story of a repository's days: all that is counted on one axis of time, what stands out, who came truly."""

from functools import lru_cache
from typing import Any

import streamlit as st

from data.accounts.models import Account, Viewer
from data.insight.notes import may_write
from data.repositories.models import Repository
from data.traffic.models import Grain, Selection
from pages.insight import repository_notes, repository_readers, repository_spikes
from pages.insight.people_rows import People
from pages.ui import drawings, filters, tables
from pages.ui.time_format import readers_day_format

WEEKS_AT_SIGHT, WEEKS_PIXELS = 8, 318


def draw(viewer: Viewer, account: Account, repository: Repository, selection: Selection) -> None:
    """The section "Traffic"."""
    chart = repository_readers.story(viewer, selection)
    if chart is None:
        filters.stop_without_days(viewer)
        return
    writes = may_write(account, repository.tenant_id)
    if writes and st.button("Add a note", icon=":material/edit_note:", key="repository_note"):
        repository_notes.write(repository, repository_notes.Draft(selection.last))
    st.vega_lite_chart(chart.rows, chart.specification, alt=chart.alt, key="repository_story", width="stretch")
    st.html(chart.legend)
    if drawings.legible(Grain.DAY, selection.first, selection.last) is Grain.WEEK:
        st.caption(f"More than {drawings.LONGEST_BY_DAY} days are shown by week, from Monday to Sunday.")
    repository_spikes.draw(account, repository, repository_readers.spikes(viewer, selection))
    draw_people(repository_readers.people(viewer, selection))
    repository_notes.draw_list(account, repository, repository_readers.notes_of(viewer, selection))


def draw_people(found: People) -> None:
    """The true numbers of people beside the sums of daily ones, with the difference in a sentence."""
    if not found.cards:
        return
    st.header("People, counted once", anchor=False)
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="repository_people"):
        for name, number in found.cards:
            st.metric(name, "unknown" if number is None else number, format="localized", width=130)
    st.caption(found.sentence)
    if found.week_count:
        st.dataframe(
            found.weeks,
            column_config=_week_columns(readers_day_format()),
            hide_index=True,
            placeholder=tables.UNKNOWN,
            key="repository_weeks_table",
            height="content" if found.week_count <= WEEKS_AT_SIGHT else WEEKS_PIXELS,
            alt=f"{found.week_count} whole weeks with their people, each counted once, beside the sum of the days",
        )


@lru_cache(maxsize=16)
def _week_columns(day_format: str) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "week": st.column_config.DateColumn("Week from", format=day_format, width=105),
        "view_uniques": number("Visitors", format="localized", help="Each counted once in the week, by GitHub"),
        "visitor_days": number("Visitor-days", format="localized", help="The days’ unique visitors added up"),
        "clone_uniques": number("Cloners", format="localized", help="Each counted once in the week, by GitHub"),
        "cloner_days": number("Cloner-days", format="localized", help="The days’ unique cloners added up"),
    }
