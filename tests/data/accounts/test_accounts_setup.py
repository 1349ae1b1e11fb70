"""The first user: with the printed code only, once only."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from data.accounts.accounts import SetupRefused, add_first_user, has_users, renew_setup_code
from data.accounts.models import Grant, Role
from data.accounts.sessions import TooManyAttempts
from data.store import Store
from tests.data.cast import MINUTE, NOW, account, first_user, kept_in, newcomer, quick

pytestmark = pytest.mark.usefixtures(quick.__name__)


def test_the_code_that_was_printed_makes_the_first_user_an_admin(store: Store) -> None:
    assert not has_users(store)
    first = first_user(store, "Ada")
    assert has_users(store)
    assert (first.username, first.display_name, first.email, first.active) == ("ada", "Ada", "Ada@example.org", True)
    assert first.grants == (Grant(Role.ADMIN),)


def test_the_code_may_be_typed_in_small_letters_and_without_its_dashes(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""
    assert add_first_user(store, f"  {code.lower().replace('-', ' ')} ", newcomer("ada"), NOW).has(Role.ADMIN)


@pytest.mark.parametrize("wrong", ["", "-", "AAAAA-AAAAA-AAAAA-AAAAA", "\ud800", "a" * 10_000])
def test_a_wrong_code_adds_nobody(store: Store, wrong: str) -> None:
    renew_setup_code(store, NOW)
    with pytest.raises(SetupRefused):
        add_first_user(store, wrong, newcomer("ada"), NOW)
    assert not has_users(store)


def test_no_code_works_where_none_was_printed(store: Store) -> None:
    with pytest.raises(SetupRefused):
        add_first_user(store, "", newcomer("ada"), NOW)


def test_a_new_code_voids_the_former_one(store: Store) -> None:
    former = renew_setup_code(store, NOW) or ""
    renew_setup_code(store, NOW)
    with pytest.raises(SetupRefused):
        add_first_user(store, former, newcomer("ada"), NOW)


def test_after_the_first_user_there_is_no_code_and_no_second_first_user(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""
    add_first_user(store, code, newcomer("ada"), NOW)
    assert renew_setup_code(store, NOW) is None
    with pytest.raises(SetupRefused, match="already"):
        add_first_user(store, code, newcomer("eve"), NOW)


def test_attempts_at_the_code_are_counted_and_the_right_one_has_to_wait_too(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""
    for _ in range(5):
        with pytest.raises(SetupRefused):
            add_first_user(store, "wrong", newcomer("eve"), NOW)
    with pytest.raises(TooManyAttempts):
        add_first_user(store, code, newcomer("ada"), NOW)
    assert add_first_user(store, code, newcomer("ada"), NOW + 15 * MINUTE)


def test_a_restart_of_the_server_forgets_the_attempts_at_the_former_code(store: Store) -> None:
    renew_setup_code(store, NOW)
    for _ in range(5):
        with pytest.raises(SetupRefused):
            add_first_user(store, "wrong", newcomer("eve"), NOW)
    first_user(store)


def test_of_two_who_set_up_at_once_one_wins(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""

    def set_up(username: str) -> str:
        with closing(Store(store.directory)) as mine:
            return add_first_user(mine, code, newcomer(username), NOW).username

    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(set_up, name) for name in ("ada", "eve")]
    winners = [each.result() for each in outcomes if each.exception() is None]
    assert [type(each.exception()) for each in outcomes if each.exception()] == [SetupRefused]
    assert account(store, winners[0]).has(Role.ADMIN)


def test_neither_the_code_nor_the_password_is_in_any_file(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""
    add_first_user(store, code, newcomer("ada"), NOW)
    kept = kept_in(store)
    assert b"ada" in kept
    secrets = (code, code.replace("-", ""), code[6:17], newcomer("ada").password or "")
    assert not [secret for secret in secrets if secret.encode() in kept]
