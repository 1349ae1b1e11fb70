"""Signing in by the form, and what a session's end means for a page that is open."""

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import accounts, sessions
from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from tests.pages.app import PASSWORD, App, shown_text

WRONG = "do not belong together"


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the browser is: AppTest has none."""
    monkeypatch.setattr("pages.ui.session.address", lambda: "192.0.2.1")


def typed(run: AppTest, username: str, password: str) -> AppTest:
    """The sign-in form, filled in and sent."""
    run.text_input[0].input(username)
    run.text_input[1].input(password)
    return run.button[0].click().run()


def has_entered(run: AppTest) -> bool:
    """Whether the browser was told to bring a ticket to the door."""
    return "/session/open" in shown_text(run)


@pytest.mark.parametrize(("username", "password"), [("viewer", PASSWORD), (" Viewer ", f" {PASSWORD} ")])
def test_the_right_password_signs_in(app: App, username: str, password: str) -> None:
    assert has_entered(typed(app.opened(), username, password))


@pytest.mark.parametrize("username", ["viewer", "stranger", "'; drop table account", "a" * 500])
def test_known_and_unknown_users_are_answered_alike(app: App, username: str) -> None:
    run = typed(app.opened(), username, "another password")
    assert not has_entered(run)
    assert [each.value for each in run.error] == [run.error[0].value]
    assert WRONG in run.error[0].value


def test_a_disabled_user_is_answered_like_an_unknown_one(app: App) -> None:
    accounts.disable_user(app.store, COMMAND_LINE, app.account("viewer").user_id, utc_now())
    run = typed(app.opened(), "viewer", PASSWORD)
    assert not has_entered(run)
    assert WRONG in run.error[0].value


@pytest.mark.parametrize("password", ["x" * 73, "\u00fc" * 40, "x" * 5000, f"{PASSWORD}\0"])
def test_a_password_that_bcrypt_would_cut_is_wrong_and_prints_nothing(
    app: App, password: str, capfd: pytest.CaptureFixture[str]
) -> None:
    run = typed(app.opened(), "viewer", password)
    assert WRONG in run.error[0].value
    assert "hash" not in "".join(capfd.readouterr())


def test_after_five_wrong_passwords_the_right_one_must_wait(app: App) -> None:
    for _ in range(sessions.OF_A_USER):
        sessions.attempt(app.store, "viewer", "192.0.2.7", utc_now())
    run = typed(app.opened(), "viewer", PASSWORD)
    assert not has_entered(run)
    assert "Too many attempts" in run.error[0].value
    assert has_entered(typed(app.opened(), "single", PASSWORD))


def test_an_empty_form_is_no_attempt(app: App) -> None:
    run = typed(app.opened(), "", "")
    assert not has_entered(run)
    assert not run.exception


def test_a_page_that_is_open_when_the_session_ends_becomes_the_sign_in(app: App) -> None:
    run = app.opened("viewer", "profile")
    assert run.title[0].value == "Profile"
    accounts.disable_user(app.store, COMMAND_LINE, app.account("viewer").user_id, utc_now())
    run.run()
    assert "Profile" not in shown_text(run)
    assert [each.label for each in run.text_input] == ["Username", "Password"]


def test_signing_out_ends_the_session_in_the_database(app: App) -> None:
    run = app.opened("viewer")
    run.button(key="layout_sign_out").click().run()
    assert sessions.sessions_of(app.account("viewer"), app.store, utc_now()) == []
    assert "/session/close" in shown_text(run)
