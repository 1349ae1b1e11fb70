"""The security headers, on every kind of answer that the server gives."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from pages.ui.middleware import HEADERS
from tests.pages.ui.live import Live, serving

KINDS = {
    "the page": ("GET", "/"),
    "the page at an address of its own": ("GET", "/weekly"),
    "an address deeper than a page's": ("GET", "/traffic/weekly"),
    "a file of the page": ("GET", "/static/js/nothing.js"),
    "the health": ("GET", "/_stcore/health"),
    "a file that is not there": ("GET", "/media/nothing.csv"),
    "a component that is not there": ("GET", "/component/nothing/index.html"),
    "a door that refuses": ("POST", "/session/open"),
    "a door asked the wrong way": ("DELETE", "/session/close"),
    "the settings of the host": ("GET", "/_stcore/host-config"),
}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server over nothing yet."""
    with serving(tmp_path_factory.mktemp("headers") / "db") as live:
        yield live


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_the_security_headers(live: Live, kind: str) -> None:
    told = live.ask(*KINDS[kind]).headers
    assert {name: told.get(name.lower()) for name in HEADERS} == HEADERS


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
    policy = live.ask("GET", "/").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "http:" not in policy
    assert "*" not in policy


def test_a_new_server_prints_the_set_up_code_and_asks_for_it_at_every_address(live: Live) -> None:
    code = live.printed.split("set-up code: ")[1].split()[0]
    for address in ("", "weekly", "users"):
        sent = live.run_page(address)
        assert "Set-up code" in sent
        assert code not in sent


def test_the_headers_leave_a_file_s_own_alone(live: Live, tmp_path: Path) -> None:
    assert live.ask("GET", "/").headers["content-type"].startswith("text/html")
