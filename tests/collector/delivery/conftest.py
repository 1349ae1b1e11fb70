"""A filled store whose reports go to servers on loopback."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.delivery import http
from data.collection import ledger
from data.store import Store
from tests.collector.delivery.servers import Receiver, receiver
from tests.data.filled import filled_store
from tests.data.writers import NOW


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with receiver() as known:
        yield known


@pytest.fixture(autouse=True)
def private_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(http.ALLOW_PRIVATE, "1")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    store = filled_store(tmp_path / "db")
    yield store
    store.close()
    shutil.rmtree(tmp_path / "db")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store with run 1 started."""
    store = Store(tmp_path / "empty")
    store.prepare()
    ledger.start_run(store, "test", NOW)
    yield store
    store.close()
