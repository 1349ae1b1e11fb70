"""Traffic by day, week and month as pages and files read it, series for charts, and what a period adds up to.

Every reader shows the repositories of its viewer only. Tables have Arrow types: a day is a date, a count an
integer, and what is unknown is NULL (pandas.NA), never zero. All rules are the views' (data/schema/views.sql).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame
from pyarrow import compute as pc

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import ask, frame
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import (
    ALL_ROWS,
    DAILY_SORTS,
    WEEKLY_SORTS,
    Grain,
    Metric,
    Page,
    Paging,
    Selection,
    SelectionRefused,
)
from data.traffic.paging import place_of

FILE_COLUMNS = {  # in this order in every file, as the export writes them
    "daily_traffic": (
        *("tenant", "full_name", "repository_id", "day"),
        *("views", "view_uniques", "view_uniques_kind", "views_state"),
        *("clones", "clone_uniques", "clone_uniques_kind", "clones_state"),
    ),
    "weekly_traffic": (
        *("tenant", "full_name", "repository_id", "week"),
        *("views", "true_view_uniques", "visitor_days", "view_uniques_kind"),
        *("views_days", "views_state", "views_by_github"),
        *("clones", "true_clone_uniques", "cloner_days", "clone_uniques_kind"),
        *("clones_days", "clones_state", "clones_by_github"),
    ),
}
COUNTED = {
    "views": Metric.VIEWS,
    "view_uniques": Metric.VIEWS,
    "clones": Metric.CLONES,
    "clone_uniques": Metric.CLONES,
}
UNIQUES = {"view_uniques", "clone_uniques"}
COUNTERS = ("stars", "forks", "watchers", "open_issues_and_pull_requests")  # read now and then, not counted a day
SERIES = ("repository_id", "full_name", "period", "value", "state", "kind", "pending")  # its columns
PEOPLE = {"value": "uniques", "state": "uniques_state", "kind": "uniques_kind"}  # what these are of the uniques
GRAINS = {"daily_traffic": Grain.DAY, "weekly_traffic": Grain.WEEK}
SORTS = {"daily_traffic": DAILY_SORTS, "weekly_traffic": WEEKLY_SORTS}
MOST_REPOSITORIES = 12  # in one chart
SLICES = ((92, 1), (731, 7))  # days of a sparkline, and of each of its points; a longer one has points of 30 days
LONG_SLICE = 30
# Of days in an order DuckDB reads the few blocks that can have the first one; for min and max it reads all.
_OF_VIEWER = "from daily_traffic where repository_id in (select repository_id from visible)"
ENDS = f"""
with visible as materialized (select unnest($visible::integer[]) as repository_id)
select
    (select day {_OF_VIEWER} order by day limit 1) as first_day,
    (select day {_OF_VIEWER} order by day desc limit 1) as last_day
"""
HAS_IMPORTS = """
with visible as materialized (select unnest($visible::integer[]) as repository_id)
select
    exists (from imported_day semi join visible using (repository_id))
    or exists (from imported_listing semi join visible using (repository_id))
    or exists (from imported_stats semi join visible using (repository_id)) as found
"""
LEAST_SHARE = 0.5  # of a period's days: what is compared of fewer says nothing of the period


@cached("traffic")
def daily_traffic(viewer: Viewer, store: Store, selection: Selection, paging: Paging) -> Page:
    """Views and clones of each selected repository and day, a page of them.

    Rows: repository_id, full_name, day (UTC date), views, view_uniques, clones, clone_uniques, views_state,
    clones_state (final, pending or gap; a number beside gap may be a part of the day), tenant, views_source,
    clones_source (github, import; NULL: nobody knows the day), and for files view_uniques_kind and clone_uniques_kind.
    Every day is there from a repository's first known one to that of its newest answer. Source: v_daily.
    Raises: SelectionRefused, StoreMissing.
    """
    return _page(viewer, store, selection, "daily_traffic", paging)


@cached("traffic")
def weekly_traffic(viewer: Viewer, store: Store, selection: Selection, paging: Paging) -> Page:
    """Views and clones of each selected repository and ISO week, a page of them.

    Every week that has a day in the selection; only its selected days count.
    Rows: repository_id, full_name, week (its Monday, UTC date), iso_year, iso_week, views, view_uniques,
    view_uniques_kind, clones, clone_uniques, clone_uniques_kind, views_state, clones_state (final; partial: final, but
    of some days of the week only; pending, gap), whole (both are final). A kind is week (true uniques of the week) or
    sum_of_days (daily uniques added up: say so beside the number); NULL where there is no number. For files tenant,
    true_view_uniques (GitHub's), visitor_days (added up), views_days (of how many days the views are), views_by_github
    (GitHub's own count of the whole week), and the same of clones.
    Source: v_weekly.
    Raises: SelectionRefused, StoreMissing.
    """
    return _page(viewer, store, selection, "weekly_traffic", paging)


def all_daily_traffic(viewer: Viewer, store: Store, selection: Selection, order: Paging | None = None) -> pa.Table:
    """All rows of daily_traffic for a file, in that order, else the newest day first, with the export's columns.

    Of `order` the page and its size do not matter. Raises: SelectionRefused, StoreMissing.
    """
    whole = replace(order or Paging("day"), page=1, size=ALL_ROWS)
    return _file_rows(viewer, store, selection, "daily_traffic", whole)


def all_weekly_traffic(viewer: Viewer, store: Store, selection: Selection, order: Paging | None = None) -> pa.Table:
    """All rows of weekly_traffic for a file, in that order, else the newest week first, with the export's columns.

    Of `order` the page and its size do not matter. Raises: SelectionRefused, StoreMissing.
    """
    whole = replace(order or Paging("week"), page=1, size=ALL_ROWS)
    return _file_rows(viewer, store, selection, "weekly_traffic", whole)


def series(viewer: Viewer, store: Store, selection: Selection, grain: Grain, metric: str) -> DataFrame:
    """One metric of the selection for charts: up to 12 repositories, those with the most views, and the total of all.

    A metric is one of COUNTED (views, view_uniques, clones, clone_uniques) or of COUNTERS, as last read in a period.
    Every week or month that has a day in the selection; only its selected days count.
    Rows: repository_id (NULL: the total, of views and clones only), full_name ('total'), period (the day, the Monday,
    the first of the month), value, state (final; partial: final, but of some of the period's days; pending, gap), kind
    (of uniques: day, week, or sum_of_days for daily ones added up; of views or clones: import where another tool
    counted them or, in weeks and months, some of them; else NULL), pending (the part of the counts of a week or month
    that is of pending days).
    `attrs["left_out"]`: how many repositories with such days are in the total only. Raises: StoreMissing.
    """
    counted = _counted(viewer, store, selection, grain, Metric.VIEWS if metric in COUNTERS else COUNTED[metric])
    if metric in COUNTERS:
        rows = _counters(viewer, store, selection, grain, metric)
    else:
        rows = _uniques(counted) if metric in UNIQUES else counted.select(SERIES)
    found = frame(rows)
    found.attrs["left_out"] = pc.max(counted.column("left_out")).as_py() or 0
    return found


@cached("traffic")
def _counted(viewer: Viewer, store: Store, selection: Selection, grain: Grain, metric: Metric) -> pa.Table:
    """The counts of a series and, beside them, their uniques."""
    values = {"search": selection.search, "grain": grain.value, "most": MOST_REPOSITORIES, "metric": metric.value}
    return _ask(viewer, store, selection, "series", values)


@cached("traffic")
def _counters(viewer: Viewer, store: Store, selection: Selection, grain: Grain, metric: str) -> pa.Table:
    """A counter of the repositories whose views are in the chart."""
    of_views = _counted(viewer, store, selection, grain, Metric.VIEWS).column("repository_id")
    shown = replace(selection, repository_ids=frozenset(of_views.unique().drop_null().to_pylist()))
    return _ask(viewer, store, shown, "counters", {"grain": grain.value, "metric": metric})


def _uniques(rows: pa.Table) -> pa.Table:
    """The uniques of a series as the series, of which those of several repositories are no total."""
    of_each = rows.filter(pc.is_valid(rows.column("repository_id")))
    columns = {name: of_each.column(PEOPLE.get(name, name)) for name in SERIES}
    return pa.table(columns | {"pending": pa.array([0] * len(of_each), pa.int64())})


@cached("traffic")
def series_before(viewer: Viewer, store: Store, selection: Selection, grain: Grain) -> DataFrame:
    """What the days that a selection is compared with add up to, all selected repositories together, by the periods of
    the selection: each has the days that lie `before_days` before its own.

    Rows: period, views_gaps, clones_gaps (how many days of repositories are left out), views, clones, visitor_days,
    cloner_days (daily uniques added up; unknown where gaps leave too little), has_several (whether more than one
    repository has such days), first_day, last_day (of these days). Source: v_daily. Raises: StoreMissing.
    """
    before_days = selection.before_days or selection.days
    values = {"search": selection.search, "before_days": before_days, "grain": grain.value, "least_share": LEAST_SHARE}
    return frame(_ask(viewer, store, selection, "series_before", values))


@cached("traffic")
def repository_sums(viewer: Viewer, store: Store, selection: Selection, *, with_pending: bool = True) -> DataFrame:
    """The selected repositories with what their known days add up to, pending ones included, by name; or what their
    final days do.

    Rows: repository_id, full_name, views, visitor_days, clones, cloner_days (daily uniques added up), stars (gained);
    for each of these <name>_compared and <name>_before, the sums of the days that are final both in the selection and
    in its counterpart; views_days, clones_days and stars_days, how many these are; final_days (of views),
    final_clones_days, gap_days and pending_days (of views or clones).
    Source: v_daily, star_history. Raises: StoreMissing.
    """
    before_days = selection.before_days or selection.days
    values = {"search": selection.search, "before_days": before_days, "with_pending": with_pending}
    return frame(_ask(viewer, store, selection, "repository_sums", values))


@cached("traffic")
def sparklines(viewer: Viewer, store: Store, selection: Selection) -> Mapping[int, tuple[float, ...]]:
    """The final views a day of the selected repositories by their ids, known slices only, oldest first. Ask for those
    that are shown: the lines of 10,000 take as long as their sums. Source: v_daily. Raises: StoreMissing.
    """
    values = {"search": selection.search, "slice_days": slice_days(selection.days)}
    rows = _ask(viewer, store, selection, "sparklines", values)
    return MappingProxyType({key: tuple(line) for key, line in zip(*rows.to_pydict().values(), strict=True)})


@dataclass(frozen=True, slots=True)
class Total:
    """What the known days of a period add up to, pending ones included; and what those that are final, and were final
    in the period before, add up to now (`compared`) and did before. None: no such day is known.
    """

    value: int | None
    compared: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What the days of several repositories add up to.

    `visitor_days` and `cloner_days` add up daily uniques: who came on three days counts thrice. Stars are gained ones.
    The days count days of repositories: those whose views are final, those whose counterpart in the period before is
    final too, those on which views or clones are a gap, those on which they are pending.
    """

    views: Total
    visitor_days: Total
    clones: Total
    cloner_days: Total
    stars: Total
    final_days: int
    compared_days: int
    gap_days: int
    pending_days: int

    @property
    def comparable(self) -> bool:
        """Whether enough of the final days have a counterpart before for a change to say something."""
        return 0 < self.compared_days >= LEAST_SHARE * self.final_days


@cached("traffic")
def selection_totals(viewer: Viewer, store: Store, selection: Selection) -> Totals:
    """What the selected repositories add up to: `repository_sums` in one. Raises: StoreMissing."""
    return totals(repository_sums(viewer, store, selection))


def totals(sums: DataFrame) -> Totals:
    views, visitors, clones, cloners, stars = (
        _total(sums, name) for name in ("views", "visitor_days", "clones", "cloner_days", "stars")
    )
    days = (int(sums[name].sum()) for name in ("final_days", "views_days", "gap_days", "pending_days"))
    return Totals(views, visitors, clones, cloners, stars, *days)


def _total(sums: DataFrame, name: str) -> Total:
    found = (sums[f"{name}{part}"].sum(min_count=1) for part in ("", "_compared", "_before"))
    return Total(*(None if pd.isna(total) else int(total) for total in found))


def slice_days(days: int) -> int:
    """How many days a point of a sparkline over so many days stands for."""
    return next((each for longest, each in SLICES if days <= longest), LONG_SLICE)


@cached("traffic")
def repository_summaries(viewer: Viewer, store: Store, today: date) -> DataFrame:
    """The visible repositories in short, by name; removed ones included.

    Rows: repository_id, tenant_id, full_name, state, state_reason, visibility, archived, last_collected_at (aware,
    UTC), days_until_loss (as in v_repositories), views_30 and clones_30 (known counts of the 30 days up to
    yesterday, pending ones included), stars (when last seen), sparkline (a list of the known views of these 30 days,
    oldest first). Source: v_repositories, v_daily. Raises: StoreMissing.
    """
    values = {"visible": sorted(viewer.repository_ids), "today": today}
    rows = ask(store, query(__name__, "repository_summaries"), today, values)
    place = rows.schema.get_field_index("last_collected_at")
    return frame(rows.set_column(place, "last_collected_at", pc.assume_timezone(rows.column(place), "UTC")))


@cached("traffic")
def has_imports(viewer: Viewer, store: Store) -> bool:
    """Whether anything of the viewer's repositories is known from another tool.

    Source: imported_day, imported_listing, imported_stats.
    """
    ((found,),) = store.traffic.rows(HAS_IMPORTS, {"visible": sorted(viewer.repository_ids)})
    return bool(found)


@cached("traffic")
def day_range(viewer: Viewer, store: Store) -> tuple[date, date] | None:
    """The first known day of the viewer's repositories, and the last: that of the newest answer. None: none is known.

    Source: daily_traffic. Raises: StoreMissing.
    """
    ((first, last),) = store.traffic.rows(ENDS, {"visible": sorted(viewer.repository_ids)})
    return None if first is None else (first, last)


def _rows(
    viewer: Viewer, store: Store, selection: Selection, table: str, paging: Paging, *, skipped: int | None = None
) -> pa.Table:
    if paging.sort_by not in SORTS[table]:
        raise SelectionRefused(f"The table can be sorted by {', '.join(SORTS[table])}.")
    order = {
        "sort_by": paging.sort_by,
        "direction": -1 if paging.descending else 1,
        "size": paging.size,
        "skipped": paging.skipped if skipped is None else skipped,
    }
    narrowed = {"search": selection.search, "state": selection.state}
    return _ask(viewer, store, selection, table, order | narrowed)


def _ask(viewer: Viewer, store: Store, selection: Selection, name: str, values: dict[str, Any]) -> pa.Table:
    values = selection.values(viewer) | values
    return ask(store, query(__name__, name), selection.today, values, imports=selection.imports)


def _page(viewer: Viewer, store: Store, selection: Selection, table: str, paging: Paging) -> Page:
    place = place_of(viewer, store, selection, GRAINS[table], paging)
    if place is not None:
        rows = _rows(viewer, store, place.selection, table, paging, skipped=place.skipped)
        return Page(rows.drop_columns(["total"]), place.total)
    rows = _rows(viewer, store, selection, table, paging)
    counted = rows
    if not rows.num_rows and paging.page > 1:  # after the last page: no row is left that has the number of all
        counted = _rows(viewer, store, selection, table, replace(paging, page=1, size=1))
    total = counted.column("total")[0].as_py() if counted.num_rows else 0
    return Page(rows.drop_columns(["total"]), total)


def _file_rows(viewer: Viewer, store: Store, selection: Selection, table: str, order: Paging) -> pa.Table:
    rows = _rows(viewer, store, selection, table, order).select(FILE_COLUMNS[table])
    return rows.rename_columns([name.removeprefix("true_") for name in rows.column_names])
