"""The help: a chapter of the documentation, named in the address (`chapter`), and what it is about."""

import streamlit as st

from pages.help import view

chosen = view.chapter(st.query_params.get("chapter", ""))
contents, text = st.columns([1, 3], gap="large")
with contents, st.container(key="help_contents"):
    view.draw_contents(chosen)
with text, st.container(key="help_text"):
    view.draw_chapter(chosen)
