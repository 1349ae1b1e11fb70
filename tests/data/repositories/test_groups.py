"""Groups: who sees which members, names unique in a tenant, and what becomes of them when a repository goes."""

import pytest

from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import COMMAND_LINE
from data.accounts.grants import counted_once, viewer_of
from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.repositories.groups import Group, GroupRefused, add_group, change_group, group_names, groups, remove_group
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, remove_repositories, remove_repositories_with_data
from data.store import Store
from tests.data.cast import AUDITOR, NOW, Place, user


@pytest.fixture
def north(store: Store) -> Place:
    return Place.added(store, "north", 1)


def grouped(store: Store, place: Place, name: str = "Web shop") -> Group:
    return add_group(store, COMMAND_LINE, place.tenant_id, name, place.repositories, now=NOW)


def test_a_viewer_sees_the_visible_members_and_no_group_without_one(store: Store, north: Place) -> None:
    south = Place.added(store, "south", 11)
    added, _ = grouped(store, north), grouped(store, south)
    whole = viewer_of(store, user(store, "viewer", north.viewer))
    single = viewer_of(store, user(store, "single", north.of_repository(1)))
    assert groups(whole, store) == (added,)
    assert [(each.name, each.repository_ids) for each in groups(single, store)] == [
        ("Web shop", tuple(north.repositories[1:]))
    ]
    assert group_names(whole, store) == {added.group_id: "Web shop"}
    assert set(group_names(operator(store), store).values()) == {"Web shop · north", "Web shop · south"}


def test_a_member_that_two_tenants_track_is_told_as_the_one_that_is_counted(store: Store, north: Place) -> None:
    (first, *_), south = north.repositories, Place.added(store, "south", 11)
    (same,) = add_repositories(
        store, COMMAND_LINE, south.tenant_id, [RepositoryFacts(1, "north/r0", None, None, None)], NOW
    )
    add_group(store, COMMAND_LINE, south.tenant_id, "Theirs", [same.repository_id], now=NOW)
    every = frozenset({*north.repositories, *south.repositories, same.repository_id})
    viewer = counted_once(Viewer(every, frozenset({north.tenant_id, south.tenant_id})), store)
    assert [each.repository_ids for each in groups(viewer, store)] == [(viewer.counted(first),)]
    assert [each.repository_ids for each in groups(viewer.of_each_tenant(), store)] == [(same.repository_id,)]


def test_a_name_is_printable_unlike_a_repositorys_and_there_once(store: Store, north: Place) -> None:
    grouped(store, north)
    other = grouped(store, north, "Other")
    for name in ("", " ", "octo/hello", "#1", "a\nb\x00", "x" * 81, "WEB  shop"):
        with pytest.raises(GroupRefused):
            grouped(store, north, name)
        with pytest.raises(GroupRefused):
            change_group(store, COMMAND_LINE, other.group_id, name, north.repositories, now=NOW)
    assert [each.name for each in groups(operator(store), store)] == ["Other", "Web shop"]
    assert grouped(store, Place.added(store, "south", 11)).name == "Web shop"


def test_members_are_repositories_of_the_tenant_and_one_at_least(store: Store, north: Place) -> None:
    south = Place.added(store, "south", 11)
    remove_repositories(store, COMMAND_LINE, north.repositories[1:], NOW)
    for members in ([], [999], south.repositories, north.repositories):
        with pytest.raises(GroupRefused):
            add_group(store, COMMAND_LINE, north.tenant_id, "Mixed", members, now=NOW)


def test_a_group_is_renamed_changed_and_removed_with_a_record_of_each(store: Store, north: Place) -> None:
    added = grouped(store, north)
    changed = change_group(store, COMMAND_LINE, added.group_id, "web SHOP", north.repositories[:1], now=NOW)
    assert groups(operator(store), store) == (changed,)
    remove_group(store, COMMAND_LINE, added.group_id, NOW)
    assert groups(operator(store), store) == ()
    assert {(each.action, each.detail) for each in entries(AUDITOR, store, AuditFilter("group"))} == {
        ("group removed", None),
        ("group changed", "Web shop -> web SHOP: north/r0"),
        ("group added", "north/r0, north/r1"),
    }


@pytest.mark.parametrize("remove", [remove_repositories, remove_repositories_with_data])
def test_a_removed_repository_leaves_its_groups_and_the_last_takes_its_group_along(
    store: Store, north: Place, remove: object
) -> None:
    assert callable(remove)
    grouped(store, north)
    remove(store, COMMAND_LINE, north.repositories[:1], NOW)
    assert [each.repository_ids for each in groups(operator(store), store)] == [tuple(north.repositories[1:])]
    remove(store, COMMAND_LINE, north.repositories[1:], NOW)
    assert groups(operator(store), store) == ()
    assert "group removed" in [each.action for each in entries(AUDITOR, store, AuditFilter("group"))]
