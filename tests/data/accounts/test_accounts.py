"""Users: their passwords and identities; and how a wrong entry is answered."""

import re
from dataclasses import replace

import bcrypt
import pytest

from data.accounts import accounts, passwords, sessions
from data.accounts.accounts import (
    change_password,
    check_password,
    credentials_for_form,
    disable_user,
    enable_user,
)
from data.accounts.authority import COMMAND_LINE, AccountRefused, NewUser, checked, checked_email, save_account
from data.accounts.models import Account, Grant, Role
from data.accounts.passwords import (
    PasswordRefused,
    check_acceptable,
    fingerprint,
    hash_of_nothing,
    hashed,
    matches,
)
from data.accounts.sessions import TooManyAttempts, account_of_session
from data.store import Store
from tests.data.cast import (
    ADDRESS,
    MINUTE,
    NOW,
    PASSWORD,
    Place,
    account,
    kept_in,
    newcomer,
    signed_in,
    user,
)

NEW = "another meadow, dry"


@pytest.mark.parametrize("username", [" BOB ", "b.o_b-9"])
def test_a_username_is_kept_in_one_spelling(store: Store, ada: Account, username: str) -> None:
    added = user(store, username)
    assert added.username == username.strip().lower()
    assert check_password(store, f" {username.upper()} ", PASSWORD) == added


@pytest.mark.parametrize("username", ["", "bo", "x" * 41, "b b", "böb", "b/b", "bob\n1", COMMAND_LINE, "<b>b</b>"])
def test_any_other_username_is_refused(username: str) -> None:
    with pytest.raises(AccountRefused, match="3 to 40"):
        checked(NewUser(username, "Bob"))


def test_a_username_is_given_once_letter_case_aside(store: Store, ada: Account) -> None:
    with pytest.raises(AccountRefused, match="already"):
        user(store, "ADA")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "a\u202eb", "\ud800"])
def test_a_name_has_1_to_80_printable_characters(name: str) -> None:
    with pytest.raises(AccountRefused, match="1 to 80"):
        checked(replace(newcomer("bob"), display_name=name))


@pytest.mark.parametrize("email", ["bob", "@", "a@b", "a b@c.org", "a@c.org\nb", f"{'x' * 250}@c.org", "\ud800@c.org"])
def test_an_email_address_is_checked_loosely(email: str) -> None:
    with pytest.raises(AccountRefused, match="e-mail"):
        checked_email(email)
    assert [checked_email(empty) for empty in (None, "", "  ")] == [None] * 3


def test_a_refused_entry_changes_nothing(store: Store, ada: Account) -> None:
    with pytest.raises(AccountRefused, match="1 to 80"):
        accounts.save_profile(store, "ada", ada.user_id, NOW, name=" ", email=None)
    with pytest.raises(AccountRefused, match="e-mail"):
        accounts.save_profile(store, "ada", ada.user_id, NOW, name="Ada L.", email="nowhere")
    assert accounts.accounts(ada, store) == (ada,)


def test_users_change_their_own_name_and_address(store: Store, ada: Account) -> None:
    bob = user(store, "bob")
    accounts.save_profile(store, "bob", bob.user_id, NOW, name="  Robert   B. ", email="r@example.org")
    assert (account(store, "bob").display_name, account(store, "bob").email) == ("Robert B.", "r@example.org")


def test_the_last_active_admin_cannot_be_disabled_not_even_from_the_command_line(store: Store, ada: Account) -> None:
    second = user(store, "second", Grant(Role.ADMIN))
    disable_user(store, "ada", second.user_id, NOW)
    for by in ("ada", COMMAND_LINE):
        with pytest.raises(AccountRefused, match="last active admin"):
            disable_user(store, by, ada.user_id, NOW)
    enable_user(store, "ada", second.user_id, NOW)
    disable_user(store, "second", ada.user_id, NOW)


def test_a_manager_sees_the_tenants_people_with_the_tenants_grants_only(store: Store, ada: Account) -> None:
    north, south = Place.added(store, "north", 1), Place.added(store, "south", 11)
    manager = user(store, "mia", north.manager)
    user(store, "vic", north.viewer, south.viewer, Grant(Role.MAINTAINER))
    user(store, "sue", south.viewer)
    seen = {each.username: each for each in accounts.accounts(manager, store)}
    assert seen.keys() == {"mia", "vic"}
    assert (seen["vic"].grants, seen["vic"].email) == ((north.viewer,), None)
    assert accounts.accounts(account(store, "vic"), store) == ()
    assert accounts.accounts(replace(ada, active=False), store) == ()


def test_a_new_user_keeps_the_password_out_of_its_representation() -> None:
    assert PASSWORD not in repr(NewUser("bob", "Bob", None, PASSWORD))


def test_the_traffic_database_knows_nothing_of_users(store: Store, ada: Account) -> None:
    place = Place.added(store, "north", 1)
    user(store, "zebediah", place.viewer)
    assert b"zebediah" in kept_in(store, "control")
    shared = kept_in(store, "traffic")
    assert b"north" in shared
    assert not [word for word in (b"zebediah", b"@example.org", b"$2b$", b"password") if word in shared.lower()]


@pytest.fixture
def checked_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cost of each hash that is checked, by the real check."""
    real, costs = bcrypt.checkpw, list[str]()

    def watched(password: bytes, password_hash: bytes) -> bool:
        costs.append(password_hash[:7].decode())
        return real(password, password_hash)

    monkeypatch.setattr(bcrypt, "checkpw", watched)
    return costs


def test_a_hash_is_dear_to_whoever_guesses(usual_rounds: int) -> None:
    assert usual_rounds >= 12


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
    with store.control.commit("somebody without a password") as connection:
        save_account(connection, newcomer("oidc", None), None, NOW)
    usernames = ["bob", "nobody", "off", "oidc", "", "x" * 1000, "\ud800"]
    for username in usernames:
        for password in ("wrong", f"{PASSWORD}!", "x" * 73):
            assert check_password(store, username, password) is None
    assert checked_hashes == ["$2b$04$"] * len(usernames) * 3


def test_the_form_gets_a_users_hash_and_of_an_unknown_one_the_same_shape(store: Store, bob: Account) -> None:
    known, unknown = credentials_for_form(store, " Bob "), credentials_for_form(store, "Nobody")
    assert known.keys() == unknown.keys()
    assert passwords.matches(PASSWORD, known["password"])
    assert len(known["password"]) == len(unknown["password"])


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
    with pytest.raises(AccountRefused, match="is wrong"):
        change_password(store, here, NEW, NEW, NOW)
    assert account_of_session(store, elsewhere, NOW) == bob == check_password(store, "bob", PASSWORD)


def test_guessing_the_current_password_is_counted(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    for _ in range(5):
        with pytest.raises(AccountRefused, match="is wrong"):
            change_password(store, here, "wrong", NEW, NOW)
    with pytest.raises(TooManyAttempts):
        change_password(store, here, PASSWORD, NEW, NOW)
    change_password(store, here, PASSWORD, NEW, NOW + 15 * MINUTE)


def test_a_new_password_is_checked_like_the_first(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    for new in ("short", "x" * 73, "password123"):
        with pytest.raises(PasswordRefused):
            change_password(store, here, PASSWORD, new, NOW)
    with pytest.raises(AccountRefused, match="the current one"):
        change_password(store, here, PASSWORD, PASSWORD, NOW)
    assert check_password(store, "bob", PASSWORD) == bob


def test_nobody_changes_a_password_after_signing_out(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    sessions.end_session(store, here)
    with pytest.raises(AccountRefused, match="signed out"):
        change_password(store, here, PASSWORD, NEW, NOW)
    assert account(store, "bob") == check_password(store, "bob", PASSWORD)


@pytest.mark.parametrize("password", ["ten-bytes!", "x1" * 36, "ünïcödé wörds", "  spaces count  ", "🌧🌈🌧🌊"])
def test_ten_to_72_bytes_are_accepted_whatever_they_are(password: str) -> None:
    check_acceptable(password, "ada")
    assert matches(password, hashed(password))


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "at least 10"),
        ("ninebytes", "at least 10"),
        ("x1" * 36 + "y", "at most 72 bytes.*has 73"),
        ("ü1" * 25, "at most 72 bytes.*has 75"),
        ("ada.lovelace", "username"),
        (" Ada.LOVELACE ", "username"),
        ("password123", "too common"),
        ("PassWord123", "too common"),
        ("aaaaaaaaaaaa", "too common"),
        ("ten-bytes\0!", "null character"),
    ],
)
def test_any_other_is_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused, match=reason) as refusal:
        check_acceptable(password, "ada.lovelace")
    assert not password.strip() or password not in str(refusal.value)


def test_nothing_is_cut_so_two_long_passwords_with_the_same_beginning_differ() -> None:
    kept = hashed("x1" * 36)
    assert not matches("x1" * 36 + "more", kept)
    assert not matches("", kept)


def test_a_hash_is_of_bcrypt_and_salted() -> None:
    assert len({hashed(PASSWORD), hashed(PASSWORD)}) == 2
    assert re.fullmatch(r"\$2b\$04\$[./A-Za-z0-9]{53}", hashed(PASSWORD))


def test_the_hash_of_nothing_costs_as_much_as_a_real_one_and_matches_nothing() -> None:
    nothing = hash_of_nothing()
    assert nothing[:7] == hashed(PASSWORD)[:7]
    assert re.fullmatch(r"\$2b\$04\$[./A-Za-z0-9]{53}", nothing)
    assert not matches(PASSWORD, nothing)


@pytest.mark.parametrize("odd", ["\ud800", "\0", "x" * 100_000, ""])
def test_any_text_can_be_checked(odd: str) -> None:
    assert not matches(odd, hashed(PASSWORD))
    assert len(fingerprint(odd)) == 64


def test_a_code_is_read_without_regard_to_case_dashes_and_spaces() -> None:
    code = passwords.new_code()
    assert re.fullmatch(r"([A-HJ-NP-Z2-9]{5}-){3}[A-HJ-NP-Z2-9]{5}", code)
    assert passwords.code_as_typed(f" {code.lower()}\n") == code.replace("-", "")
