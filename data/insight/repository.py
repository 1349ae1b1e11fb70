"""What is known of one repository: its days with all that is counted, its releases, its records, and its true numbers
of people.

Every reader is asked for one repository, and answers another tenant's exactly as one that is not there: with nothing.
Tables have Arrow types; what is unknown is NULL (pandas.NA), never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from duckdb import DuckDBPyConnection
from pandas import DataFrame

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import ask, frame, rows_of
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import LARGEST_PAGE, Paging, Selection
from data.traffic.traffic import daily_traffic

MILESTONES = [part * 10**zeros for zeros in range(6) for part in (10, 25, 50)]  # stars: 10, 25, 50, 100, ...


@dataclass(frozen=True, slots=True)
class Records:
    """What a repository has had since its first known day; the stars are those of the newest look. None: unknown."""

    first_day: date | None
    views: int | None
    clones: int | None
    most_views: int | None
    most_views_day: date | None
    stars: int | None
    milestone: int | None
    milestone_day: date | None


def days(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The days of the repository, the oldest first. Rows and source: as traffic.daily_traffic. Raises: StoreMissing."""
    paging = Paging("day", descending=False, size=LARGEST_PAGE)
    return frame(daily_traffic(viewer, store, selection, paging).rows)


@cached("traffic")
def counters(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """Stars, forks, watchers and downloads of the repository, the oldest day first.

    Rows: day (GitHub does not promise that the days of stars gained are UTC), stars_gained, stars, forks, watchers (as
    last read on that day), downloads (of all release files since they were uploaded, as far as read until then).
    A day of which nothing is known has no row. Raises: StoreMissing.
    """
    return _ask(viewer, store, selection, "counters")


@cached("traffic")
def machine_clones(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The clones of the repository and how many machines have made at least, the oldest day first.

    Rows: day (UTC), clones, clone_uniques, workflow_runs, at_least_by_actions, steady_floor. Raises: StoreMissing.
    """
    return _ask(viewer, store, selection, "machine_clones")


@cached("traffic")
def releases(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The releases published in these days, the oldest first.

    Rows: release_id, day (of its publication, UTC), tag_name, name, prerelease. Raises: StoreMissing.
    """
    return _ask(viewer, store, selection, "releases")


@cached("traffic")
def records(viewer: Viewer, store: Store, selection: Selection) -> Records:
    """All-time numbers of the repository, pending days included; the days of the selection do not matter.

    The milestone is the greatest number of stars of which it is known on which day it was reached.
    Raises: StoreMissing.
    """
    values = {"visible": selection.values_of_one(viewer)["visible"]}
    with store.traffic.read(today=selection.today, with_imports=selection.imports) as cursor:
        (row,) = rows_of(cursor, query(__name__, "records"), values).to_pylist()
        reached = milestones(cursor, values | {"first_day": date.min, "last_day": date.max})
    *_, milestone, day = reached[0] if reached else (None, None)
    return Records(**row, milestone=milestone, milestone_day=day)


def milestones(cursor: DuckDBPyConnection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Round numbers of stars that repositories (`visible`) reached from `first_day` to `last_day`, the greatest first.

    Rows: repository_id, full_name, stars, day. Source: repository_stats, star_history.
    """
    return cursor.execute(query(__name__, "milestones"), {**values, "milestones": MILESTONES}).fetchall()


@cached("traffic")
def true_uniques(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The people of 14 days as GitHub counted them in its newest answer; the days of the selection do not matter.

    Rows: metric (views, clones), first_day, last_day, uniques, visitor_days, cloner_days (the daily uniques of these
    days added up, as far as known). Raises: StoreMissing.
    """
    visible = {"visible": selection.values_of_one(viewer)["visible"]}
    return frame(ask(store, query(__name__, "true_uniques"), selection.today, visible, imports=selection.imports))


@cached("traffic")
def true_weeks(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The people of each week that GitHub counted whole, of those with a day in the selection, the newest first.

    Rows: week (Monday, UTC), views, view_uniques, visitor_days, clones, clone_uniques, cloner_days (the daily uniques
    of the week added up, as far as known). Raises: StoreMissing.
    """
    return _ask(viewer, store, selection, "true_weeks")


def _ask(viewer: Viewer, store: Store, selection: Selection, name: str) -> DataFrame:
    values = selection.values_of_one(viewer)
    return frame(ask(store, query(__name__, name), selection.today, values, imports=selection.imports))
