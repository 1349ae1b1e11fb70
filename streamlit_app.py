"""The entry of the app: Streamlit's frame with our session routes and security headers around it.

Run with `streamlit run streamlit_app.py`, or `uvicorn streamlit_app:app`.
"""

import streamlit as st

from pages.ui import addresses, doors, headers, start

app = st.App(
    "pages/ui/frame.py",
    routes=doors.routes(),
    middleware=[*headers.middleware(), *addresses.middleware()],
    lifespan=start.lifespan,
)
