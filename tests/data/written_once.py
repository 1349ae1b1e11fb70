"""What fixtures write to the store of each test: written once a process, and copied for all tests after that."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Hashable
from copy import deepcopy
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from data.store import Store
from data.store.file_backend import FileDatabase

P = ParamSpec("P")
T = TypeVar("T")
_kept: dict[Hashable, tuple[Path, Any]] = {}


def written_once(fixture: Callable[P, T]) -> Callable[P, T]:
    """For a fixture that writes to the `store` that it is given; what else it is given follows from that store."""

    @wraps(fixture)
    def copied(*args: P.args, **given: P.kwargs) -> T:
        return once(cast(Store, given["store"]), fixture, lambda: fixture(*args, **given))

    return copied


def once(store: Store, key: Hashable, write: Callable[[], T]) -> T:
    """The store as `write` leaves it, with what that answers. The key says what is written, whatever the store has."""
    if not isinstance(store.traffic, FileDatabase):
        return write()
    before = (key, _content(store))
    if before in _kept:
        store.close()
        shutil.rmtree(store.directory)
        shutil.copytree(_kept[before][0], store.directory, symlinks=True)
    else:
        answer = write()
        directory = Path(tempfile.mkdtemp(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))) / "db"
        atexit.register(shutil.rmtree, directory.parent)
        _kept[before] = shutil.copytree(store.directory, directory, symlinks=True), answer
    return deepcopy(cast(T, _kept[before][1]))


def _content(store: Store) -> tuple[str, ...]:
    """The checksums of the newest versions, as they were noted."""
    newest = [store.directory / f"{name}.duckdb" for name in ("traffic", "control")]
    return tuple(link.resolve().with_suffix(".note").read_text("ascii") for link in newest)
