"""Dashboards: choose one, look at it with other days or repositories, build one's own."""

import streamlit as st

from data.accounts import grants
from pages.dashboards import acts, choosing, editing, overriding, panel_view
from pages.ui import filters, messages, session
from pages.ui.store import the_store

account = session.require_account()
who = grants.viewer_of(the_store(), account)
st.title("Dashboards", anchor=False)
filters.stop_without_traffic(who)
with st.container(horizontal=True, vertical_alignment="bottom", key="dashboards_head"):
    chosen = choosing.choose(account)
    dashboard, problems = choosing.opened(chosen)
    acts.draw(account, chosen, dashboard)
if dashboard is None:
    st.error("This dashboard was saved by another release, which this one does not understand.")
    st.caption(messages.literal(" ".join(problems)))
elif choosing.draft_of(chosen.key) is not None:
    st.header(messages.literal(dashboard.name), anchor=False)
    editing.draw(account, who, chosen.key, dashboard)
else:
    st.header(messages.literal(dashboard.name), anchor=False)
    if dashboard.description:
        st.caption(messages.literal(dashboard.description))
    panel_view.draw_grid(who, overriding.draw(who).of(dashboard).panels)
