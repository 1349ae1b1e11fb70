"""Before and after a day: what came in the week before it, the week and the 30 days after, against what was usual.

What is usual is the repository's own weekly pattern: for each weekday the median of the eight weeks before the day,
so that what the day brought has no part in it. Only final days count, on both sides: like with like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import DAY, DayRange
from data.store import Store
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import Selection

METRICS = ("views", "visitor_days", "clones", "cloner_days", "stars")
WINDOWS = {"before": (-7, -1), "after_7": (0, 6), "after_30": (0, 29)}  # days from the day itself, both included
PATTERN_WEEKS = 8
LEAST_OF_A_WEEKDAY = 4  # final ones; with fewer, nothing is called usual
LONGEST = 29


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came before and after a day.

    `windows`: window (before, after_7, after_30), metric, total (of its final days; NA: none is), final_days, days (of
    the window), open_days (pending), lost_days (a gap, or unknown), usual (of the same final days; NA where the
    eight weeks before have too few days), change (of total against usual, NA where usual is 0 or unknown), and of
    after_7 change_on_before (against the same weekdays of the week before, where both are final).
    `around`: day, metric, value (NA unless final), usual (NA: unknown); from two weeks before to 30 days after.
    """

    windows: DataFrame
    around: DataFrame


@cached("traffic")
def before_and_after(
    viewer: Viewer, store: Store, repository_id: int, day: date, today: date, *, imports: bool = True
) -> Comparison:
    """Compare what came before and after a day; of another tenant's repository as of one that is not there, nothing.

    Raises: StoreMissing.
    """
    first, last = day - timedelta(weeks=PATTERN_WEEKS), day + timedelta(days=LONGEST)
    final = final_days(viewer, store, Selection(first, last, today, frozenset({repository_id}), imports=imports))
    ((shown_from,),) = store.traffic.rows("select shown_from from v_today", today=today)
    return compared(final, day, shown_from)


def final_days(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """What is final of the selected days of one repository: a row a day (the index, UTC dates), a column a metric.

    NaN unless final. Stars gained are final where they are three days old and their history was read two days later.
    Source: v_daily, star_history. Raises: StoreMissing.
    """
    with store.traffic.read(today=selection.today, with_imports=selection.imports) as cursor:
        rows = cursor.execute(query(__name__, "final_days"), selection.values_of_one(viewer)).fetchall()
    found = DataFrame(rows, columns=["day", *METRICS]).set_index("day")
    return found.reindex(DayRange(selection.first, selection.last).days()).astype("float64")


def usual(before: DataFrame, days: Sequence[date]) -> DataFrame:
    """What is usual on these days, after those before (an index of dates, a column a metric).

    The median of each weekday; NaN where of a weekday fewer than four are known.
    """
    by_weekday = before.groupby(np.array([day.weekday() for day in before.index], dtype="int64"))
    medians = by_weekday.median().where(by_weekday.count() >= LEAST_OF_A_WEEKDAY)
    return DataFrame(medians.reindex([day.weekday() for day in days]).to_numpy(), days, list(before.columns))


def compared(final: DataFrame, day: date, shown_from: date) -> Comparison:
    """The same of days at hand: `final` has a row a day (its index) and a column a metric, NaN unless final. Pure.

    A day that is not final may still come as long as GitHub shows it, from `shown_from` (v_today) on; else it is lost.
    """
    first, last = day - timedelta(weeks=PATTERN_WEEKS), day + timedelta(days=LONGEST)
    values = final.reindex(columns=list(METRICS), index=DayRange(first, last).days()).astype("float64")
    normal = usual(values[: day - DAY], list(values.index))
    rows = [_window(name, values[metric], normal[metric], (day, shown_from)) for name in WINDOWS for metric in METRICS]
    shown = DayRange(day - timedelta(weeks=2), last).days()
    around = pd.concat(
        [
            DataFrame({"day": shown, "metric": metric, "value": values[metric][shown], "usual": normal[metric][shown]})
            for metric in METRICS
        ],
        ignore_index=True,
    )
    return Comparison(DataFrame(rows), around)


def _window(
    name: str, values: "pd.Series[float]", usual: "pd.Series[float]", days: tuple[date, date]
) -> dict[str, object]:
    day, shown_from = days
    first, last = (day + timedelta(days=n) for n in WINDOWS[name])
    span = DayRange(first, last).days()
    known = values[span].dropna()
    open_days = sum(each >= shown_from for each in span if each not in known.index)
    expected = usual[known.index].sum(skipna=False) if len(known) else np.nan
    total = known.sum() if len(known) else np.nan
    return {
        "window": name,
        "metric": values.name,
        "total": total,
        "final_days": len(known),
        "days": len(span),
        "open_days": open_days,
        "lost_days": len(span) - len(known) - open_days,
        "usual": expected,
        "change": total / expected - 1 if expected > 0 else np.nan,
        "change_on_before": _on_before(values, day) if name == "after_7" else np.nan,
    }


def _on_before(values: "pd.Series[float]", day: date) -> float:
    """The week from the day on against the week before, of the weekdays that are final in both."""
    after = values[DayRange(day, day + timedelta(days=6)).days()].to_numpy()
    before = values[DayRange(day - timedelta(days=7), day - DAY).days()].to_numpy()
    both = ~np.isnan(after) & ~np.isnan(before)
    return float(after[both].sum() / before[both].sum() - 1) if before[both].sum() > 0 else np.nan
