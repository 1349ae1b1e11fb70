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
    return _opened(os.environ.get(DIRECTORY_VARIABLE) or DEFAULT_DIRECTORY)


@cache
def _opened(directory: str) -> Store:
    store = Store(Path(directory).absolute())
    store.prepare()
    move_outbox(store)
    return store
