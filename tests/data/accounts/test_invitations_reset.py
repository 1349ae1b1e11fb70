"""Links for a new password: from an admin, once, and the end of all sessions."""

import pytest

from data.accounts.accounts import change_password, check_password, disable_user
from data.accounts.authority import COMMAND_LINE, AccountRefused, NotAllowed
from data.accounts.invitations import InvitationRefused, accept, accept_reset, invitation_of, invite, reset_password
from data.accounts.models import Account
from data.accounts.passwords import PasswordRefused
from data.accounts.sessions import TooManyAttempts, account_of_session, attempt
from data.store import Store
from tests.data.cast import DAY, NOW, PASSWORD, Place, first_user, kept_in, newcomer, quick, signed_in, user

pytestmark = pytest.mark.usefixtures(quick.__name__)
NEW = "another meadow, dry"


@pytest.fixture
def bob(store: Store) -> Account:
    first_user(store)
    return user(store, "bob")


def test_a_link_sets_a_new_password_and_ends_all_sessions(store: Store, bob: Account) -> None:
    kept, link = signed_in(store, bob), reset_password(store, "ada", bob.user_id, NOW)
    found = invitation_of(store, link, NOW)
    assert found
    assert (found.is_reset, found.username, found.expires_at - found.made_at) == (True, "bob", DAY)
    assert account_of_session(store, kept, NOW) == bob == check_password(store, "bob", PASSWORD), "nothing changed yet"
    assert accept_reset(store, link, NEW, NOW) == bob
    assert (check_password(store, "bob", PASSWORD), check_password(store, "bob", NEW)) == (None, bob)
    assert account_of_session(store, kept, NOW) is None


def test_a_link_works_once_for_a_day_and_for_this_only(store: Store, bob: Account) -> None:
    link = reset_password(store, COMMAND_LINE, bob.user_id, NOW)
    with pytest.raises(InvitationRefused):
        accept(store, link, newcomer("new"), NOW)
    with pytest.raises(InvitationRefused):
        accept_reset(store, link, NEW, NOW + DAY)
    accept_reset(store, link, NEW, NOW)
    with pytest.raises(InvitationRefused):
        accept_reset(store, link, PASSWORD, NOW)


def test_an_invitation_sets_no_password(store: Store, bob: Account) -> None:
    with pytest.raises(InvitationRefused):
        accept_reset(store, invite(store, "ada", [], None, NOW), NEW, NOW)


def test_a_refused_password_leaves_the_link_good(store: Store, bob: Account) -> None:
    link = reset_password(store, "ada", bob.user_id, NOW)
    with pytest.raises(PasswordRefused):
        accept_reset(store, link, "password123", NOW)
    accept_reset(store, link, NEW, NOW)


def test_only_admins_make_such_links(store: Store, bob: Account) -> None:
    place = Place.added(store, "north", 1)
    user(store, "mia", place.manager)
    for by in ("mia", "bob", "nobody"):
        with pytest.raises(NotAllowed):
            reset_password(store, by, bob.user_id, NOW)


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


def test_neither_the_link_nor_the_password_is_in_any_file(store: Store, bob: Account) -> None:
    unused = reset_password(store, "ada", user(store, "carol").user_id, NOW)
    link = reset_password(store, "ada", bob.user_id, NOW)
    accept_reset(store, link, NEW, NOW)
    kept = kept_in(store)
    assert not [secret for secret in (link, unused, NEW) if secret.encode() in kept]
