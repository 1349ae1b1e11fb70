"""What a tenant's manager does to tracked repositories. Who may is asked inside the commit."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from data.accounts import grants
from data.calendar import utc_now
from data.collection.health import ON_HOLD
from data.collection.ledger import Scope
from data.repositories.models import Repository
from data.repositories.repositories import (
    RepositoryRefused,
    managed_repositories,
    pause_repositories,
    remove_repositories,
    remove_repositories_with_data,
    repositories,
    resume_repositories,
)
from data.store import Store
from data.text import one_or_counted
from pages.ui import collecting, session
from pages.ui.store import the_store

TICKS = "repositories_rows"  # the table whose ticks say on what is acted; an action uses them up


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do to repositories: what it is called afterwards, and how it is done."""

    done: str
    change: Callable[[Store, str, Collection[int], datetime], list[Repository]]


PAUSE = Action("paused", pause_repositories)
RESUME = Action("resumed", resume_repositories)
REMOVE = Action("removed", remove_repositories)
DELETE = Action("deleted with the history", remove_repositories_with_data)


def do(action: Action, repository_ids: Collection[int]) -> str:
    """Do it to all of them, in one commit; says what was done.

    Raises: RepositoryRefused where one is not there or not this user's to manage; nothing is changed then.
    """
    changed = action.change(the_store(), session.require_account().username, repository_ids, utc_now())
    if not changed:
        return f"Nothing to do: none of them can be {action.done} now."
    return f"{one_or_counted([each.full_name for each in changed], 'repository')}: {action.done}."


def collect(repository_ids: Collection[int], tenant_id: int | None) -> None:
    """Start to collect at once: these repositories; without any, all of that tenant, or of all that the user manages.

    Raises: RepositoryRefused where one is not there, not this user's to manage, or all are on hold.
    """
    store, account = the_store(), session.require_account()
    if repository_ids:
        chosen = managed_repositories(account, store, repository_ids)
    else:
        viewer = grants.viewer_of(store, account).of_each_tenant()
        chosen = [each for each in repositories(viewer, store) if account.manages(each.tenant_id)]
        chosen = [each for each in chosen if tenant_id in {None, each.tenant_id}]
    going = [each for each in chosen if each.state not in ON_HOLD]
    if not going:
        raise RepositoryRefused("None of them is collected: they are paused or removed. Resume them first.")
    if repository_ids:
        collecting.start_by(account, Scope(repository_ids=tuple(each.repository_id for each in going)))
    else:
        collecting.start_by(account, Scope(tenant_ids=tuple(sorted({each.tenant_id for each in going}))))
