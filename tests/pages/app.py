"""The app as the tests of its pages open it: a filled store, a user of every role, pages run by AppTest.

Users are signed in for real. `cast(directory)` makes the store once; each test works on a copy (the fixtures are in
conftest.py). Days are counted back from the present one, since the pages look from there: ask `days_ago(3)`.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.accounts import accounts, grants, sessions, set_up
from data.accounts.authority import COMMAND_LINE, NewUser, save_account
from data.accounts.models import Account, Grant, Role
from data.accounts.passwords import hashed
from data.accounts.tenants import add_tenant
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import utc_day, utc_now
from data.collection import ledger
from data.collection.models import EndpointResult, RunState
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store
from pages.ui import session
from pages.ui.store import the_store
from tests.data.filled import DOCS, ENGINE, MIRROR, NAMES, TELESCOPE, counters, listings, traffic

ROOT = Path(__file__).parents[2]
SESSIONS = "sessions.json"  # beside a store that was filled: a session of each user
PASSWORD = "correct horse battery"
SECRET = "ghp_octoMaintainer0123456789abcdefWXYZ"  # a token that GitHub accepts
BLUE, GREEN = 1, 2  # tenants: the engine, docs and mirror are of the one, the telescope of the other
HISTORY_DAYS = 70
OUTAGE = range(35, 55)  # days ago on which the telescope was not collected: longer than GitHub remembers

# A user of each role, named for it; "both" reads in two tenants, "single" the engine alone, "nobody" has no grant.
CAST: dict[str, tuple[Grant, ...]] = {
    "admin": (Grant(Role.ADMIN),),
    "maintainer": (Grant(Role.MAINTAINER),),
    "tenant": (Grant(Role.TENANT, BLUE),),
    "green-tenant": (Grant(Role.TENANT, GREEN),),
    "viewer": (Grant(Role.TENANT_VIEWER, BLUE),),
    "single": (Grant(Role.REPOSITORY_VIEWER, BLUE, ENGINE),),
    "both": (Grant(Role.TENANT_VIEWER, BLUE), Grant(Role.TENANT_VIEWER, GREEN)),
    "nobody": (),
}


@dataclass(frozen=True, slots=True)
class App:
    """The app over a store that is this test's to change; `open_sessions` are those that nobody has used yet, by
    username.
    """

    store: Store
    monkeypatch: pytest.MonkeyPatch
    open_sessions: dict[str, str] = field(default_factory=dict)

    def opened(self, username: str | None = None, page: str = "", /, **query: str | list[str]) -> AppTest:
        """The page at an address ("weekly") as a user sees it who opens its address, or as somebody signed out does.

        Without a page, the user's first one, which is also what the address of a page shows that is not theirs. The
        query is what stands in the address: `opened("viewer", range="All")`.
        """
        if username:
            self.sign_in(username)
        else:
            self.monkeypatch.setattr("pages.ui.session.session_secret", lambda: None)
        run = AppTest.from_file(ROOT / "pages/ui/layout.py", default_timeout=30)
        if page:
            go_to(run, page)
        run.query_params.update(query)
        return run.run()

    def sign_in(self, username: str) -> None:
        """Give the browser a session of that user, instead of the one that it has."""
        secret = self.open_sessions.pop(username, None) or self.signed_in(username)
        self.monkeypatch.setattr("pages.ui.session.session_secret", lambda: secret)

    def signed_in(self, username: str) -> str:
        """The secret of a new session of that user, by a ticket as a browser brings it; no browser has it yet."""
        return new_session(self.store, self.account(username).user_id)

    def sign_out(self) -> None:
        """End the session, while the browser keeps its cookie."""
        sessions.end_session(self.store, session.session_secret() or "")

    def account(self, username: str) -> Account:
        """The account of that name, with its grants of this moment."""
        account = accounts.active_account(self.store, username)
        assert account is not None
        return account


class Stores:
    """Copies of a filled store, lent to one test after another: after one that has written to it comes a new copy."""

    def __init__(self, template: Path, made: Callable[[], Path]) -> None:
        self._template, self._made = template, made
        self._store: Store | None = None
        self._of_pages: Store
        self._content: set[tuple[str, int]] = set()

    @contextmanager
    def lent(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
        """The app over one, as `the_store()` finds it too. What a changed program has answered, nobody else gets."""
        if self._store is None or self._content != _content(self._store.directory):
            self.close()
            shutil.copytree(self._template, directory := self._made() / "db", symlinks=True)
            self._store, self._content = Store(directory, lock_timeout_s=30), _content(directory)
        monkeypatch.setenv("TRAFFIC_DATA_DIR", str(self._store.directory))
        monkeypatch.chdir(ROOT)
        self._of_pages = the_store()
        yield App(self._store, monkeypatch, json.loads(self._template.with_name(SESSIONS).read_text()))
        changed = {name for _, name, _ in monkeypatch._setattr} | {name for _, name, _ in monkeypatch._setitem}
        if changed - {"session_secret", "TRAFFIC_DATA_DIR"}:
            self._store.cache.clear()
            self._of_pages.cache.clear()

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._of_pages.close()
            shutil.rmtree(self._store.directory)


def _content(directory: Path) -> set[tuple[str, int]]:
    """Each file with when it was last changed; the extracts that queries are asked of are of a version, and stay."""
    return {(str(each), each.lstat().st_mtime_ns) for each in directory.rglob("*") if "extracts" not in each.parts}


def cast(directory: Path) -> None:
    """Fill a new store in that directory: two tenants, ten weeks of traffic, a user of every role with a session."""
    store, now = Store(directory), utc_now()
    store.prepare()
    _fill(store, now)
    code = set_up.renew_setup_code(store, now)
    assert code is not None
    admin = set_up.add_first_user(store, code, NewUser("admin", "The admin", None, PASSWORD), now)
    keys = {"admin": admin.user_id}
    for username, granted in CAST.items():
        if username != "admin":
            with store.control.commit("adding a user") as connection:
                key = save_account(connection, NewUser(username, f"The {username}"), hashed(PASSWORD), now)
            for each in granted:
                grants.grant(store, COMMAND_LINE, key, each, now)
            keys[username] = key
    opened = {username: new_session(store, key) for username, key in keys.items()}
    directory.with_name(SESSIONS).write_text(json.dumps(opened))
    store.close()


def new_session(store: Store, user_id: int) -> str:
    """The secret of a new session of a user, by a ticket as a browser brings it."""
    ticket = sessions.make_ticket(store, user_id, utc_now())
    return sessions.redeem_ticket(store, ticket, "Firefox on Linux", "127.0.0.1", utc_now())


def go_to(run: AppTest, page: str) -> AppTest:
    """Have the next run show the page at an address; before the first run too, as when it is typed."""
    run._page_hash = calc_hash(page.rpartition("/")[2])
    return run


def days_ago(days: int) -> date:
    """The UTC day so many days before the present one."""
    return utc_day(utc_now()) - timedelta(days=days)


def shown_text(run: AppTest) -> str:
    """All texts on the page and in the sidebar, one a line."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success", "html")
    blocks = [each for kind in kinds for each in run.get(kind)]
    return "\n".join(str(getattr(each, "value", None) or getattr(each, "proto", "")) for each in blocks)


def titled(run: AppTest) -> str:
    """The title of the page, as it is read."""
    return str(run.title[0].value).replace("\\", "")


def chart(run: AppTest) -> dict[str, Any]:
    """The specification of the one chart on the page."""
    (found,) = run.get("vega_lite_chart")
    spec: dict[str, Any] = json.loads(found.proto.spec)
    return spec


def _fill(store: Store, now: datetime) -> None:
    first_run = now - timedelta(days=HISTORY_DAYS)
    for name in ("Blue", "Green"):
        add_tenant(store, COMMAND_LINE, name, "daily", first_run)
    facts = {key: RepositoryFacts(100 + key, NAMES[key], "public", False, False) for key in NAMES}
    add_repositories(store, COMMAND_LINE, BLUE, [facts[key] for key in (ENGINE, DOCS, MIRROR)], first_run)
    add_repositories(store, COMMAND_LINE, GREEN, [facts[TELESCOPE]], first_run)
    thursday = (now.weekday() - 3) % 7  # days ago: on a Thursday there is a whole week to ask for
    every = sorted({0, 1, *(thursday + 7 * week for week in range(HISTORY_DAYS // 7))}, reverse=True)
    for ages in (every[:5], every[5:8], every[8:]):
        at = now - timedelta(days=ages[-1])
        seen = [each for age in ages for each in _answers(now - timedelta(days=age), age)]
        run_id = ledger.start_run(store, "schedule", at)
        progress = ledger.RunProgress(RunState.COMPLETE, len(seen), len(NAMES))
        ledger.save_results(store, [ledger.Batch(run_id, seen, progress)])
        ledger.finish_runs(store, {run_id: progress}, at + timedelta(minutes=2))


def _answers(at: datetime, age: int) -> Iterator[EndpointResult]:
    for key in NAMES:
        if key != TELESCOPE or age not in OUTAGE:
            yield from traffic(key, at)
            yield from listings(key, at)
            yield from counters(key, at)


def confirmed(run: AppTest, opener: str, typed: str | None = None) -> AppTest:
    """The page after the question that a button opens was answered: ticked, or with that typed into it.

    AppTest runs a dialog with the whole page: what opens one is pressed again to answer it.
    """
    run.button(key=opener).click().run()
    if typed is None:
        run.checkbox(key="confirm_ticked").check()
    else:
        run.text_input(key="confirm_typed").input(typed)
    run.button(key=opener).click()
    return run.button(key="confirm_submit").click().run()


def store_token(app: App, tenant_id: int = BLUE, days: float | None = None, secret: str = SECRET) -> None:
    """Store a token for a tenant; it expires after so many days, or never."""
    expires_at = None if days is None else utc_now() + timedelta(days=days)
    facts = TokenFacts("classic", "octo-maintainer", 1001, "repo", expires_at)
    save_token(app.store, COMMAND_LINE, tenant_id, secret, facts, now=utc_now())
