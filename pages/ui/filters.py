"""The filters that the traffic pages share: days and repositories, mirrored in the address for links.

The frame draws them, so they stay when the page changes; a page asks `chosen`. What an address cannot have
(a repository that is not there or not the viewer's, a day that is none) is left out, with a notice.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import streamlit as st

from data.accounts.models import Role, Viewer
from data.calendar import DAY, parsed_day, utc_day, utc_now
from data.repositories.groups import group_names, groups
from data.repositories.repositories import addresses, repository_names
from data.store import Store
from data.store.cache import cached, compute_slots
from data.text import DAILY_VISITORS, days_text, number_text
from data.traffic.models import LONGEST_BY_DAY, Grain, Selection
from data.traffic.traffic import day_range, has_imports
from pages.ui import collecting, controls, messages, navigation, session
from pages.ui.charts import traffic
from pages.ui.periods import (
    ALL,
    BEFORE,
    COMPARISONS,
    CUSTOM,
    DEFAULT_RANGE,
    FORMER,
    RANGES,
    before_days,
    days_of,
    stepped,
    unit_of,
)
from pages.ui.store import the_store

# Keys of the widgets, and names in the address.
RANGE, DATES, COMPARED_WITH, GRAIN, REPOSITORY, IMPORTED = "range", "dates", "against", "by", "repository", "imported"
STEPPED = "period_stepped"  # the days that a step has led to, and the unit of the calendar in which it went
KEPT = "filters_kept"  # what was chosen last, by key
REFRESH_S = 1
READING = "Loading traffic …"  # shown when half a second has passed
AUTO = "Auto"  # the grain that the range asks for
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
IMPORTS = ("Included", "Left out")  # days that other tools have reported
VIEWS = ("Chart", "Table")
SERIES = ("Total", "By repository")  # of a stacked chart of a long range
RANKS = ("Views", "Change", DAILY_VISITORS, "Clones", "Stars", "Name")  # of the overview's table
COMPARED = ("Repositories", "Launches")
GROUPED = ("Groups as one", "By repository")
MEASURES = ("Views", "Unique visitors", "Clones", "Stars gained")
SCALES = ("Numbers", "Index")
AFTER = {"7 days": 7, "30 days": 30, "90 days": 90}
WORDS: dict[str, Collection[str]] = {  # what each parameter of an address may be
    RANGE: (*RANGES, *FORMER),
    COMPARED_WITH: COMPARISONS,
    IMPORTED: IMPORTS,
    "metric": METRICS,
    GRAIN: (AUTO, *GRAINS),
    "as": VIEWS,
    "series": SERIES,
    "sort": SORTS,
    "order": ORDERS,
    "rows": SIZES,
    "state": STATES,
    "ranked": RANKS,
    "compare": COMPARED,
    "groups": GROUPED,
    "measure": MEASURES,
    "scale": SCALES,
    "after": AFTER,
}
COUNTED_ONCE = "Each is counted once, with the tenant that has the most days."
IMPORTED_HELP = "Left out: as it would be without what other tools have kept"
EARLIER = timedelta(days=366)  # before the first known day: so far back days may be chosen, of which nothing is known
UNUSABLE = "Part of this link does not exist, or you don’t have access to it. That part is ignored."


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from: `choosable` names, and days (UTC) from the first known one to yesterday."""

    names: Mapping[int, str]
    first: date
    last: date

    @property
    def known(self) -> tuple[date, date]:
        return self.first, self.last

    def reaches(self, day: date) -> bool:
        """Whether a day may be chosen."""
        return self.first - EARLIER <= day <= self.last + DAY


def draw(viewer: Viewer, *, of_days_only: bool = False) -> None:
    """Draw the filters, as the address or the user wants them; the days only, where a page is of one repository."""
    choices = _choices(viewer)
    if not choices.names:
        return
    follow_addresses(viewer, REPOSITORY)
    if unusable({key: st.query_params.get_all(key) for key in st.query_params}, choices):
        st.info(UNUSABLE, icon=":material/link_off:")
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        _draw_period(choices)
        if has_imports(viewer, the_store()):
            st.selectbox(
                "Imported days",
                IMPORTS,
                key=IMPORTED,
                bind="query-params",
                filter_mode=None,
                width=140,
                help=IMPORTED_HELP,
            )
        if not of_days_only:
            draw_repositories(viewer, f"All {number_text(len(viewer.repository_ids))} repositories")


def draw_override(viewer: Viewer, own: str) -> Selection | None:
    """The filters where what is shown has days and repositories of its `own`, until others are chosen: those days."""
    choices = _choices(viewer)
    follow_addresses(viewer, REPOSITORY)
    if unusable({key: st.query_params.get_all(key) for key in st.query_params}, choices):
        st.info(UNUSABLE, icon=":material/link_off:")
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        _draw_period(choices, own)
        draw_repositories(viewer, own)
    return None if st.session_state[RANGE] == own else chosen_days(viewer)


def _draw_period(choices: Choices, own: str = "") -> None:
    """The choice of days, with the period before and after and a link to these; and of what they are compared with."""
    asked = st.session_state.get(RANGE) or st.query_params.get(RANGE)
    ranges = [*filter(None, [own]), *RANGES, *([asked] if asked in FORMER else [])]
    place = ranges.index(own or DEFAULT_RANGE)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", width="content", key="period"):
        st.selectbox("Days (UTC)", ranges, index=place, key=RANGE, bind="query-params", filter_mode=None, width=140)
        name = st.session_state[RANGE]
        if name == CUSTOM:
            _draw_dates(choices)
        first, last = _days(choices)
        for label, icon, steps, ends in (
            ("Earlier", "chevron_left", -1, first <= choices.first),
            ("Later", "chevron_right", 1, last >= choices.last),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"period_{label.lower()}",
                disabled=ends or name in {ALL, own},
                on_click=_step,
                args=(choices, steps),
            )
        frozen = f"{RANGE}={CUSTOM}&amp;{DATES}={first}&amp;{DATES}={last}" if name != own else ""
        st.html(f'<a class="copy-link" href="?{frozen}">Copy link</a>', width="content")
    if name == own:
        return
    st.selectbox("Compare with", COMPARISONS, key=COMPARED_WITH, bind="query-params", filter_mode=None, width=190)


@contextmanager
def reading() -> Iterator[None]:
    """Say that traffic is being read, where that takes longer than half a second. Streamlit starts a thread for it,
    which takes as long as drawing ten texts: not where all answers are kept.
    """
    with ExitStack() as drawn, compute_slots.announcing(lambda: drawn.enter_context(st.spinner(READING))):
        yield


def restore(key: str) -> None:
    """Have a choice begin as it was left on another page, where the address does not say otherwise."""
    kept = st.session_state.setdefault(KEPT, {})
    if key in kept and key not in st.session_state and key not in st.query_params:
        st.session_state[key] = kept[key]


def _step(choices: Choices, steps: int) -> None:
    """Choose the period before or after the chosen one."""
    unit = _unit(_days(choices))
    name, days = stepped(unit, _days(choices), steps, choices.known)
    st.session_state[RANGE], st.session_state[STEPPED] = name, (days, unit)
    if name != CUSTOM:
        return
    if DATES not in st.session_state:  # the field is not there yet, and takes its first value from the address
        st.query_params[DATES] = [str(day) for day in days]
    st.session_state[DATES] = days


def _unit(days: tuple[date, date]) -> str | None:
    """The unit of the calendar that these days are; of those that a step has led to, as that of where it began."""
    stepped_to, unit = st.session_state.get(STEPPED, (None, None))
    name = st.session_state.get(RANGE, DEFAULT_RANGE)
    return unit if name == CUSTOM and stepped_to == days else unit_of(name, days)


def _days(choices: Choices) -> tuple[date, date]:
    return days_of(st.session_state.get(RANGE, DEFAULT_RANGE), st.session_state.get(DATES), choices.known)


def follow_addresses(viewer: Viewer, key: str) -> None:
    """Have an address name its repositories as they are called now; what is none of the viewer's stays as it is."""
    asked = st.query_params.get_all(key)
    if not asked:
        return
    names = choosable(viewer)
    if set(asked) <= set(names.values()):
        return
    grouped = {each.name: -each.group_id for each in groups(viewer, the_store())}
    meant = grouped | dict(addresses(viewer, the_store()))
    now = [names[meant[each]] if each in meant else each for each in asked]
    if now != asked:
        st.query_params[key] = list(dict.fromkeys(now))
        st.rerun()  # a widget takes its first value from the address with which the run began


def choosable(viewer: Viewer) -> Mapping[int, str]:
    """What may be chosen, by name: groups, whose ids stand below zero, then repositories."""
    return _choosable(viewer, the_store())


@cached("traffic")
def _choosable(viewer: Viewer, store: Store) -> Mapping[int, str]:
    grouped = {-key: name for key, name in group_names(viewer, store).items()}
    return MappingProxyType(grouped | dict(repository_names(viewer, store)))


def repository_ids(viewer: Viewer, chosen: Collection[int]) -> frozenset[int]:
    """The repositories of a choice: those that were chosen, and the members of the groups."""
    if not chosen:
        return frozenset()
    members = {-each.group_id: each.repository_ids for each in groups(viewer, the_store())}
    return frozenset(key for each in chosen for key in members.get(each, (each,)))


def chosen_groups(viewer: Viewer) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Where a group is chosen, what is chosen: groups with their members, and repositories as groups of one."""
    chosen = st.session_state.get(REPOSITORY) or ()
    if not any(each < 0 for each in chosen):
        return ()
    names = choosable(viewer)
    return tuple((names[each], tuple(sorted(repository_ids(viewer, [each])))) for each in chosen)


def draw_repositories(viewer: Viewer, placeholder: str) -> list[int]:
    """The choice of repositories and groups of them, as the address or the user wants them."""
    names, doubled = choosable(viewer), len({by for _, by in viewer.uncounted})
    several = (
        f"{number_text(doubled)} of them {'is' if doubled == 1 else 'are'} tracked by several tenants. {COUNTED_ONCE}"
    )
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
    choices = _choices(viewer)
    days = _days(choices)
    compared = st.session_state.get(COMPARED_WITH, BEFORE)
    imports = st.session_state.get(IMPORTED, IMPORTS[0]) == IMPORTS[0]
    return Selection(*days, choices.last + DAY, before_days=before_days(_unit(days), compared, days), imports=imports)


def choose_grain(days: Selection) -> Grain:
    """The choice of the periods of a chart or table: until one is chosen it follows the range, and says which it is."""
    restore(GRAIN)
    usual = days.usual_grain
    found = controls.choice("Period", (AUTO, *GRAINS), AUTO, GRAIN, f"{AUTO}: {usual}")
    st.session_state[KEPT][GRAIN] = found
    return GRAINS.get(found, usual)


def choose_split(viewer: Viewer, selection: Selection) -> bool:
    """Whether counts are split by repository: many days are totals first, and then one may choose."""
    ids = selection.repository_ids
    if selection.days <= LONGEST_BY_DAY or len(viewer.repository_ids if ids is None else ids) < 2:
        return True
    return controls.choice("Series", SERIES, SERIES[0], "series") == SERIES[1]


def chosen(viewer: Viewer, search: str = "", state: str | None = None) -> Selection:
    """What the filters, which the frame has drawn, select."""
    ids = repository_ids(viewer, st.session_state.get(REPOSITORY) or ())
    return replace(chosen_days(viewer), repository_ids=ids or None, search=search, state=state)


def stop_without_traffic(viewer: Viewer) -> None:
    """Say what to do next, and stop the page, where there is nothing that could be shown."""
    if not repository_names(viewer, the_store()):
        if not session.require_account().has(Role.TENANT):
            st.info(
                "You don’t have any repositories yet. Ask whoever invited you for access.", icon=":material/folder_off:"
            )
            st.stop()
        st.info("You are not tracking any repositories yet.", icon=":material/folder_off:")
        if st.button("Add repositories", type="primary", icon=":material/add:", key="filters_add"):
            navigation.open_page("add")
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
    days = f" There is traffic from {days_text(*known)} (UTC)." if known else ""
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


def unusable(asked: Mapping[str, Sequence[str]], choices: Choices) -> list[str]:
    """The names in an address that stand with what is no repository of the viewer, no word, no day that is known."""
    words = WORDS | {REPOSITORY: choices.names.values()}
    found = [key for key, allowed in words.items() if key in asked and not set(asked[key]) <= set(allowed)]
    days = [parsed_day(value) for value in asked.get(DATES, ())]
    if len(days) > 2 or not all(day and choices.reaches(day) for day in days):
        found.append(DATES)
    if not all(value.isdecimal() for value in asked.get("page", ())):
        found.append("page")
    return found


def _draw_dates(choices: Choices) -> None:
    default: Any = days_of(DEFAULT_RANGE, None, choices.known)
    st.date_input(
        "From and to",
        value=default,
        min_value=min(choices.first, default[0]) - EARLIER,
        max_value=choices.last + DAY,
        format="YYYY-MM-DD",
        key=DATES,
        bind="query-params",
        width=240,
    )


def _choices(viewer: Viewer) -> Choices:
    yesterday = utc_day(utc_now()) - DAY
    known = day_range(viewer, the_store())
    return Choices(choosable(viewer), known[0] if known else yesterday, yesterday)
