"""Killed at any moment, or out of disk anywhere: the last acknowledged commit stands, whole."""

import random
import subprocess
import time
from pathlib import Path

import pytest

from data.store import Store
from tests.data.writers import (
    batch,
    commit_loop,
    let_go,
    said,
    save,
    start,
    whole_batches,
    write_below,
    write_in_small_room,
)

pytestmark = pytest.mark.usefixtures("numbered")

KILLS_A_GROUP = 10


def killed_writer(store: Store, first: int, moment_s: float) -> set[int]:
    """The commits that a writer acknowledged before it was killed, some moment after its first."""
    writer = start(commit_loop.__name__, store.directory, first)
    acknowledged = said(writer)
    time.sleep(moment_s)
    writer.kill()
    rest, _ = writer.communicate(timeout=60)
    return {int(number) for number in [acknowledged, *rest.split()]}


@pytest.mark.parametrize("group", range(2))
def test_a_killed_writer_loses_no_acknowledged_commit_and_leaves_no_half_one(store: Store, group: int) -> None:
    moments, acknowledged = random.Random(group), {1}
    save(store, *batch(1))
    with store.traffic.read() as reader:
        for _ in range(KILLS_A_GROUP):
            found = whole_batches(store)
            acknowledged |= killed_writer(store, max(found) + 1, moments.uniform(0, 0.15))
            survivor = Store(store.directory)
            found = whole_batches(survivor)
            survivor.close()
            assert found >= acknowledged
            assert found == set(range(1, max(found) + 1))
        assert reader.execute("select count(*) as days from daily_traffic").fetchall() == [(40,)]


def test_the_writer_after_a_killed_one_continues_and_clears_up(store: Store) -> None:
    acknowledged = killed_writer(store, 1, 0.03)
    save(store, *batch(1000))
    assert whole_batches(store) >= acknowledged | {1000}
    assert [path.name for path in store.traffic.files.folder.glob(".*")] == []


def test_a_full_disk_leaves_the_former_version_wherever_it_strikes(store: Store) -> None:
    save(store, *batch(1))
    size = store.traffic.files.link.stat().st_size
    limits = [0, 50, size // 2, size - 1, *range(size, 2 * size, size // 12), 10**9]
    told = let_go(start(write_below.__name__, store.directory, *limits))
    assert set(told) == {"refused nothing changed", "committed changed"}
    assert told[:5] == ["refused nothing changed"] * 5
    assert (len(told), told[-1]) == (len(limits), "committed changed")


def has_mount_namespaces() -> bool:
    """Whether a test may mount a disk of its own here."""
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(probe, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not has_mount_namespaces(), reason="no mount namespaces for this user")
def test_a_store_on_a_disk_that_fills_up_refuses_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    told = let_go(start(write_in_small_room.__name__, tmp_path, 16, wrapper=("unshare", "-rm")))
    assert told == ["refused nothing changed", "committed True"]
