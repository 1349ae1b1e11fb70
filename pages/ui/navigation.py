"""Which pages there are for whom. A page that is not offered cannot be reached by its address either."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from data.accounts.models import Account, Role
from data.accounts.tenants import has_tenants
from pages.ui.addresses import base_path
from pages.ui.store import the_store

PRODUCT = "GitHub Traffic"
PAGES = Path(__file__).parents[1]
SIGN_IN = "sign_in/page.py"
SHARED, LINK = "shared", "link"  # the address of what a share link shows, and its parameter
INVITATION = "invitation"  # the parameter of a one-time link
INVITATION_STATE = "invitation_secret"
WISH_STATE = "navigation_wish"
MADE_STATE = "navigation_made"
NAMED_STATE = "navigation_named"  # whether the first page is open at the address of its name
READERS = {Role.TENANT, Role.TENANT_VIEWER, Role.REPOSITORY_VIEWER}
MANAGERS = {Role.ADMIN, Role.TENANT}
EVERYBODY = set(Role)
HELP = {  # the chapter and the heading about a page, where it is not a heading of docs/user.md of its own name
    "daily": "user#daily-and-weekly-traffic",
    "weekly": "user#daily-and-weekly-traffic",
    "dashboards": "dashboards",
    "sql": "sql#on-the-sql-page",
    "connect": "programs",
    "add": "user#repositories",
    "import": "import",
    "log": "operator#watch-it",
    "tenants": "administrator#tenants",
    "users": "administrator#roles",
    "audit": "administrator#audit-log",
    "help": "user",
}


class Entry(NamedTuple):
    """A page: its address, its file, its name, whose it is, whether it shares the filters of traffic, and whether the
    navigation lists it.
    """

    address: str
    file: str
    title: str
    icon: str
    may: set[Role]
    filtered: bool = False
    listed: bool = True


SECTIONS: dict[str, list[Entry]] = {
    "Insight": [
        Entry("overview", "overview/page.py", "Overview", ":material/dashboard:", READERS, filtered=True),
        Entry("repository", "repository/page.py", "Repository", ":material/query_stats:", READERS),
        Entry("compare", "compare/page.py", "Compare", ":material/compare_arrows:", READERS, filtered=True),
        Entry("report", "report/page.py", "Report", ":material/summarize:", READERS),
        Entry("subscriptions", "subscriptions/page.py", "Subscriptions", ":material/forward_to_inbox:", READERS),
    ],
    "Traffic": [
        Entry("chart", "chart/page.py", "Chart", ":material/show_chart:", READERS, filtered=True),
        Entry("daily", "daily/page.py", "Daily traffic", ":material/calendar_view_day:", READERS, filtered=True),
        Entry("weekly", "weekly/page.py", "Weekly traffic", ":material/calendar_view_week:", READERS, filtered=True),
    ],
    "Explore": [
        Entry("dashboards", "dashboards/page.py", "Dashboards", ":material/space_dashboard:", READERS),
        Entry("sql", "sql/page.py", "SQL", ":material/database:", READERS),
        Entry("connect", "connect/page.py", "Connect", ":material/cable:", READERS),
    ],
    "Repositories": [
        Entry("repositories", "repositories/page.py", "Repositories", ":material/folder_code:", READERS),
        Entry("add", "add/page.py", "Add repositories", ":material/add_circle:", {Role.TENANT}),
        Entry("import", "move_in/page.py", "Import", ":material/move_to_inbox:", {Role.TENANT}),
    ],
    "Administration": [
        Entry("log", "log/page.py", "System log", ":material/receipt_long:", EVERYBODY - READERS | {Role.TENANT}),
        Entry("tenants", "tenants/page.py", "Tenants", ":material/domain:", MANAGERS),
        Entry("users", "users/page.py", "Users", ":material/group:", MANAGERS),
        Entry("audit", "audit/page.py", "Audit log", ":material/fact_check:", MANAGERS),
    ],
    "Account": [
        Entry("profile", "profile/page.py", "Profile", ":material/person:", EVERYBODY, listed=False),
        Entry("help", "help/page.py", "Help", ":material/help:", EVERYBODY, listed=False),
    ],
}
ENTRIES = {entry.address: entry for entries in SECTIONS.values() for entry in entries}
SECTION_OF = {entry.address: section for section, entries in SECTIONS.items() for entry in entries}
START = "start"  # the address of whichever page is first, beside the app's own: so that one may follow another there


@dataclass(frozen=True, slots=True)
class Offered:
    """The pages by section as `st.navigation` takes them. The `first` page of a role stands at the app's own address
    and at the one of its name: `named` are the same pages with the latter in the list.
    """

    pages: dict[str, list[StreamlitPage]]
    first: Entry | None = None
    named: dict[str, list[StreamlitPage]] = field(default_factory=dict)

    def draw(self) -> StreamlitPage:
        """Draw the navigation, in which the open page is marked. The page that is open."""
        is_named = self.first is not None and st.session_state.get(NAMED_STATE, False)  # as at the run before
        page = st.navigation(self.named if is_named else self.pages, position="sidebar", expanded=True)
        if is_shared(page):  # it may stand in another site's frame, where no click may lead whoever is signed in away
            return st.navigation(self.pages, position="hidden")
        if is_named is not (self.first is not None and page.url_path == self.first.address):
            st.session_state[NAMED_STATE] = not is_named
            page = st.navigation(self.pages if is_named else self.named, position="sidebar", expanded=True)
        return page

    def entry(self, page: StreamlitPage) -> Entry | None:
        return ENTRIES.get(page.url_path) if page.url_path else self.first


def is_shared(page: StreamlitPage) -> bool:
    """Whether it is what a share link shows: it has no frame, and is for nobody in particular."""
    return page.url_path == SHARED


def offered(account: Account | None, *, first_start: bool) -> Offered:
    """The pages for whoever is looking; for somebody who is signed out the way in, and nothing else."""
    if account is None:
        return Offered({"": _ways_in(first_start=first_start)})
    before = _page_before(account)
    known = _of_roles(frozenset(grant.role for grant in account.grants), before is not None)
    return known if before is None else Offered({"": [before], **known.pages})


def is_invited() -> bool:
    return bool(st.query_params.get_all(INVITATION)) or INVITATION_STATE in st.session_state


def help_address(entry: Entry | None) -> str:
    """Where the help on a page is: a chapter, and a heading in it."""
    chapter = HELP.get(entry.address, f"user#{entry.address}") if entry is not None else "user"
    name, _, heading = chapter.partition("#")
    return f"{base_path()}/help?chapter={name}" + (f"#{heading}" if heading else "")


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


@cache
def picture_address(name: str) -> str:
    """A picture as an address that holds it: read once, not at every run of a page, and there for the signed out."""
    picture = Path(__file__).with_name(name).read_bytes()
    return f"data:image/svg+xml;base64,{b64encode(picture).decode()}"


def _of_roles(roles: frozenset[Role], after_another: bool) -> Offered:
    """The pages of these roles. Made once a session: Streamlit asks the disk about each page that is made."""
    made: dict[object, Offered] = st.session_state.setdefault(MADE_STATE, {})
    key = (roles, after_another)
    if key not in made:
        entries = [entry for entry in ENTRIES.values() if entry.may is EVERYBODY or roles & entry.may]
        first = None if after_another else entries[0]
        named = {} if first is None else _arranged(entries, first, is_named=True)
        made[key] = Offered(_arranged(entries, first), first, named)
    return made[key]


def _arranged(
    entries: Sequence[Entry], first: Entry | None = None, *, is_named: bool = False
) -> dict[str, list[StreamlitPage]]:
    """The pages of entries by section; what the navigation does not list comes last."""
    pages: dict[str, list[StreamlitPage]] = {}
    unlisted: list[StreamlitPage] = []
    for entry in entries:
        addresses = (START, entry.address) if entry is first else (entry.address,)
        for address in addresses:
            hidden = not entry.listed or (entry is first and is_named is (address == START))
            page = _page(entry.file, entry.title, entry.icon, address, hidden=hidden)
            (unlisted if hidden else pages.setdefault(SECTION_OF[entry.address], [])).append(page)
    unlisted.append(_shared_page())
    pages.setdefault(next(reversed(pages), "Account"), []).extend(unlisted)
    return pages


def _page(file: str, title: str, icon: str, address: str = START, *, hidden: bool = False) -> StreamlitPage:
    visibility: Literal["hidden", "visible"] = "hidden" if hidden else "visible"
    first = address == START
    return st.Page(PAGES / file, title=title, icon=icon, default=first, url_path=address, visibility=visibility)


def _page_before(account: Account) -> StreamlitPage | None:
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
    others = (_page(SIGN_IN, *name, address, hidden=True) for address in ENTRIES)
    return [_page(SIGN_IN, *name), *others, _shared_page()]


def _shared_page() -> StreamlitPage:
    return _page("shared/page.py", "Shared", ":material/share:", SHARED, hidden=True)
