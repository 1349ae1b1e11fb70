"""Tracks repositories on the page's behalf: reads what was typed, asks GitHub with the tenant's token, adds, collects.

TrackingRefused     it cannot be done as it stands: no tenant, no token, too many names; says what to do
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from collector.discovery import (
    CheckedName,
    Discovery,
    Pattern,
    TenantClients,
    TrackResult,
    check_repositories,
    clients_of_tenant,
    fetch_matching,
    sorted_names,
    track_repositories,
)
from collector.errors import (
    AnswerRefused,
    GitHubError,
    LimitReached,
    RunStopped,
    SettingsRefused,
    TokenRefused,
)
from data.accounts.tokens import tokens
from data.collection.ledger import Scope
from data.refusals import Refused
from data.text import counted, number_text
from pages.ui import collecting, session
from pages.ui.managed_tenants import managed_tenants
from pages.ui.store import the_store
from pages.ui.text import STORE_ANOTHER

AT_MOST = 500  # names at a time: some five minutes at GitHub's pace
OnChecked = Callable[[int, int, CheckedName], None]


class TrackingRefused(Refused):
    """Repositories cannot be tracked as it stands; the sentence says what to do."""


def words_in(text: str) -> list[str]:
    """The words that were typed or pasted. Raises: TrackingRefused."""
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    if not words:
        raise TrackingRefused("Enter at least one repository: OWNER/NAME or its GitHub address.")
    if len(words) > AT_MOST:
        raise TrackingRefused(
            f"These are {number_text(len(words))} names; {AT_MOST} are checked at a time. Nothing was added. Split the "
            "list, or select them under Your repositories."
        )
    return words


def track(tenant_id: int, typed: Sequence[str], on_checked: OnChecked) -> TrackResult:
    """Check every name with GitHub, then track those that pass, in one commit, and start to collect them.

    What is no name is refused by itself. `on_checked` is called for each name, with how many are checked, of how many.
    Raises: TrackingRefused; nothing is added then.
    """
    names, faults = sorted_names(typed)
    checked = _asked(tenant_id, names, on_checked) if names else []
    checked += [CheckedName("", None, fault) for fault in faults]
    _name_of_managed(tenant_id)  # still: minutes may have passed
    account, viewer = session.require_account(), session.viewer().of_each_tenant()
    tracked = track_repositories(viewer, the_store(), account.username, tenant_id, checked)
    if tracked.added:
        scope = Scope(repository_ids=tuple(each.repository_id for each in tracked.added))
        collecting.start(scope, days_are_there=True)
    return tracked


def discover(tenant_id: int, pattern: Pattern) -> Discovery:
    """The repositories that the tenant's token can see and the pattern means. Raises: TrackingRefused."""
    stored = tokens(session.viewer(), the_store())
    login = next((each.facts.login for each in stored if each.tenant_id == tenant_id), None)
    try:
        with _clients(tenant_id) as github:
            return fetch_matching(github, login, pattern)
    except (GitHubError, AnswerRefused, SettingsRefused) as error:
        raise TrackingRefused(_with_fix(error)) from error


def _asked(tenant_id: int, names: Sequence[str], on_checked: OnChecked) -> list[CheckedName]:
    try:
        with _clients(tenant_id) as github:
            return check_repositories(github, names, lambda done, each: on_checked(done, len(names), each))
    except (GitHubError, SettingsRefused) as error:
        raise TrackingRefused(f"{_with_fix(error)} Nothing was added.") from error


def _name_of_managed(tenant_id: int) -> str:
    """The name of a tenant that the user manages at this moment. Raises TrackingRefused, as where there is none."""
    name = managed_tenants(session.require_account()).get(tenant_id)
    if name is None:
        raise TrackingRefused("There is no such tenant.")
    return name


@contextmanager
def _clients(tenant_id: int) -> Iterator[TenantClients]:
    """GitHub as the installations and the token of a tenant that the user manages see it. Raises: TrackingRefused where
    there is neither to use; SettingsRefused, LimitReached.
    """
    name = _name_of_managed(tenant_id)
    with clients_of_tenant(the_store(), tenant_id) as clients:
        if not clients.clients:
            raise _without_token(tenant_id, name)
        yield clients


def _without_token(tenant_id: int, name: str) -> TrackingRefused:
    stored = [each for each in tokens(session.viewer(), the_store()) if each.tenant_id == tenant_id]
    if not stored:
        return TrackingRefused(f"{name} has no token yet, so GitHub cannot be asked. {STORE_ANOTHER}")
    why = stored[0].state_reason or "GitHub refuses it."
    return TrackingRefused(f"The token of {name} cannot be used: {why} {STORE_ANOTHER}")


def _with_fix(error: Exception) -> str:
    if isinstance(error, TokenRefused):
        return f"{error} {STORE_ANOTHER}"
    if isinstance(error, LimitReached | RunStopped | SettingsRefused):
        return str(error)
    return f"{error} Try again in a moment."


def summary(tracked: TrackResult) -> str:
    if not tracked.added and not tracked.already:
        return "Nothing was added."
    parts = [f"{counted(len(tracked.added), 'repository')} tracked now"]
    if tracked.already:
        parts.append(f"{number_text(len(tracked.already))} tracked already")
    if tracked.refused:
        parts.append(f"{number_text(len(tracked.refused))} not added")
    return ", ".join(parts) + "."
