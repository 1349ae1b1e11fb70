"""The tenants that a user manages, the choice of one on a page that is about one, and what each tracks."""

import streamlit as st

from data.accounts.grants import viewer_of
from data.accounts.models import Account, Viewer
from data.accounts.tenants import tenants
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories
from pages.ui import session
from pages.ui.store import the_store


def managed_tenants(account: Account) -> dict[int, str]:
    """The names of the active tenants that the user manages, by their ids."""
    seen = tenants(viewer_of(the_store(), account), the_store())
    return {each.tenant_id: each.name for each in seen if account.manages(each.tenant_id)}


def tracked_names(viewer: Viewer, tenant_id: int) -> dict[int, str]:
    """The repositories that a tenant tracks, by name, as far as the viewer sees them."""
    seen = [each for each in repositories(viewer, the_store()) if each.tenant_id == tenant_id]
    return {each.repository_id: each.full_name for each in seen if each.state is not RepositoryState.REMOVED}


def choose_tenant(key: str) -> int:
    """The tenant that a page is about: chosen where the user manages several. Stops the page where there is none."""
    names = managed_tenants(session.require_account())
    if not names:
        st.info("You don’t manage an active tenant. Ask an administrator.")
        st.stop()
    if len(names) == 1:
        return next(iter(names))
    return int(st.selectbox("Tenant", list(names), format_func=names.__getitem__, key=key, width=320))
