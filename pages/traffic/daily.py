"""The daily traffic: a row for each visible repository and UTC day."""

from data.traffic import traffic
from data.traffic.export import ExportTable
from pages.ui import filters, readers, session, tables

who = session.viewer()
filters.stop_without_traffic(who)
tables.draw_listing(
    tables.Listing(
        name="daily",
        period="day",
        read=readers.daily,
        arrange=tables.daily_rows,
        csv=traffic.daily_csv,
        all_of_it=ExportTable.DAILY,
    ),
    who,
)
