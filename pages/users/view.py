"""The table of users; the choice of what to grant; one-time links: made, shown once, listed while open, revoked."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from data.accounts import grants, invitations, tenants
from data.accounts.authority import GRANTED_BY_A_TENANT
from data.accounts.invitations import Invitation
from data.accounts.models import Account, Grant, Role
from data.calendar import utc_now
from data.store import Store
from data.store.arrow import arrow_rows
from data.store.cache import cached
from pages.ui import controls, messages, time_format
from pages.ui.addresses import full_address
from pages.ui.managed_tenants import tracked_names
from pages.ui.navigation import INVITATION
from pages.ui.store import the_store
from pages.ui.text import ROLES

MEANINGS = {
    Role.REPOSITORY_VIEWER: "Sees the traffic of single repositories.",
    Role.TENANT_VIEWER: "Sees all traffic of a tenant.",
    Role.TENANT: "Manages a tenant: its repositories, token and viewers. Sees all its traffic.",
    Role.MAINTAINER: "Reads the system log, may collect. Sees no traffic.",
    Role.ADMIN: "Manages tenants, users and grants. Sees no traffic unless granted.",
}
FOR_THE_SERVER = (Role.MAINTAINER, Role.ADMIN)


@cached("control")
def user_rows(users: tuple[Account, ...], store: Store) -> Any:
    """Users as a table (Arrow)."""
    return arrow_rows(
        [
            {
                "username": each.username,
                "name": each.display_name,
                "email": each.email or "",
                "roles": ", ".join(dict.fromkeys(ROLES[grant.role] for grant in each.grants)) or "none",
                "state": "Active" if each.active else "Disabled",
            }
            for each in users
        ]
    )


def draw_grant_choice(account: Account, key: str, but: Collection[Role] = ()) -> list[Grant]:
    """Draw the choice, as far as this user may grant, `but` some; what is chosen, empty while it is not whole."""
    roles = [role for role in ROLES if (account.has(Role.ADMIN) or role in GRANTED_BY_A_TENANT) and role not in but]
    role = st.selectbox("Role", roles, format_func=ROLES.__getitem__, key=f"{key}_role")
    st.caption(MEANINGS[role])
    if role in FOR_THE_SERVER:
        return [Grant(role)]
    names = tenant_names(account)
    if not names:
        st.info("There is no tenant yet. Create one under *Tenants*.")
        return []
    tenant_id = st.selectbox("Tenant", list(names), format_func=names.__getitem__, key=f"{key}_tenant")
    if role is not Role.REPOSITORY_VIEWER:
        return [Grant(role, tenant_id)]
    tracked = tracked_names(grants.administered(account, the_store()), tenant_id)
    chosen = st.multiselect(
        "Repositories",
        list(tracked),
        format_func=tracked.__getitem__,
        key=f"{key}_repositories",
        placeholder="Choose at least one" if tracked else "This tenant tracks none yet",
    )
    return [Grant(role, tenant_id, each) for each in chosen]


def draw_invitations(account: Account) -> None:
    with st.container(border=True, width=560, key="invitations_new"):
        st.header("Invite somebody", anchor=False)
        chosen = draw_grant_choice(account, "invite")
        email = st.text_input(
            "E-mail (optional)", key="invite_email", type="email", help="For the new account; nothing is sent to it."
        )
        if st.button("Create invitation", type="primary", key="invite_submit", icon=":material/add_link:"):
            if chosen:
                secret = invitations.invite(the_store(), account.username, chosen, email or None, utc_now())
                draw_link(secret, "The invitation; it works once, for seven days")
            else:
                st.error("Choose what the invitation is for.")
    _draw_open(account)


def _draw_open(account: Account) -> None:
    found = invitations.open_invitations(account, the_store(), utc_now())
    st.header("Open links", anchor=False)
    if not found:
        st.caption("No open invitations.")
    names = tenant_names(account)
    for each in found:
        button = ("Revoke", ":material/link_off:", f"invite_revoke_{each.invitation_id}")
        if controls.item(link_text(each, names), f"invitation_{each.invitation_id}", button, border=True):
            _ask_to_revoke(account, each)


def link_text(each: Invitation, tenant_names: dict[int, str]) -> str:
    if each.is_reset:
        what = f"Password reset for **{messages.literal(each.username or '')}**"
    else:
        roles = dict.fromkeys(role_text(grant.role, grant.tenant_id, tenant_names) for grant in each.grants)
        what = f"Invitation: {', '.join(roles) or 'no role yet'}"
        what += f" · {messages.literal(each.email)}" if each.email else ""
    until = f"made by {messages.literal(each.made_by)}, works until {time_format.moment_text(each.expires_at)}"
    return f"{what}  \n:gray[:small[{until}]]"


def role_text(role: Role, tenant_id: int | None, tenant_names: dict[int, str]) -> str:
    name = "" if tenant_id is None else tenant_names.get(tenant_id, "")
    return f"**{ROLES[role]}**" + (f" of {messages.literal(name)}" if name else "")


def _ask_to_revoke(account: Account, each: Invitation) -> None:
    messages.confirm(
        "Revoke this link?",
        "Whoever has it cannot use it any more. You can create another.",
        "Revoke",
        lambda: invitations.revoke_invitation(the_store(), account.username, each.invitation_id, utc_now()),
        "Link revoked.",
    )


def draw_link(secret: str, what: str) -> None:
    """Show a link, which the next click takes away; nobody can look it up later."""
    address = full_address(f"?{urlencode({INVITATION: secret})}")
    messages.show_once("link_once", what, address, "Anyone with it can use it, so send it securely.")


def tenant_names(account: Account) -> dict[int, str]:
    administered = grants.administered(account, the_store())
    return {each.tenant_id: each.name for each in tenants.tenants(administered, the_store())}
