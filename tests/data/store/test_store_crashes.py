"""Killed at any moment, or out of disk anywhere: the last acknowledged commit stands, whole, compacted or not."""

import random
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.schema import migrate as schema
from data.store import Store
from data.store import file_backend as store_module
from tests.data.writers import (
    batch,
    commit_loop,
    let_go,
    processes,
    save,
    start,
    version_files,
    whole_batches,
    write_below,
    write_in_small_room,
    write_without_room_to_compact,
)

pytestmark = [pytest.mark.files, pytest.mark.usefixtures("numbered")]

KILLS = 8


def killed_writer(store: Store, first: int, moment_s: float) -> set[int]:
    """The commits that a writer acknowledged before it was killed, some moment after its first."""
    here, there = processes.Pipe()
    writer = processes.Process(target=commit_loop, args=(str(store.directory), first, there))
    writer.start()
    there.close()
    acknowledged = {here.recv()}
    time.sleep(moment_s)
    writer.kill()
    writer.join(60)
    with suppress(EOFError, ConnectionResetError):
        while True:
            acknowledged.add(here.recv())
    return acknowledged


def test_a_killed_writer_loses_no_acknowledged_commit_and_leaves_no_half_one(store: Store) -> None:
    moments, acknowledged = random.Random(0), {1}
    save(store, *batch(1))
    with store.traffic.read() as reader:
        for _ in range(KILLS):
            found = whole_batches(store)
            acknowledged |= killed_writer(store, max(found) + 1, moments.uniform(0, 0.15))
            survivor = Store(store.directory)
            found = whole_batches(survivor)
            survivor.close()
            assert found >= acknowledged
            assert found == set(range(1, max(found) + 1))
        assert reader.execute("select count(*) as days from daily_traffic").fetchall() == [(40,)]
    save(store, *batch(1000))
    assert whole_batches(store) >= acknowledged | {1000}
    assert [path.name for path in version_files(store.traffic).folder.glob(".*")] == []


def test_a_full_disk_leaves_the_former_version_wherever_it_strikes(store: Store) -> None:
    save(store, *batch(1))
    size = version_files(store.traffic).link.stat().st_size
    limits = [0, 50, size // 2, size - 1, *range(size, 2 * size, size // 12), 10**9]
    output = let_go(start(write_below.__name__, store.directory, *limits))
    assert set(output) == {"refused nothing changed", "committed changed"}
    assert output[:5] == ["refused nothing changed"] * 5
    assert (len(output), output[-1]) == (len(limits), "committed changed")


def has_mount_namespaces() -> bool:
    """Whether a test may mount a disk of its own here."""
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(probe, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not has_mount_namespaces(), reason="no mount namespaces for this user")
def test_a_store_on_a_disk_that_fills_up_refuses_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    output = let_go(start(write_in_small_room.__name__, tmp_path, 16, wrapper=("unshare", "-rm")))
    assert output == ["refused nothing changed", "committed True"]


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
    monkeypatch.setattr(store_module, "SMALL_BYTES", 0)
    with monkeypatch.context() as full:
        full.setattr(schema, "copy_ordered", refuse)
        save(store, *batch(1))
    assert (whole_batches(store), compactions(store)) == ({1}, before)
    assert list(version_files(store.traffic).folder.glob(".*")) == []
    save(store, *batch(2))
    assert (whole_batches(store), compactions(store) != before) == ({1, 2}, True)


@pytest.mark.skipif(not has_mount_namespaces(), reason="no mount namespaces for this user")
def test_a_disk_with_room_for_a_commit_and_not_for_its_compaction_takes_the_commit(tmp_path: Path) -> None:
    output = let_go(start(write_without_room_to_compact.__name__, tmp_path, wrapper=("unshare", "-rm")))
    assert output == ["committed compacted False", "nothing left over", "committed compacted True"]
