"""What a browser is told where something fails: a sentence, all security headers, and nothing of the server's files."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from data.accounts.encryption import KeyUnusable
from data.store import StoreBusy, StoreNotWritten, StoreUnreadable
from pages.ui import messages, middleware, session_routes
from tests.pages.app import App, shown_text

WAY = "/srv/somewhere/traffic.duckdb"


def failing(request: Request) -> Response:
    raise RuntimeError(WAY)


def page(request: Request) -> Response:
    return PlainTextResponse("")


async def refusing(socket: WebSocket) -> None:
    await socket.close(1008)


async def accepting(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture(scope="module")
def client() -> TestClient:
    """Our middleware and doors around routes that fail in every way."""
    routes = [
        *session_routes.routes(),
        Route("/failing", failing),
        Route("/media/{name}", page),
        Route("/{name}", page),
    ]
    sockets = [WebSocketRoute("/refusing", refusing), WebSocketRoute("/accepting", accepting)]
    around = middleware.middleware()
    return TestClient(Starlette(routes=[*sockets, *routes], middleware=around), follow_redirects=False)


def protected(answer: object) -> bool:
    """Whether the answer has every security header."""
    told = answer.headers  # type: ignore[attr-defined]
    return {name: told.get(name) for name in middleware.HEADERS} == middleware.HEADERS


def test_what_nobody_expected_is_answered_with_the_headers_and_no_detail(client: TestClient) -> None:
    answer = client.get("/failing")
    assert answer.status_code == 500
    assert WAY not in answer.text
    assert protected(answer)


def test_a_socket_has_the_headers_whether_it_is_opened_or_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/refusing"):
        pass
    assert refused.value.status_code == 403
    assert protected(refused.value)
    with client.websocket_connect("/accepting") as socket:
        sent: list[tuple[bytes, bytes]] = list(socket.extra_headers or ())
        told = {name.decode().lower() for name, _ in sent}
    assert {name.lower() for name in middleware.HEADERS} <= told


def test_a_file_to_be_saved_is_kept_nowhere(client: TestClient) -> None:
    assert client.get("/media/a.csv").headers["cache-control"] == "no-store"


def test_a_browser_at_a_deeper_address_is_sent_to_the_page_with_its_query(client: TestClient) -> None:
    answer = client.get("/traffic/daily?range=All", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/daily?range=All")
    assert protected(answer)


@pytest.mark.parametrize("door", [session_routes.OPEN_PATH, session_routes.CLOSE_PATH])
def test_a_door_without_a_store_says_so(client: TestClient, door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise StoreUnreadable(WAY)

    monkeypatch.setattr(session_routes, "the_store", gone)
    sent = {"Origin": "http://testserver", "Cookie": f"{session_routes.COOKIE}=x"}
    answer = client.post(door, content="x", headers=sent)
    assert answer.status_code == 503
    assert WAY not in answer.text
    assert protected(answer)


@pytest.mark.parametrize("error", [StoreBusy, StoreNotWritten, StoreUnreadable, KeyUnusable])
def test_a_page_without_its_store_tells_the_way_to_the_file_to_the_log_only(
    app: App, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> None:
        raise error(WAY)

    app.monkeypatch.setattr("pages.ui.session.viewer", failing)
    with caplog.at_level(logging.WARNING, messages.log.name):
        run = app.opened("viewer", "daily")
    assert "just now" in shown_text(run) or "cannot be used" in shown_text(run)
    assert WAY not in shown_text(run)
    assert WAY in caplog.text
