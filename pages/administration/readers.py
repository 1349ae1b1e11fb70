"""What administrators read, asked once a version of the store for whoever asks: the account or the viewer, both
databases' versions and all else that decides an answer are in the key. Nothing here can be changed by who gets it.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pandas import DataFrame

from data.accounts import accounts, audit, grants, tokens
from data.accounts.audit import ActFilter
from data.accounts.grants import NamedGrant
from data.accounts.models import Account, Viewer
from data.accounts.tokens import StoredToken
from data.store.arrow import arrow_table
from pages.administration.grant_choice import role_name
from pages.ui.readers import Place, control_place, place
from pages.ui.store import the_store


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts of the audit log: as an Arrow table, how many they are, and who has done any of those in these days."""

    table: Any
    count: int
    actors: tuple[str, ...]


def users(account: Account) -> tuple[Account, ...]:
    """The users that this one administers."""
    return _users(account, control_place())


def users_table(found: tuple[Account, ...]) -> Any:
    """Users as an Arrow table."""
    return _users_table(found)


def named_grants(account: Account, user_id: int) -> tuple[NamedGrant, ...]:
    """The grants of a user, as far as this one may read them."""
    return _named_grants(account, control_place(), place(), user_id)


def stored_tokens(viewer: Viewer) -> tuple[StoredToken, ...]:
    """The tokens in use of the visible tenants, without their secrets."""
    return _stored_tokens(viewer, control_place())


def acts(account: Account, wanted: ActFilter) -> Acts:
    """The acts that this user may read and that are wanted, and the actors of the same days and texts."""
    return _acts(account, control_place(), wanted)


@lru_cache(maxsize=32)
def _users(account: Account, place: Place) -> tuple[Account, ...]:
    return tuple(accounts.accounts(account, the_store()))


@lru_cache(maxsize=32)
def _users_table(found: tuple[Account, ...]) -> Any:
    rows = [
        {
            "username": each.username,
            "name": each.display_name,
            "email": each.email or "",
            "roles": ", ".join(dict.fromkeys(role_name(grant.role) for grant in each.grants)) or "none",
            "state": "Active" if each.active else "Disabled",
        }
        for each in found
    ]
    return arrow_table(DataFrame(rows))


@lru_cache(maxsize=64)
def _named_grants(account: Account, place: Place, traffic: Place, user_id: int) -> tuple[NamedGrant, ...]:
    return tuple(grants.grants_of(account, the_store(), user_id))


@lru_cache(maxsize=32)
def _stored_tokens(viewer: Viewer, place: Place) -> tuple[StoredToken, ...]:
    return tuple(tokens.tokens(viewer, the_store()))


@lru_cache(maxsize=32)
def _acts(account: Account, place: Place, wanted: ActFilter) -> Acts:
    every = audit.acts(account, the_store(), replace(wanted, actor=None))
    found = [act for act in every if wanted.actor in {None, act.actor}]
    rows = [
        {
            "at": each.happened_at,
            "actor": each.actor,
            "act": each.act,
            "subject": each.subject,
            "detail": each.detail or "",
        }
        for each in found
    ]
    return Acts(arrow_table(DataFrame(rows)), len(found), tuple(sorted({act.actor for act in every})))
