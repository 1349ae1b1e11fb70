"""Follows repositories on a command's behalf: checks every one with GitHub, saves those that pass, collects them."""

import shlex
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from collector.check import check_repository, connect
from collector.clock import SystemClock
from collector.commands.collecting import collect_and_tell
from collector.commands.frame import Outcome, Refused, Session
from collector.errors import GitHubError, HostDown, LimitReached, RunStopped, TokenRefused
from collector.github import GitHub
from collector.parse import AnswerRefused
from collector.run import RunInProgress, RunRequest
from collector.terminal import counted
from data.calendar import utc_now
from data.ledger import Scope
from data.models import Repository, RepositoryFacts, RepositoryState, Tenant
from data.repositories import add_repositories, repositories
from data.tokens import open_tokens
from data.vault import open_vault

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


@contextmanager
def tenant_client(session: Session, tenant: Tenant, clock: SystemClock) -> Iterator[GitHub]:
    """GitHub as the tenant's token sees it. Raises: Refused where there is none, SealBroken, SettingsRefused."""
    token = open_tokens(session.store, open_vault(session.directory), utc_now()).get(tenant.tenant_id)
    if token is None:
        command = f"python -m collector tenant token {shlex.quote(tenant.name)}"
        raise Refused(f"{tenant.name} has no token that GitHub accepts. Store one: {command}")
    github = connect(session.settings, token.secret, clock, session.terminal.progress())
    try:
        yield github
    finally:
        github.close()


def follow(session: Session, tenant: Tenant, names: Sequence[str], clock: SystemClock) -> Outcome:
    """Check the names, follow those that pass in one commit, collect the new ones, and tell all of it.

    Raises: GitHubError where GitHub answers nobody; then nothing is saved.
    """
    with tenant_client(session, tenant, clock) as github:
        checked = _check_all(session, github, names)
    followed = _save(session, tenant, checked)
    _tell(session, tenant, followed)
    facts = {
        "tenant": tenant.name,
        "added": [each.full_name for each in followed.added],
        "already_followed": [each.full_name for each in followed.already],
        "refused": [{"repository": each.name, "reason": each.refusal} for each in followed.refused],
    }
    collected = _collect(session, followed.added, clock)
    return Outcome({**facts, "collection": collected.facts or None}, bool(followed.refused) or collected.failed)


def _check_all(session: Session, github: GitHub, names: Sequence[str]) -> list[Checked]:
    session.terminal.log(f"Checking {counted(len(names), 'repository')} with GitHub")
    pool = ThreadPoolExecutor(session.settings.concurrency)
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


def _save(session: Session, tenant: Tenant, checked: Sequence[Checked]) -> Followed:
    """Follow those that passed; two names of one repository, before and after it was renamed, are one."""
    passed = {each.facts.github_id: each.facts for each in checked if each.facts is not None}
    known = [each for each in repositories(session.viewer, session.store) if each.tenant_id == tenant.tenant_id]
    active = {each.github_id for each in known if each.state is RepositoryState.ACTIVE}
    new = [facts for github_id, facts in passed.items() if github_id not in active]
    added = add_repositories(session.store, tenant.tenant_id, new, utc_now()) if new else []
    already = [each for each in known if each.github_id in active & passed.keys()]
    return Followed(added, already, [each for each in checked if each.facts is None])


def _tell(session: Session, tenant: Tenant, followed: Followed) -> None:
    for each in followed.added:
        session.terminal.say(f"{each.full_name}: followed by {tenant.name} now.")
    for each in followed.already:
        session.terminal.say(f"{each.full_name}: followed already.")
    for refused in followed.refused:
        session.terminal.warn(f"{refused.name}: not added. {refused.refusal}")
    if followed.refused:
        session.terminal.warn(f"{counted(len(followed.refused), 'repository')} not added, for the reasons above.")


def _collect(session: Session, added: Sequence[Repository], clock: SystemClock) -> Outcome:
    """Collect what is new at once; where a run is going on, the timer does it within a minute."""
    if not added:
        return Outcome()
    scope = Scope(repository_ids=tuple(each.repository_id for each in added))
    try:
        return collect_and_tell(session, RunRequest(scope, "added"), clock)
    except RunInProgress as running:
        session.terminal.say(f"{running} The new ones are collected afterwards, when `schedule` is running.")
        return Outcome()
