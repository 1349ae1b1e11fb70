"""Getting in: the first user of a new server, what a one-time link opens, and the sign-in.

It stands at the address of every page, so whoever has signed in is where they wanted to go. A link's secret leaves the
address at once, so that it is in no bookmark and on nobody's screenshot.
"""

import streamlit as st

from data.accounts import accounts, invitations, set_up
from data.accounts.invitations import Invitation
from data.accounts.models import Account
from data.accounts.sign_on import passwords_open
from data.calendar import utc_now
from pages.sign_in import password_form
from pages.ui import controls, messages, navigation, session, time_format
from pages.ui.sign_on_routes import provider
from pages.ui.store import the_store

HAS_ACCOUNT = "invitation_has_account"
SIGN_IN = "Sign in with your organization"
NO_WAY_IN = (
    "Passwords are switched off, and signing in with an organization is not set up. Whoever runs this server switches "
    "passwords on again with `python -m collector signon passwords on`."
)


def draw_sign_in() -> None:
    st.title("GitHub Traffic", anchor=False)
    st.caption("The traffic of your repositories, kept for longer than GitHub’s 14 days.")
    st.header("Sign in", anchor=False)
    with_password, with_organization = passwords_open(the_store()), provider() is not None
    if with_organization:
        session.organization_button(SIGN_IN, "sign_in_organization")
    if with_password:
        if account := password_form.draw_form():
            session.enter(account)
        st.caption("No account, or forgot your password? Ask whoever administers this server for a link.")
    elif not with_organization:
        st.warning(NO_WAY_IN, icon=":material/lock:")


def draw_set_up() -> None:
    controls.draw_steps(1)
    st.title("Welcome", anchor=False)
    st.write("This server is new. Create its first user, the administrator. You can invite others later.")
    with st.form("set_up_form"):
        code = st.text_input(
            "Set-up code",
            key="set_up_code",
            help="The server printed it at its start: see its terminal or log.",
            placeholder="XXXXX-XXXXX-XXXXX-XXXXX",
            autocomplete="off",
        )
        user = controls.new_user("set_up")
        messages_slot = st.container()
        submitted = st.form_submit_button("Continue", type="primary", key="set_up_submit")
    if submitted:
        with messages_slot, messages.shown():
            session.enter(set_up.add_first_user(the_store(), code or "", user, utc_now()), at_start=True)


def draw_link() -> None:
    """What a one-time link opens: a new account, more roles for an account, or a new password."""
    secret = _taken_secret()
    opened = invitations.invitation_of(the_store(), secret, utc_now())
    account = session.signed_in_account()
    if opened is None:
        _draw_unusable(account)
    elif opened.is_reset:
        _draw_new_password(secret, opened)
    elif account is not None:
        _draw_acceptance(secret, account)
    elif st.session_state.get(HAS_ACCOUNT):
        _draw_sign_in_to_accept(secret)
    else:
        _draw_new_account(secret, opened)


def _taken_secret() -> str:
    """The link's secret, out of the address into this session's memory."""
    if navigation.INVITATION in st.query_params:
        st.session_state[navigation.INVITATION_STATE] = st.query_params[navigation.INVITATION]
        del st.query_params[navigation.INVITATION]
    return str(st.session_state.get(navigation.INVITATION_STATE, ""))


def _leave_link(note: str = "") -> None:
    st.session_state.pop(navigation.INVITATION_STATE, None)
    messages.notice_after_rerun(note)


def _draw_unusable(account: Account | None) -> None:
    st.title("This link doesn’t work", anchor=False)
    st.warning(
        "It has been used, has expired, or was revoked. Ask whoever sent it for a new one.", icon=":material/link_off:"
    )
    if st.button("Go on" if account else "Sign in", key="invitation_go_on"):
        _leave_link()


def _draw_new_account(secret: str, opened: Invitation) -> None:
    st.title("Welcome", anchor=False)
    st.write("You have been invited to see GitHub traffic. Choose how you sign in from now on.")
    _draw_organization(secret)
    if passwords_open(the_store()):
        _draw_account_form(secret, opened)
    st.caption(f"The link works until {time_format.moment_text(opened.expires_at)}.")


def _draw_organization(secret: str) -> None:
    """The way to use a link up without a password."""
    if provider() is not None:
        session.organization_button("Continue with your organization", "invitation_organization", secret=secret)
    elif not passwords_open(the_store()):
        st.warning(NO_WAY_IN, icon=":material/lock:")


def _draw_account_form(secret: str, opened: Invitation) -> None:
    with st.form("invitation_form"):
        user = controls.new_user("invitation", opened.email)
        messages_slot = st.container()
        submitted = st.form_submit_button("Create account", type="primary", key="invitation_submit")
    if st.button("I have an account: sign in", key="invitation_sign_in", type="tertiary", icon=":material/login:"):
        st.session_state[HAS_ACCOUNT] = True
        st.rerun()
    if submitted:
        with messages_slot, messages.shown():
            session.enter(invitations.accept(the_store(), secret, user, utc_now()), at_start=True)


def _draw_sign_in_to_accept(secret: str) -> None:
    st.title("An invitation", anchor=False)
    st.caption("It is added to your account.")
    st.header("Sign in", anchor=False)
    account = password_form.draw_form()
    if account is not None:
        with messages.shown():
            invitations.accept_as(the_store(), secret, account.user_id, utc_now())
            session.enter(account, at_start=True)
    if st.button("Create a new account instead", key="invitation_new", type="tertiary"):
        st.session_state.pop(HAS_ACCOUNT, None)
        st.rerun()


def _draw_acceptance(secret: str, account: Account) -> None:
    st.title("An invitation", anchor=False)
    st.write(f"You are signed in as **{messages.literal(account.display_name)}**. Add what it grants to this account?")
    with st.container(horizontal=True):
        if st.button("Accept", type="primary", key="invitation_accept"):
            invitations.accept_as(the_store(), secret, account.user_id, utc_now())
            _leave_link("The invitation is accepted.")
        if st.button("Not now", key="invitation_later"):
            _leave_link()


def _draw_new_password(secret: str, opened: Invitation) -> None:
    with_password = passwords_open(the_store())
    st.title("A new password" if with_password else "Sign in again", anchor=False)
    st.write(f"For the user **{messages.literal(opened.username or '')}**. This signs out all open sessions.")
    _draw_organization(secret)
    if not with_password:
        return
    with st.form("invitation_reset_form"):
        password = controls.new_password("invitation_reset", "New password")
        submitted = st.form_submit_button("Save and sign in", type="primary", key="invitation_reset_submit")
    if submitted:
        account = invitations.accept_reset(the_store(), secret, password.chosen(), utc_now())
        session.enter(account, at_start=True)


is_set_up = accounts.has_users(the_store())
is_narrow = is_set_up and not navigation.is_invited()
with st.container(horizontal_alignment="center"), st.container(width=420 if is_narrow else 480), messages.shown():
    if not is_set_up:
        draw_set_up()
    elif navigation.is_invited():
        draw_link()
    else:
        draw_sign_in()
