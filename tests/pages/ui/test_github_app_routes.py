"""The GitHub App made from the page: to GitHub with a manifest, back with a code, then given to a tenant."""

import html
import re
from collections.abc import Iterator

import pytest
import requests
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.accounts.audit import AuditFilter, entries
from data.accounts.github_app import fingerprint, github_app, installations
from data.accounts.tenants import operator
from pages.ui import github_app_routes, middleware
from pages.ui.session_routes import COOKIE
from tests.fake_github import App as FakeApp
from tests.fake_github import FakeGitHub, Installation
from tests.pages.app import BLUE, App, shown_text

NEW = f"{github_app_routes.NEW_PATH}?organization=octo"
PEM = "application/x-pem-file"


@pytest.fixture
def browser(app: App, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser of an admin, over the routes and what stands around them."""
    monkeypatch.setenv("GITHUB_WEB_URL", github.url)
    inner = Starlette(routes=[*github_app_routes.routes()], middleware=middleware.middleware())
    with TestClient(inner, "http://localhost:8501", follow_redirects=False) as client:
        client.cookies.set(COOKIE, app.signed_in("admin"))
        yield client


def confirmed_at_github(page: str) -> str:
    """What the browser does on GitHub with the form of a page; the address to which it is led back."""
    action, manifest = (html.unescape(re.findall(rf'{name}="([^"]*)"', page)[-1]) for name in ("action", "value"))
    shown = requests.post(action, {"manifest": manifest}, timeout=10).text
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', shown)}
    place = f"{action.partition('/organizations')[0]}/settings/apps/made"
    answer = requests.get(place, fields, timeout=10, allow_redirects=False)
    return answer.headers["location"].removeprefix("http://localhost:8501")


def test_an_app_is_made_in_a_click_and_given_to_a_tenant_that_collects_with_it(
    browser: TestClient, app: App, github: FakeGitHub
) -> None:
    assert "actions" not in browser.get(NEW).text
    page = browser.get(f"{NEW}&actions=1")
    policy = page.headers["content-security-policy"]
    assert f"form-action {github.url}/settings/apps/new {github.url}/organizations/;" in policy
    assert f"{github.url}/organizations/octo/settings/apps/new?state=" in page.text
    asked = ("administration", "metadata", "actions")
    assert ", ".join(f"&quot;{each}&quot;: &quot;read&quot;" for each in asked) + "}" in page.text
    assert "hook" not in page.text
    back = browser.get(confirmed_at_github(page.text))
    assert (back.status_code, back.headers["location"]) == (303, "/tenants")
    assert [each.action for each in entries(app.account("admin"), app.store, AuditFilter(actor="admin"))][:1] == [
        "GitHub App added"
    ]
    run = app.opened("admin", "tenants")
    assert "octo" in shown_text(run)
    run.selectbox(key="tenant_app_501_tenant").select(BLUE)
    run.text_input(key="tenant_app_501_rule").input("octo/*,!fork")
    run.button(key="tenant_app_501_save").click().run()
    (given,) = installations(operator(app.store), app.store)
    assert (given.tenant_id, given.repositories, given.rule) == (BLUE, 4, "octo/*,!fork")
    assert "octo" in app.opened("tenant", "tenants").dataframe[0].value["token"][0]
    assert "octo" not in shown_text(app.opened("green-tenant", "tenants"))


@pytest.mark.parametrize("state", ["", "guessed", "\u00e4"])
def test_a_code_that_this_browser_did_not_ask_for_stores_nothing(browser: TestClient, app: App, state: str) -> None:
    location = confirmed_at_github(browser.get(NEW).text)
    code = re.sub("state=.*", "", location)
    assert browser.get(f"{code}state={state}").status_code == 403
    browser.cookies.delete(github_app_routes.STATE_COOKIE)
    assert browser.get(location).status_code == 403
    assert github_app(app.account("admin"), app.store) is None


def test_a_code_is_good_once(browser: TestClient, app: App, github: FakeGitHub) -> None:
    location = confirmed_at_github(browser.get(NEW).text)
    github.world.codes.clear()
    answer = browser.get(location)
    assert answer.status_code == 400
    assert "GitHub does not know the code any more" in answer.text
    assert github_app(app.account("admin"), app.store) is None


@pytest.mark.parametrize("path", [NEW, github_app_routes.CREATED_PATH, github_app_routes.INSTALLED_PATH])
def test_only_an_admin_comes_that_way(browser: TestClient, app: App, path: str) -> None:
    for cookie in (app.signed_in("tenant"), "nobody"):
        browser.cookies.set(COOKIE, cookie)
        assert browser.get(path).status_code == 403


def test_what_is_no_organization_leads_nowhere(browser: TestClient) -> None:
    answer = browser.get(f"{github_app_routes.NEW_PATH}?organization=octo/../../evil")
    assert answer.status_code == 400
    assert "<form" not in answer.text


def test_an_app_made_by_hand_is_stored_and_its_key_exchanged(app: App, github: FakeGitHub) -> None:
    made = github.world.app = FakeApp(installations=[Installation(501, "octo")])
    first, second = made.new_key(), made.new_key()

    def keys() -> list[str]:
        found = github_app(app.account("admin"), app.store)
        return [] if found is None else [each.fingerprint for each in found.keys]

    run = app.opened("admin", "tenants")
    run.button(key="tenant_app_hand").click().run()
    assert "An App has an ID and a private key" in shown_text(run)
    run.number_input(key="tenant_app_id").set_value(made.id)
    run.file_uploader(key="tenant_app_file").set_value(("x.pem", FakeApp().new_key().encode(), PEM))
    run.button(key="tenant_app_hand").click().run()
    assert "GitHub does not accept this key for a GitHub App of the id 77" in shown_text(run)
    run.file_uploader(key="tenant_app_file").set_value(("x.pem", first.encode(), PEM))
    run.button(key="tenant_app_hand").click().run()
    assert keys() == [fingerprint(first)]
    run.file_uploader[0].set_value(("y.pem", second.encode(), PEM))
    run.button(key="tenant_app_key_save").click().run()
    assert keys() == [fingerprint(second), fingerprint(first)]
    run.button(key=f"tenant_app_forget_{fingerprint(first)}").click().run()
    assert keys() == [fingerprint(second)]
    assert "tenant_app_key_save" not in str(app.opened("tenant", "tenants").button)
