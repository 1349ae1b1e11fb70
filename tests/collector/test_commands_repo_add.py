"""`repo add`: every name checked before anything is saved, then collected at once."""

import signal

import pytest

from collector.commands import repo
from collector.run import RunInProgress
from data.store import Store
from tests.collector.conftest import SECRET, CommandLine, refused, repository
from tests.fake_github import FOR_EVER, FakeGitHub, Fault, Lack


def days(run: CommandLine) -> dict[str, int]:
    """How many days of traffic are stored of each repository."""
    text = (
        "select full_name, count(day) as days from repository left join daily_traffic using (repository_id) "
        "group by full_name"
    )
    with Store(run.directory).traffic.read() as cursor:
        return dict(cursor.execute(text).fetchall())


def repos(github: FakeGitHub) -> list[str]:
    """The repositories' addresses that were asked for."""
    return [target for target in github.requests.targets() if target.startswith("/repos/")]


def test_repositories_are_added_and_collected_at_once(with_token: CommandLine, github: FakeGitHub) -> None:
    facts = with_token.facts("repo", "add", "acme", "octo/hello", "https://github.com/octo/world/issues")
    assert (facts["ok"], facts["added"]) == (True, ["octo/hello", "octo/world"])
    assert facts["collection"]["state"] == "complete"
    assert all(count >= 13 for count in days(with_token).values())
    assert len(days(with_token)) == 2
    asked = repos(github)
    assert len(asked) == len(set(asked)), "what the check was answered is not asked for again"
    github.requests.clear()
    with_token("collect", "--repo", "octo/hello")
    assert {f"/repos/octo/hello{part}" for part in ("", "/traffic/views", "/traffic/clones")} == {*repos(github)}


def test_the_old_and_the_new_name_of_a_repository_are_one(with_token: CommandLine, github: FakeGitHub) -> None:
    github.world.rename(1, "octo/renamed")
    assert with_token.facts("repo", "add", "acme", "octo/hello", "octo/renamed")["added"] == ["octo/renamed"]


def test_one_that_is_followed_already_is_said_to_be(with_token: CommandLine) -> None:
    with_token("repo", "add", "acme", "octo/hello")
    facts = with_token.facts("repo", "add", "acme", "octo/hello")
    assert (facts["added"], facts["already_tracked"], facts["ok"]) == ([], ["octo/hello"], True)


def test_one_that_another_tenant_tracks_is_added_and_the_other_tenant_told(with_token: CommandLine) -> None:
    with_token("tenant", "add", "Blue")
    with_token.follow("octo/hello", tenant="Blue")
    result = with_token("repo", "add", "acme", "octo/hello")
    assert "octo/hello: also tracked by Blue." in result.stdout
    file = str(with_token.directory.parent / "days.csv")
    written = [
        with_token.facts("export", "daily", "--overwrite", "--to", file, *narrow)["rows"]
        for narrow in ((), ("--tenant", "acme"), ("--repo", "octo/hello"), ("--tenant", "Blue"))
    ]
    assert written[0] == written[1] == written[2] >= 13, "as acme has it, which knows more days"
    assert written[3] == 0


def test_those_that_pass_are_added_and_the_others_told(with_token: CommandLine, github: FakeGitHub) -> None:
    github.world.tokens[SECRET].lacks = {2: Lack.PUSH}
    result = with_token("repo", "add", "acme", "octo/hello", "octo/world")
    refused(result, "octo/world: not added", "push access", code=1)
    assert with_token.states() == {"octo/hello": "active"}
    assert days(with_token)["octo/hello"] >= 13


def test_a_word_that_is_no_name_stops_it_before_github_is_asked(with_token: CommandLine, github: FakeGitHub) -> None:
    refused(with_token("repo", "add", "acme", "octo/hello", "nonsense"), "nonsense")
    assert list(github.requests) == []
    assert with_token.states() == {}


def test_a_token_that_is_refused_adds_nothing(with_token: CommandLine, github: FakeGitHub) -> None:
    github.world.tokens[SECRET].revoked = True
    before = with_token.store.traffic.version()
    refused(with_token("repo", "add", "acme", "octo/hello", "octo/world"), "Bad credentials", code=1)
    assert with_token.store.traffic.version() == before


def test_a_tenant_without_a_token_is_told_how_to_get_one(run: CommandLine, github: FakeGitHub) -> None:
    refused(run("repo", "add", "acme", "octo/hello"), "tenant token acme")
    assert list(github.requests) == []


def test_nobody_listening_at_githubs_address_adds_nothing(with_token: CommandLine, github: FakeGitHub) -> None:
    github.stop()
    with_token.environment["GITHUB_API_URL"] = "http://127.0.0.1:1"
    refused(with_token("repo", "add", "acme", "octo/hello"), "Could not connect to GitHub", code=1)
    assert with_token.states() == {}


def test_a_hostile_sentence_of_githubs_is_shown_escaped(with_token: CommandLine, github: FakeGitHub) -> None:
    said = {"message": "\x1b[2J owned \u202e ghp_0123456789abcdef"}
    github.faults.add(Fault(status=403, body=said, path="/repos/octo/hello*", times=FOR_EVER))
    result = with_token("repo", "add", "acme", "octo/hello")
    assert result.exit_code == 1
    assert not {"\x1b", "\u202e"} & set(result.output)
    assert "ghp_" not in result.output


def test_another_run_in_progress_leaves_collecting_to_the_timer(
    with_token: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise RunInProgress("A run is in progress.")

    monkeypatch.setattr(repo, "collect_and_report", busy)
    result = with_token("repo", "add", "acme", "octo/hello")
    assert result.exit_code == 0
    assert "in progress" in result.stdout
    assert with_token.states() == {"octo/hello": "active"}


def test_a_signal_while_names_are_checked_adds_nothing(with_token: CommandLine, github: FakeGitHub) -> None:
    for key in range(3, 60):
        github.world.add(repository(key, f"r{key}"))
    github.switches.latency_s = 0.2
    process = with_token.start("repo", "add", "acme", *(f"octo/r{key}" for key in range(3, 60)))
    assert process.stderr is not None
    assert "Checking 57" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr.strip()) == (1, "Stopped. Nothing was added.")
    assert with_token.states() == {}
