"""Checking and changing passwords: alike for everybody from outside, and the end of other sessions."""

import bcrypt
import pytest

from data.accounts import accounts, passwords, sessions
from data.accounts.accounts import PasswordWrong, change_password, check_password, credentials_for_form, disable_user
from data.accounts.authority import AccountRefused
from data.accounts.models import Account
from data.accounts.passwords import PasswordRefused
from data.accounts.sessions import TooManyAttempts, account_of_session
from data.store import Store
from tests.data.cast import (
    ADDRESS,
    MINUTE,
    NOW,
    PASSWORD,
    account,
    first_user,
    kept_in,
    newcomer,
    quick,
    signed_in,
    user,
)

pytestmark = pytest.mark.usefixtures(quick.__name__)
NEW = "another meadow, dry"


@pytest.fixture
def bob(store: Store) -> Account:
    first_user(store)
    return user(store, "bob")


@pytest.fixture
def checked_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cost of each hash that is checked, by the real check."""
    real, costs = bcrypt.checkpw, list[str]()

    def watched(password: bytes, password_hash: bytes) -> bool:
        costs.append(password_hash[:7].decode())
        return real(password, password_hash)

    monkeypatch.setattr(bcrypt, "checkpw", watched)
    return costs


def test_the_right_password_of_an_active_user_is_the_only_way_in(store: Store, bob: Account) -> None:
    assert check_password(store, "bob", PASSWORD) == bob
    assert check_password(store, "bob", f"{PASSWORD} ") is None
    assert check_password(store, "nobody", PASSWORD) is None
    disable_user(store, "ada", bob.user_id, NOW)
    assert check_password(store, "bob", PASSWORD) is None
    accounts.enable_user(store, "ada", bob.user_id, NOW)
    assert check_password(store, "bob", PASSWORD) == bob


def test_every_check_costs_one_hash_of_the_same_cost(store: Store, bob: Account, checked_hashes: list[str]) -> None:
    disable_user(store, "ada", user(store, "off").user_id, NOW)
    accounts.add_user(store, "ada", newcomer("oidc", None), NOW)
    usernames = ["bob", "nobody", "off", "oidc", "", "x" * 1000, "\ud800"]
    for username in usernames:
        for password in ("wrong", f"{PASSWORD}!", "x" * 73):
            assert check_password(store, username, password) is None
    assert checked_hashes == ["$2b$04$"] * len(usernames) * 3


def test_the_form_gets_one_users_hash_and_for_an_unknown_one_an_entry_of_the_same_shape(
    store: Store, bob: Account
) -> None:
    known = credentials_for_form(store, " Bob ")["usernames"]
    unknown = credentials_for_form(store, "Nobody")["usernames"]
    assert (list(known), list(unknown)) == (["bob"], ["nobody"])
    assert known["bob"].keys() == unknown["nobody"].keys()
    assert passwords.matches(PASSWORD, known["bob"]["password"])
    assert len(known["bob"]["password"]) == len(unknown["nobody"]["password"])


def test_the_form_gets_no_usable_hash_of_a_disabled_user(store: Store, bob: Account) -> None:
    disable_user(store, "ada", bob.user_id, NOW)
    assert not passwords.matches(PASSWORD, credentials_for_form(store, "bob")["usernames"]["bob"]["password"])


def test_a_changed_password_ends_the_other_sessions_and_unused_tickets(store: Store, bob: Account) -> None:
    here, elsewhere, ticket = (
        signed_in(store, bob),
        signed_in(store, bob),
        sessions.make_ticket(store, bob.user_id, NOW),
    )
    change_password(store, here, PASSWORD, NEW, NOW)
    assert account_of_session(store, here, NOW) == bob
    assert account_of_session(store, elsewhere, NOW) is None
    with pytest.raises(sessions.TicketRefused):
        sessions.redeem_ticket(store, ticket, "", ADDRESS, NOW)
    assert (check_password(store, "bob", PASSWORD), check_password(store, "bob", NEW)) == (None, bob)


def test_the_current_password_is_needed(store: Store, bob: Account) -> None:
    here, elsewhere = signed_in(store, bob), signed_in(store, bob)
    with pytest.raises(PasswordWrong):
        change_password(store, here, NEW, NEW, NOW)
    assert account_of_session(store, elsewhere, NOW) == bob == check_password(store, "bob", PASSWORD)


def test_guessing_the_current_password_is_counted(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    for _ in range(5):
        with pytest.raises(PasswordWrong):
            change_password(store, here, "wrong", NEW, NOW)
    with pytest.raises(TooManyAttempts):
        change_password(store, here, PASSWORD, NEW, NOW)
    change_password(store, here, PASSWORD, NEW, NOW + 15 * MINUTE)


def test_a_new_password_is_checked_like_the_first(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    for new in ("short", "x" * 73, "password123"):
        with pytest.raises(PasswordRefused):
            change_password(store, here, PASSWORD, new, NOW)
    assert check_password(store, "bob", PASSWORD) == bob


def test_the_new_password_is_another(store: Store, bob: Account) -> None:
    with pytest.raises(AccountRefused, match="the current one"):
        change_password(store, signed_in(store, bob), PASSWORD, PASSWORD, NOW)


def test_nobody_changes_a_password_after_signing_out(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    sessions.end_session(store, here)
    with pytest.raises(AccountRefused, match="signed out"):
        change_password(store, here, PASSWORD, NEW, NOW)
    assert account(store, "bob") == check_password(store, "bob", PASSWORD)


def test_neither_password_is_in_any_file(store: Store, bob: Account) -> None:
    change_password(store, signed_in(store, bob), PASSWORD, NEW, NOW)
    kept = kept_in(store)
    assert not [secret for secret in (PASSWORD, NEW) if secret.encode() in kept]
