"""The store: the two databases, as files or as a lake, and the only code that opens them."""

from data.store.database import (
    Database,
    StoreAway,
    StoreBusy,
    StoreError,
    StoreMissing,
    StoreNotWritten,
    StoreOvertaken,
    StoreTooNew,
    StoreUnreadable,
)
from data.store.store import Store

__all__ = [
    "Database",
    "Store",
    "StoreAway",
    "StoreBusy",
    "StoreError",
    "StoreMissing",
    "StoreNotWritten",
    "StoreOvertaken",
    "StoreTooNew",
    "StoreUnreadable",
]
