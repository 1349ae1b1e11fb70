"""Asks GitHub at once whether a token, or a repository with it, will do: for the command line and the pages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from collector.clock import Clock, SystemClock
from collector.endpoints import Question, fetch_endpoint
from collector.fields import optional_count, optional_text
from collector.github import Answer, GitHub
from collector.limits import Owner
from collector.parse import AnswerRefused
from collector.progress import Progress, Silent
from collector.settings import Settings, read_settings
from data.models import Endpoint, RepositoryFacts, StatsObservation
from data.tokens import TokenFacts

PATIENCE_S = 120.0  # somebody is waiting for the answer


def connect(settings: Settings, secret: str, clock: Clock, progress: Progress) -> GitHub:
    """A client for a few questions, with a budget of its own."""
    return GitHub(settings, secret, Owner(settings, clock, progress.waiting, PATIENCE_S), clock)


@contextmanager
def asking(secret: str) -> Iterator[GitHub]:
    """GitHub as the token `secret` sees it, for somebody who waits at a page. Raises: SettingsRefused, TokenRefused."""
    github = connect(read_settings(), secret, SystemClock(), Silent())
    try:
        yield github
    finally:
        github.close()


def check_token(github: GitHub) -> TokenFacts:
    """What GitHub says of a token: kind, login, scopes, expiry. Raises: GitHubError."""
    installation = github.kind == "app installation"
    answer = github.fetch("/installation/repositories", {"per_page": 1}) if installation else github.fetch("/user")
    body = answer.body if isinstance(answer.body, Mapping) and not installation else {}
    return TokenFacts(
        github.kind,
        optional_text(body, "login"),
        optional_count(body, "id"),
        answer.headers.get("x-oauth-scopes"),
        github.token_expires_at,
    )


def check_repository(github: GitHub, full_name: str) -> RepositoryFacts:
    """Who a repository is, after its traffic was read once with this token.

    Raises: GitHubError, whose sentence says which permission is missing; AnswerRefused.
    """
    fetched = fetch_endpoint(github, Question(full_name, Endpoint.REPOSITORY))
    if not isinstance(fetched.observation, StatsObservation):
        raise AnswerRefused("the repository is missing from GitHub's answer")
    facts = fetched.observation.facts
    fetch_endpoint(github, Question(facts.full_name, Endpoint.VIEWS))
    return facts


def hidden_organizations(answer: Answer) -> int:
    """How many organizations a list leaves out because the token is not authorised for their single sign-on."""
    header = answer.headers.get("x-github-sso", "")
    if not header.startswith("partial-results"):
        return 0
    return len([part for part in header.partition("organizations=")[2].split(",") if part.strip()])
