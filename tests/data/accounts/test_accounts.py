"""Users: added, renamed, disabled, and what a wrong entry is told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from data.accounts import accounts
from data.accounts.accounts import Identity, account_of_identity, add_user, check_password, disable_user, enable_user
from data.accounts.authority import COMMAND_LINE, AccountRefused, NewUser, NotAllowed, checked, checked_email
from data.accounts.models import Account, Grant, Role
from data.accounts.passwords import PasswordRefused
from data.store import Store
from tests.data.cast import NOW, PASSWORD, Place, account, first_user, kept_in, newcomer, quick, user

pytestmark = pytest.mark.usefixtures(quick.__name__)


@pytest.fixture
def ada(store: Store) -> Account:
    return first_user(store)


@pytest.mark.parametrize("username", [" BOB ", "b.o_b-9"])
def test_a_username_is_kept_in_one_spelling(store: Store, ada: Account, username: str) -> None:
    added = add_user(store, ada.username, newcomer(username), NOW)
    assert added.username == username.strip().lower()
    assert check_password(store, f" {username.upper()} ", PASSWORD) == added


@pytest.mark.parametrize("username", ["", "bo", "x" * 41, "b b", "böb", "b/b", "bob\n1", COMMAND_LINE, "<b>b</b>"])
def test_any_other_username_is_refused(username: str) -> None:
    with pytest.raises(AccountRefused, match="3 to 40"):
        checked(NewUser(username, "Bob"))


def test_a_username_is_given_once_letter_case_aside(store: Store, ada: Account) -> None:
    with pytest.raises(AccountRefused, match="already"):
        add_user(store, "ada", newcomer("ADA"), NOW)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "a\u202eb", "\ud800"])
def test_a_name_has_1_to_80_printable_characters(name: str) -> None:
    with pytest.raises(AccountRefused, match="1 to 80"):
        checked(replace(newcomer("bob"), display_name=name))


@pytest.mark.parametrize("email", ["bob", "@", "a@b", "a b@c.org", "a@c.org\nb", f"{'x' * 250}@c.org", "\ud800@c.org"])
def test_an_email_address_is_checked_loosely(email: str) -> None:
    with pytest.raises(AccountRefused, match="e-mail"):
        checked_email(email)


@pytest.mark.parametrize("email", [None, "", "  "])
def test_an_email_address_may_be_left_out(email: str | None) -> None:
    assert checked_email(email) is None


def test_a_refused_entry_changes_nothing(store: Store, ada: Account) -> None:
    with pytest.raises(AccountRefused, match="1 to 80"):
        accounts.rename(store, "ada", ada.user_id, " ", NOW)
    with pytest.raises(AccountRefused, match="e-mail"):
        accounts.change_email(store, "ada", ada.user_id, "nowhere", NOW)
    with pytest.raises(AccountRefused, match="3 to 40"):
        add_user(store, "ada", newcomer("b b"), NOW)
    assert accounts.accounts(ada, store) == [ada]


def test_users_change_their_own_name_and_address_and_nobody_elses(store: Store, ada: Account) -> None:
    bob = user(store, "bob")
    accounts.rename(store, "bob", bob.user_id, "  Robert   B. ", NOW)
    accounts.change_email(store, "bob", bob.user_id, "r@example.org", NOW)
    assert (account(store, "bob").display_name, account(store, "bob").email) == ("Robert B.", "r@example.org")
    with pytest.raises(NotAllowed):
        accounts.rename(store, "bob", ada.user_id, "Nobody", NOW)


def test_a_refused_password_adds_nobody(store: Store, ada: Account) -> None:
    with pytest.raises(PasswordRefused):
        add_user(store, "ada", newcomer("bob", "password123"), NOW)
    assert [each.username for each in accounts.accounts(ada, store)] == ["ada"]


ADMINS_ONLY: dict[str, Callable[[Store, str, int], object]] = {
    "add": lambda store, by, _: add_user(store, by, newcomer("new"), NOW),
    "disable": lambda store, by, user_id: disable_user(store, by, user_id, NOW),
    "enable": lambda store, by, user_id: enable_user(store, by, user_id, NOW),
}


@pytest.mark.parametrize("act", ADMINS_ONLY.values(), ids=ADMINS_ONLY.keys())
def test_only_admins_and_the_command_line_act_on_others(
    store: Store, ada: Account, act: Callable[[Store, str, int], object]
) -> None:
    place = Place.added(store, "north", 1)
    user(store, "bob", place.manager, Grant(Role.MAINTAINER))
    disable_user(store, "ada", user(store, "off", Grant(Role.ADMIN)).user_id, NOW)
    carol = user(store, "carol")
    for by in ("bob", "nobody", "", "off", "\ud800"):
        with pytest.raises(NotAllowed):
            act(store, by, carol.user_id)
    act(store, COMMAND_LINE, carol.user_id)


def test_the_last_active_admin_cannot_be_disabled_not_even_from_the_command_line(store: Store, ada: Account) -> None:
    second = user(store, "second", Grant(Role.ADMIN))
    disable_user(store, "ada", second.user_id, NOW)
    for by in ("ada", COMMAND_LINE):
        with pytest.raises(AccountRefused, match="last active admin"):
            disable_user(store, by, ada.user_id, NOW)
    enable_user(store, "ada", second.user_id, NOW)
    disable_user(store, "second", ada.user_id, NOW)


def test_a_user_that_is_not_there_is_told_of(store: Store, ada: Account) -> None:
    with pytest.raises(AccountRefused, match="no such user"):
        disable_user(store, ada.username, 999, NOW)


def test_a_manager_sees_the_tenants_people_with_the_tenants_grants_only(store: Store, ada: Account) -> None:
    north, south = Place.added(store, "north", 1), Place.added(store, "south", 11)
    manager = user(store, "mia", north.manager)
    user(store, "vic", north.viewer, south.viewer, Grant(Role.MAINTAINER))
    user(store, "sue", south.viewer)
    seen = {each.username: each for each in accounts.accounts(manager, store)}
    assert seen.keys() == {"mia", "vic"}
    assert (seen["vic"].grants, seen["vic"].email) == ((north.viewer,), None)
    assert accounts.accounts(account(store, "vic"), store) == []
    assert accounts.accounts(replace(ada, active=False), store) == []


def test_an_identity_signs_in_its_one_active_user_and_grants_nothing(store: Store, ada: Account) -> None:
    bob, identity = user(store, "bob"), Identity("https://id.example.org", "248289761001")
    assert account_of_identity(store, identity.issuer, identity.subject) is None
    accounts.link_identity(store, "bob", bob.user_id, identity, NOW)
    accounts.link_identity(store, "bob", bob.user_id, identity, NOW)
    assert account_of_identity(store, identity.issuer, identity.subject) == bob == account(store, "bob")
    with pytest.raises(AccountRefused, match="another user"):
        accounts.link_identity(store, "ada", ada.user_id, identity, NOW)
    assert account_of_identity(store, "https://other.example.org", identity.subject) is None
    disable_user(store, "ada", bob.user_id, NOW)
    assert account_of_identity(store, identity.issuer, identity.subject) is None


def test_nobody_links_an_identity_with_another_user(store: Store, ada: Account) -> None:
    user(store, "bob")
    with pytest.raises(NotAllowed):
        accounts.link_identity(store, "bob", ada.user_id, Identity("https://id.example.org", "1"), NOW)


def test_a_new_user_keeps_the_password_out_of_its_representation() -> None:
    assert PASSWORD not in repr(NewUser("bob", "Bob", None, PASSWORD))


def test_the_traffic_database_knows_nothing_of_users(store: Store, ada: Account) -> None:
    place = Place.added(store, "north", 1)
    user(store, "zebediah", place.viewer)
    assert b"zebediah" in kept_in(store, "control")
    shared = kept_in(store, "traffic")
    assert b"north" in shared
    assert not [word for word in (b"zebediah", b"@example.org", b"$2b$", b"password") if word in shared.lower()]
