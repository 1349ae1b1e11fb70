"""Follows repositories on a command's behalf: checks every one with GitHub, saves those that pass, collects them."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from collector.check import connect, heeding_pauses
from collector.clock import SystemClock
from collector.commands.collecting import collect_and_tell
from collector.commands.frame import Outcome, Refused, Session
from collector.follow import Followed, check_repositories, follow_repositories
from collector.github import GitHub
from collector.run import RunInProgress, RunRequest
from collector.terminal import counted
from data.accounts.models import Tenant
from data.accounts.tokens import open_tokens
from data.accounts.vault import open_vault
from data.calendar import utc_now
from data.collection.ledger import Scope
from data.repositories.models import Repository


@contextmanager
def tenant_client(session: Session, tenant: Tenant, clock: SystemClock) -> Iterator[GitHub]:
    """GitHub as the tenant's token sees it. Raises: Refused where there is none, SealBroken, SettingsRefused.

    LimitReached where GitHub has asked its owner to wait.
    """
    token = open_tokens(session.store, open_vault(session.directory), utc_now()).get(tenant.tenant_id)
    if token is None:
        command = f"python -m collector tenant token {shlex.quote(tenant.name)}"
        raise Refused(f"{tenant.name} has no token that GitHub accepts. Store one: {command}")
    github = connect(session.settings, token.secret, clock, session.terminal.progress())
    with heeding_pauses(session.store, token.owner_key, github):
        yield github


def follow(session: Session, tenant: Tenant, names: Sequence[str], clock: SystemClock) -> Outcome:
    """Check the names, follow those that pass in one commit, collect the new ones, and tell all of it.

    Raises: GitHubError where GitHub answers nobody; then nothing is saved.
    """
    with tenant_client(session, tenant, clock) as github:
        session.terminal.log(f"Checking {counted(len(names), 'repository')} with GitHub")
        checked = check_repositories(github, names)
    followed = follow_repositories(session.viewer, session.store, tenant.tenant_id, checked)
    _tell(session, tenant, followed)
    facts = {
        "tenant": tenant.name,
        "added": [each.full_name for each in followed.added],
        "already_followed": [each.full_name for each in followed.already],
        "refused": [{"repository": each.name, "reason": each.refusal} for each in followed.refused],
    }
    collected = _collect(session, followed.added, clock)
    return Outcome({**facts, "collection": collected.facts or None}, bool(followed.refused) or collected.failed)


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
