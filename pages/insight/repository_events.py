"""Before and after: what a release, a note or a spike brought, against the repository's own weekly pattern."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import streamlit as st

from data.accounts.models import Account, Viewer
from data.repositories.models import Repository
from data.traffic.models import Selection
from pages.insight import event_rows, repository_choice, repository_readers
from pages.insight.event_rows import METRICS, WINDOWS, Card
from pages.ui import tables
from pages.ui.changes import of_ratio


def draw(viewer: Viewer, account: Account, repository: Repository, selection: Selection) -> None:
    """The section "Before and after"."""
    found = repository_readers.events(viewer, selection)
    if not found:
        st.info(
            "No release, note or spike is known in these days. Choose more days, or note under *Traffic* what was.",
            icon=":material/event_busy:",
        )
        return
    by_key, first = {each.key: each for each in found}, event_rows.most_notable(found).key
    labels = {key: each.label for key, each in by_key.items()}
    day = by_key[repository_choice.linked_to("Event", labels, "event", first)].day
    compared = repository_readers.before_and_after(viewer, selection, day)
    _draw_cards(compared.cards)
    name = st.segmented_control(
        "Measure",
        list(METRICS.values()),
        default="Views",
        required=True,
        key="repository_event_metric",
        label_visibility="collapsed",
        wrap=True,
    )
    metric = next(key for key, each in METRICS.items() if each == name)
    chart = compared.around[metric]
    st.vega_lite_chart(chart.rows, chart.specification, alt=chart.alt, key="repository_around", width="stretch")
    st.caption(
        "Grey: before; blue: from the day on; orange: what is usual on this weekday, the median of the eight weeks "
        "before the day. Only final days are drawn and counted."
    )
    _draw_table(compared.table)
    for sentence in compared.incomplete:
        st.caption(f":material/hourglass_top: {sentence}")


def _draw_cards(cards: Sequence[Card]) -> None:
    """The week from the day on, against what is usual."""
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="repository_event_cards"):
        for card in cards:
            st.metric(
                f"{card.name}, {card.days}",
                "unknown" if card.total is None else card.total,
                None if card.change is None else _on_usual(card.change),
                format="localized",
                width=138,
            )


def _on_usual(change: float) -> str:
    told = of_ratio(1 + change)
    return f"{told} the usual" if told.startswith("×") else f"{told} on usual"


def _draw_table(table: Any) -> None:
    st.dataframe(
        table,
        column_config=_columns(),
        hide_index=True,
        placeholder=tables.UNKNOWN,
        key="repository_event_table",
        alt="What came in the 7 days before, the 7 and the 30 days from the day on, each against what is usual",
    )


@lru_cache(maxsize=1)
def _columns() -> dict[str, Any]:
    number = partial(st.column_config.NumberColumn, format="localized", width=112)
    percent = partial(st.column_config.TextColumn, alignment="right", width=96)
    usual = "Against the median of the same weekdays in the eight weeks before the day, of the same final days"
    columns: dict[str, Any] = {"metric": st.column_config.TextColumn("Measure", pinned=True, width=110)}
    for window, name in WINDOWS.items():
        columns[window] = number(name)
        columns[f"{window}_change"] = percent("on usual", help=usual)
    columns["on_before"] = percent("on week before", help="Against the same weekdays of the week before")
    return columns
