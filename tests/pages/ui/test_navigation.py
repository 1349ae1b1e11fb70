"""Which pages each role finds in the navigation, and so can open at all."""

from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from data.accounts import grants
from data.accounts.models import Grant, Role
from data.calendar import utc_now
from pages.ui.navigation import ENTRIES
from tests.pages.app import CAST, App

TRAFFIC = [
    *("overview", "repository", "compare", "report", "subscriptions"),
    *("chart", "daily", "weekly", "dashboards", "sql", "connect"),
]
OFFERED = {
    "admin": ["log", "tenants", "users", "audit"],
    "maintainer": ["log"],
    "tenant": [*TRAFFIC, "repositories", "add", "import", "log", "tenants", "users", "audit"],
    "green-tenant": [*TRAFFIC, "repositories", "add", "import", "log", "tenants", "users", "audit"],
    "viewer": [*TRAFFIC, "repositories"],
    "single": [*TRAFFIC, "repositories"],
    "both": [*TRAFFIC, "repositories"],
    "nobody": [],
}


@pytest.fixture
def offered(app: App, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pages that the last run has offered."""
    seen: list[Any] = []
    real = st.navigation

    def navigation(pages: dict[str, list[Any]], **how: Any) -> Any:
        seen[:] = [page for section in pages.values() for page in section]
        return real(pages, **how)

    monkeypatch.setattr(st, "navigation", navigation)
    return seen


@pytest.mark.parametrize("username", CAST)
def test_a_role_is_offered_its_pages_and_no_others(app: App, offered: list[Any], username: str) -> None:
    app.opened(username)
    listed = OFFERED[username]
    assert [page.url_path for page in offered if page._visibility == "visible"] == ["", *listed[1:]][: len(listed)]
    assert {page.url_path for page in offered} == {"", *listed, "profile", "help", "shared"}


def test_the_first_page_is_listed_at_the_address_at_which_it_is_open(app: App, offered: list[Any]) -> None:
    for address, listed in (("overview", "overview"), ("chart", ""), ("", "")):
        app.opened("viewer", address)
        assert next(page.url_path for page in offered if page._visibility == "visible") == listed


def test_who_is_signed_out_finds_the_sign_in_at_the_address_of_every_page(app: App, offered: list[Any]) -> None:
    app.opened()
    assert {page.url_path for page in offered} == {"", *ENTRIES, "shared"}
    assert {Path(page._page).parent.name for page in offered} == {"sign_in", "shared"}


@pytest.mark.parametrize("username", ["admin", "maintainer", "viewer", "nobody", None])
def test_a_page_that_is_not_offered_is_not_reached(app: App, username: str | None) -> None:
    pages = {"repositories", "add", "import", "log", "tenants", "users", "audit"}
    for page in sorted(pages - {*OFFERED.get(username or "", [])}):
        run = app.opened(username, page)
        assert ENTRIES[page].title not in [each.value for each in run.title]
        widgets = (*run.button, *run.text_input, *run.text_area, *run.selectbox)
        assert not [each.key for each in widgets if (each.key or "").startswith(page.removesuffix("s"))]


def test_a_page_goes_with_the_role_that_it_is_for_in_the_middle_of_a_session(app: App, offered: list[Any]) -> None:
    run = app.opened("tenant", "profile")
    grants.revoke(app.store, "admin", app.account("tenant").user_id, Grant(Role.TENANT, 1), utc_now())
    run.run()
    assert {page.url_path for page in offered} == {"", "profile", "help", "shared"}


def test_a_name_with_markup_is_shown_as_it_is_written(app: App) -> None:
    app.store.control.version()
    with app.store.control.commit("naming") as connection:
        connection.execute("update account set display_name = '**x** [y](http://z) <b>' where username = 'viewer'")
    shown = app.opened("viewer").menu_button(key="frame_menu").label
    assert r"\*\*x\*\*" in shown
    assert r"\<b\>" in shown
    assert r"\[y\]\(http" in shown
    assert "://" not in shown.replace("\\", ""), "it would become a link"
