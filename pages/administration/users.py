"""Users, their grants, and the links that invite new ones."""

import streamlit as st

from data.accounts.models import Account, Role
from pages.administration import invitations, readers, user_card
from pages.administration.columns import USERS
from pages.ui import session

PARTS = ["Users", "Invitations"]


def matching(found: tuple[Account, ...], text: str) -> tuple[Account, ...]:
    """The users with a text in their names or address."""
    wanted = text.strip().casefold()
    names = (f"{each.username} {each.display_name} {each.email or ''}".casefold() for each in found)
    return tuple(each for each, name in zip(found, names, strict=True) if wanted in name) if wanted else found


def draw_table(found: tuple[Account, ...]) -> None:
    """The users in a table."""
    st.dataframe(
        readers.users_table(found),
        column_config=USERS,
        column_order=["username", "name", "roles", "state", *(["email"] if any(each.email for each in found) else [])],
        hide_index=True,
        key="users_table",
        lazy=False,
        alt=f"{len(found)} users with their roles",
    )


def draw_users(account: Account) -> None:
    """The users that this one administers, and one of them in detail."""
    found = readers.users(account)
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
