"""Repositories against each other on the same days."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import streamlit as st

from data.accounts.models import Viewer
from data.insight import compare
from data.store import Store
from data.traffic.models import Grain, Selection
from pages.insight import compare_readers
from pages.insight.compare_rows import MEASURES, Beside
from pages.ui import drawings, filters, messages, readers, tables
from pages.ui.controls import choice
from pages.ui.text import NAME_IN_LINK
from pages.ui.time_format import readers_day_format

ABSENT = {
    "Unique visitors": "Only GitHub’s own counts of people are shown: of a day, or of a week that it counted whole. "
    "The people of days are never added up, so a month has none.",
}


def draw(viewer: Viewer, selection: Selection) -> None:
    """The controls, the chart, the numbers beside each other, and a file of them."""
    wanted = _controls(selection)
    found = compare_readers.beside(viewer, selection, wanted)
    if selection.repository_ids is None or len(selection.repository_ids) > compare.MOST_REPOSITORIES:
        st.caption(
            f"The {compare.MOST_REPOSITORIES} repositories with the most views, where there are more. "
            "Choose under *Repositories* which ones stand beside each other."
        )
    if found.picture is None:
        st.info(
            f"Nothing is known of this measure on these days. {ABSENT.get(_name(wanted), '')}", icon=":material/info:"
        )
        return
    st.vega_lite_chart(found.picture.rows, found.picture.specification, alt=found.picture.alt, key="compare_beside")
    st.html(found.picture.legend)
    _remarks(wanted, found.remarks)
    st.dataframe(
        found.table,
        column_config=_columns(wanted, readers_day_format()),
        hide_index=True,
        placeholder=tables.UNKNOWN,
        key="compare_table",
        height="content",
        alt=f"{wanted.title}: the median, the greatest and the sum of each repository",
    )
    st.download_button(
        "Download these numbers",
        readers.download(lambda viewer, store: csv(viewer, store, selection, wanted)),
        f"compare-{wanted.measure}-by-{wanted.grain}-{selection.first}-to-{selection.last}.csv",
        "text/csv",
        icon=":material/download:",
        key="compare_csv",
        on_click="ignore",
    )


def csv(viewer: Viewer, store: Store, selection: Selection, wanted: Beside) -> bytes:
    """The numbers of the chart as CSV."""
    rows = compare.beside(viewer, store, selection, wanted.measure, wanted.grain)
    return tables.csv_of((compare.indexed(rows) if wanted.indexed else rows).drop(columns="repository_id"))


def _controls(selection: Selection) -> Beside:
    with st.container(horizontal=True, key="compare_controls"):
        measure = choice("Measure", filters.MEASURES, "Views", "measure")
        by = choice("Period", filters.GRAINS, "Day", "by")
        scale = choice("Scale", filters.SCALES, "Numbers", "scale")
    grain = filters.GRAINS.get(by, Grain.DAY)
    if grain is not (grain := drawings.legible(grain, selection.first, selection.last)):
        st.caption(f"More than {drawings.LONGEST_BY_DAY} days are shown by week.")
    return Beside(MEASURES[measure], grain, scale == "Index")


def _remarks(wanted: Beside, without_index: tuple[str, ...]) -> None:
    told = []
    if wanted.indexed:
        told.append("100 is each repository’s own median of the final periods shown.")
    if without_index:
        names = ", ".join(messages.literal(name) for name in without_index)
        told.append(f"Without an index, since their median is 0 or unknown: {names}.")
    if wanted.measure is compare.Measure.VISITORS and wanted.grain is not Grain.DAY:
        told.append(ABSENT["Unique visitors"])
    if told:
        st.caption(" ".join(told))


def _name(wanted: Beside) -> str:
    return next(name for name, measure in MEASURES.items() if measure is wanted.measure)


@lru_cache(maxsize=64)
def _columns(wanted: Beside, day_format: str) -> Mapping[str, Any]:
    config = st.column_config
    total = None
    if wanted.measure is not compare.Measure.VISITORS and not wanted.indexed:
        total = config.NumberColumn("Total", format="localized", width=90, help="Of the final periods")
    return {
        "link": config.LinkColumn("Repository", display_text=NAME_IN_LINK, pinned=True, width=190),
        "median": config.NumberColumn("Median", format="localized", width=80, help="Of the final periods"),
        "most": config.NumberColumn("Most", format="localized", width=80),
        "when": config.DateColumn("On or from", format=day_format, width=105, help="UTC"),
        "total": total,
        "known": config.NumberColumn("Final periods", format="localized", width=100),
    }
