"""What users save: their owner's alone, or shared in a tenant. Dashboards and SQL queries are such items, in `control`.

One's own is nobody else's to see. A shared one is for those who see the whole tenant, and changed by those who manage
it. The rules are asked inside the commit that changes something; what concerns a tenant is noted in the audit log.

SavedItemRefused    there is no such item to see, or it cannot be so
NotAllowed          whoever acts may see it, but not change it (see data/accounts/authority.py)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

import duckdb

from data.accounts.audit import Subject, record
from data.accounts.authority import COMMAND_LINE, NotAllowed, acting
from data.accounts.grants import viewer_of
from data.accounts.models import Account
from data.calendar import aware, stored
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id


class SavedItemRefused(Exception):
    """There is no such item, or it cannot be so; the sentence says why."""


@dataclass(frozen=True, slots=True)
class SavedItem:
    """An item that somebody has saved; without a tenant it is its owner's alone."""

    item_id: int
    user_id: int
    owner: str
    tenant_id: int | None
    name: str
    saved_at: datetime

    def may_change(self, account: Account) -> bool:
        if self.tenant_id is None:
            return account.user_id == self.user_id
        return account.manages(self.tenant_id)


New = TypeVar("New")
Item = TypeVar("Item", bound=SavedItem)


@dataclass(frozen=True, slots=True)
class SavedItems(Generic[New, Item]):
    """All items of one kind: how they are called, how many one user may have, and how they are read and written.

    `values` checks a new item and answers what its statements need, its name included; `item` makes one of a row, whose
    first columns are those of SavedItem. The statements know $item_id, $user_id, $tenant_id, $tenant_ids and $now.
    """

    kind: str
    plural: str
    table: str
    most: int
    values: Callable[[New], dict[str, Any]]
    item: Callable[..., Item]
    select: str
    select_count: str
    insert: str
    update: str
    update_tenant: str
    delete: str

    @cached("control", "traffic")
    def seen_by(self, account: Account, store: Store) -> tuple[Item, ...]:
        """The user's own, and those shared in tenants that they see as a whole, by name."""
        with store.control.read() as cursor:
            return self._visible(cursor, store, account)

    def with_id(self, account: Account, store: Store, item_id: int) -> Item:
        """The one with that id. Raises: SavedItemRefused, the same for another tenant's and for none at all."""
        return self._one(self.seen_by(account, store), item_id)

    def add(self, store: Store, by: str, new: New, now: datetime) -> int:
        """Save a new one for whoever acts. Returns its id. Raises: SavedItemRefused, NotAllowed, and as `values`."""
        values = self.values(new)
        with store.control.commit(f"saving a {self.kind}") as connection:
            user_id = self._acting_user(connection, by).user_id
            ((count,),) = connection.execute(self.select_count, {"user_id": user_id}).fetchall()
            if count >= self.most:
                raise SavedItemRefused(f"You have {self.most} {self.plural}, which is the most. Remove one first.")
            item_id = next_id(connection, self.table)
            ids = {"item_id": item_id, "user_id": user_id, "now": stored(now)}
            connection.execute(self.insert, values | ids)
        return item_id

    def save(self, store: Store, by: str, item_id: int, new: New, now: datetime) -> None:
        """Change one, its name included. Raises: SavedItemRefused, NotAllowed, and as `values`."""
        values = self.values(new)
        with store.control.commit(f"saving a {self.kind}") as connection:
            item = self._changeable(connection, store, by, item_id)
            connection.execute(self.update, values | {"item_id": item_id, "now": stored(now)})
            self._note(connection, f"shared {self.kind} changed", replace(item, name=values["name"]), (by, now))

    def share(self, store: Store, by: str, item_id: int, tenant_id: int, now: datetime) -> None:
        """Show one to all who see the whole tenant. For those who manage it. Raises: SavedItemRefused, NotAllowed."""
        with store.control.commit(f"sharing a {self.kind}") as connection:
            account = self._acting_user(connection, by)
            item = self._changeable(connection, store, by, item_id)
            if tenant_id not in viewer_of(store, account).tenant_ids or not account.manages(tenant_id):
                raise NotAllowed(f"Only those who manage the tenant share {self.plural} in it.")
            values = {"item_id": item_id, "tenant_id": tenant_id, "now": stored(now)}
            connection.execute(self.update_tenant, values)
            self._note(connection, f"{self.kind} shared", replace(item, tenant_id=tenant_id), (by, now))

    def unshare(self, store: Store, by: str, item_id: int, now: datetime) -> None:
        """Give a shared one back to its owner alone. Raises: SavedItemRefused, NotAllowed."""
        with store.control.commit(f"ending the sharing of a {self.kind}") as connection:
            item = self._changeable(connection, store, by, item_id)
            connection.execute(self.update_tenant, {"item_id": item_id, "tenant_id": None, "now": stored(now)})
            self._note(connection, f"{self.kind} no longer shared", item, (by, now))

    def remove(self, store: Store, by: str, item_id: int, now: datetime) -> None:
        """Delete one. Raises: SavedItemRefused, NotAllowed."""
        with store.control.commit(f"removing a {self.kind}") as connection:
            item = self._changeable(connection, store, by, item_id)
            connection.execute(self.delete, {"item_id": item_id})
            self._note(connection, f"shared {self.kind} removed", item, (by, now))

    def _visible(self, connection: duckdb.DuckDBPyConnection, store: Store, account: Account) -> tuple[Item, ...]:
        if not account.active:
            return ()
        tenant_ids = sorted(viewer_of(store, account).tenant_ids)
        rows = connection.execute(self.select, {"user_id": account.user_id, "tenant_ids": tenant_ids}).fetchall()
        return tuple(self.item(*row[:5], aware(row[5]), *row[6:]) for row in rows)

    def _one(self, visible: tuple[Item, ...], item_id: int) -> Item:
        for each in visible:
            if each.item_id == item_id:
                return each
        raise SavedItemRefused(f"There is no such {self.kind}.")

    def _changeable(self, connection: duckdb.DuckDBPyConnection, store: Store, by: str, item_id: int) -> Item:
        account = self._acting_user(connection, by)
        item = self._one(self._visible(connection, store, account), item_id)
        if not item.may_change(account):
            raise NotAllowed(f"Only those who manage the tenant change its shared {self.plural}.")
        return item

    def _acting_user(self, connection: duckdb.DuckDBPyConnection, by: str) -> Account:
        if by == COMMAND_LINE:
            raise NotAllowed(f"{self.plural.capitalize()} belong to users.")
        return acting(connection, by)

    def _note(self, connection: duckdb.DuckDBPyConnection, action: str, item: Item, by: tuple[str, datetime]) -> None:
        """Note in the audit log what concerns a tenant; what somebody does with their own is theirs."""
        if item.tenant_id is not None:
            record(connection, action, Subject(f"{self.kind} {item.item_id}", item.tenant_id), by, item.name)
