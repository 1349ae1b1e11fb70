"""The page of one repository: its traffic with all that happened, where people came from, and what is known of it."""

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
selection = view.selection_of(viewer, repository)
section = st.segmented_control(
    "Section",
    view.SECTIONS,
    default="Traffic",
    required=True,
    key="see",
    bind="query-params",
    label_visibility="collapsed",
    wrap=True,
)
about = view.About(viewer, store, repository, selection)
match section:
    case "Referrers":
        view.draw_lists(about, "referrers")
    case "Popular content":
        view.draw_lists(about, "paths")
    case "Before and after":
        view.draw_events(about)
    case "Coverage":
        view.draw_coverage(about)
    case _:
        view.draw_traffic(about, account)
