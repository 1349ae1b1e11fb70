"""`tenant`: add, list, token, schedule."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.accounts.encryption import KEY_FILE, open_cipher
from data.accounts.tenants import operator
from data.accounts.tokens import open_tokens, tokens
from tests.collector.conftest import SECRET, CommandLine, last_line, refused
from tests.fake_github import FakeGitHub, Token

FINE = "github_pat_11AAAAAAA0fineGrained0123456789_abcdefghijWXYZ"


def test_a_tenant_is_added_with_its_schedule(run: CommandLine) -> None:
    facts = run.facts("tenant", "add", "Blue Team", "--schedule", "30  */6 * * *")
    assert (facts["name"], facts["schedule"]) == ("Blue Team", "30 */6 * * *")
    assert run.tenant("blue team").schedule == "30 */6 * * *"


def test_a_tenant_with_a_schedule_that_is_none_is_not_added(run: CommandLine) -> None:
    refused(run("tenant", "add", "blue", "--schedule", "sometimes"), "daily", "cron")
    assert [each["name"] for each in run.facts("tenant", "list")["tenants"]] == ["acme"]


@pytest.mark.parametrize("name", ["acme", "ACME", "", "  ", "a\x1b[31mb", "a\nb", "n" * 81])
def test_a_name_that_is_taken_or_none_is_refused(run: CommandLine, name: str) -> None:
    refused(run("tenant", "add", name), "tenant")


def test_the_list_shows_schedule_and_token(with_token: CommandLine) -> None:
    result = with_token("tenant", "list")
    assert "maintainer …WXYZ" in result.stdout
    assert "UTC" in result.stdout
    (facts,) = with_token.facts("tenant", "list")["tenants"]
    assert facts["token"]["last_four"] == "WXYZ"
    assert facts["repositories"] == 0


def test_an_empty_list_says_what_to_do(run_nowhere: CommandLine) -> None:
    run_nowhere("init")
    assert "tenant add NAME" in run_nowhere("tenant", "list").stdout


def test_a_schedule_is_changed(run: CommandLine) -> None:
    assert "UTC" in run("tenant", "schedule", "acme", "weekly").stdout
    assert run.tenant().schedule == "weekly"
    assert "pauses for up to 10 days" in run("tenant", "schedule", "acme", "0 0 1,8,15,22 * *").stderr


def test_a_schedule_that_is_none_changes_nothing(run: CommandLine) -> None:
    refused(run("tenant", "schedule", "acme", "99 * * * *"), "cron")
    refused(run("tenant", "schedule", "acme", "0 0 29 2 *"), "loses days")
    refused(run("tenant", "schedule", "nobody", "daily"), "no tenant", "tenant list")
    assert run.tenant().schedule == "daily"


def stored_secret(run: CommandLine) -> str | None:
    """The tenant's token as the collector would use it."""
    token = open_tokens(run.store, open_cipher(run.directory), datetime.now(UTC)).get(run.tenant().tenant_id)
    return None if token is None else token.secret


def test_a_token_from_a_variable_is_checked_and_stored_encrypted(run: CommandLine, github: FakeGitHub) -> None:
    result = run("tenant", "token", "acme", "--token-env", "OCTO_TOKEN")
    assert result.exit_code == 0
    assert all(word in result.stdout for word in ("maintainer", "classic", "repo", "WXYZ", "expires"))
    assert stored_secret(run) == SECRET
    assert [seen.target for seen in github.requests] == ["/user"]


def test_a_token_from_standard_input_is_stored(run: CommandLine, github: FakeGitHub) -> None:
    expires = (datetime.now(UTC) + timedelta(days=5)).replace(microsecond=0)
    github.world.add_token(Token(FINE, kind="fine_grained", scopes=(), expires_at=expires))
    facts = last_line(run("tenant", "token", "acme", "--token-stdin", "--json", typed=f"{FINE}\nmore\n"))
    assert facts["kind"] == "fine-grained"
    assert datetime.fromisoformat(facts["expires_at"]) == expires
    assert stored_secret(run) == FINE


@pytest.mark.parametrize(
    "typed",
    [
        f"\ufeff{SECRET}\r\n".encode(),
        f"\ufeff{SECRET}\r\n".encode("utf-16-le"),
        f"\ufeff\n{SECRET}\n".encode("utf-16-be"),
        f"\n  \n{SECRET}\nmore\n".encode(),
        f'"{SECRET}"\n'.encode(),
    ],
)
def test_a_token_is_found_in_whatever_an_editor_or_a_shell_has_made_of_it(
    run: CommandLine, github: FakeGitHub, typed: bytes
) -> None:
    assert run("tenant", "token", "acme", "--token-stdin", typed=typed).exit_code == 0
    assert stored_secret(run) == SECRET


def test_a_token_of_an_installation_is_told_to_end_within_the_hour(run: CommandLine, github: FakeGitHub) -> None:
    secret = "ghs_installation0123456789"
    github.world.add_token(Token(secret, kind="app", login="app", owner_id=7))
    result = run("tenant", "token", "acme", "--token-stdin", typed=secret)
    assert "an hour after it was made" in result.stdout
    store = run.store
    (stored,) = tokens(operator(store), store)
    assert stored.facts.expires_at is not None
    assert timedelta(minutes=59) < stored.facts.expires_at - stored.checked_at < timedelta(minutes=61)


def test_a_token_never_appears_in_what_is_printed_or_lies_in_a_file(with_token: CommandLine) -> None:
    result = with_token("tenant", "token", "acme", "--token-env", "OCTO_TOKEN", "--json")
    assert SECRET[4:-4] not in result.output
    files = [path for path in with_token.directory.rglob("*") if path.is_file() and path.name != KEY_FILE]
    assert files
    assert not [path for path in files if SECRET.encode() in Path(path).read_bytes()]


def test_a_refused_token_is_not_stored_and_the_one_before_stays(with_token: CommandLine) -> None:
    with_token.environment["BAD"] = "ghp_wrong0123456789"
    result = with_token("tenant", "token", "acme", "--token-env", "BAD")
    refused(result, "Bad credentials", code=1)
    assert "ghp_wrong" not in result.output
    assert stored_secret(with_token) == SECRET


def test_a_new_token_takes_the_place_of_the_old_one(with_token: CommandLine, github: FakeGitHub) -> None:
    github.world.add_token(Token(FINE, kind="fine_grained", scopes=()))
    with_token("tenant", "token", "acme", "--token-stdin", typed=FINE)
    store = with_token.store
    assert [each.last_four for each in tokens(operator(store), store)] == [FINE[-4:]]


def test_a_token_without_a_useful_scope_is_stored_with_a_note(run: CommandLine, github: FakeGitHub) -> None:
    github.world.add_token(Token("ghp_narrow0123456789", scopes=("gist",)))
    assert "public_repo" in run("tenant", "token", "acme", "--token-stdin", typed="ghp_narrow0123456789").stdout


@pytest.mark.parametrize(
    ("words", "typed", "expected"),
    [
        ([], None, "--token-stdin"),
        (["--token-env", "NOT_SET_AT_ALL"], None, "NOT_SET_AT_ALL"),
        (["--token-stdin"], "", "no token"),
        (["--token-stdin"], "two words\n", "no token"),
        (["--token-stdin"], "ghp_ümlaut\n", "no token"),
        (["--token-stdin", "--token-env", "OCTO_TOKEN"], "x", "both"),
    ],
)
def test_a_token_that_is_none_is_refused_before_github_is_asked(
    run: CommandLine, github: FakeGitHub, words: list[str], typed: str | None, expected: str
) -> None:
    refused(run("tenant", "token", "acme", *words, typed=typed), expected)
    assert list(github.requests) == []


def test_a_broken_key_is_told_before_github_is_asked(run: CommandLine, github: FakeGitHub) -> None:
    run.environment["TRAFFIC_SECRET_KEY"] = "too short"
    refused(run("tenant", "token", "acme", "--token-env", "OCTO_TOKEN"), "TRAFFIC_SECRET_KEY")
    assert list(github.requests) == []
