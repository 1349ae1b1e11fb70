"""The form for name and password. `streamlit-authenticator` draws it and compares the password; its cookie, limits and
resets are not used.
"""

from typing import Any

import streamlit as st
import streamlit_authenticator as stauth
from streamlit_authenticator.controllers import AuthenticationController

from data.accounts import accounts, sessions
from data.accounts.models import Account
from data.accounts.passwords import LONGEST_BYTES
from data.calendar import utc_now
from pages.ui import session
from pages.ui.store import the_store

_STATE_OF_THE_FORM = ("authentication_status", "name", "username", "email", "roles", "logout", "password_hint")


def draw_form() -> Account | None:
    """Draw the sign-in form, whose heading is of the third level; the account once its name and password are right.

    Raises: sessions.TooManyAttempts.
    """
    form = _PasswordForm(_Credentials())
    labels = {"Form name": "With your password", "Username": "Username", "Password": "Password", "Login": "Sign in"}
    form.login(location="main", fields=labels, key="sign_in_form")
    accepted, name = st.session_state.get("authentication_status"), st.session_state.get("username")
    for key in _STATE_OF_THE_FORM:
        st.session_state.pop(key, None)
    if accepted is False:
        st.error("Wrong username or password. Passwords are case-sensitive.")
    if not accepted or not name:
        return None
    return accounts.active_account(the_store(), name)


class _Credentials(dict[str, Any]):
    """The users as the library wants them, each read from the store when it is asked for, and counted as an attempt.

    An unknown or disabled user has an entry too, with a hash that no password has: so both take the same time.
    """

    def __contains__(self, username: object) -> bool:
        return True

    def __missing__(self, username: str) -> dict[str, Any]:
        sessions.attempt(the_store(), username, session.address(), utc_now())
        found = self[username] = accounts.credentials_for_form(the_store(), username)
        return found

    def get(self, username: str, default: Any = None) -> Any:
        return self[username]

    def items(self) -> Any:
        return iter(())


class _Controller(AuthenticationController):  # type: ignore[misc]
    """The library's check of the form. A password that bcrypt would cut is compared as an empty one, which nobody has:
    it takes its time, and nothing is printed.
    """

    def login(self, username: str | None = None, password: str | None = None, *rest: Any, **more: Any) -> bool | None:
        too_long = len(session.typed_password(password or "").encode("utf-8", "backslashreplace")) > LONGEST_BYTES
        accepted: bool | None = super().login((username or "").strip(), "" if too_long else password, *rest, **more)
        return accepted


class _PasswordForm(stauth.Authenticate):  # type: ignore[misc]
    """The library's form without its cookie."""

    def __init__(self, credentials: _Credentials) -> None:
        self.api_key = None
        self.path = None
        self.secret_key = ""
        self.attrs = {"login_sleep_time": 0}
        self.cookie_controller = _NoCookie()
        self.authentication_controller = _Controller({"usernames": {}}, auto_hash=False)
        self.authentication_controller.authentication_model.credentials = {"usernames": credentials}


class _NoCookie:
    def get_cookie(self) -> None:
        """There is none."""

    def set_cookie(self) -> None:
        """None is made."""
