"""A prepared store for every test of this room."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.collection import ledger
from data.store import Store
from tests.data.writers import NOW, follow_numbers
from tests.data.written_once import written_once


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with both databases and run 1 started; never written to again."""
    directory = tmp_path_factory.mktemp("template") / "db"
    store = Store(directory)
    store.prepare()
    ledger.start_run(store, "test", NOW)
    store.close()
    return directory


@pytest.fixture
@written_once
def numbered(store: Store) -> None:
    """The store follows repositories under every number that a test may choose."""
    follow_numbers(store)


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of its own for each test, copied from the template."""
    shutil.copytree(template, tmp_path / "db", symlinks=True)
    store = Store(tmp_path / "db", lock_timeout_s=30)
    yield store
    store.close()
