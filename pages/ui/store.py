"""The store of this server process, opened at the first use."""

import os
from functools import cache
from pathlib import Path

from data.accounts.audit import move_outbox
from data.store import Store

DIRECTORY_VARIABLE = "TRAFFIC_DATA_DIR"
DEFAULT_DIRECTORY = "data/db"


def the_store() -> Store:
    """The store that the environment names; created or migrated when it is first asked for. Raises: StoreError."""
    # a page asks many times: making a Path of it each time would be felt
    return _opened(os.path.abspath(os.environ.get(DIRECTORY_VARIABLE) or DEFAULT_DIRECTORY))  # noqa: PTH100


@cache
def _opened(directory: str) -> Store:
    store = Store(Path(directory))
    store.prepare()
    move_outbox(store)
    return store
