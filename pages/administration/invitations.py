"""The part of the users' page that invites new ones, and lists the links that are still open."""

import streamlit as st

from data.accounts import grants, invitations, tenants
from data.accounts.invitations import Invitation
from data.accounts.models import Account, Role
from data.calendar import utc_now
from pages.administration import grant_choice, links
from pages.ui import confirming, messages, moments
from pages.ui.confirming import Question
from pages.ui.store import the_store


def draw(account: Account) -> None:
    """The form for a new link, and the open ones."""
    with st.container(border=True, width=560, key="invitations_new"):
        st.header("Invite somebody", anchor=False)
        chosen = grant_choice.draw(account, "invite")
        email = st.text_input(
            "E-mail (optional)", key="invite_email", type="email", help="For the new account; nothing is sent to it."
        )
        if st.button("Make a link", type="primary", key="invite_submit", icon=":material/add_link:"):
            if chosen:
                secret = invitations.invite(the_store(), account.username, chosen, email or None, utc_now())
                links.draw(secret, "The invitation; good once, for seven days")
            else:
                st.error("Choose what the invitation is for.")
    _draw_open(account)


def _draw_open(account: Account) -> None:
    found = invitations.open_invitations(account, the_store(), utc_now())
    st.header("Open links", anchor=False)
    if not found:
        st.caption("None. A link is open until it is used, revoked, or too old.")
    names = {
        each.tenant_id: each.name for each in tenants.tenants(grants.administered(account, the_store()), the_store())
    }
    for each in found:
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"invitation_{each.invitation_id}"
        ):
            st.markdown(words(each, names), width="stretch")
            if st.button(
                "Revoke", key=f"invite_revoke_{each.invitation_id}", icon=":material/link_off:", type="tertiary"
            ):
                _ask_to_revoke(account, each)


def words(each: Invitation, tenant_names: dict[int, str]) -> str:
    """A link in two lines of Markdown."""
    if each.is_reset:
        what = f"New password for **{messages.literal(each.username or '')}**"
    else:
        roles = dict.fromkeys(_grant_words(grant.role, grant.tenant_id, tenant_names) for grant in each.grants)
        what = f"Invitation: {', '.join(roles) or 'no role yet'}"
        what += f" · {messages.literal(each.email)}" if each.email else ""
    until = f"made by {messages.literal(each.made_by)}, good until {moments.moment_text(each.expires_at)}"
    return f"{what}  \n:gray[:small[{until}]]"


def _grant_words(role: Role, tenant_id: int | None, tenant_names: dict[int, str]) -> str:
    name = "" if tenant_id is None else tenant_names.get(tenant_id, "")
    return f"**{grant_choice.role_name(role)}**" + (f" of {messages.literal(name)}" if name else "")


def _ask_to_revoke(account: Account, each: Invitation) -> None:
    confirming.confirm(
        Question("Revoke this link?", "Whoever has it cannot use it any more. You can make another.", "Revoke"),
        lambda: invitations.revoke_invitation(the_store(), account.username, each.invitation_id, utc_now()),
        "The link opens nothing any more.",
    )
