"""A repository's lists of referrers and of popular content: over time, and between what their daily views lie.

Each list is GitHub's top ten of the 14 days before it was seen. Lists overlap and end at ten, so they are compared and
never added up, and what is not listed is unknown, not zero. What follows of them for single days: bounds.py. One
repository is asked for; another tenant's is answered as one that is not there.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import DAY, WINDOW_DAYS, DayRange
from data.insight.bounds import MARGIN_DAYS, SeenList, fitted_bounds, unexplained_share, widest
from data.store import Store
from data.store.arrow import frame, rows_of
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import Selection

FINAL_VIEWS = """
select day, views from v_daily
where
    repository_id in (select unnest($visible::integer[])) and day between $first_day and $last_day
    and views_state = 'final' and views is not null
"""
MARGIN = timedelta(days=MARGIN_DAYS + WINDOW_DAYS + 2)  # lists of so many days before and after include a day, too


@dataclass(frozen=True, slots=True)
class History:
    """All lists up to a day.

    `entries`: observed_on (the day on which the list was seen, UTC), rank, name, title (NA where it has none), views,
    view_uniques of the 14 days before; by day and rank. `lists`: observed_on, entries (how many; an empty list has 0).
    """

    entries: DataFrame
    lists: DataFrame


@cached("traffic")
def history(viewer: Viewer, store: Store, selection: Selection, listing: str) -> History:
    """The lists (`listing` is referrers or paths) of the repository from the first ever to the selection's last day; to
    today, where that is yesterday: days are counted up to yesterday, but a list is whole once it is seen.

    Source: v_referrers or v_paths, snapshot. Raises: StoreMissing.
    """
    is_newest = selection.last == selection.today - DAY
    last_day = selection.last + DAY if is_newest else selection.last
    values = {"visible": selection.values_of_one(viewer)["visible"], "listing": listing, "last_day": last_day}
    with store.traffic.read(with_imports=selection.imports) as cursor:
        return History(*(frame(rows_of(cursor, query(__name__, name), values)) for name in ("listed", "observed")))


def summary(known: History, first: date) -> DataFrame:
    """Every name in the lists seen from `first` on, those of the newest list by rank, then the latest seen.

    Rows: name, title, rank and views and view_uniques (in the newest list; NA: not in it), rank_before (in the list
    before that), best_rank, most_views (of any one list from `first` on), lists (how many from then on have it),
    first_seen (of all lists ever), from_the_start (it was in the very first list, so it may be older), last_seen.
    """
    entries = known.entries
    shown = entries[entries["observed_on"] >= first]
    days = list(known.lists["observed_on"])
    newest, before = (days[-1] if days else None), (days[-2] if len(days) > 1 else None)
    of_name = shown.groupby("name", sort=False)
    rows = DataFrame(
        {
            "title": of_name["title"].last(),
            "best_rank": of_name["rank"].min(),
            "most_views": of_name["views"].max(),
            "lists": of_name.size(),
            "last_seen": of_name["observed_on"].max(),
        }
    )
    rows["first_seen"] = entries.groupby("name")["observed_on"].min().reindex(rows.index)
    rows["from_the_start"] = rows["first_seen"] == (days[0] if days else None)
    for column, name, day in (
        ("rank", "rank", newest),
        ("views", "views", newest),
        ("view_uniques", "view_uniques", newest),
        ("rank_before", "rank", before),
    ):
        rows[column] = entries[entries["observed_on"] == day].set_index("name")[name].reindex(rows.index)
    ordered = rows.reset_index().sort_values(
        ["rank", "last_seen", "most_views"], ascending=[True, False, False], na_position="last", kind="stable"
    )
    return ordered.reset_index(drop=True)


@cached("traffic")
def listing_bounds(viewer: Viewer, store: Store, selection: Selection, listing: str) -> DataFrame:
    """Between what the views of each name lie on each selected day that a list with it may cover.

    Rows, by name and day: name, day (date), low, high (integers; high is NA where nothing limits it), contradicted
    (numbers that cannot all be true: the bounds do without them). Source: as _read. Raises: StoreMissing.
    """
    lists, totals = _read(viewer, store, selection, listing)
    return fitted_bounds(list(lists.values()), totals, DayRange(selection.first, selection.last))


@cached("traffic")
def unexplained(viewer: Viewer, store: Store, selection: Selection, listing: str) -> DataFrame:
    """Which share of all views the ten names of a list leave unexplained, for each list seen on a selected day.

    Rows, by day: day (of the list), low, high (the share lies between them, since which days exactly a list covers is
    not reported; NaN where not all these days are final). Raises: StoreMissing.
    """
    lists, totals = _read(viewer, store, selection, listing)
    rows = []
    for day, seen in lists.items():
        if selection.first <= day <= selection.last:
            low, high = unexplained_share(seen.views, totals, widest(seen)) or (float("nan"), float("nan"))
            rows.append((day, low, high))
    return DataFrame(rows, columns=["day", "low", "high"]).astype({"low": "float64", "high": "float64"})


@cached("traffic")
def _read(
    viewer: Viewer, store: Store, selection: Selection, listing: str
) -> tuple[dict[date, SeenList], dict[date, int]]:
    """The lists by the day they were seen on, and the final days' views, as far as they cover the selected days.

    Source: snapshot, referrer_snapshot, path_snapshot, traffic_window, v_daily.
    """
    values = selection.values_of_one(viewer)
    values |= {"first_day": selection.first - MARGIN, "last_day": selection.last + MARGIN}
    with store.traffic.read(today=selection.today, with_imports=selection.imports) as cursor:
        rows = cursor.execute(query(__name__, "lists"), values | {"listing": listing}).fetchall()
        totals = dict(cursor.execute(FINAL_VIEWS, values).fetchall())
    lists = {}
    for (day, at, first, last), entries in groupby(rows, key=lambda row: row[:4]):
        views = {name: count for *_, name, count in entries if name is not None}
        lists[day] = SeenList(at, views, DayRange(first, last) if first else None)
    return lists, totals
