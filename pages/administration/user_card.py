"""A user in detail, as an administrator sees them: grants, and what can be done with the account."""

import streamlit as st

from data.accounts import accounts, grants, invitations, sessions
from data.accounts.audit import Subject, save_act
from data.accounts.grants import NamedGrant
from data.accounts.models import Account, Role
from data.calendar import utc_now
from pages.administration import grant_choice, links, readers
from pages.ui import confirming, messages, moments, session
from pages.ui.confirming import Question
from pages.ui.store import the_store


def draw(account: Account, user: Account) -> None:
    """The card of a user, for the user `account`, who administers them."""
    with st.container(border=True, key="user_card"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(messages.literal(user.display_name), anchor=False, width="content")
            if not user.active:
                st.badge("Disabled", icon=":material/block:", color="gray")
        _draw_grants(account, user)
        if st.button("Grant a role", key="user_grant", icon=":material/add_moderator:"):
            _ask_for_grant(account, user)
        if account.has(Role.ADMIN):
            _draw_acts(account, user)


def draw_everybody(account: Account) -> None:
    """What concerns all users at once."""
    if st.button("End all sessions of everybody", key="users_end_all", icon=":material/logout:", type="tertiary"):
        confirming.confirm(
            Question(
                "Sign everybody out?",
                "Every session ends at once, **yours included**. Everybody can sign in again with their password.",
                "Sign everybody out",
            ),
            lambda: sessions.end_all_sessions(the_store(), account.username, utc_now()),
            "All sessions have ended.",
        )


def _draw_grants(account: Account, user: Account) -> None:
    found = readers.named_grants(account, user.user_id)
    if not found:
        st.caption("No role: this user sees nothing but the own profile.")
    for number, each in enumerate(found):
        with st.container(horizontal=True, vertical_alignment="center", key=f"user_grant_{number}"):
            st.markdown(words(each), width="stretch")
            if _may_take(account, each) and st.button(
                "Take away", key=f"user_take_{number}", icon=":material/remove_moderator:", type="tertiary"
            ):
                _ask_to_take(account, user, each)


def words(each: NamedGrant) -> str:
    """A grant in a line of Markdown."""
    place = each.repository or each.tenant
    gone = each.grant.tenant_id is not None and each.tenant is None
    where = " for something that was deleted" if gone else f" · {messages.literal(place)}" if place else ""
    if each.repository and each.tenant:
        where += f" ({messages.literal(each.tenant)})"
    since = f":gray[:small[by {messages.literal(each.granted_by)}, {moments.day_text(each.granted_at)}]]"
    return f"**{grant_choice.role_name(each.grant.role)}**{where}  \n{since}"


def _may_take(account: Account, each: NamedGrant) -> bool:
    return account.has(Role.ADMIN) or each.grant.role in grant_choice.BY_A_MANAGER


def _ask_to_take(account: Account, user: Account, each: NamedGrant) -> None:
    confirming.confirm(
        Question(
            "Take this role away?",
            f"{messages.literal(user.display_name)} loses it with the next click. You can grant it again.",
            "Take away",
        ),
        lambda: grants.revoke(the_store(), account.username, user.user_id, each.grant, utc_now()),
        f"{user.display_name} does not have the role any more.",
    )


@st.dialog("Grant a role", icon=":material/add_moderator:")
def _ask_for_grant(account: Account, user: Account) -> None:
    with messages.shown():
        session.require_account()
        st.markdown(f"To **{messages.literal(user.display_name)}**")
        _draw_new_grant(account, user)


def _draw_new_grant(account: Account, user: Account) -> None:
    chosen = grant_choice.draw(account, "user_new")
    if not st.button("Grant", type="primary", key="user_new_submit"):
        return
    if not chosen:
        st.error("Choose what the role is for.")
        return
    for each in chosen:
        grants.grant(the_store(), account.username, user.user_id, each, utc_now())
    messages.notice_after_rerun(f"{user.display_name} has the role now.")


def _draw_acts(account: Account, user: Account) -> None:
    by, key = account.username, user.user_id
    with st.container(horizontal=True, key="user_acts"):
        wants_link = user.active and st.button("New-password link", key="user_reset", icon=":material/lock_reset:")
        if st.button("End sessions", key="user_end_sessions", icon=":material/logout:"):
            _ask_to_end_sessions(account, user)
        if user.active and st.button("Disable", key="user_disable", icon=":material/block:"):
            _ask_to_disable(account, user)
        if not user.active and st.button("Enable", key="user_enable", icon=":material/check_circle:"):
            accounts.enable_user(the_store(), by, key, utc_now())
            messages.notice_after_rerun(f"{user.display_name} can sign in again.")
    if wants_link:
        secret = invitations.reset_password(the_store(), by, key, utc_now())
        name = messages.literal(user.display_name)
        links.draw(secret, f"A link for {name} to choose a new password; good once, for a day")


def _ask_to_disable(account: Account, user: Account) -> None:
    confirming.confirm(
        Question(
            f"Disable {messages.literal(user.display_name)}?",
            "All their sessions end at once, and they cannot sign in until you enable them again. "
            "Their roles are kept.",
            "Disable",
        ),
        lambda: accounts.disable_user(the_store(), account.username, user.user_id, utc_now()),
        f"{user.display_name} is disabled.",
    )


def _ask_to_end_sessions(account: Account, user: Account) -> None:
    def end() -> None:
        now = utc_now()
        sessions.end_other_sessions(the_store(), user.user_id, "")
        save_act(the_store(), "sessions ended", Subject(f"user {user.username}"), (account.username, now))

    confirming.confirm(
        Question(
            "End all their sessions?",
            f"{messages.literal(user.display_name)} is signed out everywhere, and can sign in again.",
            "End sessions",
        ),
        end,
        f"{user.display_name} is signed out everywhere.",
    )
