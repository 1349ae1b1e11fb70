"""The weekly traffic: a row for each visible repository and ISO week, with GitHub's own weekly uniques where known."""

import streamlit as st

from data.traffic import traffic
from data.traffic.export import ExportTable
from pages.ui import filters, session, tables

viewer = session.viewer()
filters.stop_without_traffic(viewer)
st.caption(
    "Weeks are whole, Monday to Sunday (UTC). Where GitHub counted the week itself, its uniques are people; "
    "elsewhere they are the sum of the days’ uniques, which counts a person once for each day."
)
tables.draw_listing(
    viewer,
    tables.PagedTable(
        name="weekly",
        period="week",
        read=traffic.weekly_traffic,
        arrange=tables.weekly_rows,
        csv=traffic.weekly_csv,
        all_of_it=ExportTable.WEEKLY,
    ),
)
