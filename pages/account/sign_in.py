"""The sign-in: the password form, and beside it the identity provider where one is configured.

It stands at the address of every page, so whoever has signed in is where they wanted to go.
"""

import streamlit as st

from data.accounts.sessions import TooManyAttempts
from pages.ui import messages, session

with st.container(horizontal_alignment="center"), st.container(width=420):
    st.title("GitHub Traffic", anchor=False)
    st.caption("The traffic of your repositories, kept for longer than GitHub’s 14 days.")
    st.header("Sign in", anchor=False)
    try:
        account = session.password_form()
    except TooManyAttempts as refusal:
        messages.refused(refusal)
        st.stop()
    if account is not None:
        session.enter(account)
    session.identity_button()
    st.caption("No account, or the password is forgotten? Ask whoever administers this server for a link.")
