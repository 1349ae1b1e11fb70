"""One browser a run, and the app as a live server over the cast of tests/pages/app.py."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from data.accounts import accounts, sessions
from data.calendar import utc_now
from tests.pages.browser.chromium import NoChromium, launched
from tests.pages.browser.visitor import Visitor, visiting
from tests.pages.ui.live import Live, serving

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, started once."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(launched())
        except NoChromium as error:
            pytest.fail(str(error))
        yield started


@pytest.fixture(scope="session")
def live(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server over the cast, for tests that change nothing there."""
    directory = tmp_path_factory.mktemp("browsed") / "db"
    shutil.copytree(template, directory, symlinks=True)
    with serving(directory) as live:
        yield live


def cookie_of(live: Live, username: str) -> str:
    """A new session of that user, as a cookie."""
    account = accounts.active_account(live.store, username)
    assert account is not None
    ticket = sessions.make_ticket(live.store, account.user_id, utc_now())
    return live.ask("POST", "/session/open", ticket, Origin=live.url).cookies[0].partition(";")[0]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Lets somebody visit a server: `visit(url, locale="en-GB")`; each has a browser context of their own."""
    with ExitStack() as stack:
        yield lambda url, **of_context: stack.enter_context(visiting(browser, url, **of_context))
