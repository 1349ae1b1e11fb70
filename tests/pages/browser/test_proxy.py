"""The app below a path, behind a real nginx at a port of its own: as in `deploy/`, and in a form the docs warn of."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from data.accounts import accounts, sessions, sign_on
from data.accounts.api_tokens import NewToken, add_api_token
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Grant, Role
from data.calendar import utc_now
from pages.ui.session_routes import COOKIE
from tests.pages.app import BLUE, PASSWORD
from tests.pages.browser.conftest import Visit
from tests.pages.organization import Organization, organization
from tests.pages.ui.live import PATIENCE_S, ROOT, Live, serving

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx, a package of Debian and others")
EXAMPLE = (ROOT / "deploy/nginx.conf").read_text()
MAIN = """daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def until_listening(port: int) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < give_up_at, "nginx did not start"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def provider() -> Iterator[Organization]:
    with organization() as found:
        yield found


@pytest.fixture(scope="module")
def live(template: Path, tmp_path_factory: pytest.TempPathFactory, provider: Organization) -> Iterator[Live]:
    """Two ways to one server below /traffic: as it is documented, and (at the next port) with $host."""
    folder, ports = tmp_path_factory.mktemp("proxy"), (free_port(), free_port())
    shutil.copytree(template, folder / "db", symlinks=True)
    secrets = folder / "secrets.toml"
    secrets.write_text(provider.secrets(f"http://127.0.0.1:{ports[0]}/traffic"))
    with serving(folder / "db", "--server.baseUrlPath", "traffic", "--secrets.files", str(secrets)) as live:
        example = EXAMPLE.replace("127.0.0.1:8501", live.origin.removeprefix("http://")).replace(
            "/var/log/nginx", str(folder)
        )
        example = re.sub(r" *(listen \[::\]|ssl_|server_name).*\n", "", example).replace(
            "location /", "location /traffic/"
        )
        shared, _, server = example.partition("server {\n    listen")
        servers = [re.sub(r"^[^;]+;", f"server {{\n listen 127.0.0.1:{port};", server) for port in ports]
        servers[1] = servers[1].replace("$http_host", "$host")
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, server="\n".join([shared, *servers])))
        proxy = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        try:
            for port in ports:
                until_listening(port)
            yield replace(live, url=f"http://127.0.0.1:{ports[0]}/traffic", printed=str(ports[1]))
        finally:
            proxy.terminate()
            proxy.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def dropped(live: Live) -> Live:
    """The same by the proxy that drops the port of the header Host."""
    return replace(live, url=f"http://127.0.0.1:{live.printed}/traffic")


def test_one_signs_in_below_the_path_and_stays_there(live: Live, visit: Visit) -> None:
    visitor = visit(live.url)
    visitor.open("overview")
    visitor.sign_in("viewer", PASSWORD)
    assert visitor.page.url == f"{live.url}/overview"
    visitor.drawn()
    assert any("/traffic/repository?of=" in each for each in visitor.received)
    (cookie,) = [each for each in visitor.page.context.cookies() if each["name"] == COOKIE]
    assert cookie["path"] == "/traffic"
    visitor.choose_in_menu("Sign out")
    expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert visitor.page.url == f"{live.url}/"


def test_one_signs_in_by_the_organization_and_lands_where_one_wanted_to_be(
    live: Live, visit: Visit, provider: Organization
) -> None:
    provider.knows("eve", email="eve@corp.example", email_verified=True, name="Eve")
    granted = Grant(Role.TENANT_VIEWER, BLUE)
    rule = sign_on.NewSignOnRule(sign_on.RuleKind.DOMAIN, provider.issuer, "corp.example", granted)
    for subject in ("unknown", "eve"):
        visitor = visit(live.url)
        visitor.open("daily?range=14+days&repository=blue%2Fengine")
        wanted = visitor.page.url
        visitor.press("Sign in with your organization")
        visitor.page.get_by_placeholder("sub").fill(subject)
        visitor.page.get_by_role("button", name="Authorize").click()
        if subject == "unknown":
            expect(visitor.page.get_by_text("you have no user here yet")).to_be_visible()
            sign_on.add_rule(live.store, COMMAND_LINE, rule, utc_now())
    visitor.is_signed_in()
    assert {row[0] for row in visitor.rows()[1:]} == {"blue/engine"}
    assert visitor.page.url == wanted == f"{live.url}/daily?range=14+days&repository=blue%2Fengine"
    visitor.choose_in_menu("Sign out")
    visitor.page.wait_for_url(f"{provider.issuer}/oauth2/end_session?**")


def test_what_a_client_says_of_its_own_address_is_not_believed(live: Live) -> None:
    viewer = accounts.active_account(live.store, "viewer")
    assert viewer is not None
    ticket = sessions.make_ticket(live.store, viewer.user_id, utc_now())
    assert live.ask("POST", "/session/open", ticket, Origin=live.origin, X_Forwarded_For="6.6.6.6").status == 204
    with live.store.control.read() as cursor:
        assert ("6.6.6.6",) not in cursor.execute("select address from sign_in_session").fetchall()


def test_an_api_request_that_names_200_repositories_comes_through_with_its_next_page(live: Live) -> None:
    viewer = accounts.active_account(live.store, "viewer")
    assert viewer is not None
    token = add_api_token(live.store, COMMAND_LINE, viewer.user_id, NewToken("test"), utc_now())
    long_name = "repository=" + "".join(f"%{ord(letter):02x}" for letter in "blue/engine")
    for path in ("traffic", "traffic.csv"):
        query = "&".join([long_name] * 200)
        answer = live.ask("GET", f"/api/v1/{path}?limit=1&{query}", Authorization=f"Bearer {token}")
        assert (answer.status, "cursor=" in answer.headers.get("link", answer.body)) == (200, True)


def test_a_deeper_address_leads_to_the_page_below_the_path(live: Live) -> None:
    answer = live.ask("GET", "/deeper/daily?range=All", Accept="text/html")
    assert (answer.status, answer.headers["location"]) == (307, "/traffic/daily?range=All")
    assert live.ask("GET", "/_stcore/metrics").status == 404
    assert live.ask("GET", "/media/a.csv").status == 404
    assert live.ask("GET", "/_stcore/health").status == 200


def test_a_page_behind_a_proxy_that_drops_the_port_says_why_it_cannot_connect(dropped: Live, visit: Visit) -> None:
    visitor = visit(dropped.url)
    visitor.page.goto(f"{dropped.url}/daily")
    alert = visitor.page.get_by_role("alert")
    expect(alert).to_contain_text(f"opened at {dropped.origin}, but the server was asked as 127.0.0.1.")
    expect(alert).to_contain_text("proxy_set_header Host $http_host")
