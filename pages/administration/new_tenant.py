"""The form that adds a tenant with its token: for the first one of a server, and for further ones."""

import streamlit as st

from data.accounts import audit, grants, tenants
from data.accounts.audit import Subject
from data.accounts.models import Account, Grant, Role, Tenant
from data.accounts.tokens import NewToken, TokenFacts, save_new_token
from data.accounts.vault import open_vault
from data.calendar import utc_now
from pages.administration import token_card
from pages.ui import fresh, messages
from pages.ui.store import the_store

SCHEDULE = "daily"


def new_tenant(account: Account, key: str) -> Tenant | None:
    """Draw the form; the tenant once it has been added, with its token, and with the user as its manager."""
    with st.container(width=560, key=f"{key}_form"):
        name = st.text_input(
            "Name", key=f"{key}_name", max_chars=tenants.NAME_LIMIT, placeholder="For instance your organization"
        )
        secret = token_card.token_input(fresh.key(f"{key}_token"))
        facts = token_card.asked(f"{key}_checked", secret) if secret else None
        pressed = st.button("Create tenant", type="primary", key=f"{key}_submit", icon=":material/domain_add:")
    if not pressed:
        return None
    if not (name or "").strip():
        st.error("Give the tenant a name.")
    elif not secret:
        st.error("Paste a GitHub token first: a tenant collects with a token of its own.")
    elif facts is not None:
        tenant = _add(account, name, secret, facts)
        if tenant is not None:
            fresh.empty(f"{key}_token")
        return tenant
    return None


def _add(account: Account, name: str, secret: str, facts: TokenFacts) -> Tenant | None:
    store, now = the_store(), utc_now()
    sealed = open_vault(store.directory).seal(secret)  # before anything is written: it may fail
    try:
        tenant = tenants.add_tenant(store, name, SCHEDULE, now)
    except tenants.TenantRefused as refusal:
        messages.refused(refusal)
        return None
    by = account.username
    audit.save_act(
        store, "tenant added", Subject(f"tenant {tenant.tenant_id}", tenant.tenant_id), (by, now), tenant.name
    )
    grants.grant(store, by, account.user_id, Grant(Role.TENANT, tenant.tenant_id), now)
    save_new_token(store, by, NewToken(tenant.tenant_id, sealed, secret[-4:], facts), now)
    return tenant
