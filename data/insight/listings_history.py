"""A repository's lists of referrers and of popular content over time.

Each list is GitHub's top ten of the 14 days before it was seen. Lists overlap and end at ten, so they are compared and
never added up, and what is not listed is unknown, not zero. One repository is asked for; a stranger's is answered as
one that is not there.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import DAY
from data.store import Store
from data.store.sql import query
from data.traffic.models import Selection

LISTINGS = ("referrers", "paths")


@dataclass(frozen=True, slots=True)
class History:
    """All lists up to a day.

    `entries`: observed_on (the day on which the list was seen, UTC), rank, name, title (NA where it has none), views,
    view_uniques of the 14 days before; by day and rank. `lists`: observed_on, entries (how many; an empty list has 0).
    """

    entries: DataFrame
    lists: DataFrame


def history(viewer: Viewer, store: Store, selection: Selection, listing: str) -> History:
    """The lists (`listing` is referrers or paths) of the repository from the first ever to the selection's last day; to
    today, where that is yesterday: days are counted up to yesterday, but a list is whole once it is seen.

    Source: referrer_snapshot or path_snapshot, snapshot. Raises: StoreMissing.
    """
    visible = sorted(viewer.repository_ids & (selection.repository_ids or frozenset()))
    is_newest = selection.today is not None and selection.last == selection.today - DAY
    last_day = selection.last + DAY if is_newest else selection.last
    values: dict[str, Any] = {"visible": visible, "listing": listing, "last_day": last_day}
    with store.traffic.read() as cursor:
        entries = cursor.sql(query(__name__, "listed"), params=values).to_arrow_table()
        observed = cursor.sql(query(__name__, "observed"), params=values).to_arrow_table()
    return History(_frame(entries), _frame(observed))


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
    found = DataFrame(
        {
            "title": of_name["title"].last(),
            "best_rank": of_name["rank"].min(),
            "most_views": of_name["views"].max(),
            "lists": of_name.size(),
            "last_seen": of_name["observed_on"].max(),
        }
    )
    found["first_seen"] = entries.groupby("name")["observed_on"].min().reindex(found.index)
    found["from_the_start"] = found["first_seen"] == (days[0] if days else None)
    for column, name, day in (
        ("rank", "rank", newest),
        ("views", "views", newest),
        ("view_uniques", "view_uniques", newest),
        ("rank_before", "rank", before),
    ):
        found[column] = entries[entries["observed_on"] == day].set_index("name")[name].reindex(found.index)
    ordered = found.reset_index().sort_values(
        ["rank", "last_seen", "most_views"], ascending=[True, False, False], na_position="last", kind="stable"
    )
    return ordered.reset_index(drop=True)


def _frame(rows: Any) -> DataFrame:
    frame: DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    return frame
