"""The chart: views, clones and their uniques by day, week or month, with what they add up to, as a chart or a table."""

import streamlit as st

from data.traffic.traffic import selection_totals
from pages.chart import view
from pages.ui import controls, filters, session, tables
from pages.ui.charts import chart, traffic
from pages.ui.store import the_store
from pages.ui.totals import draw_totals

viewer, store = session.viewer(), the_store()
filters.stop_without_traffic(viewer)
selection = filters.chosen(viewer)
above = st.container(key="chart_totals")
with st.container(horizontal=True, key="chart_controls"):
    metric = filters.METRICS[controls.choice("Metric", filters.METRICS, "Views", "metric")]
    chosen_grain = filters.choose_grain(selection)
    as_table = controls.choice("Shown as", filters.VIEWS, "Chart", "as") == "Table"
    split = as_table or metric not in traffic.COUNTS or filters.choose_split(viewer, selection)
grain = traffic.legible(chosen_grain, selection.first, selection.last)
with above, filters.reading():
    draw_totals(selection_totals(viewer, store, selection), selection)
if grain is not chosen_grain:
    st.caption(f"More than {traffic.LONGEST_BY_DAY} days: shown by week.")

with filters.reading():
    drawn = traffic.traffic_chart(viewer, store, selection, metric, grain, split=split)
if drawn is None:
    filters.stop_without_days(viewer)
elif as_table:
    rows, columns = view.numbers(viewer, store, selection, metric, grain), tables.columns(traffic.METRICS[metric])
    tables.draw(rows, columns, "chart_numbers", f"{traffic.METRICS[metric]} by {grain}")
else:
    chart.draw(drawn, "chart_traffic")
controls.download_rows(
    "Download these numbers",
    lambda viewer, store: view.file_rows(viewer, store, selection, metric, grain),
    f"{metric}-by-{grain}-{selection.first}-to-{selection.last}",
    key="chart",
)
