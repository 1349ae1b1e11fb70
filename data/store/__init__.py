"""The store: immutable versions of two DuckDB databases, and the only code that opens them."""

from data.store.database import (
    Database,
    Store,
    StoreBusy,
    StoreError,
    StoreMissing,
    StoreNotWritten,
    StoreTooNew,
    StoreUnreadable,
)

__all__ = [
    "Database",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreMissing",
    "StoreNotWritten",
    "StoreTooNew",
    "StoreUnreadable",
]
