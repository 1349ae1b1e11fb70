"""Between what the daily views of referrers and paths lie: readers over the top-10 lists that GitHub showed.

GitHub tells sums of about 14 days, never a day's. How bounds follow from them: bounds.py; which days a list
covers: listing_windows.py. A stranger's repository has none, like one that is not there.
"""

from datetime import date, timedelta
from itertools import groupby
from typing import Any

import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import WINDOW_DAYS, DayRange
from data.insight.bounds import MARGIN_DAYS
from data.insight.listing_windows import SeenList, fitted_bounds, unexplained_share, widest
from data.store import Store
from data.store.sql import query

MARGIN = timedelta(days=MARGIN_DAYS + WINDOW_DAYS + 2)  # lists of so many days before and after tell of a day, too


def referrer_bounds(viewer: Viewer, store: Store, repository_id: int, first: date, last: date) -> DataFrame:
    """Between what the views from each referrer lie on each day from first to last that a list with it may cover.

    Rows, by name and day: name, day (date), low, high (integers; high is NA where nothing limits it), listed (its sum
    of about 14 days in the list seen on that very day; NA where it was not in one), contradicted (numbers that cannot
    all be true: the bounds do without them). Raises: StoreMissing.
    """
    return _bounds(viewer, store, (repository_id, "referrers"), DayRange(first, last))


def path_bounds(viewer: Viewer, store: Store, repository_id: int, first: date, last: date) -> DataFrame:
    """Between what the views of each path lie; rows as of referrer_bounds. Raises: StoreMissing."""
    return _bounds(viewer, store, (repository_id, "paths"), DayRange(first, last))


def unexplained(viewer: Viewer, store: Store, about: tuple[int, str], first: date, last: date) -> DataFrame:
    """Which share of all views the ten names of a list leave unexplained, for each list seen from first to last.

    `about`: a repository's id, and referrers or paths. Rows, by day: day (of the list), low, high (the share lies
    between them, since which days exactly a list covers is not told; NaN where not all these days are final).
    Raises: StoreMissing.
    """
    days = DayRange(first, last)
    lists, totals = _read(viewer, store, about, days)
    rows = []
    for day, seen in lists.items():
        if first <= day <= last:
            low, high = unexplained_share(seen.views, totals, widest(seen)) or (float("nan"), float("nan"))
            rows.append((day, low, high))
    return DataFrame(rows, columns=["day", "low", "high"]).astype({"low": "float64", "high": "float64"})


def _bounds(viewer: Viewer, store: Store, about: tuple[int, str], days: DayRange) -> DataFrame:
    lists, totals = _read(viewer, store, about, days)
    found = fitted_bounds(list(lists.values()), totals, days)
    listed = {(name, day): views for day, seen in lists.items() for name, views in seen.views.items()}
    sums = [listed.get(key, pd.NA) for key in zip(found["name"], found["day"], strict=True)]
    found.insert(4, "listed", pd.array(sums, dtype="Int64"))
    return found


def _read(
    viewer: Viewer, store: Store, about: tuple[int, str], days: DayRange
) -> tuple[dict[date, SeenList], dict[date, int]]:
    """The lists by the day they were seen on, and the final days' views, as far as they tell of the days."""
    repository_id, listing = about
    values: dict[str, Any] = {"visible": sorted({repository_id} & viewer.repository_ids)}
    values |= {"first_day": days.first - MARGIN, "last_day": days.last + MARGIN}
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "lists"), values | {"listing": listing}).fetchall()
        totals = dict(cursor.execute(query(__name__, "totals"), values).fetchall())
    lists = {}
    for (day, at, first, last), entries in groupby(rows, key=lambda row: row[:4]):
        views = {name: count for *_, name, count in entries if name is not None}
        lists[day] = SeenList(at, views, DayRange(first, last) if first else None)
    return lists, totals
