"""The filters that the traffic pages share: days and repositories, mirrored in the address for links.

The frame draws them, so they stay when the page changes; a page asks `chosen`. What an address cannot have
(a repository that is not there or not the viewer's, a day that is none) is left out, and said.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from data.accounts.models import Viewer
from data.calendar import DAY, utc_day, utc_now
from data.repositories.repositories import addresses, repository_names
from data.text import DAILY_VISITORS
from data.traffic.models import Grain, Selection
from data.traffic.traffic import day_range
from pages.ui import collecting, messages, session
from pages.ui.charts import traffic
from pages.ui.store import the_store
from pages.ui.time_format import day_text

RANGE, DATES, REPOSITORY = "range", "dates", "repository"  # keys of the widgets, and names in the address
DEFAULT_RANGE, ALL, CUSTOM = "31 days", "All", "Custom"
REFRESH_S = 1
READING = "Loading traffic …"  # shown when half a second has passed
RANGES: dict[str, int | None] = {
    DEFAULT_RANGE: 31,
    "14 days": 14,
    "Quarter": 92,
    "Year": 365,
    ALL: None,
    CUSTOM: None,
}
GRAINS = {"Day": Grain.DAY, "Week": Grain.WEEK, "Month": Grain.MONTH}
METRICS = {name: metric for metric, name in traffic.METRICS.items()}
SORTS = {  # of both tables the same, so that the order stays when the page changes; the date is the day or the week
    "Date": "",
    "Repository": "full_name",
    "Views": "views",
    "Visitors": "view_uniques",
    "Clones": "clones",
    "Cloners": "clone_uniques",
}
ORDERS = {"Descending": True, "Ascending": False}
STATES = {"All": None, "Final": "final", "Pending": "pending", "Gap": "gap"}  # of the rows of both tables
SIZES = {"25": 25, "50": 50, "100": 100, "500": 500}
VIEWS = ("Chart", "Table")
RANKS = ("Views", "Change", DAILY_VISITORS, "Clones", "Stars", "Name")  # of the overview's table
COMPARED = ("Repositories", "Launches")
MEASURES = ("Views", "Unique visitors", "Clones", "Stars gained")
SCALES = ("Numbers", "Index")
AFTER = {"7 days": 7, "30 days": 30, "90 days": 90}
WORDS: dict[str, Collection[str]] = {  # what each parameter of an address may be
    RANGE: RANGES,
    "metric": METRICS,
    "by": GRAINS,
    "as": VIEWS,
    "sort": SORTS,
    "order": ORDERS,
    "rows": SIZES,
    "state": STATES,
    "ranked": RANKS,
    "compare": COMPARED,
    "measure": MEASURES,
    "scale": SCALES,
    "after": AFTER,
}
COUNTED_ONCE = "Each is counted once, with the tenant that has the most days."
UNUSABLE = "Part of this link does not exist, or you don’t have access to it. That part is ignored."


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from: repositories by id, and days (UTC) from the first known one to yesterday."""

    names: Mapping[int, str]
    first: date
    last: date


def draw(viewer: Viewer, *, of_days_only: bool = False) -> None:
    """Draw the filters, as the address or the user wants them; the days only, where a page is of one repository."""
    offer = _offer(viewer)
    if not offer.names:
        return
    follow_addresses(viewer, REPOSITORY)
    if unusable({key: st.query_params.get_all(key) for key in st.query_params}, offer):
        st.info(UNUSABLE, icon=":material/link_off:")
    with st.container(horizontal=True, vertical_alignment="top", key="filters"):
        st.segmented_control(
            "Days (UTC)", list(RANGES), default=DEFAULT_RANGE, required=True, key=RANGE, bind="query-params", wrap=True
        )
        if st.session_state[RANGE] == CUSTOM:
            _draw_dates(offer)
        if not of_days_only:
            draw_repositories(viewer, f"All {len(offer.names):,} repositories")


def follow_addresses(viewer: Viewer, key: str) -> None:
    """Have an address name its repositories as they are called now; what is none of the viewer's stays as it is."""
    asked, names = st.query_params.get_all(key), repository_names(viewer, the_store())
    if set(asked) <= set(names.values()):
        return
    meant = addresses(viewer, the_store())
    now = [names[meant[each]] if each in meant else each for each in asked]
    if now != asked:
        st.query_params[key] = list(dict.fromkeys(now))
        st.rerun()  # a widget takes its first value from the address with which the run began


def draw_repositories(viewer: Viewer, placeholder: str) -> list[int]:
    """The choice of repositories, as the address or the user wants them."""
    names, doubled = repository_names(viewer, the_store()), len({by for _, by in viewer.uncounted})
    several = f"{doubled:,} of them {'is' if doubled == 1 else 'are'} tracked by several tenants. {COUNTED_ONCE}"
    return st.multiselect(
        "Repositories",
        list(names),
        format_func=names.__getitem__,
        placeholder=placeholder if len(names) > 1 else "Your only repository",
        key=REPOSITORY,
        bind="query-params",
        help=several if doubled else None,
    )


def chosen_days(viewer: Viewer) -> Selection:
    """The days that the filters select, whichever repositories they name."""
    offer = _offer(viewer)
    first, last = days_of(st.session_state.get(RANGE, DEFAULT_RANGE), st.session_state.get(DATES), offer)
    return Selection(first, last, offer.last + DAY)


def chosen(viewer: Viewer, search: str = "", state: str | None = None) -> Selection:
    """What the filters, which the frame has drawn, select."""
    ids = frozenset(st.session_state.get(REPOSITORY) or ())
    return replace(chosen_days(viewer), repository_ids=ids or None, search=search, state=state)


def stop_without_traffic(viewer: Viewer) -> None:
    """Say what to do next, and stop the page, where there is nothing that could be shown."""
    if not repository_names(viewer, the_store()):
        st.info(
            "You don’t have any repositories yet. Add some under *Repositories*, or ask for access to some.",
            icon=":material/folder_off:",
        )
        st.stop()
    if day_range(viewer, the_store()) is None:
        _stop_while_collecting(viewer)
        st.info(
            "Nothing has been collected yet. The last 14 days arrive with the next scheduled collection, or right away "
            "with *Collect now* under *Repositories*.",
            icon=":material/hourglass_empty:",
        )
        st.stop()


def stop_without_days(viewer: Viewer, search: str = "") -> None:
    """Say where the traffic is, and stop the page, where the filters leave none, or a search of rows finds none."""
    _stop_while_collecting(viewer)
    known = day_range(viewer, the_store())
    days = f" There is traffic from {day_text(known[0])} to {day_text(known[1])} (UTC)." if known else ""
    found = f"No rows match “{messages.literal(search)}”." if search else "No traffic for these days and repositories."
    st.info(f"{found}{days}", icon=":material/filter_alt_off:")
    st.button("Show everything", icon=":material/restart_alt:", key="filters_reset", on_click=_reset)
    st.stop()


def _stop_while_collecting(viewer: Viewer) -> None:
    """Where a collection is going on, it may bring what is asked for: wait for it, and stop the page until then."""
    if not collecting.is_going_on(viewer):
        return
    st.info("Collecting from GitHub: the numbers appear here as soon as they arrive.", icon=":material/sync:")
    st.fragment(_until_it_brings_something, run_every=REFRESH_S)(viewer, the_store().traffic.version())
    st.stop()


def _until_it_brings_something(viewer: Viewer, version: int) -> None:
    with messages.shown():
        session.require_account()
        if the_store().traffic.version() != version or not collecting.is_going_on(viewer):
            st.rerun()


def _reset() -> None:
    st.session_state[RANGE], st.session_state[REPOSITORY] = ALL, []
    for key, everything in (("search", ""), ("state", "All")):
        if key in st.session_state:
            st.session_state[key] = everything


def days_of(name: str, picked: Sequence[date] | date | None, offer: Offer) -> tuple[date, date]:
    """The first and the last day of a range; of a custom one, what was picked, though it be one day so far."""
    if name == CUSTOM and picked:
        days = [picked] if isinstance(picked, date) else list(picked)
        return min(days), max(days)
    if name == ALL:
        return min(offer.first, offer.last), offer.last
    days_back = RANGES.get(name) or RANGES[DEFAULT_RANGE] or 1
    return offer.last - timedelta(days=days_back - 1), offer.last


def unusable(asked: Mapping[str, Sequence[str]], offer: Offer) -> list[str]:
    """The names in an address that stand with what is no repository of the viewer, no word, no day that is known."""
    words = WORDS | {REPOSITORY: set(offer.names.values())}
    found = [key for key, allowed in words.items() if not set(asked.get(key, ())) <= set(allowed)]
    days = [_day(value) for value in asked.get(DATES, ())]
    if len(days) > 2 or not all(day and offer.first <= day <= offer.last + DAY for day in days):
        found.append(DATES)
    if not all(value.isdecimal() for value in asked.get("page", ())):
        found.append("page")
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _draw_dates(offer: Offer) -> None:
    default: Any = days_of(DEFAULT_RANGE, None, offer)
    st.date_input(
        "From and to",
        value=default,
        min_value=min(offer.first, default[0]),
        max_value=offer.last + DAY,
        format="YYYY-MM-DD",
        key=DATES,
        bind="query-params",
        width=240,
    )


def _offer(viewer: Viewer) -> Offer:
    yesterday = utc_day(utc_now()) - DAY
    known = day_range(viewer, the_store())
    return Offer(repository_names(viewer, the_store()), known[0] if known else yesterday, yesterday)
