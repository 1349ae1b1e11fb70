"""Follows repositories: checks every name with GitHub, then adds those that pass in one commit.

For the command line and the pages; what they say of it is their own.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from collector.check import check_repository
from collector.errors import GitHubError, HostDown, LimitReached, RunStopped, TokenRefused
from collector.github import GitHub
from collector.parse import AnswerRefused
from data.accounts.models import Viewer
from data.calendar import utc_now
from data.repositories.models import Repository, RepositoryFacts, RepositoryState
from data.repositories.repositories import add_repositories, repositories
from data.store import Store

AT_ONCE = 4
NO_OTHER_GOES_BETTER = (TokenRefused, LimitReached, RunStopped, HostDown)


@dataclass(frozen=True, slots=True)
class Checked:
    """What GitHub says of a name: the repository, or why it cannot be followed."""

    name: str
    facts: RepositoryFacts | None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the names: new or taken up again, followed before, refused."""

    added: list[Repository]
    already: list[Repository]
    refused: list[Checked]


def check_repositories(github: GitHub, names: Sequence[str]) -> list[Checked]:
    """What GitHub says of each name, in their order. Raises: GitHubError where no other name would go better."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(pool.map(partial(_check, github), names))
    finally:
        pool.shutdown(cancel_futures=True)


def _check(github: GitHub, name: str) -> Checked:
    try:
        return Checked(name, check_repository(github, name))
    except NO_OTHER_GOES_BETTER:
        raise
    except (GitHubError, AnswerRefused) as refusal:
        return Checked(name, None, str(refusal))


def follow_repositories(viewer: Viewer, store: Store, tenant_id: int, checked: Sequence[Checked]) -> Followed:
    """Follow those that passed, in one commit; two names of one repository, before and after a rename, are one."""
    passed = {each.facts.github_id: each.facts for each in checked if each.facts is not None}
    known = [each for each in repositories(viewer, store) if each.tenant_id == tenant_id]
    active = {each.github_id for each in known if each.state is RepositoryState.ACTIVE}
    new = [facts for github_id, facts in passed.items() if github_id not in active]
    added = add_repositories(store, tenant_id, new, utc_now()) if new else []
    already = [each for each in known if each.github_id in active & passed.keys()]
    return Followed(added, already, [each for each in checked if each.facts is None])
