"""Getting in: the password form, one-time links, a new server. By the organization: ui/test_sign_on_routes.py."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import accounts, invitations, sessions, set_up
from data.accounts.authority import COMMAND_LINE, NewUser
from data.accounts.models import Grant, Role
from data.accounts.tenants import add_tenant, has_tenants, operator, tenants
from data.accounts.tokens import tokens
from data.calendar import utc_now
from data.store import Store
from tests.data.filled import DOCS
from tests.fake_github import FakeGitHub, Token, World
from tests.pages.app import BLUE, PASSWORD, SECRET, App, shown_text

WRONG = "Wrong username or password"
WANTED = Grant(Role.REPOSITORY_VIEWER, BLUE, DOCS)
NEW = "battery horse correct"
TYPED = {"username": "first", "name": "The first", "password": PASSWORD, "again": PASSWORD}


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
    """Whether the browser is sent to the route that redeems a sign-in ticket."""
    return "/session/open" in shown_text(run)


@pytest.mark.parametrize(("username", "password"), [("viewer", PASSWORD), (" Viewer ", f" {PASSWORD} ")])
def test_the_right_password_signs_in(app: App, username: str, password: str) -> None:
    assert has_entered(typed(app.opened(), username, password))


def test_known_unknown_and_disabled_users_are_answered_alike(app: App) -> None:
    accounts.disable_user(app.store, COMMAND_LINE, app.account("single").user_id, utc_now())
    run = app.opened()
    for username in ("viewer", "unknown", "'; drop table account", "a" * 500, "single"):
        typed(run, username, PASSWORD if username == "single" else "another password")
        assert not has_entered(run)
        assert [WRONG in each.value for each in run.error] == [True]


def test_a_password_that_bcrypt_would_cut_is_wrong_and_prints_nothing(
    app: App, capfd: pytest.CaptureFixture[str]
) -> None:
    run = app.opened()
    for username, password in (
        ("viewer", "x" * 73),
        ("tenant", "\u00fc" * 40),
        ("single", "x" * 5000),
        ("both", f"{PASSWORD}\0"),
    ):
        assert WRONG in typed(run, username, password).error[0].value
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
    run.menu_button(key="frame_menu").click("sign_out").run()
    assert sessions.sessions_of(app.account("viewer"), app.store, utc_now()) == ()
    assert "/session/close" in shown_text(run)


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


@pytest.mark.parametrize("guessed", ["", "guessed", "x" * 5000])
def test_a_guessed_link_opens_nothing(app: App, guessed: str) -> None:
    run = app.opened(invitation=guessed)
    assert "This link doesn’t work" in shown_text(run)
    run.button(key="invitation_go_on").click().run()
    assert [each.label for each in run.text_input] == ["Username", "Password"]


def test_what_cannot_be_is_said_and_the_link_stays_good(app: App, secret: str) -> None:
    run = app.opened(invitation=secret)
    for field, text, reason in (
        ("username", "viewer", "already a user"),
        ("again", "x", "do not match"),
        ("name", " ", "A name has"),
    ):
        assert reason in sent(run, **{field: text}).error[0].value.replace("\\", "")
    assert invitations.invitation_of(app.store, secret, utc_now())


def test_who_is_signed_in_adds_the_grant_to_the_own_account(app: App, secret: str) -> None:
    run = app.opened("nobody", invitation=secret)
    run.button(key="invitation_accept").click().run()
    assert app.account("nobody").grants == (WANTED,)
    assert invitations.invitation_of(app.store, secret, utc_now()) is None


def test_who_has_an_account_signs_in_and_takes_the_grant_along(app: App, secret: str) -> None:
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


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An empty data directory, never written to again, and the code that its server has printed."""
    directory = tmp_path_factory.mktemp("blank") / "db"
    store = Store(directory)
    store.prepare()
    code = set_up.renew_setup_code(store, utc_now())
    assert code is not None
    store.close()
    return directory, code


@pytest.fixture
def new_server(blank: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[App, str]]:
    """The app over an empty data directory, and the code that its server has printed."""
    directory, code = blank
    store = Store(shutil.copytree(directory, tmp_path / "db", symlinks=True))
    monkeypatch.setenv("TRAFFIC_DATA_DIR", str(tmp_path / "db"))
    yield App(store, monkeypatch), code
    store.close()


def sent_set_up(run: AppTest, code: str, **changed: str) -> AppTest:
    """The set-up form, filled in and sent."""
    for field, text in {"code": code, **TYPED, **changed}.items():
        run.text_input(key=f"set_up_{field}").input(text)
    return run.button(key="set_up_submit").click().run()


def test_the_printed_code_makes_an_admin_who_is_signed_in(new_server: tuple[App, str]) -> None:
    app, code = new_server
    run = sent_set_up(app.opened(), f" {code.lower().replace('-', ' ')} ")
    assert "/session/open" in shown_text(run)
    assert app.account("first").has(Role.ADMIN)


def test_without_the_code_nobody_is_made(new_server: tuple[App, str]) -> None:
    app, _ = new_server
    run = app.opened()
    for code in ("", "AAAAA-AAAAA-AAAAA-AAAAA", "' or 1 = 1"):
        assert "not the set-up code" in sent_set_up(run, code).error[0].value.replace("\\", "")
    assert not accounts.has_users(app.store)


def test_all_that_cannot_be_is_said_at_once_and_nobody_is_made(new_server: tuple[App, str]) -> None:
    app, _ = new_server
    wrong = {"username": "no spaces here", "email": "nowhere", "password": "short", "again": "shorter"}
    run = sent_set_up(app.opened(), "not the code", **wrong)
    lines = run.error[0].value.replace("\\", "").splitlines()
    reasons = ("not the set-up code", "A username has", "not an e-mail address", "at least 10", "do not match")
    assert [reason in line for reason, line in zip(reasons, lines, strict=True)] == [True] * len(reasons)
    assert not accounts.has_users(app.store)


@pytest.fixture
def without_tenant(new_server: tuple[App, str]) -> Iterator[App]:
    """The app over a store that has its first user and nothing else, beside a GitHub that knows a token."""
    app, code = new_server
    set_up.add_first_user(app.store, code, NewUser("first", "First", None, PASSWORD), utc_now())
    with FakeGitHub(World([], [Token(SECRET, "octo-maintainer")])) as github:
        app.monkeypatch.setenv("GITHUB_API_URL", github.url)
        yield app


def test_the_tenant_is_made_with_its_token_and_its_manager_goes_on_to_the_repositories(without_tenant: App) -> None:
    run = without_tenant.opened("first")
    assert run.title[0].value == "Your first tenant"
    run.text_input(key="first_tenant_name").input("  Octo  Lab ")
    run.text_input(key="first_tenant_token").input(SECRET)
    run.button(key="first_tenant_submit").click().run()
    made = tenants(operator(without_tenant.store), without_tenant.store)
    assert [each.name for each in made] == ["Octo Lab"]
    assert without_tenant.account("first").manages(made[0].tenant_id)
    assert [each.last_four for each in tokens(operator(without_tenant.store), without_tenant.store)] == [SECRET[-4:]]
    assert run.title[0].value == "Add repositories"


def test_nothing_is_made_without_a_name_and_a_token_that_github_accepts(without_tenant: App) -> None:
    run = without_tenant.opened("first")
    for name, secret, reasons in (
        ("", SECRET, ["a name"]),
        (" ", "", ["a name", "Paste a GitHub token"]),
        ("Octo", "ghp_nobody0123456789012345678901234567", ["make a new one"]),
    ):
        run.text_input(key="first_tenant_name").input(name)
        run.text_input(key="first_tenant_token").input(secret)
        run.button(key="first_tenant_submit").click().run()
        lines = run.error[0].value.splitlines()
        assert [reason in line for reason, line in zip(reasons, lines, strict=True)] == [True] * len(reasons)
    assert not has_tenants(without_tenant.store)
    assert not tokens(operator(without_tenant.store), without_tenant.store)


def test_an_unreachable_github_is_said_and_asked_again(without_tenant: App) -> None:
    without_tenant.monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    run = without_tenant.opened("first")
    run.text_input(key="first_tenant_token").input(SECRET)
    run.button(key="first_tenant_submit").click().run()
    assert run.error
    assert SECRET not in shown_text(run)
    assert not run.exception


def test_with_a_tenant_there_is_no_first_one_any_more(without_tenant: App) -> None:
    add_tenant(without_tenant.store, COMMAND_LINE, "Octo", "daily", utc_now())
    assert without_tenant.opened("first").title[0].value == "System log"
