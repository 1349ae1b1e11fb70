"""Which pages there are for whom. A page that is not offered cannot be reached by its address either."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from data.accounts.models import Account, Role
from data.accounts.tenants import has_tenants
from pages.ui.store import the_store

PAGES = Path(__file__).parents[1]
SIGN_IN = "sign_in/page.py"
INVITATION = "invitation"  # the parameter of a one-time link
INVITATION_STATE = "invitation_secret"
WISH_STATE = "navigation_wish"
MADE_STATE = "navigation_made"
READERS = {Role.TENANT, Role.TENANT_VIEWER, Role.REPOSITORY_VIEWER}
EVERYBODY = set(Role)


class Entry(NamedTuple):
    """A page: its address, its file, its name, whose it is, and whether it shares the filters of traffic."""

    address: str
    file: str
    title: str
    icon: str
    may: set[Role]
    filtered: bool = False


SECTIONS: dict[str, list[Entry]] = {
    "Insight": [
        Entry("overview", "overview/page.py", "Overview", ":material/dashboard:", READERS, filtered=True),
        Entry("repository", "repository/page.py", "Repository", ":material/query_stats:", READERS),
        Entry("compare", "compare/page.py", "Compare", ":material/compare_arrows:", READERS, filtered=True),
    ],
    "Traffic": [
        Entry("chart", "chart/page.py", "Chart", ":material/show_chart:", READERS, filtered=True),
        Entry("daily", "daily/page.py", "Daily traffic", ":material/calendar_view_day:", READERS, filtered=True),
        Entry("weekly", "weekly/page.py", "Weekly traffic", ":material/calendar_view_week:", READERS, filtered=True),
    ],
    "Explore": [
        Entry("dashboards", "dashboards/page.py", "Dashboards", ":material/space_dashboard:", READERS),
        Entry("sql", "sql/page.py", "SQL", ":material/database:", READERS),
    ],
    "Repositories": [
        Entry("repositories", "repositories/page.py", "Repositories", ":material/folder_code:", READERS),
        Entry("add", "add/page.py", "Add repositories", ":material/add_circle:", {Role.TENANT}),
    ],
    "Administration": [
        Entry("log", "log/page.py", "System log", ":material/receipt_long:", EVERYBODY - READERS | {Role.TENANT}),
        Entry("tenants", "tenants/page.py", "Tenants", ":material/domain:", {Role.ADMIN, Role.TENANT}),
        Entry("users", "users/page.py", "Users", ":material/group:", {Role.ADMIN, Role.TENANT}),
        Entry("audit", "audit/page.py", "Audit log", ":material/fact_check:", {Role.ADMIN, Role.TENANT}),
    ],
    "Account": [Entry("profile", "profile/page.py", "Profile", ":material/person:", EVERYBODY)],
}
ENTRIES = {entry.address: entry for entries in SECTIONS.values() for entry in entries}
START = "start"  # the address of whichever page is first, beside the app's own: so that one may follow another there


@dataclass(frozen=True, slots=True)
class Offered:
    """The pages by section as `st.navigation` takes them, and those of them that share the filters of traffic."""

    pages: dict[str, list[StreamlitPage]]
    filtered: Sequence[StreamlitPage] = ()

    def has_filters(self, page: StreamlitPage) -> bool:
        return any(page is each for each in self.filtered)


def offered(account: Account | None, *, first_start: bool) -> Offered:
    """The pages for whoever is looking; for somebody who is signed out the way in, and nothing else."""
    if account is None:
        return Offered({"": _ways_in(first_start=first_start)})
    first = _first_page(account)
    known = _of_roles(frozenset(grant.role for grant in account.grants), first is not None)
    pages = {section: list(found) for section, found in known.pages.items()}
    if first is not None:
        pages = {"": [first], **pages}
    return Offered(pages, known.filtered)


def is_invited() -> bool:
    return INVITATION in st.query_params or INVITATION_STATE in st.session_state


def open_page(address: str, query: dict[str, str | list[str]] | None = None) -> NoReturn:
    """Go to the page of that address, which the user must have in the navigation."""
    st.switch_page(PAGES / ENTRIES[address].file, query_params=query)


def open_page_after_rerun(address: str) -> None:
    """Open a page that may be in the navigation only after what has just been done."""
    st.session_state[WISH_STATE] = address
    st.rerun()


def follow_wish() -> None:
    if address := st.session_state.pop(WISH_STATE, None):
        open_page(address)


def _of_roles(roles: frozenset[Role], after_another: bool) -> Offered:
    """The pages of these roles. Made once a session: Streamlit asks the disk about each page that is made."""
    made: dict[object, Offered] = st.session_state.setdefault(MADE_STATE, {})
    key = (roles, after_another)
    if key not in made:
        made[key] = _made(roles, after_another)
    return made[key]


def _made(roles: frozenset[Role], after_another: bool) -> Offered:
    pages: dict[str, list[StreamlitPage]] = {}
    filtered: list[StreamlitPage] = []
    alias: StreamlitPage | None = None
    for section, entries in SECTIONS.items():
        for entry in entries:
            if not roles & entry.may and entry.may is not EVERYBODY:
                continue
            is_first = not pages and not after_another
            page = _page(entry.file, entry.title, entry.icon, START if is_first else entry.address)
            filtered += [page] if entry.filtered else []
            if is_first:  # its address is the app's own; a link from somebody else may call it by its name all the same
                alias = _page(entry.file, entry.title, entry.icon, entry.address, hidden=True)
                filtered += [alias] if entry.filtered else []
            pages.setdefault(section, []).append(page)
    pages[list(pages)[-1]] += [] if alias is None else [alias]
    return Offered(pages, filtered)


def _page(file: str, title: str, icon: str, address: str = START, *, hidden: bool = False) -> StreamlitPage:
    visibility: Literal["hidden", "visible"] = "hidden" if hidden else "visible"
    first = address == START
    return st.Page(PAGES / file, title=title, icon=icon, default=first, url_path=address, visibility=visibility)


def _first_page(account: Account) -> StreamlitPage | None:
    """A page that comes before all others: an invitation that was opened, or the first tenant of a new server."""
    if is_invited():
        return _page(SIGN_IN, "Invitation", ":material/mail:")
    if account.has(Role.ADMIN) and not has_tenants(the_store()):
        return _page("tenants/first_tenant.py", "First tenant", ":material/rocket_launch:")
    return None


def _ways_in(*, first_start: bool) -> list[StreamlitPage]:
    """The way in, which stands at every page's address: so whoever signs in lands where they wanted to go."""
    name = ("Sign in", ":material/login:")
    if first_start:
        name = ("Set-up", ":material/rocket_launch:")
    elif is_invited():
        name = ("Invitation", ":material/mail:")
    return [_page(SIGN_IN, *name), *(_page(SIGN_IN, *name, address, hidden=True) for address in ENTRIES)]
