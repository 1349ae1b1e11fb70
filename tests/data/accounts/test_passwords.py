"""What a password may be, and what is kept of it."""

import re

import pytest

from data.accounts import passwords
from data.accounts.passwords import (
    MOST_COMMON,
    PasswordRefused,
    check_acceptable,
    fingerprint,
    hash_of_nothing,
    hashed,
    matches,
)
from tests.data.cast import PASSWORD, quick

pytestmark = pytest.mark.usefixtures(quick.__name__)


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
        ("password123", "anybody"),
        ("PassWord123", "anybody"),
        ("aaaaaaaaaaaa", "anybody"),
        ("ten-bytes\0!", "number zero"),
    ],
)
def test_any_other_is_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused, match=reason):
        check_acceptable(password, "ada.lovelace")


@pytest.mark.parametrize("password", sorted(MOST_COMMON))
def test_the_most_common_ones_are_long_enough_that_the_list_is_needed_for_them(password: str) -> None:
    assert 10 <= len(password) <= 72
    assert password == password.casefold()


def test_a_refusal_never_holds_the_password() -> None:
    with pytest.raises(PasswordRefused) as refusal:
        check_acceptable("password123", "ada")
    assert "password123" not in str(refusal.value)


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
