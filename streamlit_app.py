"""The entry of the app: the layout of every page, with our session routes and security headers around it.

Run with `streamlit run streamlit_app.py`, or `uvicorn streamlit_app:app`.
"""

import asyncio
import gc
import importlib
import logging
import socket
import sys
from asyncio import base_events
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

gc.disable()  # while modules are loaded, of which nothing is garbage: to look for some took a fifth of the time

import streamlit as st
from uvicorn.protocols.http import h11_impl

from data.accounts import set_up
from data.calendar import utc_now
from pages.api import routes as program_routes
from pages.ui import (
    document,
    download_routes,
    github_app_routes,
    middleware,
    session_routes,
    sign_on_routes,
    sql_editor,
    unsubscribe_routes,
)
from pages.ui.store import the_store

SWITCH_S = (
    0.001  # so long a thread holds up the others; with Python's 5 ms a page took ten times as long beside another
)
LONGEST_HEAD = 1_000_000  # bytes of an address with its headers, as in Go; it may name 200 repositories
PAGES = Path(__file__).parent / "pages"
LOADED_AT_START = ("*/view.py", "*/editor.py", "sign_in/password_form.py")  # of PAGES


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Bring the store up to date, and tell whoever started the server how the first user is made."""
    _send_at_once()
    h11_impl.DEFAULT_MAX_INCOMPLETE_EVENT_SIZE = LONGEST_HEAD  # type: ignore[attr-defined] # no option of Streamlit's
    sys.setswitchinterval(SWITCH_S)
    gc.disable()
    code, _ = await asyncio.gather(asyncio.to_thread(_open_store), asyncio.to_thread(load))
    gc.freeze()  # later collections of garbage pass by what is loaded now
    gc.enable()
    if code:
        print(f"\n  Nobody can sign in yet. Open the app and use this set-up code: {code}\n", flush=True)
    yield


def _send_at_once() -> None:
    """Send each part of an answer without waiting until the one before was acknowledged: 40 ms on a connection that is
    kept. asyncio does so itself, but only for sockets that were made with their protocol named; Streamlit's is not.
    """

    def set_nodelay(connection: socket.socket) -> None:
        if connection.family in {socket.AF_INET, socket.AF_INET6}:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    base_events._set_nodelay = set_nodelay  # type: ignore[attr-defined]


def _open_store() -> str | None:
    return set_up.renew_setup_code(the_store(), utc_now())


def load() -> None:
    """Load what draws pages and the sign-in: two seconds of work for which the first visitors need not wait."""
    script_run_context = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    script_run_context.setLevel(logging.ERROR)  # of a component that is declared here, before there is any run
    for each in (each for pattern in LOADED_AT_START for each in sorted(PAGES.glob(pattern))):
        importlib.import_module(f"pages.{each.parent.name}.{each.stem}")
    script_run_context.setLevel(logging.NOTSET)


app = st.App(
    "pages/ui/layout.py",
    routes=[
        *session_routes.routes(),
        *sign_on_routes.routes(),
        *github_app_routes.routes(),
        *download_routes.routes(),
        *program_routes.routes(),
        *unsubscribe_routes.routes(),
        *sql_editor.routes(),
        *document.routes(),
    ],
    middleware=middleware.middleware(),
    lifespan=lifespan,
)
gc.enable()
