"""What happens once when the server starts: the store is brought up to date, a new one's set-up code is printed, and
what every page needs is loaded, so that the first visitors do not wait for it.
"""

import gc
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool

from data.accounts import accounts
from data.calendar import utc_now
from pages.ui.store import the_store

LOADED = (
    "pages.ui.charts.traffic",
    "data.insight.overview",
    "data.insight.spike_causes",
)  # nothing that needs a page that is running


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Prepare the store, and tell whoever started the server how the first user is made."""
    code = await run_in_threadpool(_prepare)
    await run_in_threadpool(_load)
    if code:
        print(f"\n  Nobody can sign in yet. Open the app and use this set-up code: {code}\n", flush=True)
    yield


def _prepare() -> str | None:
    store = the_store()
    return accounts.renew_setup_code(store, utc_now())


def _load() -> None:
    """Load the libraries of charts and numbers, a second's work, and have later collections of garbage pass them by."""
    for name in LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
