"""The page of one repository: its traffic with all that happened, where people came from, and what is known of it."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from data.accounts import grants
from data.accounts.models import Account, Viewer
from data.repositories.models import Repository
from data.traffic.models import Selection
from pages.insight import (
    repository_choice,
    repository_coverage,
    repository_events,
    repository_listings,
    repository_traffic,
)
from pages.ui import filters, session
from pages.ui.store import the_store

Section = Callable[[Viewer, Account, Repository, Selection], None]
SECTIONS: dict[str, Section] = {
    "Traffic": repository_traffic.draw,
    "Referrers": partial(repository_listings.draw, "referrers"),
    "Popular content": partial(repository_listings.draw, "paths"),
    "Before and after": repository_events.draw,
    "Coverage": repository_coverage.draw,
}

account = session.require_account()
who = grants.viewer_of(the_store(), account)
filters.stop_without_traffic(who)
repository = repository_choice.draw(who)
selection = repository_choice.selection(who, repository)
section = st.segmented_control(
    "Section",
    list(SECTIONS),
    default="Traffic",
    required=True,
    key="see",
    bind="query-params",
    label_visibility="collapsed",
    wrap=True,
)
SECTIONS[section](who, account, repository, selection)
