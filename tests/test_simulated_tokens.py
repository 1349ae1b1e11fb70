"""The simulated tokens: who is let in, what each kind may see, and GitHub's exact words to the others."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulated_github import Lack, Repository, SimulatedGitHub, Token
from tests.simulated_github.client import Client, Reply

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VIEWS = "/repos/sample/open/traffic/views"
CLOSED = "/repos/sample/closed"
Ask = Callable[..., Reply]


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub with a public and a private repository of an organization, and no token yet."""
    repositories = [Repository(1, "sample", "open"), Repository(2, "sample", "closed", private=True)]
    with SimulatedGitHub.of(repositories, [], NOON) as github:
        yield github


@pytest.fixture
def ask(github: SimulatedGitHub) -> Ask:
    """Ask with a token that is first made known to GitHub."""

    def asked(token: Token, target: str) -> Reply:
        with Client(github.url, github.world.add_token(token).secret) as client:
            return client.get(target)

    return asked


def test_a_classic_token_with_push_reads_the_traffic(ask: Ask) -> None:
    reply = ask(Token("ghp_a", scopes=("repo", "read:org")), VIEWS)
    assert reply.status == 200
    assert reply.headers["x-oauth-scopes"] == "repo, read:org"
    assert reply.headers["x-accepted-oauth-scopes"] == "repo"


def test_a_classic_token_without_push_is_refused(ask: Ask) -> None:
    for token in (Token("ghp_a", repositories=frozenset({2})), Token("ghp_b", lack=Lack.PUSH), Token("c", scopes=())):
        reply = ask(token, VIEWS)
        assert (reply.status, reply.message) == (403, "Must have push access to repository")


def test_public_repo_is_enough_for_public_repositories_only(ask: Ask) -> None:
    token = Token("ghp_a", scopes=("public_repo",))
    assert ask(token, VIEWS).status == 200
    assert ask(token, CLOSED).status == 404


@pytest.mark.parametrize("lack", [Lack.ADMINISTRATION, Lack.METADATA_ONLY])
@pytest.mark.parametrize(("kind", "subject"), [("fine_grained", "personal access token"), ("app", "integration")])
def test_without_administration_traffic_is_not_accessible(ask: Ask, lack: Lack, kind: str, subject: str) -> None:
    reply = ask(Token("ghs_a", kind=kind, lack=lack), VIEWS)
    assert (reply.status, reply.message) == (403, f"Resource not accessible by {subject}")
    assert reply.headers["x-accepted-github-permissions"] == "administration=read"
    assert "x-oauth-scopes" not in reply.headers
    assert ask(Token("ghs_a", kind=kind, lack=lack), "/repos/sample/open").status == 200


def test_metadata_alone_does_not_give_the_releases_of_a_private_repository(ask: Ask) -> None:
    token = Token("github_pat_a", kind="fine_grained", lack=Lack.METADATA_ONLY)
    assert ask(token, CLOSED).status == 200
    assert ask(token, f"{CLOSED}/releases").status == 403
    assert ask(token, "/repos/sample/open/releases").status == 200


def test_a_private_repository_is_not_there_for_others(github: SimulatedGitHub, ask: Ask) -> None:
    assert ask(Token("ghp_a", repositories=frozenset({1})), f"{CLOSED}/traffic/views").status == 404
    assert ask(Token("ghp_b", repositories=frozenset({2})), f"{CLOSED}/traffic/views").status == 200
    with Client(github.url) as anyone:
        assert anyone.get(CLOSED).status == 404


def test_turning_private_looks_like_a_deletion_to_others(github: SimulatedGitHub, ask: Ask) -> None:
    token = Token("ghp_a", repositories=frozenset())
    assert ask(token, "/repos/sample/open").status == 200
    github.world.make_private(1)
    assert ask(token, "/repos/sample/open").status == 404


def test_single_sign_on_is_asked_for_with_its_address(ask: Ask) -> None:
    reply = ask(Token("ghp_a", lacks={1: Lack.SAML}), "/repos/sample/open")
    assert reply.status == 403
    assert reply.message.startswith("Resource protected by organization SAML enforcement. You must grant")
    assert reply.headers["x-github-sso"].startswith("required; url=https://github.com/orgs/sample/sso?")


def test_an_organization_may_forbid_classic_tokens_or_addresses(ask: Ask) -> None:
    classic = ask(Token("ghp_a", lack=Lack.CLASSIC_FORBIDDEN), VIEWS)
    address = ask(Token("ghp_b", lack=Lack.ADDRESS), VIEWS)
    assert classic.message.startswith("`sample` forbids access via a personal access token (classic). Please use")
    assert "the `sample` organization has an IP allow list enabled, and your IP address is not" in address.message
    assert {classic.status, address.status} == {403}


def test_a_suspended_installation_may_nothing(ask: Ask) -> None:
    reply = ask(Token("ghs_a", kind="app", lack=Lack.SUSPENDED), "/installation/repositories")
    assert (reply.status, reply.message) == (403, "This installation has been suspended")


def test_without_a_token_public_metadata_is_read_and_traffic_is_not(github: SimulatedGitHub) -> None:
    with Client(github.url) as anyone:
        assert anyone.get("/repos/sample/open").status == 200
        assert (anyone.get(VIEWS).status, anyone.get(VIEWS).message) == (401, "Requires authentication")
        assert anyone.get("/repos/sample/open").headers["x-ratelimit-limit"] == "60"


def test_unknown_revoked_and_expired_tokens_are_bad_credentials(github: SimulatedGitHub, ask: Ask) -> None:
    with Client(github.url, "ghp_nobody") as stranger:
        assert (stranger.get(VIEWS).status, stranger.get(VIEWS).message) == (401, "Bad credentials")
    assert ask(Token("ghp_a", revoked=True), VIEWS).status == 401
    token = Token("ghp_b", expires_at=NOON + timedelta(hours=1))
    assert ask(token, VIEWS).status == 200
    github.clock.advance(timedelta(hours=1))
    assert ask(token, VIEWS).status == 401


def test_several_bad_tokens_lock_good_ones_out_for_a_while(github: SimulatedGitHub, ask: Ask) -> None:
    with Client(github.url, "ghp_nobody") as stranger:
        assert [stranger.get(VIEWS).status for _ in range(6)] == [401] * 5 + [403]
    reply = ask(Token("ghp_a"), VIEWS)
    assert (reply.status, reply.message[:39]) == (403, "Maximum number of login attempts exceed")
    github.clock.advance(timedelta(minutes=15))
    assert ask(Token("ghp_a"), VIEWS).status == 200


def test_a_good_token_between_bad_ones_prevents_the_lockout(github: SimulatedGitHub, ask: Ask) -> None:
    with Client(github.url, "ghp_nobody") as stranger:
        for _ in range(4):
            assert [stranger.get(VIEWS).status for _ in range(3)] == [401] * 3
            assert ask(Token("ghp_a"), VIEWS).status == 200


@pytest.mark.parametrize(("zone_h", "told"), [(None, "2027-02-06 06:42:23 UTC"), (1, "2027-02-06 07:42:23 +0100")])
def test_the_expiry_is_told_in_both_formats(ask: Ask, zone_h: int | None, told: str) -> None:
    token = Token("ghp_a", expires_at=datetime(2027, 2, 6, 6, 42, 23, tzinfo=UTC), expiry_zone_h=zone_h)
    assert ask(token, VIEWS).headers["github-authentication-token-expiration"] == told


def test_a_token_that_never_expires_has_no_such_header(ask: Ask) -> None:
    assert "github-authentication-token-expiration" not in ask(Token("ghp_a"), VIEWS).headers


def test_a_token_tells_whose_it_is_except_an_app(ask: Ask) -> None:
    user = ask(Token("ghp_a", "demo-someone", 55), "/user").json
    assert (user["login"], user["id"]) == ("demo-someone", 55)
    reply = ask(Token("ghs_a", kind="app"), "/user")
    assert (reply.status, reply.message) == (403, "Resource not accessible by integration")


def test_bearer_and_token_are_both_understood_and_basic_is_not(github: SimulatedGitHub) -> None:
    github.world.add_token(Token("ghp_a"))
    with Client(github.url) as client:
        answered = [
            client.get(VIEWS, authorization=f"{scheme} ghp_a").status for scheme in ("Bearer", "token", "Basic")
        ]
    assert answered == [200, 200, 401]


def test_a_token_never_shows_itself() -> None:
    assert "ghp_a" not in repr(Token("ghp_a"))
