"""Who may give and take which grant."""

import pytest

from data.accounts.accounts import disable_user
from data.accounts.authority import COMMAND_LINE, AccountRefused, NotAllowed
from data.accounts.grants import GrantRefused, grant, revoke
from data.accounts.models import Account, Grant, Role
from data.store import Store
from tests.data.cast import NOW, Place, account, deactivate, first_user, quick, user

pytestmark = pytest.mark.usefixtures(quick.__name__)


@pytest.fixture
def north(store: Store) -> Place:
    first_user(store)
    return Place.added(store, "north", 1)


@pytest.fixture
def mia(store: Store, north: Place) -> Account:
    """The manager of the tenant north."""
    return user(store, "mia", north.manager)


@pytest.fixture
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
        with pytest.raises(GrantRefused):
            grant(store, "ada", bob.user_id, each, NOW)
    assert grants(store, "bob") == set()


def test_a_manager_makes_viewers_of_the_tenant_and_its_repositories(
    store: Store, north: Place, mia: Account, vic: Account
) -> None:
    grant(store, "mia", vic.user_id, north.of_repository(1), NOW)
    revoke(store, "mia", vic.user_id, north.viewer, NOW)
    assert grants(store, "vic") == {north.of_repository(1)}


def test_a_manager_gives_nothing_else(store: Store, north: Place, mia: Account, vic: Account) -> None:
    south = Place.added(store, "south", 11)
    elsewhere = [south.viewer, south.manager, south.of_repository(0), Grant(Role.REPOSITORY_VIEWER, None, 999)]
    for each in (Grant(Role.ADMIN), Grant(Role.MAINTAINER), north.manager, *elsewhere):
        with pytest.raises(AccountRefused):
            grant(store, "mia", vic.user_id, each, NOW)
    assert grants(store, "vic") == {north.viewer}


def test_another_tenants_things_are_answered_like_missing_ones(
    store: Store, north: Place, mia: Account, vic: Account
) -> None:
    south = Place.added(store, "south", 11)
    stranger = user(store, "sue", south.viewer)
    missing = Place(999, [998, 997])
    for theirs, nobodys in ((south.viewer, missing.viewer), (south.of_repository(0), missing.of_repository(0))):
        assert refusal(store, vic.user_id, theirs) == refusal(store, vic.user_id, nobodys)
    assert refusal(store, stranger.user_id, north.viewer) == refusal(store, 999, north.viewer)


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
    with pytest.raises(GrantRefused, match="no such tenant"):
        grant(store, "mia", vic.user_id, north.viewer, NOW)


@pytest.mark.parametrize("role", ["vic", "max"])
def test_viewers_and_maintainers_give_and_take_nothing(store: Store, north: Place, vic: Account, role: str) -> None:
    user(store, "max", Grant(Role.MAINTAINER))
    for act in (grant, revoke):
        with pytest.raises(AccountRefused):
            act(store, role, vic.user_id, north.viewer, NOW)
    assert grants(store, "vic") == {north.viewer}


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
