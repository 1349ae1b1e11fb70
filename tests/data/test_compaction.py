"""Compaction is a help and no condition: where it has no room, the commit stands without it."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.schema import migrate as schema
from data.store import Store
from data.store import database as store_module
from tests.data.test_store_crashes import has_mount_namespaces
from tests.data.writers import batch, let_go, save, start, whole_batches, write_without_room_to_compact

pytestmark = pytest.mark.usefixtures("numbered")


def compactions(store: Store) -> list[tuple[Any, ...]]:
    with store.traffic.read() as cursor:
        return cursor.execute("from store_compaction").fetchall()


@pytest.mark.parametrize("refusal", [OSError(28, "No space left on device"), duckdb.IOException("No space left")])
def test_a_commit_whose_compaction_is_refused_stands_and_the_next_one_compacts(
    store: Store, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise refusal

    before = compactions(store)
    monkeypatch.setattr(store_module, "COMPACT_WHEN_GROWN", 0)
    with monkeypatch.context() as full:
        full.setattr(schema, "copy_ordered", refuse)
        save(store, *batch(1))
    assert (whole_batches(store), compactions(store)) == ({1}, before)
    assert list(store.traffic.files.folder.glob(".*")) == []
    save(store, *batch(2))
    assert (whole_batches(store), compactions(store) != before) == ({1, 2}, True)


@pytest.mark.skipif(not has_mount_namespaces(), reason="no mount namespaces for this user")
def test_a_disk_with_room_for_a_commit_and_not_for_its_compaction_takes_the_commit(tmp_path: Path) -> None:
    told = let_go(start(write_without_room_to_compact.__name__, tmp_path, wrapper=("unshare", "-rm")))
    assert told == ["committed compacted False", "nothing left over", "committed compacted True"]
