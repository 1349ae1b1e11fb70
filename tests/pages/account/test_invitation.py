"""What a one-time link opens: an account, more roles, a new password; once, and not after it was revoked."""

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import accounts, invitations
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Grant, Role
from data.calendar import utc_now
from tests.data.filled import DOCS
from tests.pages.app import BLUE, PASSWORD, App, shown_text

WANTED = Grant(Role.REPOSITORY_VIEWER, BLUE, DOCS)
NEW = "battery horse correct"


@pytest.fixture
def secret(app: App) -> str:
    """A link to an account that may see the repository docs."""
    return invitations.invite(app.store, "tenant", [WANTED], "new@example.org", utc_now())


def sent(run: AppTest, **typed: str) -> AppTest:
    """The form of a new account, filled in and sent."""
    fields = {"username": "newcomer", "name": "New", "password": NEW, "again": NEW, **typed}
    for field, text in fields.items():
        run.text_input(key=f"invitation_{field}").input(text)
    return run.button(key="invitation_submit").click().run()


def test_the_link_makes_an_account_with_its_grant_which_is_signed_in(app: App, secret: str) -> None:
    run = sent(app.opened(invitation=secret))
    assert "/session/open" in shown_text(run)
    account = app.account("newcomer")
    assert (account.grants, account.email) == ((WANTED,), "new@example.org")


def test_the_secret_leaves_the_address(app: App, secret: str) -> None:
    run = app.opened(invitation=secret)
    assert "invitation" not in run.query_params
    assert secret not in shown_text(run)
    assert run.run().text_input(key="invitation_username")


def test_a_link_is_good_once(app: App, secret: str) -> None:
    sent(app.opened(invitation=secret))
    assert "This link doesn’t work" in shown_text(app.opened(invitation=secret))


@pytest.mark.parametrize("guessed", ["", "guessed", "x" * 5000])
def test_a_guessed_link_opens_nothing(app: App, guessed: str) -> None:
    run = app.opened(invitation=guessed)
    assert "This link doesn’t work" in shown_text(run)
    run.button(key="invitation_go_on").click().run()
    assert [each.label for each in run.text_input] == ["Username", "Password"]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [({"username": "viewer"}, "already a user"), ({"again": "x"}, "not the same"), ({"name": " "}, "A name has")],
)
def test_what_cannot_be_is_said_and_the_link_stays_good(
    app: App, secret: str, typed: dict[str, str], reason: str
) -> None:
    run = sent(app.opened(invitation=secret), **typed)
    assert reason in run.error[0].value.replace("\\", "")
    assert invitations.invitation_of(app.store, secret, utc_now())


def test_who_is_signed_in_adds_the_grant_to_the_own_account(app: App, secret: str) -> None:
    run = app.opened("nobody", invitation=secret)
    run.button(key="invitation_accept").click().run()
    assert app.account("nobody").grants == (WANTED,)
    assert invitations.invitation_of(app.store, secret, utc_now()) is None


def test_who_has_an_account_signs_in_and_takes_the_grant_along(app: App, secret: str) -> None:
    app.monkeypatch.setattr("pages.ui.session.address", lambda: "192.0.2.1")
    run = app.opened(invitation=secret)
    run.button(key="invitation_sign_in").click().run()
    run.text_input[0].input("nobody")
    run.text_input[1].input(PASSWORD)
    run.button[0].click().run()
    assert app.account("nobody").grants == (WANTED,)
    assert "/session/open" in shown_text(run)


def test_putting_it_off_leaves_the_link_good(app: App, secret: str) -> None:
    run = app.opened("viewer", invitation=secret)
    run.button(key="invitation_later").click().run()
    assert run.title[0].value == "Overview"
    assert invitations.invitation_of(app.store, secret, utc_now())


def test_a_reset_link_sets_the_password_and_ends_all_sessions(app: App) -> None:
    key = app.account("viewer").user_id
    secret = invitations.reset_password(app.store, COMMAND_LINE, key, utc_now())
    run = app.opened(invitation=secret)
    for field in ("password", "again"):
        run.text_input(key=f"invitation_reset_{field}").input(NEW)
    run.button(key="invitation_reset_submit").click().run()
    assert accounts.check_password(app.store, "viewer", NEW)
    assert "/session/open" in shown_text(run)
    assert "This link doesn’t work" in shown_text(app.opened(invitation=secret))
