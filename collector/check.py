"""Asks GitHub at once whether a token, or a repository with it, will do: for the command line and the pages."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from collector.clock import Clock, SystemClock
from collector.endpoints import Question, fetch_endpoint
from collector.errors import LimitReached, TokenRefused
from collector.fields import optional_count, optional_text
from collector.github import Answer, GitHub
from collector.limits import Owner
from collector.parse import AnswerRefused
from collector.progress import Progress, Silent
from collector.settings import Settings, read_settings
from data.accounts.tokens import TokenFacts, open_tokens
from data.accounts.vault import VaultError, open_vault
from data.calendar import utc_now
from data.collection.models import Endpoint, StatsObservation
from data.repositories.models import RepositoryFacts
from data.repositories.pauses import OwnerPause, owner_pauses, save_pauses
from data.store import Store

PATIENCE_S = 120.0  # somebody is waiting for the answer
PACE_SHARE, SLOTS_SHARE = 3, 2
NOT_GITHUBS = (
    "This is no GitHub token, and was not sent: one begins with github_pat_ or ghp_. Copy it from GitHub, Settings, "
    "Developer settings, Personal access tokens, as a whole."
)
_A_TOKEN = re.compile(r"github_pat_|gh[pousr]_|[0-9a-f]{40}$")  # the last form is that of tokens made before 2021
PAUSE_KEPT_FROM_S = 60.0  # what is left of a wait at the end, for the processes that come after


def connect(settings: Settings, secret: str, clock: Clock, progress: Progress) -> GitHub:
    """A client for a few questions, with a budget of its own: a share of what the settings give a run.

    A run may be going on in another process with a token of the same owner. GitHub allows 900 a minute; a run asks
    600 unless told otherwise, so a third of that and half of the calls at once fit beside it.
    Raises: TokenRefused for what has none of the forms of GitHub's tokens: that is sent to nobody.
    """
    if not _A_TOKEN.match(secret):
        raise TokenRefused(NOT_GITHUBS)
    pace = max(1, settings.requests_a_minute // PACE_SHARE)
    share = replace(settings, requests_a_minute=pace, concurrency=max(1, settings.concurrency // SLOTS_SHARE))
    return GitHub(share, secret, Owner(share, clock, progress.waiting, PATIENCE_S), clock)


@contextmanager
def asking(secret: str, store: Store) -> Iterator[GitHub]:
    """GitHub as the token `secret` sees it, for somebody who waits at a page.

    Raises: SettingsRefused, TokenRefused; LimitReached where GitHub has asked this token's owner to wait.
    """
    github = connect(read_settings(), secret, SystemClock(), Silent())
    with heeding_pauses(store, _owner_key(store, secret), github):
        yield github


@contextmanager
def heeding_pauses(store: Store, owner_key: str | None, github: GitHub) -> Iterator[GitHub]:
    """The client, unless GitHub has asked its token's owner to wait; closes it, and keeps what it was asked to wait.

    Raises: LimitReached, which says until when.
    """
    pause = owner_pauses(store, utc_now()).get(owner_key) if owner_key else None
    if pause is not None:
        raise LimitReached(pause.sentence(utc_now()), "secondary_limit")
    try:
        yield github
    finally:
        github.close()
        left, reason = github.owner.pause() or (0.0, "")
        if owner_key and left > PAUSE_KEPT_FROM_S:
            save_pauses(store, [OwnerPause(owner_key, utc_now() + timedelta(seconds=left), reason)], utc_now())


def _owner_key(store: Store, secret: str) -> str | None:
    """Whose token this is, where it is one that is stored."""
    try:
        stored = open_tokens(store, open_vault(store.directory), utc_now())
    except VaultError:
        return None
    return next((each.owner_key for each in stored.values() if each.secret == secret), None)


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
