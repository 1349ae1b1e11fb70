"""What stands around the whole app: security headers on every answer, redirects, sentences for failures."""

import logging
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket
from streamlit import net_util
from streamlit.web.server.starlette import starlette_websocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from data.accounts.encryption import KeyUnusable
from data.store import StoreBusy, StoreNotWritten, StoreUnreadable
from pages.ui import messages, middleware, session, session_routes
from pages.ui.middleware import HEADERS, meant
from tests.pages.app import App, shown_text
from tests.pages.ui.live import Live, serving

KINDS = {
    "the page": ("GET", "/"),
    "the page at an address of its own": ("GET", "/weekly"),
    "an address deeper than a page's": ("GET", "/traffic/weekly"),
    "a file of the page": ("GET", "/static/js/nothing.js"),
    "the health": ("GET", "/_stcore/health"),
    "a file that is not there": ("GET", "/media/nothing.csv"),
    "a component that is not there": ("GET", "/component/nothing/index.html"),
    "a route of sessions that refuses": ("POST", "/session/open"),
    "a route of sessions with the wrong method": ("DELETE", "/session/close"),
    "the settings of the host": ("GET", "/_stcore/host-config"),
}
WAY = "/srv/somewhere/traffic.duckdb"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server over nothing yet."""
    with serving(tmp_path_factory.mktemp("headers") / "db") as live:
        yield live


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_the_security_headers(live: Live, kind: str) -> None:
    headers = live.ask(*KINDS[kind]).headers
    assert {name: headers.get(name.lower()) for name in HEADERS} == HEADERS


def test_a_request_that_names_10_000_repositories_is_answered_in_the_form_of_the_api(live: Live) -> None:
    answer = live.ask("GET", f"/api/v1/traffic?{'&'.join(['repository=octo-organization/a-repository'] * 10_000)}")
    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")


def test_another_site_s_socket_is_refused_with_the_headers(live: Live) -> None:
    address = live.url.replace("http", "ws", 1) + "/_stcore/stream"
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(address, origin=Origin("http://elsewhere.example"), proxy=None),
    ):
        pass
    answer = refused.value.response
    assert answer.status_code == 403
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_no_other_site_may_frame_the_app_or_be_spoken_to(live: Live) -> None:
    headers = live.ask("GET", "/").headers
    assert headers["content-type"].startswith("text/html"), "a file keeps its own headers"
    policy = headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer", "with each file that it loads a page would tell its address"
    assert "frame-ancestors 'none'" in policy
    assert "http:" not in policy
    assert "*" not in policy
    assert live.ask("GET", "/").headers["content-type"].startswith("text/html"), "a file's own headers stay"


def test_a_new_server_prints_the_set_up_code_and_asks_for_it_at_every_address(live: Live) -> None:
    code = live.printed.split("set-up code: ")[1].split()[0]
    for address in ("", "weekly", "users"):
        sent = live.run_page(address)
        assert "Set-up code" in sent
        assert code not in sent


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/traffic/daily", "/daily"),
        ("/administration/users/", "/users"),
        ("/a/b/c/start", "/start"),
        ("/traffic/elsewhere.example", None),
        ("//elsewhere.example/daily", "/daily"),
        *((served, None) for served in ("/", "/daily", "/daily/", "/media/a.csv", "/_stcore/health", "/session/open")),
    ],
)
def test_a_deeper_address_leads_to_the_page_that_was_meant(path: str, target: str | None) -> None:
    assert meant(path) == target


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((page, 200) for page in ("/", "/weekly", "/start")),
        *((none, 404) for none in ("/nothing", "/traffic/nothing", "/index.html", "/badge/nothing", "/mcp/nothing")),
    ],
)
def test_an_address_that_is_no_page_s_is_not_found_and_says_so(live: Live, path: str, status: int) -> None:
    answer = live.ask("GET", path, accept="text/html")
    assert answer.status == status
    assert ("There is no page at this address" in answer.body) == (status == 404)


def failing(request: Request) -> Response:
    raise RuntimeError(WAY)


def page(request: Request) -> Response:
    return PlainTextResponse("")


async def refusing(socket: WebSocket) -> None:
    await socket.close(1008)


async def accepting(socket: WebSocket) -> None:
    """As Streamlit does, where it knows from where it is asked."""
    if not starlette_websocket._is_origin_allowed(socket.headers.get("origin"), socket.headers.get("host")):
        raise AssertionError("Streamlit did not know it")
    await socket.accept()
    await socket.close()


@pytest.fixture(scope="module")
def client() -> TestClient:
    """Our middleware and the routes of sessions around routes that fail in every way."""
    routes = [
        *session_routes.routes(),
        Route("/failing", failing),
        Route("/{name:path}", page),
    ]
    sockets = [WebSocketRoute("/refusing", refusing), WebSocketRoute("/accepting", accepting)]
    with pytest.MonkeyPatch.context() as named:
        named.setenv("TRAFFIC_PUBLIC_ADDRESS", "https://traffic.example.org:8443")
        around = middleware.middleware()
    inner = Starlette(routes=[*sockets, *routes], middleware=around)
    return TestClient(inner, "http://localhost", follow_redirects=False)


def protected(answer: object) -> bool:
    """Whether the answer has every security header."""
    headers = answer.headers  # type: ignore[attr-defined]
    return {name: headers.get(name) for name in middleware.HEADERS} == middleware.HEADERS


def test_what_nobody_expected_is_answered_with_the_headers_and_no_detail(client: TestClient) -> None:
    answer = client.get("/failing")
    assert answer.status_code == 500
    assert WAY not in answer.text
    assert protected(answer)


def test_a_socket_has_the_headers_whether_it_is_opened_or_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("ws://localhost/refusing"):
        pass
    assert refused.value.status_code == 403
    assert protected(refused.value)
    with client.websocket_connect("ws://localhost/accepting") as socket:
        sent: list[tuple[bytes, bytes]] = list(socket.extra_headers or ())
        names = {name.decode().lower() for name, _ in sent}
    assert {name.lower() for name in middleware.HEADERS} <= names


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/a", {"Host": "elsewhere.example"}, 403),
        ("/a", {"Host": "[bad"}, 400),
        ("/a", {"Origin": "http://[bad"}, 200),  # who only reads need not say where it comes from
        *((path, {"Host": "10.1.2.3:8501"}, 200) for path in ("/healthz", "/readyz", "/_stcore/health")),
        ("/_stcore/metrics", {}, 404),
        ("/media/a.csv", {}, 404),
        ("/media/a.csv", {"Cookie": "traffic_session=invented"}, 404),
    ],
)
def test_who_asks_for_what_is_looked_at_first(
    client: TestClient, app: App, path: str, headers: dict[str, str], status: int
) -> None:
    answer = client.get(path, headers=headers)
    assert (answer.status_code, protected(answer)) == (status, True)


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "http://[bad", None])
def test_nothing_is_changed_for_another_site(client: TestClient, origin: str | None) -> None:
    answer = client.post("/session/close", headers={"Origin": origin} if origin else {})
    assert answer.status_code == (400 if origin == "http://[bad" else 403)
    assert protected(answer)


def test_ten_sockets_of_another_site_do_not_have_the_server_look_for_its_own_address(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(net_util, "get_external_ip", lambda: asked.append(1))
    monkeypatch.setattr(net_util, "get_internal_ip", lambda: asked.append(1))
    for number, origin in enumerate(["http://elsewhere.example", "http://[bad"] * 5):
        with (
            pytest.raises(WebSocketDenialResponse) as refused,
            client.websocket_connect("ws://localhost/accepting", headers={"Origin": origin}),
        ):
            pass
        assert refused.value.status_code == (400 if number % 2 else 403)
    for host in ("localhost", "traffic.example.org", "traffic.example.org:8443"):  # a proxy that hands on another host
        with client.websocket_connect(
            "ws://localhost/accepting", headers={"Host": host, "Origin": "https://traffic.example.org:8443"}
        ):
            pass
    assert not asked


def test_a_file_is_given_to_the_session_that_it_was_made_for_and_kept_nowhere(app: App) -> None:
    mine, other = app.signed_in("viewer"), app.signed_in("tenant")

    async def file(request: Request) -> Response:
        return Response("a,b", media_type=f"text/csv; for={session_routes.file_tag(mine)}")

    async def of_guests(request: Request) -> Response:
        return Response("c,d", media_type=session.Files("a link").media_type("text/csv"))

    routes = [Route("/media/a.csv", file), Route("/media/of-nobody.csv", page), Route("/media/guests.csv", of_guests)]
    client = TestClient(Starlette(routes=routes, middleware=middleware.middleware()), "http://localhost")
    asked = {
        (path, who): client.get(f"/media/{path}.csv", headers={"Cookie": f"{session_routes.COOKIE}={who}"})
        for path in ("a", "of-nobody")
        for who in (mine, other)
    }
    of_a_link = client.get("/media/guests.csv")
    assert (of_a_link.text, of_a_link.headers["content-type"]) == ("c,d", "text/csv; charset=utf-8")
    assert client.get("/media/a.csv").status_code == 404
    answer = asked.pop(("a", mine))
    assert (answer.text, answer.headers["cache-control"]) == ("a,b", "no-store")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert {each.status_code for each in asked.values()} == {404}
    assert not any("a,b" in each.text for each in asked.values())


def test_a_browser_at_a_deeper_address_is_sent_to_the_page_with_its_query(client: TestClient) -> None:
    answer = client.get("/traffic/daily?range=All", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/daily?range=All")
    assert protected(answer)


@pytest.mark.parametrize("path", [session_routes.OPEN_PATH, session_routes.CLOSE_PATH])
def test_a_route_of_sessions_without_a_store_says_so(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise StoreUnreadable(WAY)

    monkeypatch.setattr(session_routes, "the_store", gone)
    sent = {"Origin": "http://localhost", "Cookie": f"{session_routes.COOKIE}=x"}
    answer = client.post(path, content="x", headers=sent)
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
