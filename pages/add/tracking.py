"""Tracks repositories on the page's behalf: reads what was typed, asks GitHub with the tenant's token, adds, collects.

TrackingRefused     it cannot be done as it stands: no tenant, no token, too many names; says what to do
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collector.discovery import (
    CheckedName,
    Discovery,
    Pattern,
    TrackResult,
    check_repositories,
    client_of,
    fetch_matching,
    repository_names,
    track_repositories,
)
from collector.errors import (
    AnswerRefused,
    GitHubError,
    LimitReached,
    NameRefused,
    RunStopped,
    SettingsRefused,
    TokenRefused,
)
from data.accounts import grants, tenants
from data.accounts.audit import save_repository_entries
from data.accounts.encryption import open_cipher
from data.accounts.models import Tenant, Viewer
from data.accounts.tokens import open_tokens, tokens
from data.calendar import utc_now
from pages.ui import collecting, session
from pages.ui.store import the_store
from pages.ui.text import STORE_ANOTHER, counted

AT_MOST = 500  # names at a time: some five minutes at GitHub's pace
AT_ONCE = 12  # names between two steps of the progress bar
MOST_TOLD = 8
Told = Callable[[int, int], None]


class TrackingRefused(Exception):
    """Repositories cannot be tracked as it stands; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Managed:
    """A tenant that the user manages at this moment, and what the user may see."""

    tenant: Tenant
    viewer: Viewer
    username: str


def managed_tenants() -> list[Tenant]:
    """The tenants that the signed-in user manages, deactivated ones left out, by name."""
    account = session.require_account()
    viewer = grants.viewer_of(the_store(), account)
    return [each for each in tenants.tenants(viewer, the_store()) if account.manages(each.tenant_id)]


def names_in(text: str) -> list[str]:
    """The names that were typed or pasted, each once. Raises: TrackingRefused, NameRefused."""
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    if not words:
        raise TrackingRefused("Write at least one repository: OWNER/NAME, or its address at GitHub.")
    if len(words) > AT_MOST:
        raise TrackingRefused(
            f"These are {len(words):,} names; {AT_MOST} are checked at a time. Nothing was asked or added. Split the "
            "list, or discover them by a pattern."
        )
    return repository_names(words)


def refused_names(refusal: NameRefused) -> str:
    """What is wrong with names, the first few of them, one a line."""
    lines = str(refusal).splitlines()
    more = [f"And {len(lines) - MOST_TOLD:,} more."] if len(lines) > MOST_TOLD else []
    return "\n".join([*lines[:MOST_TOLD], *more])


def track(tenant_id: int, names: Sequence[str], told: Told) -> TrackResult:
    """Check every name with GitHub, then track those that pass, in one commit, and start to collect them.

    `told` is called with how many are checked, of how many. Raises: TrackingRefused; nothing is added then.
    """
    secret = _secret(_managed(tenant_id))
    checked = _asked(secret, names, told)
    managed = _managed(tenant_id)  # minutes may have passed
    tracked = track_repositories(managed.viewer, the_store(), tenant_id, checked)
    if tracked.added:
        save_repository_entries(the_store(), "repositories added", tracked.added, (managed.username, utc_now()))
        alone = tracked.added[0].full_name if len(tracked.added) == 1 else None
        collecting.start(managed.tenant.name, alone)
    return tracked


def discover(tenant_id: int, pattern: Pattern) -> Discovery:
    """The repositories that the tenant's token can see and the pattern means. Raises: TrackingRefused."""
    managed = _managed(tenant_id)
    stored = tokens(managed.viewer, the_store())
    login = next((each.facts.login for each in stored if each.tenant_id == tenant_id), None)
    try:
        with client_of(_secret(managed), the_store()) as github:
            return fetch_matching(github, login, pattern)
    except (GitHubError, AnswerRefused, SettingsRefused) as error:
        raise TrackingRefused(_with_fix(error)) from error


def _asked(secret: str, names: Sequence[str], told: Told) -> list[CheckedName]:
    checked: list[CheckedName] = []
    try:
        with client_of(secret, the_store()) as github:
            for begin in range(0, len(names), AT_ONCE):
                told(begin, len(names))
                checked += check_repositories(github, names[begin : begin + AT_ONCE])
    except (GitHubError, SettingsRefused) as error:
        raise TrackingRefused(f"{_with_fix(error)} Nothing was added.") from error
    told(len(names), len(names))
    return checked


def _managed(tenant_id: int) -> Managed:
    """The tenant, when the user manages it at this moment. Raises TrackingRefused, as for one that is not there."""
    account = session.require_account()
    viewer = grants.viewer_of(the_store(), account)
    found = [each for each in tenants.tenants(viewer, the_store()) if each.tenant_id == tenant_id]
    if not found or not account.manages(tenant_id):
        raise TrackingRefused("There is no such tenant.")
    return Managed(found[0], viewer, account.username)


def _secret(managed: Managed) -> str:
    """The tenant's token. It stays on the server. Raises TrackingRefused where there is none to use."""
    store, tenant_id = the_store(), managed.tenant.tenant_id
    opened = open_tokens(store, open_cipher(store.directory), utc_now()).get(tenant_id)
    if opened is not None:
        return opened.secret
    stored = next((each for each in tokens(managed.viewer, store) if each.tenant_id == tenant_id), None)
    if stored is None:
        raise TrackingRefused(f"{managed.tenant.name} has no token yet, so GitHub cannot be asked. {STORE_ANOTHER}")
    why = stored.state_reason or "GitHub refuses it."
    raise TrackingRefused(f"The token of {managed.tenant.name} cannot be used: {why} {STORE_ANOTHER}")


def _with_fix(error: Exception) -> str:
    """What went wrong with GitHub, with the next step."""
    if isinstance(error, TokenRefused):
        return f"{error} {STORE_ANOTHER}"
    if isinstance(error, LimitReached | RunStopped | SettingsRefused):
        return str(error)
    return f"{error} Try again in a moment."


def summary(tracked: TrackResult) -> str:
    """What became of the names in a sentence."""
    parts = [f"{counted(len(tracked.added), 'repository')} tracked now"]
    if tracked.already:
        parts.append(f"{len(tracked.already):,} tracked already")
    if tracked.refused:
        parts.append(f"{len(tracked.refused):,} refused")
    return ", ".join(parts) + "."
