"""Which pages there are for whom. A page that is not in the list cannot be reached by its address either."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from data.accounts.models import Account, Role
from data.accounts.tenants import has_tenants
from pages.ui import messages, session
from pages.ui.sections import EVERYBODY, SECTIONS
from pages.ui.store import the_store

INVITATION = "invitation"  # the parameter of a one-time link
INVITATION_STATE = "invitation_secret"
GO_TO_STATE = "frame_go_to"
MADE_STATE = "frame_pages"


def pages(folder: Path, account: Account | None, *, first_start: bool) -> dict[str, list[StreamlitPage]]:
    """The navigation for whoever is looking; for a stranger, the way in and nothing else."""
    if account is None:
        return {"": _ways_in(folder, first_start=first_start)}
    first = _first_page(folder, account)
    found = _sections(folder, frozenset(grant.role for grant in account.grants), first is not None)
    if first is not None:
        found = {"": [first], **found}
    if GO_TO_STATE in st.session_state and first is None:
        # the page that is being left, so that it is known until then
        found[list(found)[-1]].append(st.Page(folder / "account/first_tenant.py", visibility="hidden"))
    return found


def _sections(folder: Path, roles: frozenset[Role], after_another: bool) -> dict[str, list[StreamlitPage]]:
    """The pages of these roles by section. Made once a session: Streamlit asks the disk about each that is made."""
    made: dict[object, dict[str, list[StreamlitPage]]] = st.session_state.setdefault(MADE_STATE, {})
    key = (roles, after_another)
    if key not in made:
        made[key] = _made_sections(folder, roles, after_another)
    return {section: list(found) for section, found in made[key].items()}


def _made_sections(folder: Path, roles: frozenset[Role], after_another: bool) -> dict[str, list[StreamlitPage]]:
    found: dict[str, list[StreamlitPage]] = {}
    aliases: list[StreamlitPage] = []
    for section, entries in SECTIONS.items():
        for path, title, icon, may, _ in entries:
            if not roles & may and may is not EVERYBODY:
                continue
            if found or after_another:
                page = st.Page(folder / path, title=title, icon=icon)
            else:  # its address is the app's own; a link from somebody else may call it by its name all the same
                page = st.Page(folder / path, title=title, icon=icon, default=True, url_path="start")
                aliases = [st.Page(folder / path, title=title, icon=icon, visibility="hidden")]
            found.setdefault(section, []).append(page)
    found[list(found)[-1]] += aliases
    return found


def shows_traffic(page: StreamlitPage) -> bool:
    """Whether a page is one of those that share the filters of traffic."""
    return page.title in {entry.title for entries in SECTIONS.values() for entry in entries if entry.filtered}


def go_to(path: str) -> None:
    """Open a page ("repositories/add.py") that may be in the navigation only after what has just been done."""
    st.session_state[GO_TO_STATE] = path
    st.rerun()


def draw_account(account: Account) -> None:
    """Who is signed in, and the way out."""
    if path := st.session_state.pop(GO_TO_STATE, None):
        st.switch_page(f"../{path}")
    messages.draw_notice()
    with st.sidebar:
        st.caption(f"Signed in as **{messages.literal(account.display_name)}**")
        if st.button("Sign out", icon=":material/logout:", key="frame_sign_out", width="stretch"):
            session.leave()


def _first_page(folder: Path, account: Account) -> StreamlitPage | None:
    """A page that comes before all others: an invitation that was opened, or the first tenant of a new server."""
    if _is_invited():
        page = folder / "account/invitation.py"
        return st.Page(page, title="Invitation", icon=":material/mail:", default=True)
    if account.has(Role.ADMIN) and not has_tenants(the_store()):
        page = folder / "account/first_tenant.py"
        return st.Page(page, title="First tenant", icon=":material/rocket_launch:", default=True)
    return None


def _ways_in(folder: Path, *, first_start: bool) -> list[StreamlitPage]:
    """The way in, which stands at every page's address: so whoever signs in lands where they wanted to go."""
    if first_start:
        way = ("account/set_up.py", "Set-up", ":material/rocket_launch:")
    elif _is_invited():
        way = ("account/invitation.py", "Invitation", ":material/mail:")
    else:
        way = ("account/sign_in.py", "Sign in", ":material/login:")
    path, title, icon = folder / way[0], way[1], way[2]
    names = [Path(entry[0]).stem for entries in SECTIONS.values() for entry in entries]
    hidden = [st.Page(path, title=title, icon=icon, url_path=name, visibility="hidden") for name in names]
    return [st.Page(path, title=title, icon=icon, default=True), *hidden]


def _is_invited() -> bool:
    return INVITATION in st.query_params or INVITATION_STATE in st.session_state
