"""One's own account: name, roles, password, sessions, and the identity of an organization."""

from datetime import datetime

import streamlit as st

from data.accounts import accounts, grants, sessions
from data.accounts.authority import AccountRefused
from data.accounts.models import Account
from data.accounts.passwords import PasswordRefused, fingerprint
from data.accounts.sessions import OpenSession, TooManyAttempts
from data.calendar import utc_now
from pages.ui import controls, messages, session, time_format
from pages.ui.store import the_store
from pages.ui.text import grant_text


def draw_person(account: Account) -> None:
    st.header("You", anchor=False)
    st.caption(f"You sign in as **{messages.literal(account.username)}**.")
    with st.form("profile_person_form", border=False):
        name = st.text_input("Your name", value=account.display_name, key="profile_name", autocomplete="name")
        email = st.text_input(
            "E-mail (optional)", value=account.email or "", key="profile_email", type="email", autocomplete="email"
        )
        if st.form_submit_button("Save", key="profile_person_submit"):
            accounts.save_profile(
                the_store(), account.username, account.user_id, utc_now(), name=name or "", email=email
            )
            messages.notice_after_rerun("Saved.")


def draw_roles(account: Account) -> None:
    st.header("Your roles", anchor=False)
    granted = grants.grants_of(account, the_store(), account.user_id)
    if granted:
        st.markdown("\n\n".join(grant_text(each) for each in granted))
    else:
        st.info("You have no role yet, so there is nothing to see. Ask whoever administers this server for one.")


def draw_password() -> None:
    st.header("Password", anchor=False)
    with st.form("profile_password_form", border=False, clear_on_submit=True):
        current = st.text_input(
            "Current password", key="profile_current", type="password", autocomplete="current-password"
        )
        password = controls.new_password("profile", "New password")
        submitted = st.form_submit_button("Change password", key="profile_password_submit")
    st.caption("This signs out your other sessions.")
    if submitted:
        secret, typed = session.session_secret() or "", session.typed_password(current or "")
        try:
            accounts.change_password(the_store(), secret, typed, password.chosen(), utc_now())
        except (AccountRefused, PasswordRefused, TooManyAttempts) as refusal:
            messages.refused(refusal)
        else:
            messages.notice_after_rerun("Your password is changed; your other sessions are signed out.")


def session_text(each: OpenSession, now: datetime) -> str:
    this = " :green-badge[This one]" if each.current else ""
    began = time_format.moment_text(each.started_at, st.context.timezone)
    seen = f"last seen {time_format.ago(each.last_seen_at, now)} from {messages.literal(each.address or 'unknown')}"
    return f"**{messages.literal(each.browser)}**{this}  \n:gray[:small[signed in {began}, {seen}]]"


def draw_sessions(account: Account) -> None:
    st.header("Open sessions", anchor=False)
    now = utc_now().replace(second=0, microsecond=0)
    found = sessions.sessions_of(account, the_store(), now, fingerprint(session.session_secret() or ""))
    st.markdown("\n\n".join(session_text(each, now) for each in found))
    if len(found) > 1 and controls.danger_button("Sign out all others", ":material/logout:", "profile_end_others"):
        messages.confirm(
            "Sign out all other sessions?",
            "They are signed out immediately; this one stays.",
            "Sign them out",
            lambda: sessions.end_other_sessions(
                the_store(), account.username, account.user_id, session.session_secret() or "", utc_now()
            ),
            "All other sessions are signed out.",
        )


def draw_identity(account: Account) -> None:
    st.header("Your organization’s sign-in", anchor=False)
    found = session.identity()
    if found is None:
        st.caption("Sign in there once, and you can link it with this account.")
        if st.button("Sign in with your organization", key="profile_identity", icon=":material/badge:"):
            st.login()
        return
    owner = accounts.account_of_identity(the_store(), found)
    if owner is not None and owner.user_id == account.user_id:
        st.markdown(f":green[:material/link:] Linked with {messages.literal(found.issuer)}")
    elif st.button("Link it with this account", key="profile_link", icon=":material/add_link:"):
        accounts.link_identity(the_store(), account.username, account.user_id, found, utc_now())
        messages.notice_after_rerun("Linked. You can sign in with it from now on.")


who = session.require_account()
st.title("Profile", anchor=False)
left, right = st.columns(2, gap="medium")
with left, st.container(border=True, key="profile_person"):
    draw_person(who)
with left, st.container(border=True, key="profile_roles"):
    draw_roles(who)
with right, st.container(border=True, key="profile_password_card"):
    draw_password()
with right, st.container(border=True, key="profile_sessions"):
    draw_sessions(who)
if session.identity_configured():
    with left, st.container(border=True, key="profile_identity_card"):
        draw_identity(who)
