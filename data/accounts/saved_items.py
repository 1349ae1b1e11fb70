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
from data.calendar import stored
from data.refusals import Refused
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id

SELECT = """
select {table}.{id}, {table}.user_id, account.display_name, {table}.tenant_id, {table}.name, {columns}
from {table}
inner join account using (user_id)
where
    ({table}.tenant_id is null and {table}.user_id = $user_id)
    or {table}.tenant_id in (select unnest($tenant_ids))
order by lower({table}.name), {table}.{id}
"""
INSERT = """
insert into {table} ({id}, user_id, tenant_id, name, saved_at, {columns})
values ($item_id, $user_id, null, $name, $now, {values})
"""
UPDATE = "update {table} set name = $name, saved_at = $now, {changes} where {id} = $item_id"
UPDATE_TENANT = "update {table} set tenant_id = $tenant_id, saved_at = $now where {id} = $item_id"


class SavedItemRefused(Refused):
    """There is no such item, or it cannot be so; the sentence says why."""


@dataclass(frozen=True, slots=True)
class SavedItem:
    """An item that somebody has saved; without a tenant it is its owner's alone."""

    item_id: int
    user_id: int
    owner: str
    tenant_id: int | None
    name: str

    def may_change(self, account: Account) -> bool:
        if self.tenant_id is None:
            return account.user_id == self.user_id
        return account.manages(self.tenant_id)


New = TypeVar("New")
Item = TypeVar("Item", bound=SavedItem)


@dataclass(frozen=True, slots=True)
class SavedItems(Generic[New, Item]):
    """All items of one kind, in the table saved_<kind>: how they are called, and how many one user may have.

    `columns` are those that no other kind has. `values` checks a new item and answers them with its name; `item` makes
    one of a row, whose first columns are those of SavedItem.
    """

    kind: str
    plural: str
    most: int
    columns: tuple[str, ...]
    values: Callable[[New], dict[str, Any]]
    item: Callable[..., Item]

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
            saved = self._sql("select count(*) as saved from {table} where user_id = $user_id")
            ((count,),) = connection.execute(saved, {"user_id": user_id}).fetchall()
            if count >= self.most:
                raise SavedItemRefused(f"You have {self.most} {self.plural}, the maximum. Remove one first.")
            item_id = next_id(connection, f"saved_{self.kind}")
            ids = {"item_id": item_id, "user_id": user_id, "now": stored(now)}
            connection.execute(self._sql(INSERT), values | ids)
        return item_id

    def save(self, store: Store, by: str, item_id: int, new: New, now: datetime) -> None:
        """Change one, its name included. Raises: SavedItemRefused, NotAllowed, and as `values`."""
        values = self.values(new)
        with store.control.commit(f"saving a {self.kind}") as connection:
            item = self._changeable(connection, store, by, item_id)
            connection.execute(self._sql(UPDATE), values | {"item_id": item_id, "now": stored(now)})
            self._note(connection, f"shared {self.kind} changed", replace(item, name=values["name"]), by, now)

    def share(self, store: Store, by: str, item_id: int, tenant_id: int, now: datetime) -> None:
        """Show one to all who see the whole tenant. For those who manage it. Raises: SavedItemRefused, NotAllowed."""
        with store.control.commit(f"sharing a {self.kind}") as connection:
            account = self._acting_user(connection, by)
            item = self._changeable(connection, store, by, item_id)
            if tenant_id not in viewer_of(store, account).tenant_ids or not account.manages(tenant_id):
                raise NotAllowed(f"Only managers of the tenant can share {self.plural} in it.")
            values = {"item_id": item_id, "tenant_id": tenant_id, "now": stored(now)}
            connection.execute(self._sql(UPDATE_TENANT), values)
            self._note(connection, f"{self.kind} shared", replace(item, tenant_id=tenant_id), by, now)

    def unshare(self, store: Store, by: str, item_id: int, now: datetime) -> None:
        with store.control.commit(f"ending the sharing of a {self.kind}") as connection:
            item = self._changeable(connection, store, by, item_id)
            values = {"item_id": item_id, "tenant_id": None, "now": stored(now)}
            connection.execute(self._sql(UPDATE_TENANT), values)
            self._note(connection, f"{self.kind} no longer shared", item, by, now)

    def remove(self, store: Store, by: str, item_id: int, now: datetime) -> None:
        with store.control.commit(f"removing a {self.kind}") as connection:
            item = self._changeable(connection, store, by, item_id)
            connection.execute(self._sql("delete from {table} where {id} = $item_id"), {"item_id": item_id})
            self._note(connection, f"shared {self.kind} removed", item, by, now)

    def _sql(self, text: str) -> str:
        """The statement for this kind's table: the names in it are our own, and no value becomes a part of it."""
        return text.format(
            table=f"saved_{self.kind}",
            id=f"{self.kind}_id",
            columns=", ".join(self.columns),
            values=", ".join(f"${column}" for column in self.columns),
            changes=", ".join(f"{column} = ${column}" for column in self.columns),
        )

    def _visible(self, connection: duckdb.DuckDBPyConnection, store: Store, account: Account) -> tuple[Item, ...]:
        if not account.active:
            return ()
        tenant_ids = sorted(viewer_of(store, account).tenant_ids)
        visible = {"user_id": account.user_id, "tenant_ids": tenant_ids}
        rows = connection.execute(self._sql(SELECT), visible).fetchall()
        return tuple(self.item(*row) for row in rows)

    def _one(self, visible: tuple[Item, ...], item_id: int) -> Item:
        for each in visible:
            if each.item_id == item_id:
                return each
        raise SavedItemRefused(f"There is no such {self.kind}.")

    def _changeable(self, connection: duckdb.DuckDBPyConnection, store: Store, by: str, item_id: int) -> Item:
        account = self._acting_user(connection, by)
        item = self._one(self._visible(connection, store, account), item_id)
        if not item.may_change(account):
            raise NotAllowed(f"Only managers of the tenant can change its shared {self.plural}.")
        return item

    def _acting_user(self, connection: duckdb.DuckDBPyConnection, by: str) -> Account:
        if by == COMMAND_LINE:
            raise NotAllowed(f"{self.plural.capitalize()} belong to users.")
        return acting(connection, by)

    def _note(self, connection: duckdb.DuckDBPyConnection, action: str, item: Item, by: str, now: datetime) -> None:
        """Note in the audit log what concerns a tenant; what somebody does with their own is theirs."""
        if item.tenant_id is not None:
            record(
                connection, action, Subject(f"{self.kind} {item.item_id}", item.tenant_id), by, now, detail=item.name
            )
