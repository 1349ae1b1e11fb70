"""The sign-in: the password form, and beside it the identity provider where one is configured."""

import streamlit as st

from data.sessions import TooManyAttempts
from pages.ui import session

st.title("GitHub Traffic", anchor=False)
st.caption("Sign in to see the traffic of your repositories.")
with st.container(width=420):
    try:
        account = session.password_form()
    except TooManyAttempts as refusal:
        st.error(f"Too many attempts. Try again in {max(1, round(refusal.retry_after_s / 60))} minutes.")
        st.stop()
    if account is not None:
        session.enter(account)
    session.identity_button()
