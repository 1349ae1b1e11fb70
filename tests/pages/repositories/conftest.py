"""The fake GitHub for the pages of repositories, with the token of one tenant stored."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from data.accounts.encryption import open_cipher
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import utc_now
from tests.fake_github import FakeGitHub, Lack, Repository, Token, World
from tests.pages.app import BLUE, App

SECRET = "ghp_octoMaintainer0123456789abcdefWXYZ"
FORBIDDEN = 3  # a repository whose traffic the token may not read


@pytest.fixture
def github(app: App) -> Iterator[FakeGitHub]:
    """A GitHub with three repositories of octo; the tenant Blue has a token that may read the traffic of two."""
    days = [datetime.now(UTC).date() - timedelta(days=back) for back in range(30)]
    names = {1: "hello", 2: "world", FORBIDDEN: "closed"}
    made = [
        Repository(key, "octo", name, views=dict.fromkeys(days, (10, key)), clones=dict.fromkeys(days, (2, 1)))
        for key, name in names.items()
    ]
    made[1].fork = True
    token = Token(SECRET, "octo-maintainer", lacks={FORBIDDEN: Lack.PUSH})
    with FakeGitHub(World(made, [token])) as github:
        app.monkeypatch.setenv("GITHUB_API_URL", github.url)
        app.monkeypatch.setenv("TRAFFIC_REQUESTS_A_MINUTE", "60000")
        store_token(app)
        github.requests.clear()
        yield github


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, str | None]]:
    """The collections that pages start, noted instead of run."""
    begun: list[tuple[str | None, str | None]] = []
    monkeypatch.setattr("pages.ui.collecting.start", lambda tenant, alone: begun.append((tenant, alone)))
    return begun


def store_token(app: App, secret: str = SECRET) -> None:
    """Store a token for the tenant Blue."""
    facts = TokenFacts("classic", "octo-maintainer", 1001, "repo", None)
    encrypted = open_cipher(app.store.directory).encrypt(secret)
    save_token(app.store, BLUE, (encrypted, secret[-4:]), facts, utc_now())
