"""The second page of a new server: its first tenant, with a token that GitHub has checked, or with a GitHub App."""

import streamlit as st

from pages.tenants.app_view import new_tenant
from pages.ui import controls, navigation, session

account = session.require_account()
with st.container(width=560):
    controls.draw_steps(2)
    st.title("Your first tenant", anchor=False)
    st.write("A tenant tracks repositories and asks GitHub in its own name: your organization, a team, or just you.")
    if new_tenant(account, "first_tenant", "Continue"):
        navigation.open_page_after_rerun("add")
