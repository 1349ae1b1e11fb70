"""What a page offers for an item that a user has saved, a dashboard or a query: share it in a tenant, and remove it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from data.accounts.models import Account
from data.accounts.saved_items import SavedItem, SavedItems
from data.calendar import utc_now
from pages.ui import controls, messages
from pages.ui.addresses import full_address
from pages.ui.managed_tenants import managed_tenants
from pages.ui.store import the_store

SHARE_HELP = "Everyone who sees the whole tenant can open it; each sees only the repositories they have access to"
LINKS = {"dashboards": "dashboard", "sql": "query"}  # by page, the name of the item in an address


def draw(
    page: str, account: Account, items: SavedItems[Any, Any], item: SavedItem, after_removing: Callable[[], None]
) -> None:
    """The buttons that share an item in a tenant that this user manages, or end that; and the one that removes it, once
    that was confirmed.
    """
    _draw_sharing(page, account, items, item)

    def remove() -> None:
        items.remove(the_store(), account.username, item.item_id, utc_now())
        after_removing()

    if controls.danger_button("Remove …", ":material/delete:", f"{page}_remove", "tertiary"):
        whom = "" if item.tenant_id is None else " for everyone in the tenant"
        text = f"**{messages.literal(item.name)}** is deleted for good{whom}. Traffic is not affected."
        messages.confirm(f"Remove this {items.kind}?", text, "Remove", remove, f"{items.kind.capitalize()} removed.")


def _draw_sharing(page: str, account: Account, items: SavedItems[Any, Any], item: SavedItem) -> None:
    whose, now = (the_store(), account.username, item.item_id), utc_now()
    if item.tenant_id is not None:
        st.caption("The link for everyone in the tenant:")
        st.code(full_address(f"{page}?{LINKS[page]}={item.item_id}"), language=None, wrap_lines=True)
        if st.button("Stop sharing", icon=":material/lock:", key=f"{page}_unshare", type="tertiary"):
            messages.do(partial(items.unshare, *whose, now), f"This {items.kind} is private again.")
        return
    for tenant_id, name in managed_tenants(account).items():
        label, key = f"Share in {messages.literal(name)}", f"{page}_share_{tenant_id}"
        if st.button(label, icon=":material/group:", key=key, type="tertiary", help=SHARE_HELP):
            done = f"Shared with everyone in {name}. The link is in the menu."
            messages.do(partial(items.share, *whose, tenant_id, now), done)
