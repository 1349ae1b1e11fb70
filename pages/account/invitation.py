"""What a one-time link opens: a new account, more roles for the one that is signed in, or a new password.

The secret leaves the address at once, so that it is in no bookmark and on nobody's screenshot.
"""

import streamlit as st

from data.accounts import invitations
from data.accounts.authority import AccountRefused, NewUser
from data.accounts.invitations import Invitation, InvitationRefused
from data.accounts.models import Account
from data.accounts.passwords import PasswordRefused
from data.calendar import utc_now
from pages.account import new_password
from pages.ui import messages, moments, navigation, session
from pages.ui.store import the_store

UNUSABLE = "This link opens nothing. It has been used, is too old, or was revoked: ask whoever sent it for a new one."


def taken_secret() -> str:
    """The link's secret, out of the address into this session's memory."""
    if navigation.INVITATION in st.query_params:
        st.session_state[navigation.INVITATION_STATE] = st.query_params[navigation.INVITATION]
        del st.query_params[navigation.INVITATION]
    return str(st.session_state.get(navigation.INVITATION_STATE, ""))


def leave_link(note: str = "") -> None:
    """Go on without the link."""
    st.session_state.pop(navigation.INVITATION_STATE, None)
    messages.notice_after_rerun(note)


def draw_new_account(secret: str, found: Invitation) -> None:
    """The form of a new account."""
    st.title("Welcome", anchor=False)
    st.write("You have been invited to see GitHub traffic. Choose how you sign in from now on.")
    with st.form("invitation_form", enter_to_submit=False):
        username, name = new_password.draw_names("invitation")
        email = st.text_input("E-mail (optional)", value=found.email or "", key="invitation_email", type="email")
        password = new_password.draw("invitation")
        submitted = st.form_submit_button("Create account", type="primary", key="invitation_submit")
    st.caption(f"The link is good until {moments.moment_text(found.expires_at)}. You have an account already?")
    if st.button("Sign in instead", key="invitation_sign_in", type="tertiary", icon=":material/login:"):
        st.session_state[SIGNING_IN] = True
        st.rerun()
    if submitted:
        try:
            new = NewUser(username, name, email or None, password.chosen())
            account = invitations.accept(the_store(), secret, new, utc_now())
        except (AccountRefused, PasswordRefused) as refusal:
            messages.refused(refusal)
        else:
            session.enter(account, at_start=True)


def draw_sign_in(secret: str) -> None:
    """The sign-in of somebody who has an account already; the link is used by them then."""
    st.title("An invitation", anchor=False)
    st.caption("It is added to your account.")
    st.header("Sign in", anchor=False)
    account = session.password_form()
    if account is not None:
        try:
            invitations.accept_as(the_store(), secret, account.user_id, utc_now())
        except AccountRefused as refusal:
            messages.refused(refusal)
        else:
            session.enter(account, at_start=True)
    if st.button("Make a new account instead", key="invitation_new", type="tertiary"):
        st.session_state.pop(SIGNING_IN, None)
        st.rerun()


def draw_acceptance(secret: str, account: Account) -> None:
    """The question to somebody who is signed in."""
    st.title("An invitation", anchor=False)
    st.write(f"You are signed in as **{messages.literal(account.display_name)}**. Add what it grants to this account?")
    with st.container(horizontal=True):
        if st.button("Accept", type="primary", key="invitation_accept"):
            invitations.accept_as(the_store(), secret, account.user_id, utc_now())
            leave_link("The invitation is accepted.")
        if st.button("Not now", key="invitation_later"):
            leave_link()


def draw_new_password(secret: str, found: Invitation) -> None:
    """The form of a new password."""
    st.title("A new password", anchor=False)
    st.write(f"For the user **{messages.literal(found.username or '')}**. All open sessions end with it.")
    with st.form("invitation_reset_form", enter_to_submit=False):
        password = new_password.draw("invitation_reset", "New password")
        submitted = st.form_submit_button("Save and sign in", type="primary", key="invitation_reset_submit")
    if submitted:
        try:
            account = invitations.accept_reset(the_store(), secret, password.chosen(), utc_now())
        except (InvitationRefused, PasswordRefused) as refusal:
            messages.refused(refusal)
        else:
            session.enter(account, at_start=True)


SIGNING_IN = "invitation_signing_in"
link = taken_secret()
opened = invitations.invitation_of(the_store(), link, utc_now())
who = session.signed_in_account()
with st.container(horizontal_alignment="center"), st.container(width=480):
    if opened is None:
        st.title("This link opens nothing", anchor=False)
        st.warning(UNUSABLE, icon=":material/link_off:")
        if st.button("Go on" if who else "Sign in", key="invitation_go_on"):
            leave_link()
    elif opened.is_reset:
        draw_new_password(link, opened)
    elif who is not None:
        draw_acceptance(link, who)
    elif st.session_state.get(SIGNING_IN):
        draw_sign_in(link)
    else:
        draw_new_account(link, opened)
