"""The simulated connections: kept open, broken, dripping, silent, sent elsewhere; and the end of the server."""

import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from tests.simulated_github import Fault, Repository, SimulatedGitHub, Token, fault_cases, spoiled
from tests.simulated_github.answers import Answer
from tests.simulated_github.client import Client

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE = "/repos/sample/one"


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub with one repository and one token."""
    with SimulatedGitHub.of([Repository(1, "sample", "one")], [Token("ghp_a")], NOON) as github:
        yield github


@pytest.fixture
def client(github: SimulatedGitHub) -> Iterator[Client]:
    """A client with a token."""
    with Client(github.url, "ghp_a") as client:
        yield client


@pytest.fixture
def plain(github: SimulatedGitHub) -> Iterator[socket.socket]:
    """A bare connection on which one request has been sent."""
    with socket.create_connection(("127.0.0.1", urlsplit(github.url).port or 0), timeout=10) as plain:
        yield plain


def sent(plain: socket.socket) -> socket.socket:
    plain.sendall(f"GET {ONE} HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n".encode())
    return plain


def everything(plain: socket.socket) -> bytes:
    """All bytes until the other side closes."""
    return b"".join(iter(lambda: plain.recv(65536), b""))


def split(whole: bytes) -> tuple[int, bytes]:
    """What `content-length` promises, and the body that came."""
    head, _, body = whole.partition(b"\r\n\r\n")
    [length] = [line.split(b":")[1] for line in head.split(b"\r\n") if line.startswith(b"content-length")]
    return int(length), body


def test_a_connection_serves_many_requests(plain: socket.socket) -> None:
    for _ in range(3):
        response = http.client.HTTPResponse(sent(plain))
        response.begin()
        assert json.loads(response.read())["id"] == 1


def test_a_connection_ends_when_the_client_wants_it(plain: socket.socket) -> None:
    plain.sendall(f"GET {ONE} HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\nConnection: close\r\n\r\n".encode())
    length, body = split(everything(plain))
    assert length == len(body)


def test_a_connection_may_end_before_the_answer(github: SimulatedGitHub, plain: socket.socket) -> None:
    github.faults.add(fault_cases.closed_before_answer())
    assert everything(sent(plain)) == b""


def test_a_connection_may_be_reset_in_the_body(github: SimulatedGitHub, plain: socket.socket) -> None:
    github.faults.add(fault_cases.reset_in_body())
    with pytest.raises(ConnectionResetError):
        everything(sent(plain))


def test_a_body_may_be_shorter_than_promised(github: SimulatedGitHub, plain: socket.socket) -> None:
    github.faults.add(fault_cases.truncated_body())
    length, body = split(everything(sent(plain)))
    assert len(body) == length // 2


def test_chunks_may_have_no_end(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.chunked_without_end())
    with pytest.raises(http.client.IncompleteRead):
        client.get(ONE)


def test_a_body_may_drip_byte_by_byte() -> None:
    here, there = socket.socketpair()
    pauses: list[float] = []

    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0)
            return False

    with here, there:
        assert spoiled.dripping(0.5)(here, Answer(200, b"123456"), Watched())
        assert there.recv(65536).endswith(b"content-length: 6\r\n\r\n123456")
    assert pauses == [0.5] * 6


def test_a_drip_reaches_the_client_whole(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(Fault(200, b"123456", send=fault_cases.slow_drip(0.01).send))
    assert client.get(ONE).body == b"123456"


def test_a_body_may_never_come(github: SimulatedGitHub, plain: socket.socket) -> None:
    github.faults.add(fault_cases.headers_then_nothing(for_s=30))
    assert sent(plain).recv(65536).endswith(b"\r\n\r\n")
    plain.settimeout(0.3)
    with pytest.raises(TimeoutError):
        plain.recv(1)


def test_an_answer_may_never_come(github: SimulatedGitHub, plain: socket.socket) -> None:
    github.faults.add(fault_cases.no_answer(for_s=30))
    plain.settimeout(0.3)
    with pytest.raises(TimeoutError):
        sent(plain).recv(1)


def test_a_body_may_be_huge_and_the_client_may_leave(github: SimulatedGitHub, plain: socket.socket) -> None:
    github.faults.add(fault_cases.huge_body(megabytes=500))
    length, _ = split(sent(plain).recv(65536))
    assert length > 500_000_000
    plain.close()
    with Client(github.url) as another:
        assert another.get(ONE).status == 200


def test_a_plain_body_may_claim_to_be_packed(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.wrong_content_encoding())
    with pytest.raises(gzip.BadGzipFile):
        client.get(ONE, accept_encoding="gzip")


def test_a_redirect_may_go_round_in_a_circle(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.redirect_loop())
    replies = [client.get(ONE) for _ in range(7)]
    assert {(reply.status, reply.headers["location"]) for reply in replies} == {(301, f"{github.url}{ONE}")}


def test_a_token_that_follows_to_another_host_is_seen_there(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.redirect_to_other_host())
    location = client.get(ONE).headers["location"]
    assert urlsplit(location).hostname == "localhost"
    with Client(github.url, "ghp_a") as careless:
        careless.get(ONE, host=urlsplit(location).netloc)
    assert github.violations == [f"GET {ONE}: a token was sent to another host"]


def test_a_redirect_may_be_plain_relative_temporary_or_empty(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.redirect_to_plain_http(), fault_cases.relative_redirect(307))
    github.faults.add(fault_cases.temporary_redirect(), fault_cases.redirect_without_location())
    replies = [client.get(ONE) for _ in range(4)]
    assert [(reply.status, reply.headers.get("location")) for reply in replies] == [
        (301, f"http://127.0.0.1:1{ONE}"),
        (307, f"{ONE}?from=elsewhere"),
        (302, f"{github.url}{ONE}?from=elsewhere"),
        (301, None),
    ]


def test_stopping_ends_what_is_silent_and_frees_the_port(github: SimulatedGitHub) -> None:
    other = SimulatedGitHub.of([Repository(1, "sample", "one")], [], NOON).start()
    port = urlsplit(other.url).port or 0
    other.faults.add(fault_cases.no_answer(for_s=600))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        sent(plain)
        while other.requests.in_flight == 0:
            time.sleep(0.005)
        other.stop()
        assert everything(plain) == b""
    with SimulatedGitHub(port=port) as again:
        assert again.url == other.url


def test_a_server_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with SimulatedGitHub.of([Repository(1, "sample", "one")], [], NOON) as github, Client(github.url) as client:
        client.get(ONE)
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.005)
    assert threading.active_count() <= before


def test_a_failure_of_the_simulation_itself_is_a_violation(
    github: SimulatedGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    github.world.repositories[1].stats = lambda _: 1 // 0  # type: ignore[assignment, return-value]
    with Client(github.url, "ghp_a") as client, pytest.raises(http.client.RemoteDisconnected):
        client.get(ONE)
    assert github.violations[0].startswith(f"the simulation itself failed at {ONE}: ZeroDivisionError")
    github.stop()
    assert "ZeroDivisionError" in capsys.readouterr().err
