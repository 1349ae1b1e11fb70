"""Connect: links and the API for programs, badges and pages for other people."""

import streamlit as st

from data.accounts.models import Role
from pages.connect import badges, links, reference, shares
from pages.ui import controls, session

LINKS, API, BADGES, SHARES = "Data links", "API", "Badges", "Shared pages"

account = session.require_account()
st.title("Connect", anchor=False)
parts = (LINKS, API, BADGES, SHARES) if account.has(Role.TENANT) else (LINKS, API)
part = controls.choice("Part", parts, LINKS, "part")
if part == LINKS:
    links.draw_links(account, session.viewer())
elif part == API:
    reference.draw_reference()
elif part == SHARES:
    shares.draw_shares(account, session.viewer())
else:
    badges.draw_badges(account, session.viewer())
