"""The page of one repository: totals, records, views with the spikes, newest lists; then one section of the rest."""

from dataclasses import replace

import streamlit as st

from data.accounts import grants
from pages.repository import view
from pages.ui import filters, session
from pages.ui.navigation import PRODUCT
from pages.ui.store import the_store

account, store = session.require_account(), the_store()
viewer = grants.viewer_of(store, account)
filters.stop_without_traffic(viewer)
repository = view.draw_choice(viewer, store)
st.set_page_config(page_title=f"{repository.full_name} · {PRODUCT}")
selection = replace(filters.chosen_days(viewer), repository_ids=frozenset({repository.repository_id}))
about = view.About(viewer, store, repository, selection)
view.draw_hero(about, account)
section = st.segmented_control(
    "Section",
    view.SECTIONS,
    default=view.SECTIONS[0],
    required=True,
    key="see",
    bind="query-params",
    label_visibility="collapsed",
    wrap=True,
)
match section:
    case "Unique visitors":
        view.draw_people(about)
    case "Referrers":
        view.draw_lists(about, "referrers")
    case "Popular content":
        view.draw_lists(about, "paths")
    case "Before and after":
        view.draw_events(about)
    case "Coverage":
        view.draw_coverage(about)
    case "Notes":
        view.draw_notes(about, account)
    case _:
        view.draw_counts(about)
