"""Setting up a new server: only who has the code that it printed becomes its first user."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from data.accounts.accounts import has_users
from data.accounts.authority import AccountRefused
from data.accounts.models import Grant, Role
from data.accounts.sessions import TooManyAttempts
from data.accounts.set_up import add_first_user, renew_setup_code
from data.store import Store
from tests.data.cast import MINUTE, NOW, account, first_user, newcomer


def test_the_code_that_was_printed_makes_the_first_user_an_admin(store: Store) -> None:
    assert not has_users(store)
    first = first_user(store, "Ada")
    assert has_users(store)
    assert (first.username, first.display_name, first.email, first.active) == ("ada", "Ada", "Ada@example.org", True)
    assert first.grants == (Grant(Role.ADMIN),)


@pytest.mark.parametrize("wrong", ["", "-", "AAAAA-AAAAA-AAAAA-AAAAA", "\ud800", "a" * 10_000])
def test_a_wrong_code_adds_nobody(store: Store, wrong: str) -> None:
    renew_setup_code(store, NOW)
    with pytest.raises(AccountRefused, match="set-up code"):
        add_first_user(store, wrong, newcomer("ada"), NOW)
    assert not has_users(store)


def test_after_the_first_user_there_is_no_code_and_no_second_first_user(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""
    add_first_user(store, code, newcomer("ada"), NOW)
    assert renew_setup_code(store, NOW) is None
    with pytest.raises(AccountRefused, match="already"):
        add_first_user(store, code, newcomer("eve"), NOW)


def test_attempts_at_the_code_are_counted_and_the_right_one_has_to_wait_too(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""
    for _ in range(5):
        with pytest.raises(AccountRefused, match="set-up code"):
            add_first_user(store, "wrong", newcomer("eve"), NOW)
    with pytest.raises(TooManyAttempts):
        add_first_user(store, code, newcomer("ada"), NOW)
    assert add_first_user(store, code, newcomer("ada"), NOW + 15 * MINUTE)


def test_a_restart_of_the_server_voids_the_former_code_and_forgets_the_attempts_at_it(store: Store) -> None:
    former = renew_setup_code(store, NOW) or ""
    for _ in range(5):
        with pytest.raises(AccountRefused, match="set-up code"):
            add_first_user(store, "wrong", newcomer("eve"), NOW)
    newest = renew_setup_code(store, NOW) or ""
    with pytest.raises(AccountRefused, match="set-up code"):
        add_first_user(store, former, newcomer("ada"), NOW)
    assert add_first_user(store, f"  {newest.lower().replace('-', ' ')} ", newcomer("ada"), NOW).has(Role.ADMIN)


def test_of_two_who_set_up_at_once_one_wins(store: Store) -> None:
    code = renew_setup_code(store, NOW) or ""

    def first(username: str) -> str:
        with closing(Store(store.directory)) as mine:
            return add_first_user(mine, code, newcomer(username), NOW).username

    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(first, name) for name in ("ada", "eve")]
    winners = [each.result() for each in outcomes if each.exception() is None]
    assert [type(each.exception()) for each in outcomes if each.exception()] == [AccountRefused]
    assert account(store, winners[0]).has(Role.ADMIN)
