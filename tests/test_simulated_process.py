"""The simulated GitHub as a process, and its control endpoint."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulated_github import Repository, SimulatedGitHub, Token
from tests.simulated_github.client import Client

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
ONE = "/repos/sample/one"
Process = subprocess.Popen[str]


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub with one repository and one token."""
    views = {date(2026, 11, 1) + timedelta(days=n): (9, 3) for n in range(40)}
    with SimulatedGitHub.of([Repository(1, "sample", "one", views=views)], [Token("ghp_a")], NOON) as github:
        yield github


@pytest.fixture
def client(github: SimulatedGitHub) -> Iterator[Client]:
    """A client with a token."""
    with Client(github.url, "ghp_a") as client:
        yield client


def started(*arguments: str) -> Process:
    command = [sys.executable, "-m", "tests.simulated_github", "--stop-with-parent", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def address(process: Process) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.fixture
def generated() -> Iterator[Process]:
    """A process with 3 generated repositories at a fixed moment."""
    arguments = "--world generated --repositories 3 --owners 2 --now 2026-11-20T12:00:00Z --requests-an-hour 7"
    process = started(*arguments.split())
    yield process
    process.kill()
    process.wait()


def test_the_first_line_is_the_address_and_it_answers(generated: Process) -> None:
    with Client(address(generated), "ghp_simulated1") as client:
        repositories = client.get("/user/repos").json
        views = client.get(f"/repos/{repositories[0]['full_name']}/traffic/views")
    assert len(repositories) == 3
    assert views.headers["date"] == "Fri, 20 Nov 2026 12:00:00 GMT"
    assert (views.headers["x-ratelimit-limit"], len(views.json["views"])) == ("7", 14)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(generated: Process, number: signal.Signals) -> None:
    assert address(generated).startswith("http://127.0.0.1:")
    generated.send_signal(number)
    assert generated.wait(20) == 0


def test_it_stops_when_its_parent_closes_its_input(generated: Process) -> None:
    assert address(generated)
    generated.communicate(timeout=20)  # closes the input and waits
    assert generated.returncode == 0


def test_the_demo_follows_the_real_time() -> None:
    process = started("--world", "demo")
    try:
        with Client(address(process), "ghp_demoMaintainer0000000000000000000000") as client:
            assert client.get("/repos/Pythagora-io/pythagora/traffic/views").json["count"] > 0
            now = datetime.fromisoformat(client.control("GET", "clock")["now"])
        assert abs(now - datetime.now(UTC)) < timedelta(minutes=5)
    finally:
        process.kill()
        process.communicate()


def test_the_clock_is_set_advanced_and_let_go(client: Client) -> None:
    assert client.control("PUT", "clock", {"now": "2026-11-21T16:00:00Z"})["now"] == "2026-11-21T16:00:00+00:00"
    assert client.control("PUT", "clock", {"advance_s": 3600})["now"] == "2026-11-21T17:00:00+00:00"
    client.control("PUT", "clock", {"follow": True})
    first, second = (client.control("GET", "clock")["now"] for _ in range(2))
    assert first < second
    assert client.get(f"{ONE}/traffic/views").json["views"][-1]["timestamp"] == "2026-11-20T00:00:00Z"


def test_switches_and_limits_are_turned(github: SimulatedGitHub, client: Client) -> None:
    told = {"window_mode": "sparse_with_today", "retired_versions": ["2021-01-01"]}
    assert client.control("PUT", "switches", told)["window_mode"] == "sparse_with_today"
    assert github.switches.retired_versions == frozenset({"2021-01-01"})
    assert client.control("PUT", "limits", {"requests_an_hour": 3})["requests_an_hour"] == 3
    assert client.get(ONE).headers["x-ratelimit-limit"] == "3"


def test_faults_are_added_by_name_or_by_hand(client: Client) -> None:
    fault = {"case": "server_error", "arguments": {"status": 503}, "path": "*/views", "times": 2}
    assert client.control("POST", "faults", fault) == {"faults_waiting": 1}
    client.control("POST", "faults", {"status": 418, "body": {"message": "by hand"}})
    assert [client.get(target).status for target in (ONE, f"{ONE}/traffic/views", ONE)] == [418, 503, 200]
    client.control("DELETE", "faults")
    assert client.get(f"{ONE}/traffic/views").status == 200


def test_things_happen_to_repositories_tokens_and_budgets(github: SimulatedGitHub, client: Client) -> None:
    client.control("POST", "actions", {"action": "rename", "repository": 1, "full_name": "sample/two"})
    assert client.get(ONE).status == 301
    client.control("POST", "actions", {"action": "block", "repository": 1})
    assert client.get("/repositories/1").status == 451
    client.control("POST", "actions", {"action": "use_up", "owner_id": 1001, "resets_in_s": 60})
    assert client.get("/repositories/1").status == 403
    client.control("POST", "actions", {"action": "revoke", "login": "maintainer"})
    assert client.get("/repositories/1").status == 401


def test_what_was_seen_is_told_and_control_is_not_part_of_it(client: Client) -> None:
    client.get(ONE), client.get(f"{ONE}/")
    statistics = client.control("GET", "statistics")
    assert (statistics["requests"], statistics["by_status"]) == (2, {"200": 1, "404": 1})
    assert statistics["owners"]["1001"] == {"used": 2, "remaining": 4998, "at_once": 1}
    assert client.control("GET", "violations") == [f"GET {ONE}/: a slash at the end of the path"]
    assert [seen["target"] for seen in client.control("GET", "requests")] == [ONE, f"{ONE}/"]


def test_what_was_seen_can_be_forgotten(client: Client) -> None:
    client.get(f"{ONE}/")
    client.control("DELETE", "violations")
    client.control("DELETE", "requests")
    statistics = client.control("GET", "statistics")
    assert (statistics["requests"], statistics["violations"]) == (0, 0)


@pytest.mark.parametrize(
    ("method", "what", "told"),
    [
        ("PUT", "clock", {"now": "yesterday"}),
        ("PUT", "clock", {"now": "2026-11-20T12:00:00"}),
        ("PUT", "switches", {"no_such": 1}),
        ("POST", "faults", {"case": "no_such"}),
        ("POST", "actions", {"action": "dance"}),
        ("GET", "weather", None),
    ],
)
def test_nonsense_is_refused(client: Client, method: str, what: str, told: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        client.control(method, what, told)
