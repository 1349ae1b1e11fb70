"""What the comparison shows: repositories on the same periods; launches, and what each brought against the usual."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight import compare
from data.insight.compare import MOST_LAUNCHES, Launch
from data.repositories.repositories import repository_names
from data.store import Store
from data.store.arrow import arrow_columns, arrow_table
from data.store.cache import cached
from data.text import days_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import day_range, repository_sums
from pages.compare import text
from pages.compare.text import GAINS, MEASURES, BesideRequest
from pages.ui import filters, messages, tables
from pages.ui.charts import compare as charts
from pages.ui.charts.chart import Caption, Chart, caption_of, draw
from pages.ui.charts.counterpart import counterparts, why_not
from pages.ui.charts.traffic import LONGEST_BY_DAY, legible
from pages.ui.controls import choice, download_rows
from pages.ui.notation import day_format
from pages.ui.text import NAME_IN_LINK

NO_SUMS = (
    "Unique visitors are shown as GitHub counted them: per day, or per whole week. Daily ones are never added up, "
    "so there are none per month."
)
LAUNCH = "launch"  # the parameter of an address: OWNER/NAME@2026-05-31, once a launch
WIDGET = "compare_launches"
AT_FIRST = 3  # launches that are shown where none is asked for
ADD_UP = {compare.Measure.VIEWS: "views", compare.Measure.CLONES: "clones", compare.Measure.STARS: "stars"}
METRICS = {name: metric for metric, name in GAINS.items()}
_WRITTEN = re.compile(r"(?P<name>\S{1,200})@(?P<day>\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison as it is shown: its chart (None where no number is known), its table as Arrow, and its remarks."""

    chart: Chart | None
    table: Any
    remarks: tuple[str, ...]


def draw_beside(viewer: Viewer, store: Store, selection: Selection) -> None:
    request = _controls(viewer, selection)
    with filters.reading():
        compared = _beside(viewer, store, selection, request)
    many = not request.groups and len(selection.repository_ids or viewer.repository_ids) > compare.MOST_REPOSITORIES
    if many or len(request.groups) > compare.MOST_REPOSITORIES:
        st.caption(f"The {compare.MOST_REPOSITORIES} with the most views. Choose others under *Repositories*.")
    if compared.chart is None:
        why = NO_SUMS if request.measure is compare.Measure.VISITORS else ""
        st.info(f"No data for this metric in these days. {why}", icon=":material/info:")
        return
    draw(compared.chart, "compare_beside")
    _draw_remarks(request, compared.remarks)
    alt = f"{request.title}: the median, the peak and the total of each repository"
    tables.draw(compared.table, _columns(selection, request), "compare_table", alt)
    download_rows(
        "Download these numbers",
        lambda viewer, store: beside_rows(viewer, store, selection, request),
        f"compare-{request.measure}-by-{request.grain}-{selection.first}-to-{selection.last}",
        key="compare",
    )


@cached("traffic", in_words=True)
def _beside(viewer: Viewer, store: Store, selection: Selection, request: BesideRequest) -> Compared:
    counted = _rows(viewer, store, selection, request)
    rows = compare.indexed(counted) if request.indexed else counted
    if rows["value"].isna().all():
        return Compared(None, None, ())
    sums = _sums(viewer, store, selection, request)
    table = arrow_table(text.beside_table(rows, repository_names(viewer, store), request, sums))
    placed, shape = text.over_time(rows, request)
    legend = charts.legend(shape, {"partial", "pending"} & set(placed["state"]))
    drawn, alt = charts.specification(shape), text.alt_text(shape, placed["value"])
    before = counterparts(viewer, store, selection, request.measure, request.grain, groups=request.groups)
    if before is None:
        hint = why_not(selection, request.measure, request.grain)
    else:
        before = before.in_percent_of(compare.medians(counted)) if request.indexed else before
        placed |= before.columns(placed["period"], placed["name"])
        drawn, alt, hint = before.drawn(drawn), f"{alt} Dashed: {before.title}.", before.hint
        legend = [*legend, *before.legend]
    columns = arrow_columns({name: column for name, column in placed.items() if name != "period"})
    chart = Chart(columns, drawn, alt, legend, caption_of(viewer, store, selection, request.title), hint)
    return Compared(chart, table, tuple(text.without_index(rows) if request.indexed else ()))


def beside_rows(viewer: Viewer, store: Store, selection: Selection, request: BesideRequest) -> DataFrame:
    rows = _rows(viewer, store, selection, request)
    return (compare.indexed(rows) if request.indexed else rows).drop(columns="repository_id")


def _rows(viewer: Viewer, store: Store, selection: Selection, request: BesideRequest) -> DataFrame:
    if request.groups:
        return compare.beside_groups(viewer, store, selection, request.measure, request.grain, groups=request.groups)
    return compare.beside(viewer, store, selection, request.measure, request.grain)


def _sums(
    viewer: Viewer, store: Store, selection: Selection, request: BesideRequest
) -> Mapping[str, tuple[int | None, int | None]]:
    """What the final days of each repository or group add up to, and those that they are compared with, by name."""
    if selection.counterpart is None or request.measure not in ADD_UP:
        return {}
    if not request.groups:
        selection = replace(selection, repository_ids=frozenset(compare.largest(viewer, store, selection)))
    sums = repository_sums(viewer, store, selection).set_index("repository_id")
    groups = request.groups or tuple((str(name), (key,)) for key, name in sums["full_name"].items())
    both = {name: sums.loc[sums.index.isin(members)] for name, members in groups}
    now, before = f"{ADD_UP[request.measure]}_compared", f"{ADD_UP[request.measure]}_before"
    return {name: (_sum(of[now]), _sum(of[before])) for name, of in both.items()}


def _sum(values: Any) -> int | None:
    total = values.sum(min_count=1)
    return None if pd.isna(total) else int(total)


def _controls(viewer: Viewer, selection: Selection) -> BesideRequest:
    groups = filters.chosen_groups(viewer)
    with st.container(horizontal=True, key="compare_controls"):
        measure = choice("Metric", filters.MEASURES, "Views", "measure")
        chosen_grain = filters.choose_grain(selection)
        scale = choice("Scale", filters.SCALES, "Numbers", "scale")
        if groups and choice("Groups", filters.GROUPED, filters.GROUPED[0], "groups") != filters.GROUPED[0]:
            groups = ()
    grain = legible(chosen_grain, selection.first, selection.last)
    if grain is not chosen_grain:
        st.caption(f"More than {LONGEST_BY_DAY} days: shown by week.")
    return BesideRequest(MEASURES[measure], grain, scale == "Index", groups)


def _draw_remarks(request: BesideRequest, without_index: tuple[str, ...]) -> None:
    sentences = []
    if request.indexed:
        sentences.append("100 is each repository’s own median (final days, weeks or months).")
    if without_index:
        names = ", ".join(messages.literal(name) for name in without_index)
        sentences.append(f"No index, as the median is 0 or unknown: {names}.")
    if request.measure is compare.Measure.VISITORS and request.grain is not Grain.DAY:
        sentences.append(NO_SUMS)
    if sentences:
        st.caption(" ".join(sentences))


def _columns(selection: Selection, request: BesideRequest) -> Mapping[str, Any]:
    config = st.column_config
    by = request.grain.capitalize()
    peaked = "Peak day" if request.grain is Grain.DAY else f"Peak {request.grain}"
    total = None
    if request.measure is not compare.Measure.VISITORS and not request.indexed:
        total = config.NumberColumn(
            "Total", format="localized", width=85, help="All known days of the range, pending ones included"
        )
    before = selection.counterpart
    compared = f"Final days, compared with {days_text(before.first, before.last)}" if before else ""
    earlier = f"The same final days of {days_text(before.first, before.last)}" if before else ""
    link = config.LinkColumn("Repository", display_text=NAME_IN_LINK, pinned=True, width=tables.name_width())
    is_compared = before is not None and request.measure in ADD_UP
    number = partial(config.NumberColumn, format="localized", width=80)
    return {
        "name": config.TextColumn("Group or repository", pinned=True, width=190) if request.groups else None,
        "link": None if request.groups else link,
        "total": total,
        "before": number("Before", help=earlier) if is_compared else None,
        "change": config.TextColumn("Change", alignment="right", width=80, help=compared) if is_compared else None,
        "median": number("Median", help="Final days, weeks or months only"),
        "most": number("Peak"),
        "when": config.DateColumn(peaked, format=day_format(), width=105, help="UTC"),
        "known": config.NumberColumn(f"{by}s counted", format="localized", width=110),
    }


def draw_launches(viewer: Viewer, store: Store, selection: Selection) -> None:
    today = selection.today
    launches = _choice(viewer, store, selection)
    if not launches:
        st.info(
            "Choose launches above: the releases and notes of the repositories chosen under *Repositories*. To compare "
            "any other day, add a note to it.",
            icon=":material/rocket_launch:",
        )
        return
    with st.container(horizontal=True, key="compare_controls"):
        metric = METRICS[choice("Metric", METRICS, "Views", "measure")]
        days = filters.AFTER[choice("Days after", filters.AFTER, "30 days", "after")]
    with filters.reading():
        compared = _followed(viewer, store, launches, days, today, metric=metric, imports=selection.imports)

    def rows(viewer: Viewer, store: Store) -> DataFrame:
        return compare.aligned(viewer, store, launches, days, today, imports=selection.imports)

    if compared.chart is None:
        st.info("No data after these launches yet.", icon=":material/hourglass_empty:")
    else:
        draw(compared.chart, "compare_chart")
    st.caption(
        "Running totals from day 0, final days only. Usual: the median of the weekday in the eight weeks before the "
        "launch."
    )
    for sentence in compared.remarks:
        st.caption(f":material/info: {messages.literal(sentence)}")
    _draw_lifts(compared.table, launches, days)
    with st.container(horizontal=True):
        download_rows(
            "Download this table",
            lambda viewer, store: text.lift_table(compare.lifts(rows(viewer, store), days), launches),
            f"launches-lifts-until-day-{days}",
            key="compare_lifts",
        )
        download_rows(
            "Download the days",
            lambda viewer, store: text.daily_table(rows(viewer, store), launches),
            f"launches-days-until-day-{days}",
            key="compare_days",
        )


@cached("traffic", in_words=True)
def _followed(
    viewer: Viewer, store: Store, launches: tuple[Launch, ...], days: int, today: date, *, metric: str, imports: bool
) -> Compared:
    rows = compare.aligned(viewer, store, launches, days, today, imports=imports)
    table = arrow_table(text.shown_lifts(compare.lifts(rows, days), launches))
    remarks = tuple(text.remarks(rows, launches, metric, today))
    placed, shape = text.from_launch(rows, launches, metric, days)
    if placed["value"].isna().all():
        return Compared(None, table, remarks)
    legend = charts.legend(shape, usual=True)
    spoken = text.alt_text(shape, placed["value"].to_numpy())
    caption = Caption(f"{GAINS[metric]} in the {days} days after each launch")
    chart = Chart(arrow_table(placed), charts.specification(shape), spoken, legend, caption)
    return Compared(chart, table, remarks)


def _choice(viewer: Viewer, store: Store, selection: Selection) -> tuple[Launch, ...]:
    """The launches that are wanted: by the address at first, then by whoever chooses; they stand in the address."""
    of = selection.repository_ids or frozenset(compare.largest(viewer, store, selection))
    names, today = repository_names(viewer, store), selection.today
    offered = compare.launches(viewer, store, of, today)
    known = {f"{names[each.repository_id]}@{each.day}": each for each in offered}
    asked = st.query_params.get_all(LAUNCH) if WIDGET not in st.session_state else st.session_state[WIDGET]
    read = {each: _read(each, viewer, store, today) for each in asked if each not in known}
    if WIDGET not in st.session_state:
        if not all(read.values()):
            st.info(filters.UNUSABLE, icon=":material/link_off:")
        found = [each for each in dict.fromkeys(asked) if each in known or read[each]]
        st.session_state[WIDGET] = (found if asked else _at_first(known, day_range(viewer, store)))[:MOST_LAUNCHES]
    options = {key: launch for key, launch in read.items() if launch} | known
    chosen = st.multiselect(
        "Launches",
        list(options),
        format_func=lambda key: text.called(options[key]) if key in options else key,
        max_selections=MOST_LAUNCHES,
        placeholder="Releases and notes, newest first",
        key=WIDGET,
    )
    if st.query_params.get_all(LAUNCH) != chosen:
        st.query_params[LAUNCH] = chosen
    return tuple(options[key] for key in chosen)


def _at_first(launches: Mapping[str, Launch], days: tuple[date, date] | None) -> list[str]:
    """The newest launches of whose first week something is known."""
    if days is None:
        return []
    first, last = days[0], days[1] - timedelta(days=10)
    return [key for key, launch in launches.items() if first <= launch.day <= last][:AT_FIRST]


def _read(value: str, viewer: Viewer, store: Store, today: date) -> Launch | None:
    """What an address asks for; None where there is no such repository to see, or no such day."""
    match = _WRITTEN.fullmatch(value)
    key = next((key for key, name in repository_names(viewer, store).items() if match and name == match["name"]), None)
    try:
        day = date.fromisoformat(match["day"]) if match else today
    except ValueError:
        return None
    if match is None or key is None or not date(2008, 1, 1) <= day < today:
        return None
    offered = compare.launches(viewer, store, frozenset({key}), today)
    return next((each for each in offered if each.day == day), Launch(key, match["name"], day))


def _draw_lifts(table: Any, launches: tuple[Launch, ...], days: int) -> None:
    st.subheader("Extra traffic per launch", anchor=False)
    config = st.column_config
    number = partial(config.NumberColumn, format="localized", width=75)
    known = "Final days for which the usual is known; the numbers are of these only"
    columns = {
        "launch": config.TextColumn("Launch", width=230),
        "metric": config.TextColumn("Metric", width=95),
        "came": number("Total", help=f"Day 0 to day {days}"),
        "usual": number("Usual", help="For the same days"),
        "lift": number("Extra", help="Total minus usual"),
        "share": config.TextColumn("vs usual", alignment="right", width=110),
        "known": config.TextColumn("Days counted", width=105, help=known),
    }
    alt = f"Views, clones and stars of {len(launches)} launches until day {days}, compared with the usual"
    tables.draw(table, columns, "compare_lifts", alt)
