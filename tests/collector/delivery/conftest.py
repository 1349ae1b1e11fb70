"""A filled store whose reports go to servers on loopback."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.delivery import http
from data.store import Store
from tests.collector.delivery.servers import Receiver, receiver
from tests.data.conftest import store, template  # noqa: F401 - an empty store with run 1 started
from tests.data.filled import filled_store


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with receiver() as known:
        yield known


@pytest.fixture(autouse=True)
def private_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(http.ALLOW_PRIVATE, "1")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    found = filled_store(tmp_path / "db")
    yield found
    found.close()
    shutil.rmtree(tmp_path / "db")
