"""What happens once when the server starts: the store is brought up to date, a set-up code is printed for a new one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool

from data import accounts
from data.calendar import utc_now
from pages.ui.store import the_store


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Prepare the store, and tell whoever started the server how the first user is made."""
    code = await run_in_threadpool(_prepare)
    if code:
        print(f"\n  Nobody can sign in yet. Open the app and use this set-up code: {code}\n", flush=True)
    yield


def _prepare() -> str | None:
    store = the_store()
    return accounts.renew_setup_code(store, utc_now())
