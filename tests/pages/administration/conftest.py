"""The fake GitHub for the pages of administration: a token that works, and one that lacks the scope."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from data.accounts.encryption import open_cipher
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import utc_now
from tests.fake_github import FakeGitHub, Token, World
from tests.pages.app import App

SECRET = "ghp_octoMaintainer0123456789abcdefWXYZ"
WITHOUT_SCOPE = "ghp_octoReader0123456789abcdefghijABCD"
STRANGE = "ghp_octoNobody0123456789abcdefghij0000"


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A GitHub that knows two tokens."""
    tokens = [Token(SECRET, "octo-maintainer"), Token(WITHOUT_SCOPE, "octo-reader", 7, scopes=("gist",))]
    with FakeGitHub(World([], tokens)) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        monkeypatch.setenv("TRAFFIC_REQUESTS_A_MINUTE", "60000")
        yield github


def store_token(app: App, tenant_id: int, days: float | None = None) -> None:
    """Store a token for a tenant; it expires after so many days, or never."""
    expires_at = None if days is None else utc_now() + timedelta(days=days)
    facts = TokenFacts("classic", "octo-maintainer", 1, "repo", expires_at)
    encrypted = open_cipher(app.store.directory).encrypt(SECRET)
    save_token(app.store, tenant_id, (encrypted, SECRET[-4:]), facts, utc_now())
