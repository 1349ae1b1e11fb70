"""Whose the things are that users save: their owner's alone, or shared in a tenant and changed by those who manage it.

Dashboards and SQL queries are such things. One's own is nobody else's to see; a shared one is for those who see the
whole tenant. The rules are asked inside the commit that changes something.
"""

from datetime import datetime
from typing import Protocol

import duckdb

from data.accounts.audit import Subject, note
from data.accounts.authority import NotAllowed, acting
from data.accounts.grants import viewer_of
from data.accounts.models import Account
from data.store import Store


class Saved(Protocol):
    """A thing that somebody has saved; without a tenant it is its owner's alone."""

    @property
    def user_id(self) -> int:
        """Its owner."""

    @property
    def tenant_id(self) -> int | None:
        """Where it is shared."""


def acting_user(connection: duckdb.DuckDBPyConnection, by: str, things: str) -> Account:
    """The account of whoever acts; the command line has none. `things` is what is saved, as "dashboards".

    Raises: NotAllowed.
    """
    account = acting(connection, by).account
    if account is None:
        raise NotAllowed(f"{things.capitalize()} belong to users.")
    return account


def may_change(saved: Saved, account: Account) -> bool:
    """Whether this user may change, share and remove it."""
    if saved.tenant_id is None:
        return account.user_id == saved.user_id
    return account.manages(saved.tenant_id)


def refuse_to_change(saved: Saved, account: Account, things: str) -> None:
    """Raises NotAllowed where this user may see it, and no more."""
    if not may_change(saved, account):
        raise NotAllowed(f"Only those who manage the tenant change its shared {things}.")


def refuse_to_share(store: Store, account: Account, tenant_id: int, things: str) -> None:
    """Raises NotAllowed where this user does not manage that tenant, or it is not there."""
    if tenant_id not in viewer_of(store, account).tenant_ids or not account.manages(tenant_id):
        raise NotAllowed(f"Only those who manage the tenant share {things} in it.")


def note_shared(
    connection: duckdb.DuckDBPyConnection, act: str, about: Subject, by: tuple[str, datetime], name: str
) -> None:
    """Write into the audit log what concerns a tenant; what somebody does with their own is theirs."""
    if about.tenant_id is not None:
        note(connection, act, about, by, name)
