"""One's own account: name, roles, password, sessions."""

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import accounts, api_tokens, sessions
from data.calendar import utc_now
from tests.data.filled import ENGINE
from tests.pages.app import CAST, PASSWORD, App, confirmed, shown_text

PAGE = "profile"
NEW = "battery horse correct"


def changed(run: AppTest, current: str, new: str, again: str | None = None) -> AppTest:
    """The form of the password, filled in and sent."""
    run.text_input(key="profile_current").input(current)
    run.text_input(key="profile_password").input(new)
    run.text_input(key="profile_again").input(new if again is None else again)
    return run.button(key="profile_password_submit").click().run()


@pytest.mark.parametrize("username", CAST)
def test_everybody_has_a_profile(app: App, username: str) -> None:
    run = app.opened(username, PAGE)
    assert run.title[0].value == "Profile"
    assert not run.error


def test_who_is_signed_out_has_none(app: App) -> None:
    run = app.opened(None, PAGE)
    assert [each.label for each in run.text_input] == ["Username", "Password"]


def test_the_own_roles_are_told_with_what_they_are_for(app: App) -> None:
    shown = shown_text(app.opened("both", PAGE))
    assert "**Tenant viewer** · Blue" in shown
    assert "**Tenant viewer** · Green" in shown


def test_name_and_address_are_changed(app: App) -> None:
    run = app.opened("viewer", PAGE)
    run.text_input(key="profile_name").input("Another <b>name</b>")
    run.text_input(key="profile_email").input("viewer@example.org")
    run.button(key="profile_person_submit").click().run()
    account = app.account("viewer")
    assert (account.display_name, account.email) == ("Another <b>name</b>", "viewer@example.org")


@pytest.mark.parametrize(("name", "email"), [("Another", "nowhere"), (" ", "viewer@example.org")])
def test_what_cannot_be_is_refused_and_nothing_is_changed(app: App, name: str, email: str) -> None:
    run = app.opened("viewer", PAGE)
    run.text_input(key="profile_name").input(name)
    run.text_input(key="profile_email").input(email)
    run.button(key="profile_person_submit").click().run()
    assert len(run.error) == 1
    account = app.account("viewer")
    assert (account.display_name, account.email) == ("The viewer", None)


def test_the_password_is_changed_and_the_other_sessions_end(app: App) -> None:
    other = app.signed_in("viewer")
    run = changed(app.opened("viewer", PAGE), PASSWORD, NEW)
    assert not run.error
    assert accounts.check_password(app.store, "viewer", NEW)
    assert sessions.account_of_session(app.store, other, utc_now()) is None
    assert run.title[0].value == "Profile"


@pytest.mark.parametrize(
    ("current", "new", "again", "reason"),
    [
        ("wrong", NEW, NEW, "current password is wrong"),
        (PASSWORD, NEW, "typed wrong", "do not match"),
        (PASSWORD, "short", "short", "at least 10"),
        (PASSWORD, "\u00fc" * 40, "\u00fc" * 40, "at most 72"),
        (PASSWORD, PASSWORD, PASSWORD, "same as the current one"),
    ],
)
def test_a_password_that_cannot_be_is_refused(app: App, current: str, new: str, again: str, reason: str) -> None:
    run = changed(app.opened("viewer", PAGE), current, new, again)
    assert reason in run.error[0].value.replace("\\", "")
    assert accounts.check_password(app.store, "viewer", PASSWORD)


def test_all_other_sessions_end_and_this_one_stays(app: App) -> None:
    other = app.signed_in("viewer")
    run = confirmed(app.opened("viewer", PAGE), "profile_end_others")
    assert sessions.account_of_session(app.store, other, utc_now()) is None
    assert run.title[0].value == "Profile"
    assert len(sessions.sessions_of(app.account("viewer"), app.store, utc_now())) == 1


def test_without_a_provider_there_is_nothing_about_one(app: App) -> None:
    run = app.opened("viewer", PAGE)
    assert "profile_link" not in [each.key for each in run.button]


def test_a_token_is_made_shown_once_and_revoked(app: App) -> None:
    run = app.opened("viewer", PAGE)
    assert run.selectbox(key="profile_token_for").options[:2] == ["Everything you have access to", "Blue"]
    run.text_input(key="profile_token_name").input("Grafana")
    run.selectbox(key="profile_token_for").select("blue/engine")
    run.button(key="profile_token_submit").click().run()
    secret = run.code[0].value
    assert api_tokens.access_of_token(app.store, secret, utc_now()).viewer.repository_ids == {ENGINE}
    run.run()
    assert not run.code
    assert "**Grafana** · blue/engine" in shown_text(run).replace("\\", "")
    run.button(key="profile_revoke_1").click().run()
    with pytest.raises(api_tokens.InvalidToken):
        api_tokens.access_of_token(app.store, secret, utc_now())
