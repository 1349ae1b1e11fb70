"""Which pages there are for whom. A page that is not in the list cannot be reached by its address either."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from data.models import Account, Role
from pages.ui import session

READERS = {Role.TENANT, Role.TENANT_VIEWER, Role.REPOSITORY_VIEWER}
EVERYBODY = set(Role)
SECTIONS: dict[str, list[tuple[str, str, str, set[Role]]]] = {
    "Traffic": [
        ("traffic/chart.py", "Chart", ":material/show_chart:", READERS),
        ("traffic/daily.py", "Daily traffic", ":material/calendar_view_day:", READERS),
        ("traffic/weekly.py", "Weekly traffic", ":material/calendar_view_week:", READERS),
    ],
    "Repositories": [
        ("repositories/repositories.py", "Repositories", ":material/folder_code:", READERS),
        ("repositories/add.py", "Add repositories", ":material/add_circle:", {Role.TENANT}),
    ],
    "Administration": [
        ("administration/log.py", "System log", ":material/receipt_long:", {Role.ADMIN, Role.MAINTAINER, Role.TENANT}),
        ("administration/tenants.py", "Tenants", ":material/domain:", {Role.ADMIN, Role.TENANT}),
        ("administration/users.py", "Users", ":material/group:", {Role.ADMIN, Role.TENANT}),
        ("administration/audit.py", "Audit log", ":material/fact_check:", {Role.ADMIN, Role.TENANT}),
    ],
    "Account": [("account/profile.py", "Profile", ":material/person:", EVERYBODY)],
}


def pages(folder: Path, account: Account | None, *, first_start: bool) -> dict[str, list[StreamlitPage]]:
    """The navigation for whoever is looking; for a stranger, the way in and nothing else."""
    if account is None:
        return {"": _ways_in(folder, first_start=first_start)}
    roles = {grant.role for grant in account.grants}
    found: dict[str, list[StreamlitPage]] = {}
    for section, entries in SECTIONS.items():
        for path, title, icon, may in entries:
            if roles & may or may is EVERYBODY:
                page = st.Page(folder / path, title=title, icon=icon, default=not found)
                found.setdefault(section, []).append(page)
    return found


def _ways_in(folder: Path, *, first_start: bool) -> list[StreamlitPage]:
    if first_start:
        return [st.Page(folder / "account/set_up.py", title="Set-up", icon=":material/rocket_launch:", default=True)]
    if "invitation" in st.query_params:
        page = folder / "account/invitation.py"
        return [st.Page(page, title="Invitation", icon=":material/mail:", default=True)]
    return [st.Page(folder / "account/sign_in.py", title="Sign in", icon=":material/login:", default=True)]


def draw_account(account: Account) -> None:
    """Who is signed in, and the way out."""
    with st.sidebar:
        st.caption(f"Signed in as **{messages_safe(account.display_name)}**")
        if st.button("Sign out", icon=":material/logout:", key="frame_sign_out", width="stretch"):
            session.leave()


def messages_safe(text: str) -> str:
    """A text from outside as Markdown shows it literally."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|<>~$:&" else letter for letter in text)
