"""The routes that give and take the session cookie, and the pages behind them, on a live server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.accounts import accounts, sessions
from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from pages.ui.navigation import ENTRIES
from tests.data.filled import NAMES
from tests.pages.ui.live import Live, serving

ADDRESSES = ["", *ENTRIES, "start", "page", "sign_in", "first_tenant"]


@pytest.fixture(scope="module")
def live(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A fresh server over the cast; the first to ask it are the tests in their order."""
    directory = tmp_path_factory.mktemp("live") / "db"
    shutil.copytree(template, directory, symlinks=True)
    with serving(directory) as live:
        yield live


def ticket(live: Live, username: str = "viewer") -> str:
    account = accounts.active_account(live.store, username)
    assert account is not None
    return sessions.make_ticket(live.store, account.user_id, utc_now())


def cookie(live: Live, username: str = "viewer") -> str:
    answer = live.ask("POST", "/session/open", ticket(live, username), Origin=live.url)
    return answer.cookies[0].partition(";")[0]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_of_a_fresh_server_is_the_sign_in_for_who_is_signed_out(live: Live, address: str) -> None:
    sent = live.run_page(address)
    assert "Sign in" in sent
    assert [word for word in ("Sign out", *NAMES.values()) if word in sent] == []


def test_a_ticket_opens_a_session_whose_cookie_no_script_and_no_other_site_can_use(live: Live) -> None:
    answer = live.ask("POST", "/session/open", ticket(live), Origin=live.url)
    assert answer.status == 204
    attributes = {part.strip().casefold() for part in answer.cookies[0].split(";")[1:]}
    assert attributes == {"httponly", "samesite=lax", "path=/", f"max-age={7 * 86400}"}


def test_a_ticket_is_good_once(live: Live) -> None:
    one = ticket(live)
    assert live.ask("POST", "/session/open", one, Origin=live.url).status == 204
    again = live.ask("POST", "/session/open", one, Origin=live.url)
    assert (again.status, again.cookies) == (403, [])


@pytest.mark.parametrize(
    ("origin", "status"), [("http://elsewhere.example", 403), ("null", 403), ("", 403), ("http://[bad", 400)]
)
def test_another_site_cannot_sign_a_browser_in(live: Live, origin: str, status: int) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = live.ask("POST", "/session/open", ticket(live), **headers)
    assert (answer.status, answer.cookies) == (status, [])


def test_another_site_cannot_sign_a_browser_out(live: Live) -> None:
    kept = cookie(live)
    assert live.ask("POST", "/session/close", Cookie=kept, Origin="http://elsewhere.example").status == 403
    assert "Sign out" in live.run_page("weekly", kept)


@pytest.mark.parametrize("body", ["", "invented", "x" * 5000, "\u2603"])
def test_what_is_no_ticket_opens_nothing(live: Live, body: str) -> None:
    assert live.ask("POST", "/session/open", body, Origin=live.url).status == 403


def test_a_door_is_not_opened_by_following_a_link(live: Live) -> None:
    assert live.ask("GET", f"/session/open?{ticket(live)}").cookies == []


def test_a_cookie_shows_the_page_that_its_user_may_see(live: Live) -> None:
    assert "Sign out" in live.run_page("weekly", cookie(live))


def test_a_cookie_kept_after_signing_out_opens_nothing(live: Live) -> None:
    kept = cookie(live)
    answer = live.ask("POST", "/session/close", Cookie=kept, Origin=live.url)
    assert answer.status == 204
    assert "max-age=0" in answer.cookies[0].casefold()
    assert "Sign out" not in live.run_page("weekly", kept)


def test_a_cookie_kept_after_its_user_was_disabled_opens_nothing(live: Live) -> None:
    kept, user = cookie(live, "single"), accounts.active_account(live.store, "single")
    assert user is not None
    accounts.disable_user(live.store, COMMAND_LINE, user.user_id, utc_now())
    assert "Sign out" not in live.run_page("weekly", kept)
    accounts.enable_user(live.store, COMMAND_LINE, user.user_id, utc_now())
    assert "Sign out" not in live.run_page("weekly", kept)


def test_a_cookie_kept_after_a_change_of_the_password_opens_nothing(live: Live) -> None:
    kept, using = cookie(live, "both"), cookie(live, "both")
    secret = using.partition("=")[2]
    accounts.change_password(live.store, secret, "correct horse battery", "battery horse correct", utc_now())
    assert "Sign out" not in live.run_page("weekly", kept)
    assert "Sign out" in live.run_page("weekly", using)


def test_a_page_that_a_role_may_not_see_is_not_reached_by_its_address(live: Live) -> None:
    sent = live.run_page("users", cookie(live, "viewer"))
    assert "page_not_found" in sent
    assert "users_part" not in sent
