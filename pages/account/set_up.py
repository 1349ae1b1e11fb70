"""The first page of a new server: makes its first user, once, with the code that the server printed at its start."""

import streamlit as st

from data.accounts import accounts
from data.accounts.authority import AccountRefused, NewUser
from data.accounts.passwords import PasswordRefused
from data.accounts.sessions import TooManyAttempts
from data.calendar import utc_now
from pages.account import new_password
from pages.ui import messages, session
from pages.ui.store import the_store

with st.container(horizontal_alignment="center"), st.container(width=480):
    st.caption("Step 1 of 3")
    st.title("Welcome", anchor=False)
    st.write("This server is new. Who is its first user? You will administer it; others can be invited later.")
    with st.form("set_up_form", enter_to_submit=False):
        code = st.text_input(
            "Set-up code",
            key="set_up_code",
            help="The server has printed it when it started: look where you started it, or into its log.",
            placeholder="XXXXX-XXXXX-XXXXX-XXXXX",
            autocomplete="off",
        )
        username, display_name = new_password.draw_names("set_up")
        email = st.text_input("E-mail (optional)", key="set_up_email", type="email", autocomplete="email")
        password = new_password.draw("set_up")
        submitted = st.form_submit_button("Continue", type="primary", key="set_up_submit")
    if submitted:
        try:
            user = NewUser(username, display_name, email or None, password.chosen())
            account = accounts.add_first_user(the_store(), code or "", user, utc_now())
        except (AccountRefused, PasswordRefused, TooManyAttempts) as refusal:
            messages.refused(refusal)
        else:
            session.enter(account, at_start=True)
