"""The app for the tests of its pages (see app.py), and the GitHub that it asks."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from altair.utils import schemapi
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner

from data.calendar import utc_day, utc_now
from data.collection.ledger import Scope
from tests.fake_github import FakeGitHub, Lack, Repository, Token, World
from tests.pages.app import SECRET, App, Stores, cast


@pytest.fixture(autouse=True)
def checked_specifications() -> None:
    """Altair checks what charts are made of; the app spares that."""
    schemapi.enable_debug_mode()


@pytest.fixture(scope="session", autouse=True)
def light_runs() -> Iterator[None]:
    """For each AppTest, Streamlit reads what all installed packages say of themselves, in search of components, of
    which the app uses none; compiles the scripts; and asks a thousand times a second whether the run is over. That took
    longer than all else in these tests.
    """
    compiled = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: compiled)
        patch.setattr(local_script_runner, "time", SimpleNamespace(time=time.time, sleep=lambda _: time.sleep(0.005)))
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled data directory with users; never written to again."""
    directory = tmp_path_factory.mktemp("cast") / "db"
    cast(directory)
    return directory


@pytest.fixture(scope="session")
def stores(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    stores = Stores(template, lambda: tmp_path_factory.mktemp("app"))
    yield stores
    stores.close()


@pytest.fixture
def app(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app over a store that no test before has changed."""
    with stores.lent(monkeypatch) as app:
        yield app


WITHOUT_SCOPE = "ghp_octoReader0123456789abcdefghijABCD"
FORBIDDEN = 3  # a repository whose traffic the token may not read


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A GitHub with four repositories of octo, a token that may read all but one, and one without the scope."""
    days = [utc_day(utc_now()) - timedelta(days=back) for back in range(30)]
    names = {1: "hello", 2: "world", FORBIDDEN: "closed", 4: "new"}
    made = [
        Repository(key, "octo", name, views=dict.fromkeys(days, (10, key)), clones=dict.fromkeys(days, (2, 1)))
        for key, name in names.items()
    ]
    made[1].fork = True
    for repository, stars in zip(made, (5, 0, 90, 12), strict=True):
        repository.stars = {days[-1]: stars}
    reads = Token(SECRET, "octo-maintainer", lacks={FORBIDDEN: Lack.PUSH})
    with FakeGitHub(World(made, [reads, Token(WITHOUT_SCOPE, "octo-reader", 7, scopes=("gist",))])) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        monkeypatch.setenv("TRAFFIC_REQUESTS_A_MINUTE", "60000")
        yield github


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Scope]:
    """The collections that pages start, noted instead of run."""
    begun: list[Scope] = []
    monkeypatch.setattr("pages.ui.collecting.start", lambda scope, **_: begun.append(scope))
    return begun
