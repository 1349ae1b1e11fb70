"""Users, their roles, and the links that invite new ones."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from data.accounts import accounts, grants, invitations, sessions
from data.accounts.authority import may_grant
from data.accounts.grants import NamedGrant
from data.accounts.models import Account, Role
from data.accounts.sign_on import BY_GROUP, passwords_open
from data.calendar import utc_now
from pages.ui import controls, messages, session
from pages.ui.store import the_store
from pages.ui.text import grant_text
from pages.users import sign_on_view, view

PARTS = ["Users", "Invitations"]
FOR_ADMINS = "Sign-in"
OF_A_GROUP = "It comes back with their next sign-in while they are in a group that gives it."
COLUMNS: Mapping[str, Any] = {
    "username": st.column_config.TextColumn("Username", pinned=True),
    "name": st.column_config.TextColumn("Name"),
    "email": st.column_config.TextColumn("E-mail"),
    "roles": st.column_config.TextColumn("Roles"),
    "state": st.column_config.TextColumn("State", width=90),
}


def draw_table(users: tuple[Account, ...]) -> None:
    st.dataframe(
        view.user_rows(users, the_store()),
        column_config=COLUMNS,
        column_order=["username", "name", "roles", "state", *(["email"] if any(each.email for each in users) else [])],
        hide_index=True,
        key="users_table",
        lazy=False,
        alt=f"{len(users)} users with their roles",
    )


def draw_users(account: Account) -> None:
    users = accounts.accounts(account, the_store())
    wanted = controls.search("users_search", "Part of a name").casefold() if len(users) > 8 else ""
    shown = tuple(
        each for each in users if wanted in f"{each.username} {each.display_name} {each.email or ''}".casefold()
    )
    if not shown:
        st.info(
            "No user has such a name." if users else "No users yet. Invite somebody.",
            icon=":material/group_off:",
        )
        return
    draw_table(shown)
    names = {each.user_id: f"{each.display_name} ({each.username})" for each in shown}
    user_id = st.selectbox(
        "Manage",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder="Choose a user",
        key="users_chosen",
        width=360,
    )
    for each in shown:
        if each.user_id == user_id:
            draw_user(account, each)


def draw_user(account: Account, user: Account) -> None:
    with st.container(border=True, key="user_card"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(messages.literal(user.display_name), anchor=False, width="content")
            if not user.active:
                st.badge("Disabled", icon=":material/block:", color="gray")
        _draw_grants(account, user)
        if st.button("Grant a role", key="user_grant", icon=":material/add_moderator:"):
            _ask_for_grant(account, user)
        if account.has(Role.ADMIN):
            _draw_actions(account, user)


def draw_everybody(account: Account) -> None:
    if controls.danger_button("Sign everybody out", ":material/logout:", "users_end_all", "tertiary"):
        messages.confirm(
            "Sign everybody out?",
            "Every session ends immediately, **yours included**. Everybody can sign in again with their password.",
            "Sign everybody out",
            lambda: sessions.end_all_sessions(the_store(), account.username, utc_now()),
            "All sessions have ended.",
        )


def _draw_grants(account: Account, user: Account) -> None:
    found = grants.grants_of(account, the_store(), user.user_id)
    if not found:
        st.caption("No role: this user sees nothing but the own profile.")
    for number, each in enumerate(found):
        button, may = ("Revoke", ":material/remove_moderator:", f"user_take_{number}"), may_grant(account, each.grant)
        if controls.item(grant_text(each), f"user_grant_{number}", button, removable=may):
            _ask_to_take(account, user, each)


def _ask_to_take(account: Account, user: Account, each: NamedGrant) -> None:
    messages.confirm(
        "Revoke this role?",
        f"{messages.literal(user.display_name)} loses it immediately. "
        + (OF_A_GROUP if each.granted_by == BY_GROUP else "You can grant it again."),
        "Revoke",
        lambda: grants.revoke(the_store(), account.username, user.user_id, each.grant, utc_now()),
        f"{user.display_name} does not have the role any more.",
    )


@messages.dialog("Grant a role", icon=":material/add_moderator:")
def _ask_for_grant(account: Account, user: Account) -> None:
    st.markdown(f"To **{messages.literal(user.display_name)}**")
    chosen = view.draw_grant_choice(account, "user_new")
    if not st.button("Grant", type="primary", key="user_new_submit"):
        return
    if not chosen:
        st.error("Choose what the role is for.")
        return
    for each in chosen:
        grants.grant(the_store(), account.username, user.user_id, each, utc_now())
    messages.notice_after_rerun(f"{user.display_name} has the role now.")


def _draw_actions(account: Account, user: Account) -> None:
    by, key = account.username, user.user_id
    with st.container(horizontal=True, key="user_actions"):
        label = "Password reset link" if passwords_open(the_store()) else "Sign-in link"
        wants_link = user.active and st.button(label, key="user_reset", icon=":material/lock_reset:")
        if controls.danger_button("Sign out everywhere", ":material/logout:", "user_end_sessions"):
            messages.confirm(
                "Sign them out everywhere?",
                f"{messages.literal(user.display_name)} is signed out everywhere, and can sign in again.",
                "Sign out everywhere",
                lambda: sessions.end_other_sessions(the_store(), by, key, "", utc_now()),
                f"{user.display_name} is signed out everywhere.",
            )
        if user.active and controls.danger_button("Disable", ":material/block:", "user_disable"):
            messages.confirm(
                f"Disable {messages.literal(user.display_name)}?",
                "They are signed out everywhere immediately, and they cannot sign in until you enable them again. "
                "Their roles are kept.",
                "Disable",
                lambda: accounts.disable_user(the_store(), by, key, utc_now()),
                f"{user.display_name} is disabled.",
            )
        if not user.active and st.button("Enable", key="user_enable", icon=":material/check_circle:"):
            accounts.enable_user(the_store(), by, key, utc_now())
            messages.notice_after_rerun(f"{user.display_name} can sign in again.")
    if wants_link:
        secret = invitations.reset_password(the_store(), by, key, utc_now())
        name = messages.literal(user.display_name)
        view.draw_link(secret, f"A link for {name} to sign in anew; it works once, for a day")


who = session.require_account()
st.title("Users", anchor=False)
parts = [*PARTS, FOR_ADMINS] if who.has(Role.ADMIN) else PARTS
part = st.segmented_control(
    "Part", parts, default=PARTS[0], required=True, key="users_part", label_visibility="collapsed"
)
if part == PARTS[0]:
    draw_users(who)
elif part == FOR_ADMINS:
    sign_on_view.draw_sign_in(who)
else:
    view.draw_invitations(who)
if part == PARTS[0] and who.has(Role.ADMIN):
    draw_everybody(who)
