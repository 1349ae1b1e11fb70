"""Users, their grants, and the links that invite new ones."""

import streamlit as st

from data import accounts
from data.models import Account, Role
from pages.administration import invitations, user_card
from pages.administration.grant_choice import role_name
from pages.ui import session
from pages.ui.store import the_store

PARTS = ["Users", "Invitations"]


def matching(found: list[Account], text: str) -> list[Account]:
    """The users with a text in their names or address."""
    wanted = text.strip().casefold()
    return [each for each in found if wanted in f"{each.username} {each.display_name} {each.email or ''}".casefold()]


def draw_table(found: list[Account]) -> None:
    """The users in a table."""
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
    text = st.column_config.TextColumn
    st.dataframe(
        rows,
        column_config={
            "username": text("Username", pinned=True),
            "name": text("Name"),
            "email": text("E-mail"),
            "roles": text("Roles"),
            "state": text("State", width=90),
        },
        column_order=["username", "name", "roles", "state", *(["email"] if any(row["email"] for row in rows) else [])],
        hide_index=True,
        key="users_table",
        alt=f"{len(rows)} users with their roles",
    )


def draw_users(account: Account) -> None:
    """The users that this one administers, and one of them in detail."""
    found = accounts.accounts(account, the_store())
    search = ""
    if len(found) > 8:
        search = st.text_input(
            "Search",
            key="users_search",
            placeholder="Part of a name",
            type="search",
            icon=":material/search:",
            live=True,
        )
    shown = matching(found, search or "")
    if not shown:
        st.info(
            "Nobody is called so." if found else "Nobody has a grant for your tenant yet. Invite somebody.",
            icon=":material/group_off:",
        )
        return
    draw_table(shown)
    names = {each.user_id: f"{each.display_name} ({each.username})" for each in shown}
    user_id = st.selectbox("Manage", list(names), format_func=names.__getitem__, key="users_chosen", width=360)
    user_card.draw(account, next(each for each in shown if each.user_id == user_id))


who = session.require_account()
st.title("Users", anchor=False)
part = st.segmented_control(
    "Part", PARTS, default=PARTS[0], required=True, key="users_part", label_visibility="collapsed"
)
if part == PARTS[0]:
    draw_users(who)
else:
    invitations.draw(who)
if part == PARTS[0] and who.has(Role.ADMIN):
    user_card.draw_everybody(who)
