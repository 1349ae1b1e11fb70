"""What holds for all tests: examples are drawn the same way each time, and none fails for being slow.

Their files lie in memory where it has room: every commit waits for the disk, which takes half of the tests' time.
"""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from data.accounts import passwords
from data.store import Store, database
from tests import lake
from tests.data.filled import filled_store

IN_MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; what the tests need at any one time is far less

settings.register_profile(
    "the_same_each_time",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # a store serves all examples
)
settings.load_profile("the_same_each_time")


def pytest_configure() -> None:
    """Have temporary directories made in memory, unless somebody has said where."""
    gc.disable()  # while tests are collected, as the app does while it is loaded
    if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    if os.environ.get(lake.VARIABLE):
        lake.put_on_the_lake(os.environ[lake.VARIABLE])


def pytest_collection_finish() -> None:
    """Garbage is looked for seldom, and not among what is loaded: that took a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def small_blocks() -> Iterator[None]:
    """Each commit copies the file and reads it for its checksum: with the blocks of the product, of which those of a
    test are mostly empty, it is nine times as large.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(database.WRITER_SETTINGS, "default_block_size", "32768")
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_is_compacted() -> Iterator[None]:
    """A store of a test is too small to gain by it, and it takes a tenth of the time; tests of it say otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data.store.file_backend.SMALL_BYTES", 64 << 20)
        yield


@pytest.fixture(scope="session", autouse=True)
def usual_rounds() -> Iterator[int]:
    """What a password's hash costs in the product; tests take the least that bcrypt has."""
    rounds = passwords.ROUNDS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "ROUNDS", 4)
        yield rounds


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A filled store, whose tables the tests of a file only read."""
    store = filled_store(tmp_path_factory.mktemp("full") / "db")
    yield store
    store.close()
