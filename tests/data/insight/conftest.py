"""A store in which a launch has left its traces."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.store import Store
from tests.data.launch import Launched, fill_launch


@pytest.fixture(scope="module")
def launched(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    directory = tmp_path_factory.mktemp("launched") / "db"
    shutil.copytree(template, directory, symlinks=True)
    store = Store(directory)
    yield Launched(store, *fill_launch(store))
    store.close()
