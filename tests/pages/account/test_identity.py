"""Signing in with an identity provider: it says who somebody is, and grants nothing by itself."""

import pytest

from data.accounts import accounts, sessions
from data.accounts.accounts import Identity
from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from tests.pages.app import App, shown_text

KNOWN = Identity("https://login.example.org", "subject-1")


@pytest.fixture
def provided(app: App) -> App:
    """The app with a provider that says: this browser's user is KNOWN."""
    app.monkeypatch.setattr("pages.ui.session.identity_configured", lambda: True)
    app.monkeypatch.setattr("pages.ui.session.identity", lambda: KNOWN)
    return app


def link(app: App, username: str = "viewer") -> None:
    accounts.link_identity(app.store, COMMAND_LINE, app.account(username).user_id, KNOWN, utc_now())


def test_the_button_stands_beside_the_password_form(app: App) -> None:
    app.monkeypatch.setattr("pages.ui.session.identity_configured", lambda: True)
    app.monkeypatch.setattr("pages.ui.session.identity", lambda: None)
    run = app.opened()
    assert run.button(key="sign_in_identity").label == "Sign in with your organization"
    assert [each.label for each in run.text_input] == ["Username", "Password"]


def test_a_linked_identity_signs_its_user_in(provided: App) -> None:
    link(provided)
    assert "/session/open" in shown_text(provided.opened())


def test_an_identity_that_is_linked_with_nobody_opens_nothing(provided: App) -> None:
    shown = shown_text(provided.opened())
    assert "/session/open" not in shown
    assert "not linked to a user" in shown


def test_the_identity_of_a_disabled_user_opens_nothing(provided: App) -> None:
    link(provided)
    accounts.disable_user(provided.store, COMMAND_LINE, provided.account("viewer").user_id, utc_now())
    assert "/session/open" not in shown_text(provided.opened())


def test_an_identity_is_linked_on_the_profile(provided: App) -> None:
    run = provided.opened("viewer", "profile")
    run.button(key="profile_link").click().run()
    found = accounts.account_of_identity(provided.store, KNOWN.issuer, KNOWN.subject)
    assert found is not None
    assert found.username == "viewer"


def test_an_identity_of_somebody_else_is_not_taken_over(provided: App) -> None:
    link(provided, "single")
    run = provided.opened("viewer", "profile")
    run.button(key="profile_link").click().run()
    assert "belongs to another user" in run.error[0].value


def test_signing_out_signs_the_identity_out_too(provided: App) -> None:
    link(provided)
    run = provided.opened("viewer")
    run.button(key="layout_sign_out").click().run()
    assert "/auth/logout" in shown_text(run)
    assert not sessions.sessions_of(provided.account("viewer"), provided.store, utc_now())
