"""Attempts to sign in: counted by user and by address, over all processes, with a wait that ends."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.accounts import sessions
from data.accounts.sessions import TooManyAttempts, attempt, browser_name
from data.store import Store
from tests.data.cast import DAY, MINUTE, NOW, SECOND, first_user, kept_in, quick

pytestmark = pytest.mark.usefixtures(quick.__name__)


def attempts(store: Store, username: str, address: str, times: int, now: datetime = NOW) -> None:
    for _ in range(times):
        attempt(store, username, address, now)


def wait(store: Store, username: str, address: str, now: datetime = NOW) -> int:
    """The seconds to wait; fails where there is none."""
    with pytest.raises(TooManyAttempts) as refusal:
        attempt(store, username, address, now)
    return refusal.value.retry_after_s


def test_after_five_attempts_on_a_user_there_is_a_wait_from_wherever_they_come(store: Store) -> None:
    for n in range(5):
        attempt(store, "bob", f"192.0.2.{n}", NOW + n * MINUTE)
    assert wait(store, " BOB ", "198.51.100.1", NOW + 4 * MINUTE) == 15 * 60
    assert wait(store, "bob", "198.51.100.1", NOW + 19 * MINUTE - SECOND) == 1
    attempt(store, "bob", "198.51.100.1", NOW + 19 * MINUTE)
    attempt(store, "carol", "192.0.2.1", NOW + 4 * MINUTE)


def test_after_twenty_attempts_from_an_address_there_is_a_wait_for_whomever(store: Store) -> None:
    for n in range(20):
        attempt(store, f"user{n}", "192.0.2.7", NOW)
    assert wait(store, "somebody", "192.0.2.7") == 15 * 60
    attempt(store, "somebody", "192.0.2.8", NOW)
    attempt(store, "somebody", "192.0.2.7", NOW + 15 * MINUTE)


@pytest.mark.parametrize(
    ("address", "same_place"),
    [("2001:db8::1", "2001:db8::ffff:2"), ("::ffff:192.0.2.7", "192.0.2.7"), ("<odd>", "odd")],
)
def test_an_address_is_counted_by_its_household(store: Store, address: str, same_place: str) -> None:
    for n in range(20):
        attempt(store, f"user{n}", address, NOW)
    assert wait(store, "somebody", same_place)
    attempt(store, "somebody", "2001:db8:0:1::1", NOW)


def test_attempts_during_a_wait_do_not_lengthen_it_and_write_nothing(store: Store) -> None:
    attempts(store, "bob", "", 5)
    before = store.control.version()
    assert [wait(store, "bob", "", NOW + n * MINUTE) for n in (1, 7, 14)] == [14 * 60, 8 * 60, 60]
    assert store.control.version() == before


def test_slow_attempts_are_never_made_to_wait(store: Store) -> None:
    for n in range(12):
        attempt(store, "bob", "192.0.2.7", NOW + n * 4 * MINUTE)


def test_the_right_password_forgets_the_users_attempts_and_no_others(store: Store) -> None:
    ada = first_user(store)
    attempts(store, "ada", "192.0.2.7", 4)
    attempts(store, "bob", "192.0.2.7", 4)
    sessions.make_ticket(store, ada.user_id, NOW)
    attempts(store, "ada", "192.0.2.7", 5)
    attempts(store, "bob", "192.0.2.7", 1)
    assert wait(store, "bob", "192.0.2.7")


def test_all_processes_count_together(store: Store) -> None:
    for _ in range(5):
        with closing(Store(store.directory)) as process:
            attempt(process, "bob", "192.0.2.7", NOW)
    assert wait(store, "bob", "192.0.2.7")


def test_old_attempts_are_pruned(store: Store) -> None:
    attempts(store, "bob", "192.0.2.7", 3)
    attempt(store, "carol", "192.0.2.7", NOW + 31 * MINUTE)
    with store.control.read() as cursor:
        assert cursor.execute("select count(*) as attempts from sign_in_attempt").fetchall() == [(1,)]


def test_a_clock_that_was_put_back_locks_nobody_out(store: Store) -> None:
    attempts(store, "bob", "192.0.2.7", 5, NOW + 365 * DAY)
    attempt(store, "bob", "192.0.2.7", NOW)


def test_what_was_typed_as_a_username_is_not_kept(store: Store) -> None:
    attempt(store, "my password by mistake", "192.0.2.7", NOW)
    kept = kept_in(store)
    assert b"by mistake" not in kept
    assert b"192.0.2.7" in kept


@given(gaps=st.lists(st.integers(0, 1200), max_size=40))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_waits_as_told_is_let_in_and_no_quarter_of_an_hour_has_more_than_five(gaps: list[int]) -> None:
    now, counted = NOW, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        newest_first = [at for at in reversed(counted) if at >= now - timedelta(minutes=30)]
        until = sessions._wait_until(newest_first, 5, now)
        assert until <= now + timedelta(minutes=15)
        assert sessions._wait_until(newest_first, 5, until) == until
        if until <= now:
            counted.append(now)
    assert all(later - first >= timedelta(minutes=15) for first, later in zip(counted, counted[5:], strict=False))


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_has_a_short_name(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
