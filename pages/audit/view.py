"""The audit log as a table: its entries, with today's names for what they call by number."""

import re
from collections.abc import Mapping
from typing import Any

from data.accounts import audit, grants, tenants
from data.accounts.audit import AuditFilter
from data.accounts.models import Account
from data.repositories.repositories import repository_names
from data.store import Store
from data.store.arrow import arrow_rows
from data.store.cache import cached

NUMBERED = re.compile(r"\b(?:tenant|repository) [0-9]+\b")


def names_of(account: Account, store: Store) -> dict[str, str]:
    """What entries call by number, with the names of today."""
    seen = grants.administered(account, store)
    named = {f"tenant {each.tenant_id}": f"tenant {each.name}" for each in tenants.tenants(seen, store)}
    return named | {f"repository {key}": name for key, name in repository_names(seen, store).items()}


def with_names(text: str, names: Mapping[str, str]) -> str:
    return NUMBERED.sub(lambda found: names.get(found[0], found[0]), text)


@cached("control", "traffic")
def entry_rows(account: Account, store: Store, wanted: AuditFilter) -> Any:
    """The entries that are wanted as a table (Arrow)."""
    names = names_of(account, store)
    return arrow_rows(
        [
            {
                "at": each.happened_at,
                "actor": each.actor,
                "action": each.action,
                "subject": with_names(each.subject, names),
                "detail": with_names(each.detail or "", names),
            }
            for each in audit.entries(account, store, wanted)
        ]
    )
