"""Keeps what is known of the GitHub App's installations: which there are, which repositories each includes; tracks new
ones by the tenant's rule, and stops those that are included no more, whose history stays.
"""

from collections.abc import Sequence
from contextlib import closing

from collector import errors
from collector.client import GitHub
from collector.clock import Clock, SystemClock
from collector.discovery import (
    Discovery,
    ListedRepository,
    check_repositories,
    fetch_list,
    parse_pattern,
    track_repositories,
)
from collector.github_app import PATIENCE_S, InstallationAuthorization, app_client, fetch_installations
from collector.rate_limit import RateLimiter, pace_file
from collector.settings import Settings, read_settings
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import EncryptionError
from data.accounts.github_app import Installation, InstallationState, OpenApp, open_app, save_installations
from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.accounts.tokens import tokens
from data.calendar import utc_now
from data.collection.health import ON_HOLD
from data.repositories.repositories import remove_repositories, repositories
from data.store import Store
from data.text import counted

NEW_AT_ONCE = 500  # tracked by rule; the others follow next time


def refresh(store: Store, settings: Settings, clock: Clock) -> list[str]:
    """Ask GitHub for the installations and what those include that are given to tenants. Answers the warnings;
    what GitHub does not answer is left as it was. Raises: Stopped, StoreError.
    """
    try:
        app = open_app(store)
        if app is None:
            return []
        with closing(app_client(settings, app.facts.app_id, app.keys, clock)) as github:
            return _refresh(store, settings, clock, app, github)
    except (errors.GitHubError, errors.AnswerRefused, EncryptionError) as error:
        return [f"The installations of the GitHub App are not known: {error}"]


def refresh_now(store: Store) -> list[str]:
    """As `refresh`, for somebody who waits at a page. Raises: SettingsRefused, StoreError."""
    return refresh(store, read_settings(), SystemClock())


def _refresh(store: Store, settings: Settings, clock: Clock, app: OpenApp, github: GitHub) -> list[str]:
    known, sentences = {each.installation_id: each for each in app.installations}, []
    installed, listed = fetch_installations(github), {}
    for each in installed:
        former = known.get(each.installation_id)
        if former is None or former.tenant_id is None or each.state is not InstallationState.GRANTED:
            continue
        pace = pace_file(store.directory, f"installation {each.installation_id}")
        limiter = RateLimiter(settings, clock, patience_s=PATIENCE_S, kept_in=pace)
        client = GitHub(settings, InstallationAuthorization(github, each, clock), limiter, clock)
        with closing(client):
            try:
                lists = Discovery()
                fetch_list(client, lists, "/installation/repositories")
                if lists.warnings:  # of what may lack something, nothing is concluded
                    sentences += lists.warnings
                    continue
                listed[each.installation_id] = frozenset(one.github_id for one in lists.found)
                sentences += _tracked(store, client, former, lists.found)
            except (errors.GitHubError, errors.AnswerRefused) as error:
                sentences.append(f"The repositories of {each.account} are not listed: {error}")
    reach = dict(app.listed) | listed
    granted = [each.installation_id for each in installed if each.state is InstallationState.GRANTED]
    for key in listed:  # what was transferred may be in the reach of another installation of the tenant
        mine = [each for each in granted if each in known and known[each].tenant_id == known[key].tenant_id]
        still = [reach[each] for each in mine if each in reach]
        sentences += _stopped(store, known[key], app.listed.get(key, frozenset()).difference(*still))
    save_installations(store, installed, listed)
    return sentences


def _stopped(store: Store, installation: Installation, gone: frozenset[int]) -> list[str]:
    """Stop what the installation includes no more; what the tenant's token can still read goes on."""
    tenant_id = installation.tenant_id
    own = tokens(Viewer(frozenset(), frozenset({tenant_id} if tenant_id is not None else ())), store)
    if not gone or any(each.state == "valid" for each in own):
        return []
    tracked = [each for each in repositories(operator(store), store) if each.tenant_id == tenant_id]
    stopped = [each for each in tracked if each.github_id in gone and each.state not in ON_HOLD]
    if not stopped:
        return []
    remove_repositories(store, COMMAND_LINE, [each.repository_id for each in stopped], utc_now())
    names = ", ".join(each.full_name for each in stopped[:5])
    return [
        f"{installation.account} has taken {counted(len(stopped), 'repository')} out of the GitHub App's reach, which "
        f"is collected no more; the history stays: {names}"
    ]


def _tracked(store: Store, client: GitHub, installation: Installation, listed: Sequence[ListedRepository]) -> list[str]:
    """Track what is new and meant by the rule. What was paused or removed stays so."""
    if installation.rule is None or installation.tenant_id is None:
        return []
    pattern, viewer = parse_pattern(installation.rule), operator(store)
    there = {each.github_id for each in repositories(viewer, store) if each.tenant_id == installation.tenant_id}
    new = [each.full_name for each in listed if each.github_id not in there and pattern.means(each)][:NEW_AT_ONCE]
    if not new:
        return []
    checked = check_repositories(client, new)
    result = track_repositories(viewer, store, COMMAND_LINE, installation.tenant_id, checked)
    refused = [f"{each.name} is not tracked: {each.refusal}" for each in result.refused]
    names = ", ".join(each.full_name for each in result.added[:5])
    added = [f"Tracked by the rule of {installation.account}: {counted(len(result.added), 'repository')} ({names})"]
    return [*(added if result.added else []), *refused[:5]]
