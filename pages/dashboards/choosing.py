"""Which dashboard is looked at, and what of it has been changed but not saved.

A dashboard goes by a key: the name of a canned one, or the number of a saved one; it stands in the address. Drafts
stay in the session, one a dashboard, until they are saved or discarded.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from data.accounts.models import Account
from data.dashboards.dashboards import DASHBOARDS, SavedDashboard, canned_dashboards
from data.dashboards.specification import Dashboard, Panel, SpecificationRefused
from pages.ui import messages
from pages.ui.store import the_store

ADDRESS = "dashboard"  # in the address
CHOICE = "dashboards_choice"
DRAFTS = "dashboards_drafts"
NOT_HERE = (
    "This link asks for a dashboard that is not here, or not for you to see. It is left out; another one is shown."
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The dashboard that is looked at; `saved` is None for a canned one."""

    key: str
    saved: SavedDashboard | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A dashboard as it is being changed; `open_panel` is the number of the panel whose form is open, as it was then.

    `opened` counts the forms that were opened, so that each has widgets of its own.
    """

    dashboard: Dashboard
    open_panel: int | None = None
    panel: Panel | None = None
    opened: int = 0

    def with_panels(self, panels: Sequence[Panel]) -> "Draft":
        """The draft with other panels, and its form closed."""
        return replace(self, dashboard=replace(self.dashboard, panels=tuple(panels)), open_panel=None, panel=None)

    def opening(self, number: int | None) -> "Draft":
        """The draft with the form of that panel open, or with none."""
        panel = None if number is None else self.dashboard.panels[number]
        return replace(self, open_panel=number, panel=panel, opened=self.opened + 1)


def choose(account: Account) -> Chosen:
    """Draw the choice; what it says, or what the address says."""
    saved = {str(each.item_id): each for each in DASHBOARDS.seen_by(account, the_store())}
    names = _names(saved, account)
    keys = list(names)
    asked = st.query_params.get(ADDRESS)
    if asked is not None and asked not in keys:
        st.info(NOT_HERE, icon=":material/link_off:")
    wanted = asked if asked in keys else keys[0]
    st.session_state[CHOICE] = wanted
    st.selectbox(
        "Dashboard",
        keys,
        format_func=names.__getitem__,
        key=CHOICE,
        on_change=_remember,
        label_visibility="collapsed",
        width=420,
    )
    others = [names[key] for key in _drafts() if key != wanted and key in names]
    if others:
        st.badge(f"Unsaved changes in {messages.literal(', '.join(others))}", icon=":material/edit:", color="orange")
    return Chosen(wanted, saved.get(wanted))


def opened(chosen: Chosen) -> tuple[Dashboard | None, tuple[str, ...]]:
    """What it is made of; None, and why, where another release has saved it so that this one cannot read it."""
    try:
        return (chosen.saved.dashboard() if chosen.saved else canned_dashboards()[chosen.key]), ()
    except SpecificationRefused as refusal:
        return None, refusal.problems


def show(key: str) -> None:
    """Look at another dashboard from the next run on."""
    st.query_params[ADDRESS] = key


def draft_of(key: str) -> Draft | None:
    """What is being changed of a dashboard; None where nobody is at it."""
    return _drafts().get(key)


def keep_draft(key: str, draft: Draft) -> None:
    """Keep how a dashboard is being changed."""
    st.session_state[DRAFTS] = {**_drafts(), key: draft}


def drop_draft(key: str) -> None:
    """Forget what has been changed."""
    st.session_state[DRAFTS] = {each: draft for each, draft in _drafts().items() if each != key}


def _drafts() -> Mapping[str, Draft]:
    found: Mapping[str, Draft] = st.session_state.get(DRAFTS, {})
    return found


def _remember() -> None:
    show(st.session_state[CHOICE])


def _names(saved: Mapping[str, SavedDashboard], account: Account) -> dict[str, str]:
    """What each dashboard is called in the choice; where two would be called the same, with their numbers."""
    told = {key: canned.name for key, canned in canned_dashboards().items()}
    told |= {key: f"{each.name} · {_whose(each, account)}" for key, each in saved.items()}
    times = Counter(told.values())
    return {key: name if times[name] == 1 else f"{name} · {key}" for key, name in told.items()}


def _whose(saved: SavedDashboard, account: Account) -> str:
    if saved.tenant_id is None:
        return "mine"
    return "shared" if saved.user_id == account.user_id else f"shared by {saved.owner}"
