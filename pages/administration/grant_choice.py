"""The choice of what to grant: a role, and the tenant or the repositories that it is for."""

import streamlit as st

from data.accounts import grants, tenants
from data.accounts.models import Account, Grant, Role
from data.repositories.models import RepositoryState
from pages.ui.store import the_store

ROLES = {
    Role.REPOSITORY_VIEWER: "Repository viewer",
    Role.TENANT_VIEWER: "Tenant viewer",
    Role.TENANT: "Tenant manager",
    Role.MAINTAINER: "Maintainer",
    Role.ADMIN: "Admin",
}
MEANINGS = {
    Role.REPOSITORY_VIEWER: "Sees the traffic of single repositories.",
    Role.TENANT_VIEWER: "Sees all traffic of a tenant.",
    Role.TENANT: "Manages a tenant: its repositories, token and viewers. Sees all its traffic.",
    Role.MAINTAINER: "Reads the system log, may collect. Sees no traffic.",
    Role.ADMIN: "Manages tenants, users and grants. Sees no traffic unless granted.",
}
BY_A_MANAGER = (Role.REPOSITORY_VIEWER, Role.TENANT_VIEWER)
WITHOUT_PLACE = (Role.MAINTAINER, Role.ADMIN)


def draw(account: Account, key: str) -> list[Grant]:
    """Draw the choice, as far as this user may grant; what is chosen, empty while it is not whole."""
    is_admin = account.has(Role.ADMIN)
    role = st.selectbox(
        "Role", list(ROLES) if is_admin else list(BY_A_MANAGER), format_func=ROLES.__getitem__, key=f"{key}_role"
    )
    st.caption(MEANINGS[role])
    if role in WITHOUT_PLACE:
        return [Grant(role)]
    names = {
        each.tenant_id: each.name for each in tenants.tenants(grants.administered(account, the_store()), the_store())
    }
    if not names:
        st.info("There is no tenant yet. Create one under *Tenants*.")
        return []
    tenant_id = st.selectbox("Tenant", list(names), format_func=names.__getitem__, key=f"{key}_tenant")
    if role is not Role.REPOSITORY_VIEWER:
        return [Grant(role, tenant_id)]
    return [Grant(role, tenant_id, each) for each in _repositories(account, tenant_id, key)]


def role_name(role: Role) -> str:
    """A role as people call it."""
    return ROLES[role]


def _repositories(account: Account, tenant_id: int, key: str) -> list[int]:
    found = grants.grantable_repositories(account, the_store())
    names = {
        each.repository_id: each.full_name
        for each in found
        if each.tenant_id == tenant_id and each.state is not RepositoryState.REMOVED
    }
    return st.multiselect(
        "Repositories",
        list(names),
        format_func=names.__getitem__,
        key=f"{key}_repositories",
        placeholder="Choose at least one" if names else "This tenant follows none yet",
    )
