"""Who is looking at the page: the session cookie, the password form, signing in and out.

`streamlit-authenticator` draws the form and compares the password; its cookie, limits and resets are not used. The
session is ours: see `data/sessions.py` and `pages/ui/doors.py`.
"""

import json
from typing import Any

import streamlit as st
import streamlit_authenticator as stauth
from streamlit_authenticator.controllers import AuthenticationController

from data import accounts, grants, sessions
from data.calendar import utc_now
from data.models import Account, Viewer
from pages.ui.doors import CLOSE_PATH, COOKIE, OPEN_PATH
from pages.ui.store import the_store

_STATE_OF_THE_FORM = ("authentication_status", "name", "username", "email", "roles", "logout", "password_hint")


def signed_in_account() -> Account | None:
    """The account of this browser's session, checked anew at every run of a page; None for anybody else."""
    secret = session_secret()
    if not secret:
        return None
    now = utc_now()
    account = sessions.account_of_session(the_store(), secret, now)
    if account is not None:
        sessions.touch_session(the_store(), secret, now)
    return account


def session_secret() -> str | None:
    """What the session cookie holds; None where the browser sent none."""
    return st.context.cookies.get(COOKIE)


def viewer() -> Viewer:
    """What the signed-in user may see: the one place from which pages take it. Stops the page for anybody else."""
    account = signed_in_account()
    if account is None:
        st.rerun()
    return grants.viewer_of(the_store(), account)


def address() -> str:
    """Where the browser is, as far as the server can tell."""
    return st.context.ip_address or "local"


def enter(account: Account) -> None:
    """Give this browser a session for the account, and load the app anew with it."""
    ticket = sessions.make_ticket(the_store(), account.user_id, utc_now())
    _post_and_reload(OPEN_PATH, ticket)


def leave() -> None:
    """End this browser's session, in the database at once and in the browser as soon as it hears of it."""
    secret = session_secret()
    if secret:
        sessions.end_session(the_store(), secret)
    st.session_state.clear()
    _post_and_reload(CLOSE_PATH, "")


def password_form() -> Account | None:
    """Draw the sign-in form; the account once its name and password are right.

    Raises: sessions.TooManyAttempts.
    """
    form = _PasswordForm(_Credentials())
    labels = {"Form name": "Sign in", "Username": "Username", "Password": "Password", "Login": "Sign in"}
    form.login(location="main", fields=labels, key="sign_in_form")
    accepted, name = st.session_state.get("authentication_status"), st.session_state.get("username")
    for key in _STATE_OF_THE_FORM:
        st.session_state.pop(key, None)
    if accepted is False:
        st.error("That name and password do not belong together. Check both; capital letters count in the password.")
    if not accepted or not name:
        return None
    sessions.attempt_succeeded(the_store(), name, utc_now())
    return accounts.account_named(the_store(), name)


class _Credentials(dict[str, Any]):
    """The users as the library wants them, each read from the store when it is asked for, and counted as an attempt.

    An unknown or disabled user has an entry too, with a hash that no password has: so both take the same time.
    """

    def __contains__(self, username: object) -> bool:
        return True

    def __missing__(self, username: str) -> dict[str, Any]:
        sessions.attempt(the_store(), username, address(), utc_now())
        self[username] = accounts.credentials_for_form(the_store(), username)["usernames"][username]
        found: dict[str, Any] = self[username]
        return found

    def get(self, username: str, default: Any = None) -> Any:
        """As for any dict, with every username in it."""
        return self[username]

    def items(self) -> Any:
        """None are known before they are asked for."""
        return iter(())


class _PasswordForm(stauth.Authenticate):  # type: ignore[misc]
    """The library's form without its cookie."""

    def __init__(self, credentials: _Credentials) -> None:
        self.api_key = None
        self.path = None
        self.secret_key = ""
        self.attrs = {"login_sleep_time": 0}
        self.cookie_controller = _NoCookie()
        self.authentication_controller = AuthenticationController({"usernames": {}}, auto_hash=False)
        self.authentication_controller.authentication_model.credentials = {"usernames": credentials}


class _NoCookie:
    """Stands where the library would keep its own cookie."""

    def get_cookie(self) -> None:
        """There is none."""

    def set_cookie(self) -> None:
        """None is made."""


def _post_and_reload(path: str, body: str) -> None:
    """Have the browser send `body` to one of the doors, then load the app anew. The texts are ours, none is a user's."""
    st.html(
        f"<script>fetch({json.dumps(path)}, {{method: 'POST', body: {json.dumps(body)}, credentials: 'same-origin'}})"
        ".finally(() => window.location.replace('/'))</script>",
        unsafe_allow_javascript=True,
    )
    st.stop()


def identity_button() -> None:
    """The way in by an identity provider, where `.streamlit/secrets.toml` configures one."""
    if not _identity_configured():
        return
    if st.user.is_logged_in:
        account = accounts.account_of_identity(the_store(), str(st.user["iss"]), str(st.user["sub"]))
        if account is not None:
            enter(account)
        st.warning("Your identity is not linked to a user here. Ask an administrator for an invitation.")
        if st.button("Use another identity", key="sign_in_other_identity"):
            st.logout()
    elif st.button("Sign in with your organization", icon=":material/badge:", key="sign_in_identity", width="stretch"):
        st.login()


def _identity_configured() -> bool:
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False
