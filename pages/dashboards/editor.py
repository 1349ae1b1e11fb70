"""Changes a dashboard: its name, its panels, their order; and says what is not saved yet.

Drafts stay in the session, one a dashboard, until they are saved or discarded. The form of a panel offers what fits
together, and what is typed is shown at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from data.accounts.models import Account, Viewer
from data.calendar import DAY, utc_day, utc_now
from data.dashboards.dashboards import DASHBOARDS
from data.dashboards.panel_text import measure_name
from data.dashboards.panels import BEGINNING
from data.dashboards.specification import (
    HIGHEST,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_TEXT,
    LOWEST,
    MOST_PANELS,
    Dashboard,
    Kind,
    Panel,
    Range,
    Source,
    SpecificationRefused,
    checked,
    groups_for,
    kinds_for,
    measures_for,
    most_allowed,
    splits_for,
)
from pages.dashboards import view
from pages.ui import filters, messages
from pages.ui.periods import ROLLING
from pages.ui.store import the_store

DRAFTS = "dashboards_drafts"
STARTS = {  # what a new panel begins as; each shows something at once, and can be changed to anything
    "Views by day": Panel(Kind.BARS, "", Source.DAILY, "views", by="day", split="repository", width=12),
    "A number: views": Panel(Kind.NUMBER, "", Source.DAILY, "views", width=3),
    "Weekly unique visitors": Panel(Kind.LINE, "", Source.WEEKLY, "visitors", by="week", split="repository"),
    "Top repositories": Panel(
        Kind.TABLE, "Top repositories", measure="views", also=("visitors", "clones"), by="repository"
    ),
    "Top referrers": Panel(Kind.BARS, "Top referrers", Source.REFERRERS, "views", by="referrer"),
    "Popular pages": Panel(Kind.TABLE, "Popular pages", Source.PATHS, "views", also=("visitors",), by="path"),
    "Stars gained by week": Panel(Kind.BARS, "", Source.STARS, "stars gained", by="week", range=Range(last_days=365)),
    "Weekdays": Panel(
        Kind.HEAT_MAP, "Weekdays", Source.DAILY, "views", by="week", split="weekday", range=Range(last_days=90)
    ),
    "Text": Panel(Kind.TEXT, "Notes", text="What these numbers are for.", width=4),
}
WIDTHS = {3: "Quarter", 4: "Third", 6: "Half", 8: "Two thirds", 9: "Three quarters", 12: "Full"}
KINDS = {
    Kind.NUMBER: ":material/123: Number",
    Kind.LINE: ":material/show_chart: Line",
    Kind.BARS: ":material/bar_chart: Bars",
    Kind.TABLE: ":material/table_rows: Table",
    Kind.HEAT_MAP: ":material/grid_on: Heat map",
    Kind.TEXT: ":material/notes: Text",
}
ALL, LAST, BETWEEN = "All", "Last …", "Custom"
NONE = "none"


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
        return replace(self, dashboard=replace(self.dashboard, panels=tuple(panels)), open_panel=None, panel=None)

    def opening(self, number: int | None) -> "Draft":
        panel = None if number is None else self.dashboard.panels[number]
        return replace(self, open_panel=number, panel=panel, opened=self.opened + 1)


def drafts() -> dict[str, Draft]:
    """What is being changed in this session, by the dashboard's key."""
    found: dict[str, Draft] = st.session_state.setdefault(DRAFTS, {})
    return found


def draw(account: Account, viewer: Viewer, key: str, saved: Dashboard) -> None:
    draft = drafts().get(key)
    if draft is None:
        return
    dashboard = _draw_head(account, key, draft, saved)
    if dashboard != draft.dashboard:
        drafts()[key] = replace(draft, dashboard=dashboard)
        st.rerun()
    panels = dashboard.panels
    for row in view.rows_of(panels):
        if draft.open_panel in row:
            _draw_form(viewer, key, draft)
        view.draw_row(viewer, panels, row, lambda each: _draw_tools(key, draft, each))
    full = len(panels) >= MOST_PANELS
    added = st.menu_button(
        "Add a panel", list(STARTS), icon=":material/add:", key="dashboards_add_panel", disabled=full
    )
    if added:
        drafts()[key] = draft.with_panels([*panels, STARTS[added]]).opening(len(panels))
        st.rerun()
    if full:
        st.caption(f"A dashboard has at most {MOST_PANELS} panels.")


def _draw_head(account: Account, key: str, draft: Draft, saved: Dashboard) -> Dashboard:
    with st.container(border=True, key="dashboards_editing"):
        with st.container(horizontal=True, vertical_alignment="center"):
            changed = draft.dashboard != saved
            if changed:
                st.badge("Unsaved changes", icon=":material/edit:", color="orange")
            else:
                st.badge("All saved", icon=":material/check:", color="green")
            _draw_save(account, key, draft, changed)
        with st.container(horizontal=True):
            name = st.text_input("Name", draft.dashboard.name, max_chars=LONGEST_NAME, key=f"dashboards_name_{key}")
            description = st.text_input(
                "Description",
                draft.dashboard.description,
                max_chars=LONGEST_DESCRIPTION,
                key=f"dashboards_description_{key}",
            )
        if not draft.dashboard.panels:
            st.caption("No panels yet. Add the first one below.")
    return replace(draft.dashboard, name=(name or "").strip(), description=(description or "").strip())


def _draw_save(account: Account, key: str, draft: Draft, changed: bool) -> None:
    if st.button("Save", type="primary", key="dashboards_save", disabled=not changed, icon=":material/save:"):
        with messages.shown():
            DASHBOARDS.save(the_store(), account.username, int(key), checked(draft.dashboard), utc_now())
            drafts().pop(key, None)
            messages.notice_after_rerun("Dashboard saved.")
    if st.button("Discard changes" if changed else "Close", key="dashboards_discard"):
        drafts().pop(key, None)
        for field in ("name", "description"):
            st.session_state.pop(f"dashboards_{field}_{key}", None)
        st.rerun()


def _draw_form(viewer: Viewer, key: str, draft: Draft) -> None:
    number, was = draft.open_panel, draft.panel
    if number is None or was is None:
        return
    names = [name.partition(" · ")[0] for name in filters.choosable(viewer).values()]
    with st.container(border=True, key="dashboards_form"):
        st.subheader(f"Panel {number + 1}", anchor=False)
        panel = draw_panel_form(f"dashboards_form_{draft.opened}", was, names)
        problems = _problems(panel)
        if problems:
            st.warning(messages.literal(" ".join(problems)), icon=":material/rule:")
        if st.button("Done", key="dashboards_form_done", icon=":material/check:"):
            drafts()[key] = draft.opening(None)
            st.rerun()
    panels = list(draft.dashboard.panels)
    if panel != panels[number] and not problems:
        panels[number] = panel
        changed = replace(draft.dashboard, panels=tuple(panels))
        drafts()[key] = replace(draft, dashboard=changed)
        st.rerun()


def _problems(panel: Panel) -> tuple[str, ...]:
    try:
        checked(Dashboard("One panel", panels=(panel,)))
    except SpecificationRefused as refusal:
        return refusal.problems
    return ()


def _draw_tools(key: str, draft: Draft, number: int) -> None:
    """What can be done with a panel."""
    panels = list(draft.dashboard.panels)
    last = len(panels) - 1
    moved = {
        "left": ("arrow_back", "Move left", number == 0),
        "right": ("arrow_forward", "Move right", number == last),
        "edit": ("edit", "Edit panel", False),
        "duplicate": ("content_copy", "Duplicate panel", len(panels) >= MOST_PANELS),
        "remove": ("delete", "Remove panel", False),
    }
    with st.container(horizontal=True, gap="small", key=f"dashboards_tools_{number}"):
        for act, (icon, tooltip, disabled) in moved.items():
            place = f"dashboards_{act}_{number}"
            label = f":material/{icon}:"
            if st.button(label, key=place, help=tooltip, disabled=disabled, type="tertiary"):
                drafts()[key] = _changed(draft, number, act)
                st.rerun()


def _changed(draft: Draft, number: int, act: str) -> Draft:
    panels = list(draft.dashboard.panels)
    if act == "edit":
        return draft.opening(number)
    if act == "duplicate":
        panels.insert(number + 1, panels[number])
    elif act == "remove":
        del panels[number]
    else:
        other = number - 1 if act == "left" else number + 1
        panels[number], panels[other] = panels[other], panels[number]
    return draft.with_panels(panels)


@dataclass(frozen=True, slots=True)
class Fields:
    """The widgets of one form, whose keys begin with `key`; `was` is the panel as the form was opened."""

    key: str
    was: Panel

    def choice(
        self, label: str, options: Sequence[str], was: str | None, field: str, called: Callable[[str], str] = str
    ) -> str:
        """A select box. Its key names the options too: with others, it is another one."""
        index, key = options.index(was) if was in options else 0, f"{self.key}_{field}_{'_'.join(options)}"
        found: str = st.selectbox(label, options, index=index, key=key, format_func=called)
        return found

    def segments(self, label: str, names: Mapping[Any, str], was: Any, field: str) -> Any:
        return st.segmented_control(
            label,
            list(names),
            default=was,
            required=True,
            format_func=names.__getitem__,
            key=f"{self.key}_{field}",
            wrap=True,
        )

    def several(
        self, label: str, options: Sequence[str], was: Sequence[str], field: str, **more: Any
    ) -> tuple[str, ...]:
        return tuple(st.multiselect(label, options, default=list(was), key=f"{self.key}_{field}", **more))

    def number(self, label: str, bounds: tuple[int, int], was: int | None, field: str, **more: Any) -> int | None:
        found = st.number_input(label, *bounds, value=was, key=f"{self.key}_{field}", width=130, **more)
        return None if found is None else int(found)


def draw_panel_form(key: str, panel: Panel, names: Sequence[str]) -> Panel:
    """The form of a panel as it was when the form was opened; answers the panel as it is now."""
    fields, row = Fields(key, panel), partial(st.container, horizontal=True, vertical_alignment="bottom")
    kind = Kind(fields.segments("Kind", KINDS, panel.kind, "kind"))
    title = st.text_input("Title", value=panel.title, max_chars=LONGEST_NAME, key=f"{key}_title") or ""
    if kind is Kind.TEXT:
        text = st.text_area("Text", value=panel.text, max_chars=LONGEST_TEXT, key=f"{key}_text", height=140)
        return _sized(fields, Panel(kind, title, text=text or ""))
    with row():
        draft = _what(fields, Panel(kind, title))
    with row():
        draft = replace(draft, also=_also(fields, draft))
        options = list(dict.fromkeys([*panel.repositories, *names]))
        placeholder = "All, or names; * matches anything"
        more = {"accept_new_options": True, "placeholder": placeholder, "max_selections": 100}
        repositories = fields.several("Repositories", options, panel.repositories, "repositories", **more)
    with row():
        days = _range(fields)
        help_text = "Hide smaller values"
        bounds = (0, 10**12)
        minimum = fields.number("Minimum", bounds, panel.minimum, "minimum", placeholder="any", help=help_text)
        limit = _limit(fields, draft)
    return _sized(fields, replace(draft, repositories=repositories, range=days, minimum=minimum, limit=limit))


def _what(fields: Fields, draft: Panel) -> Panel:
    """The panel with its source, what it is split by, and its measure: each choice decides what the next one offers."""
    was, kind = fields.was, draft.kind
    sources = [source.value for source in Source if kind in kinds_for(source)]
    source = Source(fields.choice("Source", sources, was.source.value, "source", str.capitalize))
    groups, by, split = groups_for(kind, source), None, None
    if groups:
        by = fields.choice("By", groups, was.by, "by", str.capitalize)
    splits = splits_for(kind, source, by)
    if splits:
        options = splits if kind is Kind.HEAT_MAP else (NONE, *splits)
        split = fields.choice("Split by", options, was.split, "split", str.capitalize)
        split = None if split == NONE else split
    panel = replace(draft, source=source, by=by, split=split)
    measures = measures_for(source, by, split)
    measure = fields.choice("Metric", measures, was.measure, "measure", partial(measure_name, panel))
    return replace(panel, measure=measure)


def _also(fields: Fields, draft: Panel) -> tuple[str, ...]:
    options = [each for each in measures_for(draft.source, draft.by, draft.split) if each != draft.measure]
    if draft.kind is not Kind.TABLE or not options:
        return ()
    was, field = [each for each in fields.was.also if each in options], f"also_{'_'.join(options)}"
    called = partial(measure_name, draft)
    return fields.several("More columns", options, was, field, format_func=called, max_selections=3)


def _range(fields: Fields) -> Range:
    was = fields.was.range
    usual = next((name for name, days in ROLLING.items() if days == was.last_days), None)
    default = usual or (LAST if was.last_days else BETWEEN if was.first else ALL)
    picked = fields.choice("Days (UTC)", [*ROLLING, ALL, LAST, BETWEEN], default, "range")
    if picked in ROLLING:
        return Range(last_days=ROLLING[picked])
    if picked == LAST:
        return Range(last_days=fields.number("Days", (1, 36_500), was.last_days or 30, "days") or 30)
    return Range() if picked == ALL else _between(fields)


def _between(fields: Fields) -> Range:
    was, yesterday = fields.was.range, utc_day(utc_now()) - DAY
    days: Any = (was.first or yesterday - 29 * DAY, was.last or yesterday)
    found: Any = st.date_input(
        "From and to",
        value=days,
        min_value=min(BEGINNING, days[0]),
        max_value=max(yesterday + 366 * DAY, days[1]),
        format="YYYY-MM-DD",
        key=f"{fields.key}_between",
        width=240,
    )
    ends = [found] if isinstance(found, date) else list(found or days)
    return Range(first=min(ends), last=max(ends))


def _limit(fields: Fields, draft: Panel) -> int | None:
    if draft.kind is Kind.NUMBER or (draft.kind is Kind.LINE and not draft.split):
        return None
    most, was = most_allowed(draft), fields.was.limit
    more = {
        "placeholder": str(min(draft.most, most)),
        "help": "Maximum number of series, bars or rows: only the largest are shown",
    }
    return fields.number("Maximum", (1, most), min(was, most) if was else None, f"limit_{most}", **more)


def _sized(fields: Fields, panel: Panel) -> Panel:
    was = fields.was
    widths = dict(sorted({**WIDTHS, was.width: WIDTHS.get(was.width, f"{was.width} twelfths")}.items()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        width = fields.segments("Width", widths, was.width, "width")
        step, key = 10 if was.height % 10 == 0 else 1, f"{fields.key}_height"
        height = st.slider("Height", LOWEST, HIGHEST, value=was.height, step=step, key=key)
    return replace(panel, width=int(width or was.width), height=int(height))
