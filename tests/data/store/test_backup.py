"""Backups: a consistent pair, whole or not at all, brought back as the next versions without what must not return.

A run under way, numbers given since, sessions and links must not.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import COMMAND_LINE
from data.accounts.invitations import invite, open_invitations
from data.accounts.tenants import add_tenant, operator, tenants
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, remove_repositories_with_data
from data.schema import migrate as schema
from data.store import Store, StoreBusy, StoreMissing, StoreNotWritten, StoreTooNew, StoreUnreadable
from data.store import backup as backup_module
from data.store import file_backend as store_module
from data.store.backup import backup, backups, restore
from data.store.version_files import exclusive
from tests.data.cast import AUDITOR, account, first_user, signed_in, user
from tests.data.writers import NOW, batch, save, version_files, whole_batches

pytestmark = pytest.mark.files
NUMBERED = pytest.mark.usefixtures("numbered")

STAMP = "20260510T120000Z"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_module, "utc_now", lambda: datetime(2026, 5, 10, 12, tzinfo=UTC))


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


def test_a_backup_is_a_pair_of_files_with_the_stamp_and_the_modes_of_the_store(store: Store, target: Path) -> None:
    report = backup(store, target)
    assert names(target) == [f"control-{STAMP}.duckdb", f"traffic-{STAMP}.duckdb"]
    assert (report.stamp, report.traffic.stat().st_mode & 0o777) == (STAMP, 0o444)
    assert report.control.stat().st_mode & 0o777 == 0o600
    assert target.stat().st_mode & 0o777 == 0o700


def test_a_backup_on_the_same_disk_is_linked_and_takes_no_room(store: Store, target: Path) -> None:
    report = backup(store, target)
    assert report.linked
    assert report.traffic.samefile(version_files(store.traffic).link)


@pytest.mark.usefixtures("no_links")
def test_a_backup_on_another_disk_is_a_copy_with_the_same_bytes_and_modes(store: Store, target: Path) -> None:
    report = backup(store, target)
    assert not report.linked
    assert report.traffic.read_bytes() == version_files(store.traffic).link.read_bytes()
    assert report.control.read_bytes() == version_files(store.control).link.read_bytes()
    modes = [path.stat().st_mode & 0o777 for path in (report.traffic, report.control)]
    assert modes == [0o444, 0o600]


@NUMBERED
@pytest.mark.usefixtures("no_links")
def test_the_store_may_be_written_to_while_a_backup_copies(
    store: Store, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, *batch(1))
    fill = store_module._fill

    def fill_late(*what: Any) -> None:
        for number in range(2, 7):
            save(Store(store.directory, lock_timeout_s=0), *batch(number))
        fill(*what)

    monkeypatch.setattr(store_module, "_fill", fill_late)
    backup(store, target)
    restore(store, target)
    assert whole_batches(store) == {1}


def test_two_backups_within_a_second_get_two_stamps(store: Store, target: Path) -> None:
    assert [backup(store, target).stamp for _ in range(3)] == [STAMP, "20260510T120001Z", "20260510T120002Z"]
    assert backups(target) == [STAMP, "20260510T120001Z", "20260510T120002Z"]


def test_the_secret_key_is_never_in_a_backup_and_the_report_says_so(store: Store, target: Path) -> None:
    (store.directory / "secret.key").write_text("the key")
    report = backup(store, target)
    assert "secret key is not in the backup" in report.note
    assert "secret.key" not in names(target)


@pytest.mark.usefixtures("no_links")
def test_a_copy_that_fails_leaves_no_file_behind(store: Store, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module, "sync", refuse)
    with pytest.raises(StoreNotWritten, match="No file of it is left"):
        backup(store, target)
    assert names(target) == []


def test_what_a_backup_that_was_cut_short_left_is_removed_by_the_next(store: Store, target: Path) -> None:
    target.mkdir()
    (target / f".traffic-{STAMP}.duckdb.part").write_bytes(b"half")
    backup(store, target)
    assert names(target) == [f"control-{STAMP}.duckdb", f"traffic-{STAMP}.duckdb"]


def test_two_backups_into_one_directory_do_not_meet(
    store: Store, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.mkdir()
    monkeypatch.setattr(backup_module, "LOCK_TIMEOUT_S", 0)
    with exclusive(target / ".lock", "backup", 0), pytest.raises(StoreBusy, match="is being written to"):
        backup(store, target)


def test_a_directory_without_a_store_cannot_be_backed_up(tmp_path: Path, target: Path) -> None:
    with pytest.raises(StoreMissing, match="to back up"):
        backup(Store(tmp_path / "nothing"), target)
    assert names(target) == []


@NUMBERED
def test_a_restored_backup_is_the_next_version_of_both_and_the_former_one_stays(store: Store, target: Path) -> None:
    save(store, *batch(1))
    backup(store, target)
    save(store, *batch(2))
    former = store.traffic.version()
    report = restore(store, target)
    assert whole_batches(store) == {1}
    assert (report.traffic_version, report.control_version) == (former + 1, 2)
    assert former in version_files(store.traffic).numbers()


@NUMBERED
def test_the_newest_complete_pair_is_restored_or_the_one_that_is_named(store: Store, target: Path) -> None:
    for number in (1, 2, 3):
        save(store, *batch(number))
        backup(store, target)
    (target / "control-20260510T120002Z.duckdb").unlink()
    restore(store, target)
    assert whole_batches(store) == {1, 2}
    restore(store, target, STAMP)
    assert whole_batches(store) == {1}


@pytest.mark.parametrize("damaged", ["traffic", "control"])
def test_a_damaged_file_is_refused_before_anything_changes(store: Store, target: Path, damaged: str) -> None:
    backup(store, target)
    path = target / f"{damaged}-{STAMP}.duckdb"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:20_000])
    before = (store.traffic.version(), store.control.version())
    with pytest.raises(StoreUnreadable, match=path.name):
        restore(store, target)
    assert (store.traffic.version(), store.control.version()) == before


def test_files_under_each_others_names_are_refused(store: Store, target: Path) -> None:
    report = backup(store, target)
    report.traffic.rename(target / "aside")
    report.control.rename(report.traffic)
    (target / "aside").rename(report.control)
    with pytest.raises(StoreUnreadable, match="not a traffic database"):
        restore(store, target)


def test_a_backup_of_a_newer_release_is_refused(store: Store, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup(store, target)
    monkeypatch.setattr(schema, "newest_known", lambda _: 0)
    with pytest.raises(StoreTooNew, match="this release knows 0"):
        restore(store, target)


@NUMBERED
def test_a_restore_that_the_disk_refuses_leaves_the_former_versions(
    store: Store, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(store, target)
    save(store, *batch(1))

    def refuse(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module, "sync", refuse)
    with pytest.raises(StoreNotWritten, match="then do it again"):
        restore(store, target)
    assert whole_batches(store) == {1}
    assert list(version_files(store.traffic).folder.glob(".*")) == []


def add(store: Store, github_id: int) -> int:
    """Follow a repository of the first tenant, added where there is none; answers its number."""
    every = tenants(operator(store), store) or [add_tenant(store, COMMAND_LINE, "first", "daily", NOW)]
    facts = RepositoryFacts(github_id, f"octo/r{github_id}", "public", False, False)
    return add_repositories(store, COMMAND_LINE, every[0].tenant_id, [facts], NOW)[0].repository_id


def versions(store: Store) -> tuple[int, int]:
    return store.traffic.version(), store.control.version()


def test_a_restore_during_a_collection_is_refused_and_names_who_collects(store: Store, target: Path) -> None:
    backup(store, target)
    before = versions(store)
    refusal = pytest.raises(StoreBusy, match=r"process \d+ \(collecting\).*The restore did not begin")
    with exclusive(store.directory / ".collecting", "collecting", 0), refusal:
        restore(store, target)
    assert versions(store) == before
    restore(store, target)


def test_a_number_given_since_the_backup_is_not_given_again(store: Store, target: Path) -> None:
    add(store, 1)
    backup(store, target)
    given = add(store, 2), add_tenant(store, COMMAND_LINE, "blue", "daily", NOW).tenant_id, user(store, "bob").user_id
    restore(store, target)
    again = add(store, 3), add_tenant(store, COMMAND_LINE, "green", "daily", NOW).tenant_id, user(store, "eve").user_id
    assert again == tuple(number + 1 for number in given)


def test_a_number_given_to_what_was_deleted_is_not_given_again_either(store: Store, target: Path) -> None:
    backup(store, target)
    given = add(store, 1)
    remove_repositories_with_data(store, COMMAND_LINE, [given], NOW)
    restore(store, target)
    restore(store, target)
    assert add(store, 2) == given + 1


def test_numbers_are_known_from_the_other_versions_where_the_newest_is_damaged(store: Store, target: Path) -> None:
    backup(store, target)
    given = add(store, 1)
    save(store, *batch(given))
    newest = version_files(store.traffic).path(store.traffic.version())
    newest.unlink()
    newest.write_bytes(b"not a database")
    restore(Store(store.directory), target)
    assert add(Store(store.directory), 2) == given + 1


def test_sessions_and_links_of_the_backup_are_void_and_the_log_says_so(store: Store, target: Path) -> None:
    admin = first_user(store)
    signed_in(store, admin)
    invite(store, admin.username, [], None, NOW)
    backup(store, target)
    restore(store, target)
    assert open_invitations(account(store, admin.username), store, NOW) == []
    with store.control.read() as cursor:
        assert cursor.execute("select count(*) as sessions from sign_in_session").fetchall() == [(0,)]
    newest = entries(AUDITOR, store, AuditFilter(text="restored"))[0]
    assert (newest.actor, newest.action) == (COMMAND_LINE, "backup restored")


def test_the_versions_that_the_report_names_stay_until_the_second_commit(store: Store, target: Path) -> None:
    add_tenant(store, COMMAND_LINE, "acme", "daily", NOW)
    backup(store, target)
    former = [version_files(database).path(database.version()) for database in (store.traffic, store.control)]
    report = restore(store, target)
    assert all(f"versions/{path.name}" in report.note for path in former)
    for stays in (True, False):
        add(store, stays + 1)  # and its record moves to the other database
        assert [path.exists() for path in former] == [stays, stays]


@NUMBERED
def test_a_restore_into_an_empty_directory_has_the_modes_of_a_store_and_names_no_versions(
    store: Store, target: Path, tmp_path: Path
) -> None:
    save(store, *batch(1))
    backup(store, target)
    elsewhere = Store(tmp_path / "elsewhere")
    assert "versions/" not in restore(elsewhere, target).note
    assert whole_batches(elsewhere) == {1}
    add_tenant(elsewhere, COMMAND_LINE, "acme", "daily", NOW)
    modes = {path.name[:7]: path.stat().st_mode & 0o777 for path in elsewhere.directory.glob("versions/*.duckdb")}
    assert modes == {"traffic": 0o444, "control": 0o600}
    elsewhere.close()
