"""`repo list`, `pause`, `resume`, `remove`."""

import pytest

from data.accounts.tenants import operator
from data.repositories.repositories import repositories
from tests.collector.conftest import CommandLine, last_line, refused


def test_an_empty_list_says_what_to_do(run: CommandLine) -> None:
    assert "repo add acme OWNER/NAME" in run("repo", "list").stdout
    assert run.facts("repo", "list") == {"ok": True, "repositories": []}


def test_the_list_shows_the_repositories_of_a_tenant(run: CommandLine) -> None:
    run("tenant", "add", "blue")
    run.follow("octo/hello")
    run.follow("octo/world", tenant="blue")
    assert [name in run("repo", "list", "--tenant", "blue").stdout for name in ("octo/hello", "octo/world")] == [
        False,
        True,
    ]
    assert [each["repository"] for each in run.facts("repo", "list")["repositories"]] == ["octo/hello", "octo/world"]


def test_the_list_of_nobody_is_refused(run: CommandLine) -> None:
    assert refused(run("repo", "list", "--tenant", "nobody"), "no tenant")


def test_a_repository_is_paused_and_resumed(run: CommandLine) -> None:
    run.follow("octo/hello", "octo/world")
    assert run("repo", "pause", "acme", "https://github.com/Octo/Hello").exit_code == 0
    assert run.states() == {"octo/hello": "paused", "octo/world": "active"}
    assert run.facts("repo", "resume", "acme", "octo/hello")["repositories"][0]["was"] == "paused"
    assert run.states() == {"octo/hello": "active", "octo/world": "active"}


def test_pausing_twice_is_fine_and_commits_nothing(run: CommandLine) -> None:
    run.follow("octo/hello")
    run("repo", "pause", "acme", "octo/hello")
    version = run.store.traffic.version()
    assert "already" in run("repo", "pause", "acme", "octo/hello").stdout
    assert run.store.traffic.version() == version


def test_removing_keeps_the_history_marked_removed(run: CommandLine) -> None:
    run.follow("octo/hello")
    assert "history stays" in run("repo", "remove", "acme", "octo/hello").stdout
    assert run.states() == {"octo/hello": "removed"}
    run("repo", "resume", "acme", "octo/hello")
    assert run.states() == {"octo/hello": "active"}


@pytest.mark.parametrize("typed", ["octo/hello\nOCTO/WORLD\n", "octo/hello\nocto/world\n"])
def test_deleting_asks_to_type_each_name(run: CommandLine, typed: str) -> None:
    run.follow("octo/hello", "octo/world", "octo/other")
    result = run("repo", "remove", "acme", "octo/hello", "octo/world", "--delete-data", typed=typed)
    assert result.exit_code == 0
    assert run.states() == {"octo/other": "active"}


@pytest.mark.parametrize(("typed", "code"), [("octo/hello\nyes\n", 2), ("octo/hello\n", 1), ("", 1)])
def test_a_name_typed_wrongly_or_not_deletes_nothing(run: CommandLine, typed: str, code: int) -> None:
    run.follow("octo/hello", "octo/world")
    result = run("repo", "remove", "acme", "octo/hello", "octo/world", "--delete-data", "--json", typed=typed)
    assert last_line(result)["exit_code"] == result.exit_code == code
    assert set(run.states()) == {"octo/hello", "octo/world"}


def test_deleting_with_yes_asks_nothing(run: CommandLine) -> None:
    run.follow("octo/hello")
    assert run.facts("repo", "remove", "acme", "octo/hello", "--delete-data", "--yes")["deleted"] == ["octo/hello"]
    assert run.states() == {}


@pytest.mark.parametrize("act", ["pause", "resume", "remove"])
def test_one_unknown_name_among_several_changes_nothing(run: CommandLine, act: str) -> None:
    run.follow("octo/hello")
    before = run.store.traffic.version()
    assert refused(run("repo", act, "acme", "octo/hello", "octo/unknown"), "octo/unknown", "repo list")
    assert refused(run("repo", act, "acme", "octo/hello", "nonsense"), "nonsense")
    assert run.store.traffic.version() == before


def test_a_repository_of_another_tenant_is_as_unknown_as_a_missing_one(run: CommandLine) -> None:
    run("tenant", "add", "blue")
    run.follow("octo/hello", tenant="blue")
    strangers = run("repo", "remove", "acme", "octo/hello", "--delete-data", "--yes")
    missing = run("repo", "remove", "acme", "octo/hullo", "--delete-data", "--yes")
    assert strangers.stderr == missing.stderr.replace("hullo", "hello")
    assert run.states() == {"octo/hello": "active"}


def test_the_same_name_of_two_tenants_is_two_repositories(run: CommandLine) -> None:
    run("tenant", "add", "blue")
    run.follow("octo/hello")
    run.follow("octo/hello", tenant="blue")
    run("repo", "pause", "blue", "octo/hello")
    store = run.store
    assert [each.state for each in repositories(operator(store), store)] == ["active", "paused"]
