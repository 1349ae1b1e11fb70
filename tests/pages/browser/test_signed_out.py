"""A fresh server as a browser that is signed out sees it, what its answers carry, and names that look like markup."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from data.accounts import grants
from data.accounts.authority import COMMAND_LINE, NewUser, save_account
from data.accounts.models import Grant, Role
from data.accounts.passwords import hashed
from data.accounts.tenants import add_tenant
from data.calendar import utc_now
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store
from pages.ui.middleware import HEADERS
from tests.data.filled import NAMES
from tests.pages.app import PASSWORD
from tests.pages.browser.conftest import Visit, cookie_of
from tests.pages.browser.visitor import USER_MENU, Visitor, visiting
from tests.pages.ui.live import Live, serving

ADDRESSES = ("", "daily")  # all others: tests/pages/ui/test_session_routes.py
CONTENT = ("stDataFrame", "stVegaLiteChart", "stMetric", "stSidebarNav", "stDownloadButton")
INSIDE = (*NAMES.values(), "Download these rows", "Sign out")
HOSTILE = '<img src=x onerror="document.title=1">**b** [x](http://e.example) :red[x] $x$'


@pytest.fixture(scope="module")
def fresh(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A fresh server over the cast, with a tenant and a user whose names are full of markup."""
    directory = tmp_path_factory.mktemp("fresh") / "db"
    shutil.copytree(template, directory, symlinks=True)
    with closing(Store(directory)) as store:
        tenant = add_tenant(store, COMMAND_LINE, HOSTILE, "daily", utc_now())
        add_repositories(
            store,
            COMMAND_LINE,
            tenant.tenant_id,
            [RepositoryFacts(999, "evil/markup", "public", False, False)],
            utc_now(),
        )
        with store.control.commit("adding a user") as connection:
            user_id = save_account(connection, NewUser("markup", HOSTILE), hashed(PASSWORD), utc_now())
        for role in (Grant(Role.TENANT, tenant.tenant_id), Grant(Role.ADMIN)):
            grants.grant(store, COMMAND_LINE, user_id, role, utc_now())
    with serving(directory) as live:
        yield live


@pytest.fixture(scope="module")
def signed_out(fresh: Live, browser: Browser) -> Iterator[Visitor]:
    """Somebody who has never been here, and the first to ask this server for anything."""
    with visiting(browser, fresh.url) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def markup(fresh: Live, browser: Browser) -> Iterator[Visitor]:
    """The user whose name, and whose tenant's, is full of markup."""
    with visiting(browser, fresh.url) as visitor:
        visitor.bring(cookie_of(fresh, "markup"))
        yield visitor


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_is_signed_out_gets_the_sign_in_and_nothing_else(signed_out: Visitor, address: str) -> None:
    signed_out.open(f"{address}?range=All")
    expect(signed_out.button("Sign in")).to_be_visible()
    sent = "\n".join([signed_out.page.content(), *signed_out.received])
    assert [each for each in CONTENT if signed_out.page.get_by_test_id(each).count()] == []
    assert [word for word in INSIDE if word in sent] == []


def test_a_reader_is_sent_what_is_not_sent_without_a_session(fresh: Live, visit: Visit) -> None:
    reader = visit(fresh.url)
    reader.bring(cookie_of(fresh, "both"))
    reader.open("daily?range=All")
    reader.drawn()
    assert [word for word in INSIDE if word not in "\n".join(reader.received)] == []


def test_every_answer_that_a_browser_gets_has_the_security_headers(fresh: Live, visit: Visit, tmp_path: Path) -> None:
    reader = visit(fresh.url)
    reader.bring(cookie_of(fresh, "tenant"))
    for title in ("chart", "static/nothing.js", "favicon.ico"):
        reader.page.goto(f"{fresh.url}/{title}")
        if "." not in title:
            reader.drawn()
    reader.open("daily")
    reader.save("Download these rows", tmp_path)
    kinds = {answer.request.resource_type for answer in reader.answers}
    assert {"document", "script", "stylesheet", "font"} <= kinds
    assert [each.url for each in reader.answers if not HEADERS.items() <= named_as_ours(each.headers).items()] == []


def named_as_ours(headers: dict[str, str]) -> dict[str, str]:
    ours = {name.lower(): name for name in HEADERS}
    return {ours[name]: value for name, value in headers.items() if name in ours}


@pytest.mark.parametrize("address", ["tenants", "users", "add", "profile"])
def test_names_with_markup_are_shown_as_they_are(markup: Visitor, address: str) -> None:
    markup.open(address)
    markup.drawn()
    assert HOSTILE in written(markup, USER_MENU)
    assert HOSTILE in written(markup, '[data-testid="stMain"]') or address != "add"  # which names the only tenant
    assert markup.page.locator('img[src="x"], a[href*="e.example"], .katex').count() == 0
    assert markup.page.title() != "1"


def test_a_sign_in_that_does_not_reach_the_server_says_so(live: Live, visit: Visit) -> None:
    visitor = visit(live.url)
    visitor.page.route("**/session/open", lambda route: route.abort())
    visitor.open()
    visitor.fill("Username", "viewer")
    visitor.fill("Password", PASSWORD)
    visitor.press("Sign in")
    expect(visitor.page.locator(".session-fault")).to_have_text(
        "Sign-in failed. Reload this page and try again. The server does not answer."
    )


def written(visitor: Visitor, place: str) -> str:
    """The text in a place, without the sign that keeps an address from becoming a link and has no width."""
    return visitor.page.locator(place).inner_text().replace("\u2060", "")
