"""The daily traffic: a row for each visible repository and UTC day."""

from data.traffic import traffic
from data.traffic.export import ExportTable
from pages.ui import filters, session, tables

viewer = session.viewer()
filters.stop_without_traffic(viewer)
tables.draw_listing(
    viewer,
    tables.PagedTable(
        name="daily",
        period="day",
        read=traffic.daily_traffic,
        arrange=tables.daily_rows,
        all_rows=traffic.all_daily_traffic,
        all_of_it=ExportTable.DAILY,
    ),
)
