"""Connect: links and the API for programs."""

import streamlit as st

from pages.connect import links, reference
from pages.ui import controls, session

LINKS, API = "Data links", "API"

account = session.require_account()
st.title("Connect", anchor=False)
part = controls.choice("Part", (LINKS, API), LINKS, "part")
if part == LINKS:
    links.draw_links(account, session.viewer())
else:
    reference.draw_reference()
