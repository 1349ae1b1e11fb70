"""`status` and `log`: what is open, what is lost, what failed, and when that is worth an alarm."""

import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from data.accounts.tenants import operator
from data.accounts.tokens import TokenVerdict, save_verdicts, tokens
from tests.collector.conftest import SECRET, CommandLine, github_of, last_line, refused
from tests.fake_github import FOR_EVER, FakeGitHub, Fault, Lack


@pytest.fixture(scope="module")
def after_a_run(template_with_token: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory where octo/hello was collected just now; never written to again."""
    run = CommandLine(shutil.copytree(template_with_token, tmp_path_factory.mktemp("collected") / "db", symlinks=True))
    run.follow("octo/hello")
    with github_of(run):
        assert run("collect").exit_code == 0
    return run.directory


@pytest.fixture
def collected(with_token: CommandLine, after_a_run: Path) -> CommandLine:
    """The command line over a copy of it."""
    shutil.rmtree(with_token.directory)
    shutil.copytree(after_a_run, with_token.directory, symlinks=True)
    return with_token


def collected_days_ago(run: CommandLine, days: int, *names: str) -> None:
    """Have repositories that were last collected so many days ago."""
    run.follow(*names)
    at = datetime.now(UTC) - timedelta(days=days)
    day = at.date() - timedelta(days=1)
    with run.store.traffic.commit("test") as connection:
        connection.execute("update repository set added_at = $at", {"at": at.replace(tzinfo=None)})
        connection.execute(
            "insert into daily_traffic (repository_id, day, views_source, clones_source) "
            "select repository_id, $last::date - range::integer, 'github', 'github' "
            "from repository cross join range(14)",
            {"last": day},
        )


def expire_token(run: CommandLine, expires_at: datetime, state: str = "valid", reason: str | None = None) -> None:
    store = run.store
    (token,) = tokens(operator(store), store)
    save_verdicts(store, [TokenVerdict(token.token_id, state, reason, expires_at)], datetime.now(UTC))


def alarmed(run: CommandLine, *words: str) -> bool:
    """Whether the status is an alarm, in these words where a monitor reads: the last line says so as well."""
    result = run("status", "--json")
    assert (result.exit_code, last_line(result)["ok"], result.stderr) == (1, False, "")
    return all(word in result.stdout for word in words) and bool(last_line(result)["problems"])


def test_the_facts_are_for_monitoring(collected: CommandLine) -> None:
    facts = collected.facts("status")
    assert (facts["ok"], facts["problems"], facts["last_run"]["state"]) == (True, [], "complete")
    (each,) = facts["repositories"]
    assert (each["repository"], each["gap_days"]) == ("octo/hello", 0)
    assert each["days_until_loss"] >= 12


@pytest.mark.parametrize(("days", "code"), [(5, 0), (6, 1)])
def test_a_loss_within_a_week_is_an_alarm(with_token: CommandLine, days: int, code: int) -> None:
    collected_days_ago(with_token, days, "octo/hello")
    result = with_token("status")
    assert result.exit_code == code
    assert ("octo/hello (acme)" in result.stdout) == bool(code)


def test_a_repository_that_loses_days_comes_first(with_token: CommandLine) -> None:
    collected_days_ago(with_token, 30, "octo/world")
    with_token.follow("octo/hello")
    assert [each["repository"] for each in with_token.facts("status")["repositories"]] == ["octo/world", "octo/hello"]
    assert "Days are being lost" in with_token("status").stdout


def fail(run: CommandLine, github: FakeGitHub, path: str, days: int) -> None:
    """Have an endpoint fail that last answered well so many days ago."""
    github.faults.add(Fault(status=403, body={"message": "Not for you"}, path=path, times=FOR_EVER))
    with run.store.traffic.commit("test") as connection:
        values = {"at": (datetime.now(UTC) - timedelta(days=days)).replace(tzinfo=None)}
        connection.execute("update endpoint_state set last_tried_at = $at, last_good_at = $at, etag = null", values)
    run("collect")


def test_lists_that_fail_for_days_are_an_alarm(collected: CommandLine, github: FakeGitHub) -> None:
    fail(collected, github, "*/popular/*", 1)
    assert collected("status").exit_code == 0
    with collected.store.traffic.commit("test") as connection:
        connection.execute("update endpoint_state set last_good_at = last_good_at - interval 2 day")
    assert alarmed(collected, "octo/hello (acme): paths and referrers fail", "Not for you")


def test_releases_that_fail_for_a_week_are_a_warning_only(collected: CommandLine, github: FakeGitHub) -> None:
    fail(collected, github, "*/releases", 8)
    facts = collected.facts("status")
    assert (facts["ok"], facts["problems"]) == (True, [])
    assert any("octo/hello (acme): releases fail" in each for each in facts["warnings"])
    assert "Not for you" in collected("status").stdout


def test_a_day_that_an_answer_left_out_is_an_alarm_before_it_is_lost(
    with_token: CommandLine, github: FakeGitHub
) -> None:
    with_token.follow("octo/hello")
    day = datetime.now(UTC).date() - timedelta(days=10)
    spoiled = partial(spoil, f"{day}T00:00:00Z")
    github.faults.add(Fault(change=spoiled, path="*/traffic/views", times=FOR_EVER))
    assert f"octo/hello (acme), views: row refused: {day} has more uniques" in with_token("collect").stderr
    assert f"row refused: {day}" in with_token("log").stdout
    assert alarmed(
        with_token,
        "octo/hello (acme): GitHub deletes a day after today",
        f"octo/hello (acme): A part of GitHub's answer could not be used (views): row refused: {day} has more uniques",
    )


def spoil(moment: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer with more uniques than requests on one day."""
    views = [row | {"uniques": row["count"] + 1} if row["timestamp"] == moment else row for row in body["views"]]
    return body | {"views": views}


def test_what_is_paused_is_no_alarm(with_token: CommandLine) -> None:
    collected_days_ago(with_token, 30, "octo/hello")
    with_token("repo", "pause", "acme", "octo/hello")
    assert with_token("status").exit_code == 0


def test_a_tenant_without_a_token_is_an_alarm_once_it_follows_something(run: CommandLine) -> None:
    assert run("status").exit_code == 0
    run.follow("octo/hello")
    assert alarmed(run, "acme: There is no token", "tenant token acme")


def test_a_refused_token_is_an_alarm(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token.follow("octo/hello")
    github.world.tokens[SECRET].revoked = True
    with_token("collect")
    assert alarmed(with_token, "refused", "WXYZ", "tenant token acme")


def test_the_end_of_a_token_is_told_the_louder_the_nearer(with_token: CommandLine) -> None:
    with_token.follow("octo/hello")
    louder = {20: "", 13: "in 13 days", 6: "Soon: ", 1: "Urgent: ", -1: "has expired"}
    for days, expected in louder.items():
        expire_token(with_token, datetime.now(UTC) + timedelta(days=days, minutes=1))
        result = with_token("status")
        assert result.exit_code == (days < 0)
        assert expected in result.stdout
        assert ("tenant token acme" in result.stdout) == bool(expected)


def test_a_token_that_the_key_does_not_open_is_an_alarm_and_no_key_is_made(with_token: CommandLine) -> None:
    with_token.follow("octo/hello")
    key = with_token.directory / "secret.key"
    for content in (None, Fernet.generate_key()):
        key.unlink(missing_ok=True)
        if content:
            key.write_bytes(content)
        assert alarmed(with_token, "acme: The token ending in WXYZ cannot be used", "another key", "tenant token acme")
        (acme,) = with_token.facts("tenant", "list")["tenants"]
        assert acme["token"]["state"] == "unreadable"
        assert "unreadable" in with_token("tenant", "list").stdout
        assert key.exists() is bool(content)


def shifted(run: CommandLine, by: timedelta) -> None:
    """Have all that was collected so far happened so long ago."""
    with run.store.traffic.commit("test") as connection:
        values = {"by": by}
        connection.execute("update repository set added_at = added_at - $by, state_since = state_since - $by", values)
        connection.execute(
            "update endpoint_state set last_tried_at = last_tried_at - $by, last_good_at = last_good_at - $by", values
        )


def test_a_timer_that_is_dead_is_an_alarm_long_before_a_day_is_lost(collected: CommandLine) -> None:
    assert collected("status").exit_code == 0
    shifted(collected, timedelta(days=4))
    assert alarmed(collected, "scheduled collections were missed.", "collector schedule")
    assert "scheduled collections were missed" in collected("tenant", "list").stdout


def test_a_run_that_failed_or_was_killed_is_an_alarm(collected: CommandLine) -> None:
    change = "update collection_run set state = $state, message = 'GitHub is down.'"
    for state, expected in (("failed", "failed. GitHub is down."), ("running", "The process ended before")):
        with collected.store.traffic.commit("test") as connection:
            connection.execute(change, {"state": state})
        result = collected("status")
        assert result.exit_code == 1
        assert expected in result.stdout


def test_most_repositories_refused_are_an_alarm_and_one_is_a_warning(
    with_token: CommandLine, github: FakeGitHub
) -> None:
    with_token.follow("octo/hello", "octo/world")
    github.world.tokens[SECRET].lacks = {2: Lack.PUSH}
    with_token("collect")
    facts = with_token.facts("status")
    assert (facts["ok"], [each["kind"] for each in facts["findings"]]) == (True, ["run", "refused"])
    github.world.tokens[SECRET].lacks = {1: Lack.PUSH, 2: Lack.PUSH}
    with_token("collect")
    assert alarmed(with_token, "acme: GitHub refuses 2 of 2 repositories.", "Must have push access")


def test_only_the_tenant_that_is_named_is_shown(with_token: CommandLine) -> None:
    with_token("tenant", "add", "blue")
    with_token.follow("octo/hello")
    with_token.follow("octo/world", tenant="blue")
    assert [each["repository"] for each in with_token.facts("status", "--tenant", "acme")["repositories"]] == [
        "octo/hello"
    ]
    assert with_token("status", "--tenant", "acme").exit_code == 0
    assert with_token("status", "--tenant", "blue").exit_code == 1


def test_many_repositories_are_shown_by_urgency_not_all(with_token: CommandLine) -> None:
    with_token.follow(*(f"octo/r{key}" for key in range(10, 80)))
    assert "20 less urgent" in with_token("status").stdout
    assert with_token("status", "--all").stdout.count("octo/r") == 70


def test_nothing_followed_says_what_to_do(run: CommandLine) -> None:
    assert "repo add acme" in run("status").stdout


def test_the_log_shows_runs_newest_first(collected: CommandLine) -> None:
    collected("collect")
    facts = collected.facts("log")
    assert [each["run_id"] for each in facts["runs"]] == [2, 1]
    assert facts["failures"] == []
    assert [each["run_id"] for each in collected.facts("log", "--limit", 1)["runs"]] == [2]


def test_the_log_names_each_failure_with_its_reason(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token.follow("octo/hello", "octo/world")
    github.world.tokens[SECRET].lacks = {2: Lack.PUSH}
    with_token("collect")
    github.world.tokens[SECRET].lacks = {}
    with_token("collect", "--repo", "octo/hello")
    lines = [line for line in with_token("log").stdout.splitlines() if line.startswith("Run 1:")]
    assert len(lines) == 1
    assert "octo/world (acme), views: " in lines[0]
    assert [each["run_id"] for each in with_token.facts("log", "--failed")["runs"]] == [1]
    assert with_token.facts("log", "--run", 2)["failures"] == []


def test_the_same_reason_at_several_endpoints_is_one_line(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token.follow("octo/hello")
    github.faults.add(Fault(status=403, body={"message": "No"}, path="*/popular/*", times=FOR_EVER))
    with_token("collect")
    assert "octo/hello (acme), paths, referrers: " in with_token("log").stdout


def test_a_hostile_reason_is_shown_escaped(with_token: CommandLine, github: FakeGitHub) -> None:
    with_token.follow("octo/hello")
    body = {"message": "\x1b]0;owned\x07 \u202e ghp_0123456789abcdef"}
    github.faults.add(Fault(status=403, body=body, path="*/traffic/clones", times=FOR_EVER))
    for words in (["collect"], ["log"], ["log", "--json"], ["status"], ["repo", "list"]):
        output = with_token(*words).output
        assert not {"\x1b", "\x07", "\u202e"} & set(output)
        assert "ghp_" not in output


def test_an_empty_log_says_what_to_do(run: CommandLine) -> None:
    assert "collector collect" in run("log").stdout
    assert "Nothing failed" in run("log", "--failed").stdout


def test_a_run_that_the_log_does_not_know_is_refused(run: CommandLine) -> None:
    refused(run("log", "--run", 7), "no run 7")
    refused(run("log", "--run", 0), "0")
    refused(run("log", "--limit", "many"), "many")
