"""The fields of a form in which somebody chooses a name and a password."""

from dataclasses import dataclass, field

import streamlit as st

from data.accounts.passwords import SHORTEST_BYTES, PasswordRefused
from pages.ui import session

USERNAME_HELP = "3 to 40 of a–z, 0–9, dot, hyphen and underscore. You sign in with it."


@dataclass(frozen=True, slots=True)
class TypedPassword:
    """A password as it was typed, twice."""

    first: str = field(repr=False)
    again: str = field(repr=False)

    def chosen(self) -> str:
        """The password. Raises PasswordRefused where the two are not the same."""
        if self.first != self.again:
            raise PasswordRefused("The two passwords are not the same. Type the new one twice.")
        return session.typed_password(self.first)


def draw(key: str, label: str = "Password") -> TypedPassword:
    """The two fields of a new password."""
    first = st.text_input(
        label,
        key=f"{key}_password",
        type="password",
        autocomplete="new-password",
        help=f"At least {SHORTEST_BYTES} characters; a few words are easier to keep than a riddle.",
    )
    again = st.text_input(f"{label}, again", key=f"{key}_again", type="password", autocomplete="new-password")
    return TypedPassword(first or "", again or "")


def draw_names(key: str) -> tuple[str, str]:
    """The fields of the username and of the name that others see."""
    username = st.text_input("Username", key=f"{key}_username", help=USERNAME_HELP, autocomplete="username")
    name = st.text_input("Your name", key=f"{key}_name", help="As others see it.", autocomplete="name")
    return username or "", name or ""
