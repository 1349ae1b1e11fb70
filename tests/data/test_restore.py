"""What a restore must not bring back or give away: a run under way, numbers given since, sign-ins; what it keeps."""

from pathlib import Path

import pytest

from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import operator_account
from data.accounts.invitations import invite, open_invitations
from data.accounts.tenants import add_tenant
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, remove_repositories_with_data
from data.store import Store, StoreBusy
from data.store.backup import backup, restore
from data.store.files import exclusive
from tests.data.cast import NOW, account, first_user, quick, signed_in, user
from tests.data.writers import batch, save

pytestmark = pytest.mark.usefixtures(quick.__name__)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def add(store: Store, github_id: int) -> int:
    """Follow a repository; answers its number."""
    facts = RepositoryFacts(github_id, f"octo/r{github_id}", "public", False, False)
    return add_repositories(store, 1, [facts], NOW)[0].repository_id


def versions(store: Store) -> tuple[int, int]:
    return store.traffic.version(), store.control.version()


def damage_newest(store: Store) -> None:
    path = store.traffic.files.path(store.traffic.version())
    path.unlink()
    path.write_bytes(b"not a database")


def test_a_restore_during_a_collection_is_refused_and_names_who_collects(store: Store, target: Path) -> None:
    backup(store, target)
    before = versions(store)
    refusal = pytest.raises(StoreBusy, match=r"process \d+ \(collecting\).*Nothing was restored")
    with exclusive(store.directory / ".collecting", "collecting", 0), refusal:
        restore(store, target)
    assert versions(store) == before
    restore(store, target)


def test_a_number_given_since_the_backup_is_not_given_again(store: Store, target: Path) -> None:
    add(store, 1)
    backup(store, target)
    given = add(store, 2), add_tenant(store, "blue", "daily", NOW).tenant_id, user(store, "bob").user_id
    restore(store, target)
    again = add(store, 3), add_tenant(store, "green", "daily", NOW).tenant_id, user(store, "eve").user_id
    assert again == tuple(number + 1 for number in given)


def test_a_number_given_to_what_was_deleted_is_not_given_again_either(store: Store, target: Path) -> None:
    backup(store, target)
    given = add(store, 1)
    remove_repositories_with_data(store, [given])
    restore(store, target)
    restore(store, target)
    assert add(store, 2) == given + 1


def test_numbers_are_known_from_the_other_versions_where_the_newest_is_damaged(store: Store, target: Path) -> None:
    backup(store, target)
    given = add(store, 1)
    save(store, *batch(given))
    damage_newest(store)
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
    newest = entries(operator_account(), store, AuditFilter(text="restored"))[0]
    assert (newest.actor, newest.action) == (operator_account().username, "backup restored")


def test_a_restore_is_one_commit_to_each_database(store: Store, target: Path) -> None:
    backup(store, target)
    traffic, control = versions(store)
    report = restore(store, target)
    assert (report.traffic_version, report.control_version) == versions(store) == (traffic + 1, control + 1)


def test_the_versions_that_the_report_names_stay_until_the_second_commit(store: Store, target: Path) -> None:
    add_tenant(store, "acme", "daily", NOW)
    backup(store, target)
    former = [database.files.path(database.version()) for database in (store.traffic, store.control)]
    report = restore(store, target)
    assert all(f"versions/{path.name}" in report.note for path in former)
    for stays in (True, False):
        add(store, stays + 1)
        user(store, f"user{stays}")
        assert [path.exists() for path in former] == [stays, stays]


def test_a_restore_into_an_empty_directory_names_no_versions(store: Store, target: Path, tmp_path: Path) -> None:
    backup(store, target)
    assert "versions/" not in restore(Store(tmp_path / "empty"), target).note
