"""The layout of every page: finds out who is looking, draws the navigation of their roles, runs the page.

Streamlit runs this script, not the entry: with a script beside a folder `pages`, a fresh server would serve the files
in it without running the script first, its sign-in included.
"""

from base64 import b64encode
from functools import cache
from pathlib import Path

import streamlit as st

from data.accounts import accounts
from data.accounts.models import Account
from data.store import StoreError
from pages.ui import filters, messages, navigation, session
from pages.ui.charts.chart import trust_specifications
from pages.ui.store import the_store


@cache
def icon_address() -> str:
    """The icon as an address that holds it: read once, not at every run of a page."""
    icon = Path(__file__).with_name("icon.svg")
    return f"data:image/svg+xml;base64,{b64encode(icon.read_bytes()).decode()}"


def draw_account(account: Account) -> None:
    with st.sidebar:
        st.caption(f"Signed in as **{messages.literal(account.display_name)}**")
        if st.button("Sign out", icon=":material/logout:", key="layout_sign_out", width="stretch"):
            session.leave()


trust_specifications()
st.set_page_config(page_title="GitHub Traffic", page_icon=icon_address(), layout="wide")

with messages.shown():
    try:
        first_start = not accounts.has_users(the_store())
    except StoreError as error:
        messages.refused(error)
        st.stop()
    account = session.signed_in_account()
    offered = navigation.offered(account, first_start=first_start)
    page = st.navigation(offered.pages, position="sidebar", expanded=True)
    if account is not None:
        navigation.follow_wish()
        messages.draw_notice()
        draw_account(account)
        if offered.has_filters(page):
            st.title(page.title, anchor=False)
            filters.draw(session.viewer())
    page.run()
