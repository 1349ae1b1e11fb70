"""One-time links: to an account with grants or to a new password, once, by the rights of whoever made them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from data.accounts.accounts import change_password, check_password, disable_user
from data.accounts.authority import COMMAND_LINE, AccountRefused
from data.accounts.grants import revoke, viewer_of
from data.accounts.invitations import (
    accept,
    accept_as,
    accept_reset,
    invitation_of,
    invite,
    open_invitations,
    reset_password,
    revoke_invitation,
)
from data.accounts.models import Account, Grant, Role
from data.accounts.passwords import PasswordRefused
from data.accounts.sessions import TooManyAttempts, account_of_session, attempt
from data.repositories.repositories import remove_repositories_with_data
from data.store import Store
from tests.data.cast import (
    DAY,
    NOW,
    PASSWORD,
    SECOND,
    Place,
    account,
    newcomer,
    signed_in,
    user,
)

NEW = "another meadow, dry"


def test_a_link_makes_an_account_with_its_grants(store: Store, north: Place, mia: Account) -> None:
    link = invite(store, "mia", [north.of_repository(0), north.of_repository(0)], "new@example.org", NOW)
    found = invitation_of(store, link, NOW)
    assert found
    assert (found.email, found.made_by, found.grants) == ("new@example.org", "mia", (north.of_repository(0),))
    assert (found.expires_at - found.made_at, found.is_reset) == (7 * DAY, False)
    new = accept(store, link, newcomer("new"), NOW + 6 * DAY)
    assert (new.grants, check_password(store, "new", PASSWORD)) == ((north.of_repository(0),), new)
    assert viewer_of(store, new).repository_ids == {north.repositories[0]}


def test_a_link_works_once(store: Store, north: Place) -> None:
    link = invite(store, "ada", [north.viewer], None, NOW)
    accept(store, link, newcomer("new"), NOW)
    assert invitation_of(store, link, NOW) is None
    with pytest.raises(AccountRefused, match="link"):
        accept(store, link, newcomer("second"), NOW)


def test_of_two_who_use_a_link_at_once_one_wins(store: Store, north: Place) -> None:
    link = invite(store, "ada", [Grant(Role.ADMIN)], None, NOW)

    def use(username: str) -> str | None:
        with closing(Store(store.directory)) as mine:
            try:
                return accept(mine, link, newcomer(username), NOW).username
            except AccountRefused:
                return None

    with ThreadPoolExecutor(3) as pool:
        won = [name for name in pool.map(use, ("one", "two", "three")) if name]
    assert len(won) == 1
    assert account(store, won[0]).has(Role.ADMIN)


def test_a_link_ends_after_seven_days(store: Store, north: Place) -> None:
    link = invite(store, "ada", [north.viewer], None, NOW)
    assert invitation_of(store, link, NOW + 7 * DAY - SECOND)
    assert invitation_of(store, link, NOW + 7 * DAY) is None
    with pytest.raises(AccountRefused, match="link"):
        accept(store, link, newcomer("new"), NOW + 7 * DAY)


def test_a_refused_entry_leaves_the_link_good(store: Store, north: Place) -> None:
    link = invite(store, "ada", [north.viewer], None, NOW)
    with pytest.raises(AccountRefused, match="already"):
        accept(store, link, newcomer("ADA"), NOW)
    for password in (None, "", "password123"):
        with pytest.raises(PasswordRefused):
            accept(store, link, newcomer("new", password), NOW)
    assert accept(store, link, newcomer("new"), NOW).grants == (north.viewer,)


@pytest.mark.parametrize("link", ["", "invented", "\ud800"])
def test_an_invented_link_opens_nothing(store: Store, north: Place, link: str) -> None:
    invite(store, "ada", [north.viewer], None, NOW)
    assert invitation_of(store, link, NOW) is None
    with pytest.raises(AccountRefused, match="link"):
        accept(store, link, newcomer("new"), NOW)


def test_a_link_gives_what_its_maker_may_still_give(store: Store, north: Place, mia: Account) -> None:
    south = Place.added(store, "south", 11)
    user(store, "admin2", Grant(Role.ADMIN), north.manager)
    link = invite(store, "admin2", [north.viewer, south.viewer, Grant(Role.ADMIN)], None, NOW)
    revoke(store, "ada", account(store, "admin2").user_id, Grant(Role.ADMIN), NOW)
    assert accept(store, link, newcomer("new"), NOW).grants == (north.viewer,)


@pytest.mark.parametrize("grants", [[], [Grant(Role.ADMIN)]])
def test_a_link_of_a_disabled_admin_opens_nothing(store: Store, north: Place, grants: list[Grant]) -> None:
    second = user(store, "second", Grant(Role.ADMIN))
    link = invite(store, "second", grants, None, NOW)
    disable_user(store, "ada", second.user_id, NOW)
    with pytest.raises(AccountRefused, match="link"):
        accept(store, link, newcomer("new"), NOW)


def test_a_link_for_what_is_gone_says_so(store: Store, north: Place) -> None:
    link = invite(store, "ada", [north.of_repository(0)], None, NOW)
    remove_repositories_with_data(store, COMMAND_LINE, [north.repositories[0]], NOW)
    with pytest.raises(AccountRefused, match="no longer exists"):
        accept(store, link, newcomer("new"), NOW)


def test_somebody_with_an_account_adds_the_grants_to_it(store: Store, north: Place) -> None:
    south = Place.added(store, "south", 11)
    bob, link = user(store, "bob", south.viewer), invite(store, "ada", [north.viewer, south.viewer], None, NOW)
    assert set(accept_as(store, link, bob.user_id, NOW).grants) == {south.viewer, north.viewer}
    with pytest.raises(AccountRefused, match="link"):
        accept_as(store, link, bob.user_id, NOW)


def test_open_links_are_listed_for_those_who_may_revoke_them(store: Store, north: Place, mia: Account) -> None:
    south = Place.added(store, "south", 11)
    invite(store, "ada", [north.viewer, south.viewer], None, NOW)
    mine = invite(store, "mia", [north.viewer], None, NOW)
    ada = account(store, "ada")
    assert [each.made_by for each in open_invitations(ada, store, NOW)] == ["mia", "ada"]
    both, only = (each.invitation_id for each in reversed(open_invitations(ada, store, NOW)))
    assert [each.invitation_id for each in open_invitations(mia, store, NOW)] == [only]
    assert open_invitations(user(store, "vic", north.viewer), store, NOW) == []
    for key in (both, 999):
        with pytest.raises(AccountRefused, match="no such"):
            revoke_invitation(store, "mia", key, NOW)
    revoke_invitation(store, "mia", only, NOW)
    assert invitation_of(store, mine, NOW) is None


def test_a_link_sets_a_new_password_and_ends_all_sessions(store: Store, bob: Account) -> None:
    kept, link = signed_in(store, bob), reset_password(store, "ada", bob.user_id, NOW)
    found = invitation_of(store, link, NOW)
    assert found
    assert (found.is_reset, found.username, found.expires_at - found.made_at) == (True, "bob", DAY)
    assert account_of_session(store, kept, NOW) == bob == check_password(store, "bob", PASSWORD), "nothing changed yet"
    assert accept_reset(store, link, NEW, NOW) == bob
    assert (check_password(store, "bob", PASSWORD), check_password(store, "bob", NEW)) == (None, bob)
    assert account_of_session(store, kept, NOW) is None


def test_a_link_for_a_password_works_once_for_a_day_and_for_this_only(store: Store, bob: Account) -> None:
    link = reset_password(store, COMMAND_LINE, bob.user_id, NOW)
    with pytest.raises(AccountRefused, match="link"):
        accept(store, link, newcomer("new"), NOW)
    with pytest.raises(AccountRefused, match="link"):
        accept_reset(store, link, NEW, NOW + DAY)
    with pytest.raises(AccountRefused, match="link"):
        accept_reset(store, invite(store, "ada", [], None, NOW), NEW, NOW)
    with pytest.raises(PasswordRefused):
        accept_reset(store, link, "password123", NOW)
    accept_reset(store, link, NEW, NOW)
    with pytest.raises(AccountRefused, match="link"):
        accept_reset(store, link, PASSWORD, NOW)


def test_a_newer_link_a_changed_password_or_disabling_voids_a_link(store: Store, bob: Account) -> None:
    first, second = (reset_password(store, "ada", bob.user_id, NOW) for _ in range(2))
    assert invitation_of(store, first, NOW) is None
    change_password(store, signed_in(store, bob), PASSWORD, NEW, NOW)
    assert invitation_of(store, second, NOW) is None
    third = reset_password(store, "ada", bob.user_id, NOW)
    disable_user(store, "ada", bob.user_id, NOW)
    assert invitation_of(store, third, NOW) is None
    with pytest.raises(AccountRefused, match="disabled"):
        reset_password(store, "ada", bob.user_id, NOW)


def test_a_new_password_ends_the_wait_of_somebody_who_forgot_the_former_one(store: Store, bob: Account) -> None:
    for _ in range(5):
        attempt(store, "bob", "192.0.2.7", NOW)
    with pytest.raises(TooManyAttempts):
        attempt(store, "bob", "192.0.2.7", NOW)
    accept_reset(store, reset_password(store, "ada", bob.user_id, NOW), NEW, NOW)
    attempt(store, "bob", "192.0.2.7", NOW)
