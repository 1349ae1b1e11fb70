"""`repo discover`: what a pattern finds, and that it only ever adds."""

import pytest

from tests.collector.conftest import SECRET, CommandLine, refused, repository
from tests.fake_github import FakeGitHub, Lack, Token


@pytest.fixture
def found(with_token: CommandLine, github: FakeGitHub) -> CommandLine:
    """The command line, and more kinds of repositories at GitHub."""
    github.world.add(repository(3, "old", archived=True))
    github.world.add(repository(4, "copy", fork=True))
    github.world.add(repository(5, "secret", private=True))
    return with_token


def names(run: CommandLine, *words: str) -> list[str]:
    return [each["repository"].removeprefix("octo/") for each in run.facts("repo", "discover", "acme", *words)["found"]]


def test_a_pattern_lists_and_adds_nothing(found: CommandLine) -> None:
    assert names(found, "octo/*") == ["copy", "hello", "old", "secret", "world"]
    assert found.states() == {}


def test_a_pattern_leaves_out_what_it_says(found: CommandLine) -> None:
    for terms, wanted in (
        (["octo/*,!fork,!archived,!private"], ["hello", "world"]),
        (["octo/*,!*o*"], ["secret"]),
        (["*/*,!fork,!archived"], ["hello", "secret", "world"]),
        (["octo/hello"], ["hello"]),
        (["octo/*", "!fork", "!private"], ["hello", "old", "world"]),
    ):
        assert names(found, *terms) == wanted, terms


def test_with_add_what_is_found_is_followed_and_collected(found: CommandLine) -> None:
    facts = found.facts("repo", "discover", "acme", "octo/*,!fork,!archived", "--add")
    assert facts["added"] == ["octo/hello", "octo/secret", "octo/world"]
    assert facts["collection"]["state"] == "complete"
    assert set(found.states()) == set(facts["added"])


def test_what_is_paused_or_removed_stays_so(found: CommandLine) -> None:
    found("repo", "add", "acme", "octo/hello", "octo/world")
    found("repo", "pause", "acme", "octo/hello")
    found("repo", "remove", "acme", "octo/world")
    found("repo", "discover", "acme", "octo/*,!private", "--add")
    assert found.states() == {
        "octo/copy": "active",
        "octo/hello": "paused",
        "octo/old": "active",
        "octo/world": "removed",
    }


def test_what_the_tokens_owner_may_not_write_to_is_left_out(found: CommandLine, github: FakeGitHub) -> None:
    github.world.tokens[SECRET].lacks = {1: Lack.PUSH}
    facts = found.facts("repo", "discover", "acme", "octo/hello,octo/world", "--add")
    assert (facts["ok"], facts["added"]) == (True, ["octo/world"])


def test_a_list_that_single_sign_on_shortens_comes_with_a_warning(found: CommandLine, github: FakeGitHub) -> None:
    github.world.tokens[SECRET].lacks = {1: Lack.SAML}
    result = found("repo", "discover", "acme", "*/*")
    assert result.exit_code == 0
    assert "single sign-on" in result.stderr
    assert "octo/world" in result.stdout


def test_a_list_that_github_ends_early_comes_with_a_warning(found: CommandLine, github: FakeGitHub) -> None:
    for key in range(100, 320):
        github.world.add(repository(key, f"r{key}"))
    assert len(names(found, "*/*")) == 225, "all pages are read"
    github.switches.deepest_page = 2
    facts = found.facts("repo", "discover", "acme", "*/*")
    assert len(facts["found"]) == 200
    assert "early" in facts["warnings"][0]


def test_an_installations_token_uses_its_own_list(found: CommandLine, github: FakeGitHub) -> None:
    secret = "ghs_installation0123456789"
    github.world.add_token(Token(secret, kind="app", scopes=(), repositories=frozenset({1, 5})))
    found("tenant", "token", "acme", "--token-stdin", typed=secret)
    assert names(found, "octo/*") == ["hello", "secret"]


def test_nothing_found_says_what_to_try(found: CommandLine) -> None:
    result = found("repo", "discover", "acme", "octo/nothing-*")
    assert result.exit_code == 0
    assert "'*/*'" in result.stdout


def test_an_owner_that_github_does_not_know_is_told(found: CommandLine) -> None:
    facts = found.facts("repo", "discover", "acme", "nobody-at-all/*")
    assert facts["found"] == []
    assert "nobody-at-all" in facts["warnings"][0]


def test_what_is_no_pattern_is_refused_before_github_is_asked(found: CommandLine, github: FakeGitHub) -> None:
    for pattern in ("octo", "!fork", "octo/[a-z]*"):
        refused(found("repo", "discover", "acme", pattern), "org/*")
    assert list(github.requests) == []
