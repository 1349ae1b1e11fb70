"""One-time links: shown once, to be copied and sent by whoever has made them."""

from urllib.parse import urlencode, urlsplit

import streamlit as st

from pages.ui.navigation import INVITATION


def draw(secret: str, what: str) -> None:
    """Show a link, which the next click takes away; nobody can look it up later."""
    with st.container(border=True, key="link_once"):
        st.markdown(f":green[:material/link:] **{what}**")
        st.code(address(str(st.context.url or ""), secret), language=None, wrap_lines=True)
        st.caption("Copy it now: it is shown this once. Whoever has it can use it, so send it on a safe way.")


def address(here: str, secret: str) -> str:
    """The link of a secret, on the server that the browser is at."""
    parts = urlsplit(here)
    return f"{parts.scheme or 'http'}://{parts.netloc}/?{urlencode({INVITATION: secret})}"
