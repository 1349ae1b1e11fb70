"""What all charts have in common: what is sent to the browser, and their colours."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

# Told apart by people who see fewer colours, and at least 3:1 against both themes' backgrounds.
COLOURS = {
    "series": "#2f7fe6 #d9730d #0b9382 #c2489c #8a8500 #8667e8 #dd4550 #3c8c3a",
    "rest": "#7b8798",
    "gap": "#7b8798",
    "mark": "#dd4550",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as Streamlit takes it: its rows (an Arrow table), its Vega-Lite specification without them, its text for
    those who do not see it, its legend as HTML. One for all who may see it: not to be changed.
    """

    rows: Any
    specification: dict[str, Any]
    alt: str
    legend: str = ""


def draw(chart: Chart, key: str) -> None:
    """The chart, and its legend below, where it has one."""
    st.vega_lite_chart(chart.rows, chart.specification, alt=chart.alt, key=key, width="stretch")
    if chart.legend:
        st.html(chart.legend)
