"""The frame of every page: finds out who is looking, draws the navigation of their roles, runs the page.

Streamlit runs this script, not the entry: with a script beside a folder `pages`, a fresh server would serve the files
in it without running the script first, its sign-in included.
"""

from pathlib import Path

import streamlit as st

from data.accounts import accounts
from data.store import StoreError
from pages.ui import filters, icon, messages, navigation, session
from pages.ui.store import the_store

PAGES = Path(__file__).parents[1]

st.set_page_config(page_title="GitHub Traffic", page_icon=icon.address(), layout="wide")

with messages.shown():
    try:
        first_start = not accounts.has_users(the_store())
    except StoreError as error:
        messages.refused(error)
        st.stop()
    account = session.signed_in_account()
    pages = navigation.pages(PAGES, account, first_start=first_start)
    page = st.navigation(pages, position="sidebar", expanded=True)
    if account is not None:
        navigation.draw_account(account)
    if account is not None and navigation.shows_traffic(page):
        st.title(page.title, anchor=False)
        filters.draw(session.viewer())
    page.run()
