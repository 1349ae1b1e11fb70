"""Connect: links and the API for programs, badges for other pages."""

import streamlit as st

from data.accounts.models import Role
from pages.connect import badges, links, reference
from pages.ui import controls, session

LINKS, API, BADGES = "Data links", "API", "Badges"

account = session.require_account()
st.title("Connect", anchor=False)
parts = (LINKS, API, BADGES) if account.has(Role.TENANT) else (LINKS, API)
part = controls.choice("Part", parts, LINKS, "part")
if part == LINKS:
    links.draw_links(account, session.viewer())
elif part == API:
    reference.draw_reference()
else:
    badges.draw_badges(account, session.viewer())
