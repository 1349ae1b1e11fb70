"""The write lock: one holder, named to whoever waits in vain, free as soon as its process is gone."""

import fcntl
import re
import threading
from pathlib import Path

import pytest

from data.store import Store, StoreBusy
from data.store.version_files import LockHeld, exclusive, is_held
from tests.data.writers import hold_lock, let_go, said, start

pytestmark = pytest.mark.files


def test_the_lock_lets_in_one_at_a_time(tmp_path: Path) -> None:
    with exclusive(tmp_path / ".lock", "first", 0), pytest.raises(LockHeld), exclusive(tmp_path / ".lock", "second", 0):
        pytest.fail("two held the lock at once")


def test_a_lock_is_seen_to_be_held_or_not_and_looking_refuses_nobody(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    assert not is_held(path)
    with exclusive(path, "first", 0):
        assert is_held(path)
    with path.open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.01, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        with exclusive(path, "second", 0):
            assert is_held(path)


def test_whoever_waits_in_vain_is_told_the_process_its_purpose_and_since_when(store: Store) -> None:
    holder = start(hold_lock.__name__, store.directory, "collection")
    said(holder)
    impatient = Store(store.directory, lock_timeout_s=0)
    with pytest.raises(StoreBusy) as refused, impatient.traffic.commit("test"):
        pytest.fail("the lock was held")
    let_go(holder)
    pattern = rf"process {holder.pid} \(collection\) since \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\."
    assert re.search(pattern, str(refused.value))


def test_the_lock_of_a_killed_process_is_free(store: Store) -> None:
    holder = start(hold_lock.__name__, store.directory, "collection")
    said(holder)
    holder.kill()
    holder.communicate()
    with store.traffic.locked("test"):
        pass


def test_both_databases_share_one_lock(store: Store) -> None:
    impatient = Store(store.directory, lock_timeout_s=0)
    with store.traffic.locked("collection"), pytest.raises(StoreBusy), impatient.control.locked("test"):
        pytest.fail("the lock was held")


@pytest.mark.parametrize("signature", ["", "not json", "[]", "{}"])
def test_a_lock_file_with_a_strange_signature_names_another_process(tmp_path: Path, signature: str) -> None:
    lock = tmp_path / ".lock"
    with exclusive(lock, "first", 0):
        lock.write_text(signature)
        with pytest.raises(LockHeld, match="another process"), exclusive(lock, "second", 0):
            pytest.fail("the lock was held")


def test_a_disk_too_full_for_the_signature_still_gives_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, purpose: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.store.version_files._sign", refuse)
    with exclusive(tmp_path / ".lock", "first", 0), pytest.raises(LockHeld), exclusive(tmp_path / ".lock", "second", 0):
        pytest.fail("two held the lock at once")
