"""What grants show, compared with a plain account of the rules; and how they are given and taken."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow
from data.accounts.accounts import disable_user
from data.accounts.authority import COMMAND_LINE, AccountRefused, NotAllowed
from data.accounts.grants import administered, grant, grants_of, revoke, viewer_of
from data.accounts.models import Account, Grant, Role, Viewer
from data.collection import ledger
from data.insight.notes import NewNote, add_note, notes
from data.repositories.repositories import (
    other_tenants,
    remove_repositories,
    remove_repositories_with_data,
    repositories,
)
from data.store import Store
from data.traffic.models import Metric, Selection
from tests.data.cast import DAY, NOW, Place, account, deactivate, first_user, remove_tenant, user
from tests.data.writers import result, save
from tests.data.written_once import written_once

NOTHING = Viewer(frozenset(), frozenset())
ids = st.integers(1, 9)
any_grant = st.one_of(
    st.builds(Grant, st.sampled_from([Role.ADMIN, Role.MAINTAINER])),
    st.builds(Grant, st.sampled_from([Role.TENANT, Role.TENANT_VIEWER]), ids),
    st.builds(Grant, st.just(Role.REPOSITORY_VIEWER), ids, ids),
)


@pytest.fixture
@written_once
def places(store: Store) -> tuple[Place, Place]:
    return Place.added(store, "north", 1), Place.added(store, "south", 11)


def holder(*granted: Grant, active: bool = True) -> Account:
    return Account(1, "bob", "Bob", None, active, granted)


def test_each_role_shows_what_it_says(store: Store, places: tuple[Place, Place]) -> None:
    north, south = places
    whole = Viewer(frozenset(north.repositories), frozenset({north.tenant_id}))
    assert viewer_of(store, holder(Grant(Role.ADMIN), Grant(Role.MAINTAINER))) == NOTHING
    assert viewer_of(store, holder(north.manager)) == whole
    assert viewer_of(store, holder(north.viewer)) == whole
    single = Viewer(frozenset({south.repositories[1]}), frozenset())
    assert viewer_of(store, holder(south.of_repository(1))) == single
    assert viewer_of(store, holder()) == NOTHING == viewer_of(store, holder(north.manager, active=False))


def test_what_is_added_later_is_seen_at_once_and_what_is_deleted_is_gone(
    store: Store, places: tuple[Place, Place]
) -> None:
    north, south = places
    who = holder(north.viewer, south.of_repository(0))
    remove_repositories_with_data(store, COMMAND_LINE, [south.repositories[0]], NOW)
    remove_repositories_with_data(store, COMMAND_LINE, [north.repositories[0]], NOW)
    assert viewer_of(store, who) == Viewer(frozenset(north.repositories[1:]), frozenset({north.tenant_id}))


def test_a_repository_removed_with_its_history_kept_is_still_seen(store: Store, places: tuple[Place, Place]) -> None:
    north, _ = places
    remove_repositories(store, COMMAND_LINE, [north.repositories[0]], NOW)
    assert viewer_of(store, holder(north.of_repository(0))).repository_ids == {north.repositories[0]}


def test_a_deactivated_tenant_shows_nothing_to_anybody(store: Store, places: tuple[Place, Place]) -> None:
    north, south = places
    deactivate(store, north.tenant_id)
    who = holder(north.manager, north.viewer, north.of_repository(0), south.of_repository(0))
    assert viewer_of(store, who) == Viewer(frozenset({south.repositories[0]}), frozenset())


def test_a_repository_that_two_tenants_track_counts_once_for_whoever_sees_both(
    store: Store, places: tuple[Place, Place]
) -> None:
    _, south = places
    twin = Place.added(store, "twin", 12)  # its first repository is the second of south
    short, long = south.repositories[1], twin.repositories[0]
    ledger.start_run(store, "test", NOW)
    for key, days in ((short, 2), (long, 3)):
        readings = tuple(DayReading(NOW.date() - timedelta(days=n), 10, 3) for n in range(days, 0, -1))
        window = TrafficWindow(readings[0].day, readings[-1].day, 10 * days, None)
        save(store, result(key, "views", TrafficObservation(Metric.VIEWS, readings, window)))
    whole = frozenset({*south.repositories, *twin.repositories})
    both = viewer_of(store, holder(south.viewer, twin.viewer))
    assert both == Viewer(whole - {short}, frozenset({south.tenant_id, twin.tenant_id}), frozenset({(short, long)}))
    assert viewer_of(store, holder(south.viewer)).repository_ids == frozenset(south.repositories)
    assert both.of_each_tenant().repository_ids == whole
    named = Selection(NOW.date() - DAY, NOW.date(), NOW.date() + DAY, frozenset({short}))
    assert named.values(both)["visible"] == named.values_of_one(both)["visible"] == [long]
    assert other_tenants(both, store) == {short: ("twin",), long: ("south",)}
    assert other_tenants(viewer_of(store, holder(south.viewer)), store) == {}
    add_note(store, COMMAND_LINE, NewNote(NOW.date(), "Our launch", repository_id=short), NOW)
    (noted,) = notes(both, store, NOW.date(), NOW.date(), long)
    assert (noted.repository_id, noted.tenant_id) == (long, south.tenant_id)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, dict[int, bool], dict[int, int]]]:
    """Three tenants, one of them deactivated, with seven repositories, one of them deleted."""
    store = Store(tmp_path_factory.mktemp("world") / "db")
    store.prepare()
    made = [Place.added(store, f"t{n}", n * 10 + 1) for n in range(3)]
    deactivate(store, made[2].tenant_id)
    remove_repositories_with_data(store, COMMAND_LINE, [made[0].repositories[1]], NOW)
    active = {place.tenant_id: n != 2 for n, place in enumerate(made)}
    tenant_of = {r: place.tenant_id for place in made for r in place.repositories}
    del tenant_of[made[0].repositories[1]]
    yield store, active, tenant_of
    store.close()


def plainly_seen(who: Account, active: dict[int, bool], tenant_of: dict[int, int]) -> Viewer:
    """The rules again, grant by grant and row by row."""
    tenant_ids, repository_ids = set(), set()
    for granted in who.grants:
        if who.active and granted.role in {Role.TENANT, Role.TENANT_VIEWER} and active.get(granted.tenant_id or 0):
            tenant_ids.add(granted.tenant_id or 0)
            repository_ids |= {r for r, tenant_id in tenant_of.items() if tenant_id == granted.tenant_id}
        single = granted.repository_id if granted.role == Role.REPOSITORY_VIEWER else None
        if who.active and single in tenant_of and active[tenant_of[single]]:
            repository_ids.add(single)
    return Viewer(frozenset(repository_ids), frozenset(tenant_ids))


@given(granted=st.lists(any_grant, max_size=8), active=st.booleans())
@settings(max_examples=60)
def test_the_viewer_is_what_the_plain_rules_say(
    world: tuple[Store, dict[int, bool], dict[int, int]], granted: list[Grant], active: bool
) -> None:
    who = holder(*granted, active=active)
    seen = viewer_of(world[0], who)
    assert seen == plainly_seen(who, *world[1:])
    assert {each.repository_id for each in repositories(seen, world[0])} == seen.repository_ids


def test_an_admin_administers_everything_a_manager_the_active_tenants_others_nothing(
    store: Store, places: tuple[Place, Place]
) -> None:
    north, south = places
    deactivate(store, south.tenant_id)
    everything = Viewer(
        frozenset(north.repositories + south.repositories), frozenset({north.tenant_id, south.tenant_id})
    )
    assert administered(holder(Grant(Role.ADMIN)), store) == everything
    managed = administered(holder(north.manager, south.manager), store)
    assert managed == Viewer(frozenset(north.repositories), frozenset({north.tenant_id}))
    assert administered(holder(north.viewer, Grant(Role.MAINTAINER)), store) == NOTHING
    assert administered(holder(Grant(Role.ADMIN), active=False), store) == NOTHING


def test_grants_are_read_with_names_by_those_who_may(store: Store, places: tuple[Place, Place]) -> None:
    north, south = places
    ada = first_user(store)
    bob = user(store, "bob", north.of_repository(0), south.viewer)
    named = [(each.grant, each.tenant, each.repository) for each in grants_of(ada, store, bob.user_id)]
    assert named == [(north.of_repository(0), "north", "north/r0"), (south.viewer, "south", None)]
    assert [each.grant for each in grants_of(bob, store, bob.user_id)] == list(bob.grants)
    manager = user(store, "mia", north.manager)
    assert [each.grant for each in grants_of(manager, store, bob.user_id)] == [north.of_repository(0)]
    assert grants_of(manager, store, ada.user_id) == grants_of(manager, store, 999) == ()
    assert grants_of(replace(ada, active=False), store, bob.user_id) == ()


def test_grants_for_what_is_deleted_never_come_to_mean_another(store: Store, places: tuple[Place, Place]) -> None:
    north, south = places
    first_user(store)
    user(store, "bob", north.viewer, south.of_repository(0), south.of_repository(1), Grant(Role.MAINTAINER))
    remove_tenant(store, north.tenant_id)
    remove_repositories_with_data(store, COMMAND_LINE, [south.repositories[0]], NOW)
    new = Place.added(store, "new", 21)
    assert viewer_of(store, account(store, "bob")) == Viewer(frozenset({south.repositories[1]}), frozenset())
    assert new.tenant_id not in {north.tenant_id, south.tenant_id}
    assert not set(new.repositories) & {*north.repositories, *south.repositories}


@pytest.fixture
@written_once
def vic(store: Store, north: Place) -> Account:
    """A viewer of the tenant north."""
    return user(store, "vic", north.viewer)


def grants(store: Store, username: str) -> set[Grant]:
    return set(account(store, username).grants)


@pytest.mark.parametrize("by", ["ada", COMMAND_LINE])
def test_an_admin_and_the_command_line_give_and_take_every_role(store: Store, north: Place, by: str) -> None:
    bob = user(store, "bob")
    every = [Grant(Role.ADMIN), Grant(Role.MAINTAINER), north.manager, north.viewer, north.of_repository(0)]
    for each in (*every, *every):
        grant(store, by, bob.user_id, each, NOW)
    assert sorted(account(store, "bob").grants, key=str) == sorted(every, key=str), "each once"
    for each in (*every, *every):
        revoke(store, by, bob.user_id, each, NOW)
    assert grants(store, "bob") == set()


def test_the_tenant_of_a_repository_is_filled_in(store: Store, north: Place) -> None:
    bob, without = user(store, "bob"), Grant(Role.REPOSITORY_VIEWER, None, north.repositories[0])
    grant(store, "ada", bob.user_id, without, NOW)
    assert grants(store, "bob") == {north.of_repository(0)}
    revoke(store, "ada", bob.user_id, without, NOW)
    assert grants(store, "bob") == set()


def test_a_grant_that_is_none_is_refused(store: Store, north: Place) -> None:
    south, bob = Place.added(store, "south", 11), user(store, "bob")
    wrong = [
        Grant(Role.ADMIN, north.tenant_id),
        Grant(Role.MAINTAINER, None, north.repositories[0]),
        Grant(Role.TENANT),
        Grant(Role.TENANT_VIEWER, 999),
        Grant(Role.TENANT_VIEWER, north.tenant_id, north.repositories[0]),
        Grant(Role.REPOSITORY_VIEWER, north.tenant_id),
        Grant(Role.REPOSITORY_VIEWER, None, 999),
        Grant(Role.REPOSITORY_VIEWER, south.tenant_id, north.repositories[0]),
    ]
    for each in wrong:
        with pytest.raises(AccountRefused, match=r"no such (tenant|repository)|whole (server|tenant)|for a repository"):
            grant(store, "ada", bob.user_id, each, NOW)
    assert grants(store, "bob") == set()


def test_another_tenants_things_are_answered_like_missing_ones(
    store: Store, north: Place, mia: Account, vic: Account
) -> None:
    south = Place.added(store, "south", 11)
    other = user(store, "sue", south.viewer)
    missing = Place(999, [998, 997])
    for theirs, nobodys in ((south.viewer, missing.viewer), (south.of_repository(0), missing.of_repository(0))):
        assert refusal(store, vic.user_id, theirs) == refusal(store, vic.user_id, nobodys)
    assert refusal(store, other.user_id, north.viewer) == refusal(store, 999, north.viewer)


def refusal(store: Store, user_id: int, granted: Grant) -> tuple[type, str]:
    """How the manager's grant is refused."""
    with pytest.raises(AccountRefused) as refused:
        grant(store, "mia", user_id, granted, NOW)
    return refused.type, str(refused.value)


def test_a_manager_takes_nothing_that_is_not_theirs_to_give(store: Store, north: Place, mia: Account) -> None:
    south = Place.added(store, "south", 11)
    both = user(store, "both", north.manager, south.viewer, Grant(Role.ADMIN))
    for each in (north.manager, south.viewer, south.manager, Grant(Role.ADMIN)):
        with pytest.raises(NotAllowed):
            revoke(store, "mia", both.user_id, each, NOW)
    assert grants(store, "both") == {north.manager, south.viewer, Grant(Role.ADMIN)}


def test_the_manager_of_a_deactivated_tenant_grants_nothing(
    store: Store, north: Place, mia: Account, vic: Account
) -> None:
    deactivate(store, north.tenant_id)
    with pytest.raises(AccountRefused, match="no such tenant"):
        grant(store, "mia", vic.user_id, north.viewer, NOW)


def test_a_right_taken_away_is_gone_for_an_act_on_its_way(
    store: Store, north: Place, mia: Account, vic: Account
) -> None:
    revoke(store, "ada", mia.user_id, north.manager, NOW)
    assert mia.manages(north.tenant_id), "as it was read before"
    with pytest.raises(AccountRefused):
        grant(store, "mia", vic.user_id, north.of_repository(0), NOW)


def test_the_last_active_admin_keeps_the_role(store: Store, north: Place) -> None:
    ada, second = account(store, "ada"), user(store, "second", Grant(Role.ADMIN))
    disable_user(store, "ada", second.user_id, NOW)
    with pytest.raises(AccountRefused, match="last active admin"):
        revoke(store, COMMAND_LINE, ada.user_id, Grant(Role.ADMIN), NOW)
    revoke(store, "ada", second.user_id, Grant(Role.ADMIN), NOW)
    assert grants(store, "ada") == {Grant(Role.ADMIN)}
