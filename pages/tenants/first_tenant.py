"""The second page of a new server: its first tenant, with a token that GitHub has checked."""

import streamlit as st

from pages.tenants.view import new_tenant
from pages.ui import navigation, session

account = session.require_account()
st.caption("Step 2 of 3")
st.title("Your first tenant", anchor=False)
st.write(
    "A tenant tracks repositories with a GitHub token of its own, and its people see their traffic. "
    "Next you choose the repositories."
)
if new_tenant(account, "first_tenant"):
    navigation.open_page_after_rerun("add")
