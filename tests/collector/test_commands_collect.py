"""`collect`: what it collects, what it says, and how it ends early."""

import json
import re
import signal

from data.store import Store
from data.store.version_files import exclusive
from tests.collector.conftest import SECRET, CommandLine, last_line, refused, repository
from tests.fake_github import FakeGitHub, Lack


def visited(github: FakeGitHub) -> set[str]:
    """The repositories whose views were asked for."""
    return {
        found[1] for seen in github.requests if (found := re.match(r"/repos/octo/(\w+)/traffic/views", seen.target))
    }


def test_a_run_ends_with_a_line_of_what_it_did(with_token: CommandLine) -> None:
    with_token.follow("octo/hello", "octo/world")
    result = with_token("collect")
    assert result.exit_code == 0
    line = result.stdout.splitlines()[-1]
    assert re.fullmatch(
        r"Run 1 is complete: 2 repositories, \d+ requests, \d[\d,]* rows new or changed, 0 failures, [\d.]+ s\.", line
    )


def test_progress_goes_to_the_log_and_results_to_stdout(with_token: CommandLine) -> None:
    with_token.follow("octo/hello")
    result = with_token("collect", "--json")
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ Collecting", result.stderr, re.MULTILINE)
    assert len(result.stdout.splitlines()) == 2
    assert last_line(result)["state"] == "complete"


def test_only_the_tenant_that_is_named_is_collected(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token("tenant", "add", "blue")
    with_token("tenant", "token", "blue", "--token-env", "OCTO_TOKEN")
    with_token.follow("octo/hello")
    with_token.follow("octo/world", tenant="blue")
    assert with_token.facts("collect", "--tenant", "blue")["repositories"] == 1
    assert visited(github) == {"world"}


def test_only_the_repositories_that_are_named_are_collected(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token.follow("octo/hello", "octo/world")
    assert with_token.facts("collect", "--repo", "https://github.com/octo/world")["repositories"] == 1
    assert visited(github) == {"world"}


def test_each_failure_is_named_once_with_its_reason(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token.follow("octo/hello", "octo/world")
    github.world.tokens[SECRET].lacks = {2: Lack.PUSH}
    result = with_token("collect")
    refused(result, "push access", code=1)
    assert result.stderr.count("octo/world") == 1
    assert "octo/hello" not in result.stderr


def test_nothing_followed_says_what_to_do(run: CommandLine) -> None:
    result = run("collect")
    assert result.exit_code == 0
    assert "repo add acme" in result.stdout


def test_no_tenant_says_what_to_do(run_nowhere: CommandLine) -> None:
    run_nowhere("init")
    assert "tenant add" in run_nowhere("collect").stdout


def test_all_paused_says_so(run: CommandLine) -> None:
    run.follow("octo/hello")
    run("repo", "pause", "acme", "octo/hello")
    assert "paused" in run("collect").stdout
    refused(run("collect", "--repo", "octo/hello"), "repo resume")


def test_a_name_that_is_not_followed_is_refused(run: CommandLine) -> None:
    refused(run("collect", "--repo", "octo/hello"), "octo/hello", "repo list")
    refused(run("collect", "--tenant", "nobody"), "no tenant")
    refused(run("collect", "--repo", "nonsense"), "nonsense")


def test_without_a_token_the_run_fails_and_says_why(run: CommandLine, github: FakeGitHub) -> None:
    run.follow("octo/hello")
    result = run("collect")
    assert result.exit_code == 1
    assert "tenant token" in result.output
    assert list(github.requests) == []


def test_a_token_encrypted_with_another_key_is_refused(with_token: CommandLine) -> None:
    with_token.follow("octo/hello")
    with_token.environment["TRAFFIC_SECRET_KEY"] = "A" * 43 + "="
    refused(with_token("collect"), "key")


def test_another_run_in_progress_is_told_and_nothing_is_asked(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token.follow("octo/hello")
    with exclusive(with_token.directory / ".collecting", "collecting", 0):
        refused(with_token("collect", "--repo", "octo/hello"), "going on", "process", code=1)
    assert visited(github) == set()
    with_token.follow("octo/world")
    assert with_token("collect", "--repo", "octo/world").exit_code == 0
    assert visited(github) == {"hello", "world"}, "what was asked for meanwhile is taken up"


def many(run: CommandLine, github: FakeGitHub, count: int = 120) -> None:
    """So many repositories, each slowly answered."""
    for key in range(10, 10 + count):
        github.world.add(repository(key, f"r{key}"))
    run.follow(*(f"octo/r{key}" for key in range(10, 10 + count)))
    github.switches.latency_s = 0.02


def test_a_signal_ends_a_run_and_what_is_committed_stays(with_token: CommandLine, github: FakeGitHub) -> None:
    many(with_token, github)
    process = with_token.start("collect", "--json")
    assert process.stderr is not None
    while "Saved" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    facts = json.loads(stdout.splitlines()[-1])
    assert (process.returncode, facts["state"]) == (1, "stopped")
    assert "Traceback" not in stderr
    with Store(with_token.directory).traffic.read() as cursor:
        ((kept,),) = cursor.execute("select count(distinct repository_id) as kept from daily_traffic").fetchall()
    assert kept > 0
