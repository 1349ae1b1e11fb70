"""The report of a month or a week on one page, made to be printed: numbers, chart, lists; of final days only."""

from dataclasses import replace

import streamlit as st

from data.accounts import grants
from data.calendar import utc_day, utc_now
from data.reports.report import narrowed, report_of_traffic, totals_beside_last_year
from data.text import number_text
from data.traffic.traffic import all_daily_traffic, day_range
from pages.report import view
from pages.ui import controls, filters, messages, session
from pages.ui.store import the_store

account, store, now = session.require_account(), the_store(), utc_now()
viewer = grants.viewer_of(store, account)
filters.stop_without_traffic(viewer)
known = day_range(viewer, store)
filters.follow_addresses(viewer, filters.REPOSITORY)
with st.container(key="report"):  # what is printed, smaller than on a screen
    title = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        period = view.choose_period(store, known[0] if known else utc_day(now), utc_day(now))
        names = filters.choosable(viewer)
        everything = f"All {number_text(len(viewer.repository_ids))} repositories"
        chosen = filters.draw_repositories(viewer, everything)
        ids = filters.repository_ids(viewer, chosen) if chosen else None
        days = replace(period.selection(utc_day(now)), repository_ids=ids)
        controls.download_rows(
            "CSV",
            lambda viewer, store: all_daily_traffic(viewer, store, days),
            f"traffic-{period.name}",
            key="report",
            help_text="Every day of these repositories",
            kind="tertiary",
            excel=False,
        )
        st.html(view.PRINT, width="content")
    subject = ", ".join(names[each] for each in chosen) or everything
    with title:
        st.title(f"Report, {period.text}", anchor=False)
        st.markdown(messages.literal(subject))
    seen = narrowed(viewer, ids)
    with filters.reading():
        made = report_of_traffic(seen, store, period, view.TOP, utc_day(now))
        last_year = totals_beside_last_year(seen, store, period, utc_day(now))
    view.draw_totals(made, last_year)
    view.draw_report(viewer, seen, store, made, now)
