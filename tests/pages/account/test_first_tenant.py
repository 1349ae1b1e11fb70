"""The first tenant of a new server: made with a token that GitHub has checked, in one go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.accounts import accounts
from data.accounts.authority import NewUser
from data.accounts.tenants import add_tenant, has_tenants, operator, tenants
from data.accounts.tokens import tokens
from data.calendar import utc_now
from data.store import Store
from tests.fake_github import FakeGitHub, Token, World
from tests.pages.app import PASSWORD, App, shown_text

SECRET = "ghp_octoMaintainer0123456789abcdefWXYZ"


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app over a store that has its first user and nothing else, beside a GitHub that knows a token."""
    store = Store(tmp_path / "db")
    store.prepare()
    code = accounts.renew_setup_code(store, utc_now())
    accounts.add_first_user(store, code or "", NewUser("first", "First", None, PASSWORD), utc_now())
    with FakeGitHub(World([], [Token(SECRET, "octo-maintainer")])) as github:
        monkeypatch.setenv("TRAFFIC_DATA_DIR", str(tmp_path / "db"))
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        yield App(store, monkeypatch)
    store.close()


def test_github_s_word_on_the_token_is_shown_before_anything_is_made(new: App) -> None:
    run = new.opened("first")
    run.text_input(key="first_tenant_token").input(SECRET).run()
    assert "octo\\-maintainer" in shown_text(run)
    assert "scopes repo" in shown_text(run)
    assert not has_tenants(new.store)


def test_the_tenant_is_made_with_its_token_and_its_manager_goes_on_to_the_repositories(new: App) -> None:
    run = new.opened("first")
    run.text_input(key="first_tenant_name").input("  Octo  Lab ")
    run.text_input(key="first_tenant_token").input(SECRET)
    run.button(key="first_tenant_submit").click().run()
    made = tenants(operator(new.store), new.store)
    assert [each.name for each in made] == ["Octo Lab"]
    assert new.account("first").manages(made[0].tenant_id)
    assert [each.last_four for each in tokens(operator(new.store), new.store)] == [SECRET[-4:]]
    assert run.title[0].value == "Add repositories"


@pytest.mark.parametrize(
    ("name", "secret"), [("", SECRET), ("Octo", ""), ("Octo", "ghp_nobody0123456789012345678901234567")]
)
def test_nothing_is_made_without_a_name_or_a_token_that_github_accepts(new: App, name: str, secret: str) -> None:
    run = new.opened("first")
    run.text_input(key="first_tenant_name").input(name)
    run.text_input(key="first_tenant_token").input(secret)
    run.button(key="first_tenant_submit").click().run()
    assert run.error
    assert not has_tenants(new.store)
    assert not tokens(operator(new.store), new.store)


def test_an_unreachable_github_is_said_and_asked_again(new: App) -> None:
    new.monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    run = new.opened("first")
    run.text_input(key="first_tenant_token").input(SECRET).run()
    assert run.error
    assert SECRET not in shown_text(run)
    assert not run.exception


def test_with_a_tenant_there_is_no_first_one_any_more(new: App) -> None:
    add_tenant(new.store, "Octo", "daily", utc_now())
    assert new.opened("first").title[0].value == "System log"
