"""What a tenant's manager does to tracked repositories. Who may is asked anew at the moment of acting."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from data.accounts import grants, tenants
from data.accounts.audit import save_repository_entries
from data.accounts.models import Account
from data.calendar import utc_now
from data.collection.health import ON_HOLD
from data.repositories.models import Repository, RepositoryState
from data.repositories.repositories import (
    RepositoryRefused,
    pause_repositories,
    remove_repositories,
    remove_repositories_with_data,
    repositories,
    resume_repositories,
)
from data.store import Store
from pages.ui import collecting, session
from pages.ui.store import the_store
from pages.ui.text import counted

TICKS = "repositories_rows"  # the table whose ticks say on what is acted; an action uses them up
EVERY = frozenset(RepositoryState)


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do to repositories: what it is called afterwards, in which states it changes something, and how."""

    done: str
    states: frozenset[RepositoryState]
    change: Callable[[Store, list[int], datetime], None]


PAUSE = Action("paused", EVERY - {RepositoryState.PAUSED, RepositoryState.REMOVED}, pause_repositories)
RESUME = Action("resumed", EVERY - {RepositoryState.ACTIVE}, resume_repositories)
REMOVE = Action("removed", EVERY - {RepositoryState.REMOVED}, remove_repositories)
DELETE = Action("deleted with the history", EVERY, lambda store, ids, now: remove_repositories_with_data(store, ids))


def do(action: Action, repository_ids: Collection[int]) -> str:
    """Do it to all of them, in one commit, with a line in the audit log; says what was done.

    Raises: RepositoryRefused where one is not there or not this user's to manage; nothing is changed then.
    """
    account = session.require_account()
    chosen = [each for each in managed(account, repository_ids) if each.state in action.states]
    if not chosen:
        return f"Nothing to do: none of them can be {action.done} now."
    now = utc_now()
    action.change(the_store(), [each.repository_id for each in chosen], now)
    save_repository_entries(the_store(), f"repositories {action.done}", chosen, (account.username, now))
    name = chosen[0].full_name if len(chosen) == 1 else counted(len(chosen), "repository")
    return f"{name}: {action.done}."


def collect(repository_ids: Collection[int], tenant_id: int | None) -> None:
    """Start to collect at once: one repository alone, or all of the tenant of several; without any, of that tenant.

    Raises: RepositoryRefused where one is not there, not this user's to manage, on hold, or of another tenant.
    """
    store, account = the_store(), session.require_account()
    viewer = grants.viewer_of(store, account).of_each_tenant()
    if repository_ids:
        chosen = managed(account, repository_ids)
    else:
        chosen = [each for each in repositories(viewer, store) if account.manages(each.tenant_id)]
        chosen = [each for each in chosen if tenant_id in {None, each.tenant_id}]
    going = [each for each in chosen if each.state not in ON_HOLD]
    if not going:
        raise RepositoryRefused("None of them is collected: they are paused or removed. Resume them first.")
    tenant_ids = {each.tenant_id for each in going}
    if len(tenant_ids) > 1:
        raise RepositoryRefused("These are of several tenants. Collect one at a time: choose it under Tenant.")
    (tenant,) = (each for each in tenants.tenants(viewer, store) if each.tenant_id in tenant_ids)
    alone = going[0].full_name if len(repository_ids) == 1 else None
    collecting.start_by(account, tenant, alone)


def managed(account: Account, repository_ids: Collection[int]) -> list[Repository]:
    """The repositories of these ids, all this user's to manage.

    Raises: RepositoryRefused, the same for one that is not there and for one that the user may not see.
    """
    store = the_store()
    viewer = grants.viewer_of(store, account).of_each_tenant()
    seen = {each.repository_id: each for each in repositories(viewer, store)}
    if not repository_ids or any(each not in seen for each in repository_ids):
        raise RepositoryRefused("There is no such repository.")
    chosen = [seen[each] for each in repository_ids]
    others = [each.full_name for each in chosen if not account.manages(each.tenant_id)]
    if others:
        raise RepositoryRefused(f"{others[0]} is yours to read only: whoever manages its tenant can change it.")
    return chosen
