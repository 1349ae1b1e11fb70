"""The weekly traffic: a row for each visible repository and ISO week, with GitHub's own weekly uniques where known."""

import streamlit as st

from data.traffic import traffic
from data.traffic.export import ExportTable
from pages.ui import filters, session, tables

viewer = session.viewer()
filters.stop_without_traffic(viewer)
st.caption(
    "Weeks from Monday to Sunday (UTC); the days of the range count. Uniques are GitHub’s own count of a whole week "
    "where there is one, otherwise the sum of the days: someone who visits on three days is counted three times."
)
tables.draw_listing(
    viewer,
    tables.PagedTable(
        name="weekly",
        period="week",
        read=traffic.weekly_traffic,
        arrange=tables.weekly_rows,
        all_rows=traffic.all_weekly_traffic,
        all_of_it=ExportTable.WEEKLY,
    ),
)
