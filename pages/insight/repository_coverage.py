"""What is known of a repository's days: a calendar of their states, and the pattern of its week."""

from dataclasses import replace
from datetime import timedelta

import streamlit as st

from data.accounts.models import Account, Viewer
from data.repositories.models import Repository
from data.traffic.models import Selection
from pages.insight import repository_readers
from pages.insight.repository_readers import Chart
from pages.ui import filters, tables

METRICS = {"Views": "views", "Clones": "clones"}
LEAST_DAYS = 365


def draw(viewer: Viewer, account: Account, repository: Repository, selection: Selection) -> None:
    """The section "Coverage"."""
    name = st.segmented_control(
        "Metric", list(METRICS), default="Views", required=True, key="repository_covered", label_visibility="collapsed"
    )
    metric = METRICS[name]
    year = replace(selection, first=min(selection.first, selection.last - timedelta(days=LEAST_DAYS - 1)))
    found = repository_readers.coverage(viewer, year, metric)
    if found.calendar is None:
        filters.stop_without_days(viewer)
        return
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="repository_kinds"):
        for kind, count in found.counts.items():
            st.metric(kind, count, format="localized", width=112)
    _draw(found.calendar, "repository_calendar")
    st.html(found.calendar.legend)
    st.caption(
        f"{tables.day_text(year.first)} to {tables.day_text(year.last)}, UTC days; a year at least. Final: an answer "
        "covered the day, and it is three days old. True zero: GitHub told that there was nothing. Pending: it may "
        "still come or change. Gap: nobody asked before GitHub forgot it, so it is unknown and no zero. Known in part: "
        "a number that no answer covers as a whole, imported or of the edge of GitHub’s window. What is blank lies "
        "before the first known day."
    )
    st.header("The pattern of the week", anchor=False)
    if found.weekdays is None:
        st.info("No day is final yet: the pattern comes with the first whole weeks.", icon=":material/date_range:")
        return
    _draw(found.weekdays, "repository_weekdays")
    st.caption(
        f"{name} of the final days above, by weekday (UTC): the line is the median, and half of the days lie in the "
        "band. Single spikes move neither."
    )


def _draw(chart: Chart, key: str) -> None:
    st.vega_lite_chart(chart.rows, chart.specification, alt=chart.alt, key=key, width="stretch")
