"""What a share link shows to whoever has it: one dashboard of the repositories it was made for, and nothing else."""

import streamlit as st

from data.accounts.sessions import TooManyAttempts
from data.calendar import utc_now
from data.dashboards.specification import SpecificationRefused
from data.sharing.shares import Share, ShareRefused, open_share, share_of_secret, share_viewer
from pages.dashboards import view
from pages.ui import messages, session
from pages.ui.navigation import LINK, PRODUCT
from pages.ui.store import the_store

OPENED = "shared_opened"  # the links that this session has opened
KIOSK, REFRESH_S = "kiosk", 300
ENDED = "This link is not valid any more. Ask whoever sent it for a new one."


def draw_way_in(share: Share) -> None:
    """Count the opening; ask for the password first, where there is one."""
    typed = ""
    if share.password_hash is not None:
        with st.form("shared_form", border=True, width=360):
            typed = st.text_input("Password", type="password", key="shared_password", autocomplete="off") or ""
            if not st.form_submit_button("Open", type="primary", key="shared_submit"):
                st.stop()
    try:
        open_share(the_store(), share, typed, session.address(), utc_now())
    except (ShareRefused, TooManyAttempts) as refusal:
        messages.refused(refusal)
        st.stop()
    st.session_state.setdefault(OPENED, set()).add(share.share_id)
    st.rerun()


def draw_panels(secret: str) -> None:
    """The panels as they are now; a screen on a wall runs this again and again, so the link is looked at each time."""
    share = share_of_secret(the_store(), secret, utc_now())
    if share is None:
        st.rerun()
    try:
        dashboard = share.dashboard()
    except SpecificationRefused:
        st.error("This dashboard was saved by another version of the app and cannot be opened.")
        return
    if dashboard.description:
        st.caption(messages.literal(dashboard.description))
    for row in view.rows_of(dashboard.panels):
        view.draw_row(share_viewer(the_store(), share), dashboard.panels, row, files=False)


link = st.query_params.get(LINK, "")
share = share_of_secret(the_store(), link, utc_now())  # of 256 bits: nobody guesses one
if share is None:
    st.title(PRODUCT, anchor=False)
    st.info(ENDED, icon=":material/link_off:")
else:
    st.set_page_config(page_title=f"{share.name} · {PRODUCT}")
    st.title(messages.literal(share.name), anchor=False)
    if share.share_id not in st.session_state.get(OPENED, set()):
        draw_way_in(share)
    if st.query_params.get(KIOSK):
        st.fragment(draw_panels, run_every=REFRESH_S)(link)
    else:
        draw_panels(link)
