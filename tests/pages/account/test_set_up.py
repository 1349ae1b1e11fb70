"""The set-up of a new server: with the code only, once only."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import accounts
from data.accounts.authority import NewUser
from data.accounts.models import Role
from data.calendar import utc_now
from data.store import Store
from tests.pages.app import PASSWORD, App, shown_text

TYPED = {"username": "first", "name": "The first", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[App, str]]:
    """The app over an empty data directory, and the code that its server has printed."""
    store = Store(tmp_path / "db")
    store.prepare()
    code = accounts.renew_setup_code(store, utc_now())
    assert code is not None
    monkeypatch.setenv("TRAFFIC_DATA_DIR", str(tmp_path / "db"))
    yield App(store, monkeypatch), code
    store.close()


def typed(run: AppTest, code: str, **changed: str) -> AppTest:
    """The set-up form, filled in and sent."""
    for field, text in {"code": code, **TYPED, **changed}.items():
        run.text_input(key=f"set_up_{field}").input(text)
    return run.button(key="set_up_submit").click().run()


def test_the_printed_code_makes_an_admin_who_is_signed_in(new: tuple[App, str]) -> None:
    app, code = new
    run = typed(app.opened(), f" {code.lower().replace('-', ' ')} ")
    assert "/session/open" in shown_text(run)
    assert app.account("first").has(Role.ADMIN)


@pytest.mark.parametrize("code", ["", "AAAAA-AAAAA-AAAAA-AAAAA", "' or 1 = 1"])
def test_without_the_code_nobody_is_made(new: tuple[App, str], code: str) -> None:
    app, _ = new
    run = typed(app.opened(), code)
    assert "not the set-up code" in run.error[0].value.replace("\\", "")
    assert not accounts.has_users(app.store)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"again": "another one, typed wrong"}, "not the same"),
        ({"password": "short", "again": "short"}, "at least 10"),
        ({"password": "x" * 80, "again": "x" * 80}, "at most 72"),
        ({"username": "no spaces here"}, "A username has"),
        ({"name": " "}, "A name has"),
        ({"email": "nowhere"}, "not an e-mail address"),
    ],
)
def test_what_cannot_be_is_said_and_nobody_is_made(new: tuple[App, str], changed: dict[str, str], reason: str) -> None:
    app, code = new
    run = typed(app.opened(), code, **changed)
    assert reason in run.error[0].value.replace("\\", "")
    assert not accounts.has_users(app.store)


def test_the_code_works_once(new: tuple[App, str]) -> None:
    app, code = new
    late = app.opened()
    accounts.add_first_user(app.store, code, NewUser("quick", "Quicker", None, PASSWORD), utc_now())
    typed(late, code)
    assert accounts.account_of_identity(app.store, "", "") is None
    assert accounts.active_account(app.store, "first") is None


def test_a_server_with_users_shows_no_set_up(app: App) -> None:
    run = app.opened()
    assert "set_up_code" not in [each.key for each in run.text_input]


def test_the_first_user_goes_on_with_the_first_tenant(new: tuple[App, str]) -> None:
    app, code = new
    accounts.add_first_user(app.store, code, NewUser("first", "First", None, PASSWORD), utc_now())
    assert app.opened("first").title[0].value == "Your first tenant"
