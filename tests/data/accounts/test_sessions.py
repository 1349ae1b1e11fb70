"""Tickets, sessions and attempts to sign in: one use each, an end that counts at the next click, a wait that ends."""

import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.accounts import accounts, sessions
from data.accounts.authority import AccountRefused
from data.accounts.models import Account
from data.accounts.passwords import fingerprint
from data.accounts.sessions import (
    TicketRefused,
    TooManyAttempts,
    account_of_session,
    attempt,
    browser_name,
    make_ticket,
    redeem_ticket,
)
from data.store import Store
from tests.data.cast import (
    ADDRESS,
    DAY,
    FIREFOX,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    first_user,
    kept_in,
    signed_in,
    user,
)
from tests.data.writers import version_files

PROGRAM = """
import sys, pathlib
from datetime import datetime
from data.accounts.sessions import TicketRefused, redeem_ticket
from data.store import Store
print("ready", flush=True)
sys.stdin.readline()
try:
    store, now = Store(pathlib.Path(sys.argv[1])), datetime.fromisoformat(sys.argv[3])
    print(redeem_ticket(store, sys.argv[2], "", "", now))
except TicketRefused:
    print("refused")
"""


def redeem(store: Store, ticket: str) -> str:
    return redeem_ticket(store, ticket, FIREFOX, ADDRESS, NOW)


def test_a_ticket_becomes_a_session_of_its_user_once_and_within_a_minute(store: Store, bob: Account) -> None:
    first, second = (make_ticket(store, bob.user_id, NOW) for _ in range(2))
    secret = redeem(store, first)
    assert account_of_session(store, secret, NOW) == bob
    assert len(secret) >= 43, "256 bits"
    with pytest.raises(TicketRefused):
        redeem(store, first)
    with pytest.raises(TicketRefused):
        redeem_ticket(store, second, FIREFOX, ADDRESS, NOW + 60 * SECOND)
    assert redeem_ticket(store, second, FIREFOX, ADDRESS, NOW + 59 * SECOND)


def test_an_invented_ticket_starts_nothing_and_writes_nothing(store: Store, bob: Account) -> None:
    before = store.control.version()
    for ticket in ("", "invented", "\ud800", "x" * 100_000):
        with pytest.raises(TicketRefused):
            redeem(store, ticket)
        sessions.end_session(store, ticket)
        assert (account_of_session(store, ticket, NOW), store.control.version()) == (None, before)


@pytest.mark.files
def test_a_session_that_ended_stays_so_where_the_version_that_knew_it_is_damaged(store: Store, bob: Account) -> None:
    secret = signed_in(store, bob)
    sessions.end_session(store, secret)
    newest = version_files(store.control).committed()
    assert newest is not None
    store.close()
    with newest.open("r+b") as file:
        file.seek(newest.stat().st_size // 2)
        file.write(bytes(range(256)) * 8)
    assert account_of_session(Store(store.directory), secret, NOW) is None


def test_a_session_is_no_ticket_and_a_ticket_no_session(store: Store, bob: Account) -> None:
    secret, ticket = signed_in(store, bob), make_ticket(store, bob.user_id, NOW)
    with pytest.raises(TicketRefused):
        redeem(store, secret)
    assert account_of_session(store, ticket, NOW) is None


@pytest.mark.files
def test_of_two_processes_that_redeem_one_ticket_one_wins(store: Store, bob: Account) -> None:
    words = [sys.executable, "-c", PROGRAM, str(store.directory), make_ticket(store, bob.user_id, NOW), NOW.isoformat()]
    both = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [each.stdout.readline() for each in both if each.stdout] == ["ready\n"] * 2
    for each in both:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate(timeout=60)[0].strip() for each in both]
    assert said.count("refused") == 1
    assert [account_of_session(store, s, NOW) for s in said if s != "refused"] == [bob]


def test_a_session_ends_after_twelve_idle_hours(store: Store, bob: Account) -> None:
    secret = signed_in(store, bob)
    assert account_of_session(store, secret, NOW + 12 * HOUR - SECOND) == bob
    assert account_of_session(store, secret, NOW + 12 * HOUR) is None
    sessions.touch_session(store, secret, NOW + 12 * HOUR)
    assert account_of_session(store, secret, NOW + 12 * HOUR) is None, "what has ended is not revived"


def test_a_session_in_use_ends_after_seven_days(store: Store, bob: Account) -> None:
    secret = signed_in(store, bob)
    for n in range(1, 16):
        sessions.touch_session(store, secret, NOW + n * 11 * HOUR)
    assert account_of_session(store, secret, NOW + 7 * DAY - SECOND) == bob
    assert account_of_session(store, secret, NOW + 7 * DAY) is None


def test_reading_a_session_writes_nothing_and_use_is_noted_four_times_an_hour(store: Store, bob: Account) -> None:
    secret, written = signed_in(store, bob), []
    for seconds in (0, 899, 900, 1799, 1800):
        now, before = NOW + timedelta(seconds=seconds), store.control.version()
        account_of_session(store, secret, now)
        sessions.touch_session(store, secret, now)
        written.append(store.control.version() - before)
    assert written == [0, 0, 1, 0, 1]


def test_a_kept_cookie_opens_nothing_after_signing_out(store: Store, bob: Account) -> None:
    kept, other = signed_in(store, bob), signed_in(store, bob)
    sessions.end_session(store, kept)
    assert account_of_session(store, kept, NOW) is None
    sessions.touch_session(store, kept, NOW + HOUR)
    assert account_of_session(store, kept, NOW) is None
    assert account_of_session(store, other, NOW) == bob


def test_disabling_ends_sessions_at_the_next_read_and_enabling_does_not_bring_them_back(
    store: Store, bob: Account
) -> None:
    kept, ticket = signed_in(store, bob), make_ticket(store, bob.user_id, NOW)
    with closing(Store(store.directory)) as another_process:
        assert account_of_session(another_process, kept, NOW) == bob
        accounts.disable_user(store, "ada", bob.user_id, NOW)
        assert account_of_session(another_process, kept, NOW) is None
    accounts.enable_user(store, "ada", bob.user_id, NOW)
    assert account_of_session(store, kept, NOW) is None
    with pytest.raises(TicketRefused):
        redeem(store, ticket)


def test_a_disabled_or_missing_user_gets_no_ticket(store: Store, bob: Account) -> None:
    accounts.disable_user(store, "ada", bob.user_id, NOW)
    for user_id in (bob.user_id, 999):
        with pytest.raises(AccountRefused, match="no such user"):
            make_ticket(store, user_id, NOW)


def test_all_others_can_be_ended_and_somebody_elses_stay(store: Store, bob: Account) -> None:
    carol = user(store, "carol")
    here, elsewhere, hers = signed_in(store, bob), signed_in(store, bob), signed_in(store, carol)
    sessions.end_other_sessions(store, "bob", bob.user_id, here, NOW)
    assert [account_of_session(store, each, NOW) for each in (here, elsewhere, hers)] == [bob, None, carol]
    sessions.end_other_sessions(store, "bob", bob.user_id, hers, NOW)
    assert account_of_session(store, here, NOW) is None, "another user's session keeps none of one's own"


def test_all_sessions_of_all_users_can_be_ended_at_once_by_an_admin(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    sessions.end_all_sessions(store, "ada", NOW)
    assert account_of_session(store, here, NOW) is None


def test_the_profile_tells_ones_own_sessions_apart(store: Store, bob: Account) -> None:
    here = signed_in(store, bob)
    signed_in(store, user(store, "carol"))
    redeem_ticket(store, make_ticket(store, bob.user_id, NOW), "<script>", "<b>::1</b>", NOW + SECOND)
    newest, mine = sessions.sessions_of(bob, store, NOW + MINUTE, fingerprint(here))
    assert (newest.browser, newest.address, newest.current) == ("Unknown browser", "b::1b", False)
    assert (mine.browser, mine.address, mine.current) == ("Firefox on Linux", ADDRESS, True)
    assert (mine.started_at, mine.last_seen_at) == (NOW, NOW)


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
@settings(max_examples=80)
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
