"""The audit log: every administrative act, for those who may read it, without secrets."""

from dataclasses import replace

import pytest

from data.accounts import accounts, invitations, sessions, sign_on
from data.accounts.audit import AuditFilter, Subject, entries, move_outbox, record, save_entry
from data.accounts.authority import COMMAND_LINE
from data.accounts.grants import grant, revoke
from data.accounts.models import Account
from data.accounts.tenants import operator
from data.collection import ledger
from data.repositories.repositories import (
    RepositoryRefused,
    pause_repositories,
    remove_repositories_with_data,
    repositories,
)
from data.store import Store, StoreNotWritten
from tests.data.cast import NOW, PASSWORD, SECOND, Place, account, newcomer, signed_in, user
from tests.data.writers import version_files

ALL = AuditFilter()


def acts(account: Account, store: Store, wanted: AuditFilter = ALL) -> list[tuple[str, str, str, str | None]]:
    return [(each.actor, each.action, each.subject, each.detail) for each in entries(account, store, wanted)]


def test_every_administrative_act_is_told_with_who_what_and_on_whom(store: Store, ada: Account) -> None:
    north = Place.added(store, "north", 1)
    bob = user(store, "bob")
    grant(store, "ada", bob.user_id, north.of_repository(0), NOW + 2 * SECOND)
    revoke(store, COMMAND_LINE, bob.user_id, north.of_repository(0), NOW + 3 * SECOND)
    accounts.disable_user(store, "ada", bob.user_id, NOW + 4 * SECOND)
    assert acts(ada, store) == [
        ("ada", "user disabled", "user bob", None),
        (COMMAND_LINE, "revoked", "user bob", f"repository viewer of repository {north.repositories[0]}"),
        ("ada", "granted", "user bob", f"repository viewer of repository {north.repositories[0]}"),
        (COMMAND_LINE, "repositories added", "2 repositories", "north/r0, north/r1"),
        (COMMAND_LINE, "tenant added", f"tenant {north.tenant_id}", "north"),
        ("setup code", "first user added", "user ada", None),
    ]


def test_every_other_act_is_told_too(store: Store, ada: Account) -> None:
    here = signed_in(store, ada)
    link = invitations.invite(store, "ada", [], None, NOW)
    invitations.revoke_invitation(store, "ada", 1, NOW)
    new = invitations.accept(store, invitations.invite(store, "ada", [], None, NOW), newcomer("new"), NOW)
    reset = invitations.reset_password(store, "ada", new.user_id, NOW)
    invitations.accept_reset(store, reset, "another meadow, dry", NOW)
    accounts.change_password(store, here, PASSWORD, "a third meadow", NOW)
    accounts.save_profile(store, "ada", ada.user_id, NOW, name="Ada L.", email="")
    sign_on.link_identity(store, "ada", ada.user_id, sign_on.Identity("https://id.example.org", "7"), NOW)
    sessions.end_all_sessions(store, "ada", NOW)
    assert len(acts(ada, store)) == 12
    assert not [secret for secret in (link, reset, here, PASSWORD) if secret in str(acts(ada, store))]


def test_what_changes_nothing_is_not_told(store: Store, ada: Account) -> None:
    north, bob = Place.added(store, "north", 1), user(store, "bob")
    before = len(acts(ada, store))
    grant(store, "ada", bob.user_id, north.viewer, NOW)
    grant(store, "ada", bob.user_id, north.viewer, NOW)
    revoke(store, "ada", bob.user_id, north.manager, NOW)
    assert len(acts(ada, store)) == before + 1


def test_a_manager_reads_of_the_tenant_only_and_viewers_read_nothing(store: Store, ada: Account) -> None:
    north, south = Place.added(store, "north", 1), Place.added(store, "south", 11)
    mia, vic = user(store, "mia", north.manager), user(store, "vic", north.viewer, south.viewer)
    save_entry(store, "repository removed", Subject("north/r1", north.tenant_id), "mia", NOW + SECOND)
    save_entry(store, "repository removed", Subject("south/r1", south.tenant_id), "ada", NOW)
    invitations.invite(store, "ada", [north.viewer, south.viewer], None, NOW)
    assert acts(mia, store)[0] == ("mia", "repository removed", "north/r1", None)
    assert {each.tenant_id for each in entries(mia, store, ALL)} == {north.tenant_id}
    assert acts(vic, store) == acts(replace(ada, active=False), store) == acts(replace(mia, active=False), store) == []


@pytest.mark.files
def test_a_change_keeps_its_record_while_the_audit_log_cannot_be_written(
    store: Store, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = Place.added(store, "north", 1)
    user(store, "mia", north.manager)
    before = acts(ada, store)

    def refuse(*_: object) -> None:
        raise StoreNotWritten("The disk refused.")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(store.control, "publish", refuse)
        (gone,) = remove_repositories_with_data(store, "mia", north.repositories[:1], NOW + SECOND)
    assert [each.repository_id for each in repositories(operator(store), store)] == north.repositories[1:]
    assert acts(ada, store) == before
    assert b"mia" not in version_files(store.traffic).link.read_bytes(), "anybody may open the file: it names nobody"
    for _ in range(2):  # once more, as after a crash
        move_outbox(store)
        assert acts(ada, store) == [("mia", "repositories deleted with the history", gone.full_name, None), *before]
    ledger.start_run(store, "test", NOW)
    with store.traffic.read() as cursor:
        assert not cursor.execute("from audit_outbox").fetchall()
    assert len(acts(ada, store)) == len(before) + 1


def test_what_is_refused_or_changes_nothing_makes_no_version_and_no_record(store: Store, ada: Account) -> None:
    north = Place.added(store, "north", 1)
    user(store, "vic", north.viewer)
    pause_repositories(store, COMMAND_LINE, north.repositories, NOW)
    before = (store.traffic.version(), acts(ada, store))
    assert pause_repositories(store, COMMAND_LINE, north.repositories, NOW) == []
    with pytest.raises(RepositoryRefused, match="You can only read"):
        remove_repositories_with_data(store, "vic", north.repositories, NOW)
    with pytest.raises(RepositoryRefused, match="no such repository"):
        remove_repositories_with_data(store, COMMAND_LINE, [*north.repositories, 99], NOW)
    assert (store.traffic.version(), acts(ada, store)) == before


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AuditFilter(text="TOKEN"), ["token stored"]),
        (AuditFilter(text="%"), ["100 % paused"]),
        (AuditFilter(text="\ud800"), []),
        (AuditFilter(actor="bob"), ["100 % paused"]),
        (AuditFilter(since=NOW + 2 * SECOND), ["100 % paused"]),
        (AuditFilter(since=NOW + SECOND, until=NOW + 2 * SECOND), ["token stored"]),
        (AuditFilter(limit=1), ["100 % paused"]),
    ],
)
def test_acts_are_found_by_text_actor_and_time(
    store: Store, ada: Account, wanted: AuditFilter, found: list[str]
) -> None:
    with store.control.commit("two acts") as connection:
        record(connection, "token stored", "tenant 1", "ada", NOW + SECOND)
        record(connection, "100 % paused", Subject("tenant 2", 2), "bob", NOW + 2 * SECOND)
    assert [act for _, act, _, _ in acts(account(store, "ada"), store, wanted)] == found
