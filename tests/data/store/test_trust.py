"""Trust in the newest version: what a disk, root or a stray client does to it is found before anybody builds on it."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from data.accounts.accounts import has_users
from data.accounts.encryption import add_key, open_cipher
from data.accounts.models import Viewer
from data.accounts.sessions import account_of_session, end_session, make_ticket, redeem_ticket
from data.sandbox.tenant_extract import prepare_extract
from data.store import Store, StoreUnreadable
from data.store.backup import backup, backups, restore
from data.store.ids import last_ids, next_id, raise_last_ids
from tests.data.cast import ADDRESS, NOW, first_user
from tests.data.writers import batch, save, version_files, whole_batches

pytestmark = [pytest.mark.files, pytest.mark.usefixtures("numbered")]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do that to a file of mode 0444")
WRITE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], config={"checkpoint_threshold": "1TB"})
connection.execute("create table stray (n integer)")
connection.execute("insert into stray select range from range(100)")
print("held", flush=True)
sys.stdin.readline()
"""


def damage(path: Path) -> None:
    """Overwrite 512 bytes in the middle of a file, as a bad disk does: its time stays."""
    found = path.stat()
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(found.st_size // 2 // 4096 * 4096 + 16)
        file.write(random.Random(1).randbytes(512))
    path.chmod(found.st_mode & 0o777)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def read_whole(store: Store) -> None:
    with store.traffic.read() as cursor:
        for (table,) in cursor.execute("select table_name from duckdb_tables() where not internal").fetchall():
            cursor.execute(f"select max(hash(every)) from {table} as every")


def newest(store: Store) -> Path:
    path = version_files(store.traffic).committed()
    assert path is not None
    return path


def reopened(store: Store) -> Store:
    """The same directory as a process sees it that has not looked at it yet."""
    store.close()
    return Store(store.directory)


@pytest.fixture
def three(store: Store) -> Store:
    """A store whose last three versions each have one batch more."""
    for number in (1, 2, 3):
        save(store, *batch(number))
    return reopened(store)


def test_a_damaged_version_is_put_aside_and_the_next_older_one_built_on(
    three: Store, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = newest(three)
    damage(damaged)
    assert [each.fault is not None for each in three.traffic.check()] == [False, False, True]
    save(three, *batch(4))
    assert whole_batches(three) == {1, 2, 4}
    assert (version_files(three.traffic).aside / damaged.name).exists()
    assert damaged.name in caplog.text
    assert [each.fault for each in three.traffic.check()] == [None] * 3
    for number in (5, 6, 7):
        save(three, *batch(number))
    assert whole_batches(three) == {1, 2, 4, 5, 6, 7}


def test_where_an_older_control_is_built_on_nobody_is_let_in_by_a_session_that_was_ended_since(store: Store) -> None:
    ada = first_user(store, "ada")
    secret = redeem_ticket(store, make_ticket(store, ada.user_id, NOW), "", ADDRESS, NOW)
    end_session(store, secret)
    files = version_files(store.control)
    damaged = files.committed()
    assert damaged is not None
    damage(damaged)
    store = reopened(store)
    store.prepare()
    assert store.put_aside() == [files.aside / damaged.name]
    assert account_of_session(store, secret, NOW) is None
    assert has_users(store), "and everything else stands"


def test_whoever_reads_a_damaged_version_has_it_put_aside(three: Store) -> None:
    damaged = newest(three)
    damage(damaged)
    with pytest.raises(StoreUnreadable, match=damaged.name):
        read_whole(three)
    assert whole_batches(three) == {1, 2}
    damaged = newest(three)
    os.truncate(damaged, 0)
    three = reopened(three)
    assert whole_batches(three) == {1}, "one that cannot even be opened"
    save(three, *batch(2))
    damage(newest(three))
    three = reopened(three)
    three.prepare()
    assert newest(three).name not in {path.name for path in three.put_aside()}
    assert whole_batches(three) == {1}, "one that is damaged where a command begins"


def test_where_every_version_is_damaged_nothing_is_touched_and_that_is_told(three: Store) -> None:
    versions = [version_files(three.traffic).path(number) for number in version_files(three.traffic).numbers()]
    for each in versions:
        damage(each)
    with pytest.raises(StoreUnreadable, match=r"no older good one.*restore DIR"):
        save(three, *batch(4))
    assert all(each.exists() for each in versions)


def test_a_backup_is_never_made_of_a_damaged_version(three: Store, tmp_path: Path) -> None:
    damage(newest(three))
    report = backup(three, tmp_path / "backup")
    assert report.traffic.exists()
    damage(newest(three))
    damage(version_files(three.traffic).path(version_files(three.traffic).numbers()[0]))
    with pytest.raises(StoreUnreadable):
        backup(reopened(three), tmp_path / "backup")
    assert backups(tmp_path / "backup") == [report.stamp]
    assert not list((tmp_path / "backup").glob(".*.part"))


def test_a_symlink_set_back_by_hand_is_built_on(three: Store) -> None:
    files = version_files(three.traffic)
    last, before = files.numbers()[-1], files.numbers()[-2]
    files.point_to(before)
    save(three, *batch(9))
    assert whole_batches(three) == {1, 2, 9}
    assert (files.aside / files.path(last).name).exists()
    assert files.numbers()[-1] > last, "no number is given twice"


@pytest.mark.parametrize("gone", ["newest file", "links", "links, for copies"])
def test_what_is_missing_is_no_new_store(three: Store, gone: str) -> None:
    links = [version_files(three.traffic).link, version_files(three.control).link]
    if gone == "newest file":
        newest(three).unlink()
    for link in links if gone != "newest file" else ():
        copied = link.read_bytes()
        link.unlink()
        if gone != "links":  # as a copy has it that follows links
            link.write_bytes(copied)
    known = {1, 2} if gone == "newest file" else {1, 2, 3}
    assert whole_batches(three) == known
    three.prepare()
    save(three, *batch(4))
    assert whole_batches(three) == known | {4}
    assert version_files(three.traffic).link.is_symlink()


@AS_ROOT
def test_a_client_that_writes_to_a_version_is_named_and_its_rows_are_never_used(three: Store) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(newest(three))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "held\n"
    with pytest.raises(StoreUnreadable, match=rf"PID {program.pid}.*read-only"):
        whole_batches(three)
    program.kill()
    program.communicate()
    log = Path(f"{newest(three)}.wal")
    assert log.exists()
    assert whole_batches(three) == {1, 2, 3}
    assert not log.exists()
    with three.traffic.read() as cursor, pytest.raises(Exception, match="stray"):
        cursor.execute("from stray")


@AS_ROOT
def test_what_root_writes_belongs_to_the_owner_of_the_data_directory(three: Store) -> None:
    for path in (three.directory, *three.directory.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    save(three, *batch(4))
    with three.control.commit("test"):
        pass
    open_cipher(three.directory)
    add_key(three.directory)
    prepare_extract(Viewer(frozenset({1}), frozenset()), three)
    owners = {path.name: path.lstat().st_uid for path in three.directory.rglob("*")}
    assert set(owners.values()) == {12345}, owners


def test_no_directory_is_for_everybody_to_write_to(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(tmp_path / "new" / "db")
        store.prepare()
        backup(store, tmp_path / "new" / "backups" / "db")
        restore(Store(tmp_path / "new" / "restored" / "db"), tmp_path / "new" / "backups" / "db")
        store.close()
    finally:
        os.umask(before)
    made = [path for path in (tmp_path / "new").rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o022 for path in (tmp_path / "new", *made)} == {0}


def test_a_number_that_was_given_is_never_lowered(store: Store) -> None:
    with store.traffic.commit("test") as connection:
        given = next_id(connection, "note")
        raise_last_ids(connection, {"note": given + 5, "tenant": 1})
        raise_last_ids(connection, {"note": given})
        assert last_ids(connection)["note"] == given + 5
        assert next_id(connection, "note") == given + 6
