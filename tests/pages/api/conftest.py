"""A program that asks the app: with tokens of the cast, over the routes and what stands around them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from httpx2 import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.accounts.api_tokens import NewToken, add_api_token
from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from pages.api import limits
from pages.api.routes import routes
from pages.ui import middleware
from tests.pages.app import App


@dataclass
class Program:
    """Asks with a token of whichever user is named."""

    app: App
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, username: str, **new: Any) -> str:
        account = self.app.account(username)
        return add_api_token(self.app.store, COMMAND_LINE, account.user_id, NewToken("test", **new), utc_now())

    def get(self, path: str, username: str | None = "tenant", token: str | None = None, **headers: str) -> Response:
        """The answer of an address below /api/v1; a header is named with _ for -."""
        if username is not None and token is None:
            token = self.tokens.get(username) or self.tokens.setdefault(username, self.token(username))
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        answer: Response = self.client.get(f"/api/v1/{path}", headers=sent)
        return answer

    def rows(self, path: str, username: str = "tenant") -> list[dict[str, Any]]:
        answer = self.get(path, username)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found


@pytest.fixture
def program(app: App) -> Iterator[Program]:
    for limit in (limits.OF_A_TOKEN, limits.OF_FAILURES, limits.OF_GUESSES):
        limit.clear()
    inner = Starlette(routes=[*routes()], middleware=middleware.middleware())
    with TestClient(inner, "http://localhost", follow_redirects=False) as client:
        yield Program(app, client)
