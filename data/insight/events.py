"""Before and after a day: what came in the week before it, the week and the 30 days after, against what was usual.

What is usual is the repository's own weekly pattern: for each weekday the median of the eight weeks before the day,
so that what the day brought has no part in it. Only final days count, on both sides: like with like.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import DAY, SETTLED_AFTER_DAYS
from data.insight.repository_story import counters, days, of_one
from data.store import Store

METRICS = ("views", "visitor_days", "clones", "cloner_days", "stars")
WINDOWS = {"before": (-7, -1), "after_7": (0, 6), "after_30": (0, 29)}  # days from the day itself, both included
PATTERN_WEEKS = 8
LEAST_WEEKS = 4  # of a weekday; with fewer, nothing is called usual
LONGEST = 29


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came before and after a day.

    `windows`: window (before, after_7, after_30), metric, total (of its final days; NA: none is), final_days, days (of
    the window), open_days (not final yet), lost_days (a gap, or unknown), usual (of the same final days; NA where the
    eight weeks before have too few days), change (of total against usual, NA where usual is 0 or unknown), and of
    after_7 change_on_before (against the same weekdays of the week before, where both are final).
    `around`: day, metric, value (NA unless final), usual (NA: unknown); from two weeks before to 30 days after.
    """

    windows: DataFrame
    around: DataFrame


def before_and_after(viewer: Viewer, store: Store, repository_id: int, day: date, today: date) -> Comparison:
    """Compare what came before and after a day; of a stranger's repository as of one that is not there, nothing.

    Raises: StoreMissing.
    """
    wanted = of_one(repository_id, day - timedelta(weeks=PATTERN_WEEKS), day + timedelta(days=LONGEST), today)
    return compared(_final(days(viewer, store, wanted), counters(viewer, store, wanted), today), day, today)


def compared(final: DataFrame, day: date, today: date) -> Comparison:
    """The same of days at hand: `final` has a row a day (its index) and a column a metric, NaN unless final. Pure."""
    first, last = day - timedelta(weeks=PATTERN_WEEKS), day + timedelta(days=LONGEST)
    values = final.reindex(columns=list(METRICS), index=_span(first, last)).astype("float64")
    usual = _usual(values, day)
    settled = today - timedelta(days=SETTLED_AFTER_DAYS)
    rows = [_window(name, values[metric], usual[metric], (day, settled)) for name in WINDOWS for metric in METRICS]
    shown = _span(day - timedelta(weeks=2), last)
    around = pd.concat(
        [
            DataFrame({"day": shown, "metric": metric, "value": values[metric][shown], "usual": usual[metric][shown]})
            for metric in METRICS
        ],
        ignore_index=True,
    )
    return Comparison(DataFrame(rows), around)


def _final(of_days: DataFrame, of_counters: DataFrame, today: date) -> DataFrame:
    """The metrics by day, of final days only; stars when they are as old, and were read two days later."""
    table = of_days.set_index("day")
    views_known, clones_known = table["views_state"] == "final", table["clones_state"] == "final"
    found = DataFrame(
        {
            "views": table["views"].where(views_known),
            "visitor_days": table["view_uniques"].where(views_known),
            "clones": table["clones"].where(clones_known),
            "cloner_days": table["clone_uniques"].where(clones_known),
        }
    )
    known = of_counters[of_counters["stars_settled"].fillna(value=False).astype(bool)]
    stars = known.set_index("day")["stars_gained"]
    stars = stars[[day <= today - timedelta(days=SETTLED_AFTER_DAYS) for day in stars.index]]
    together = found.join(stars.rename("stars"), how="outer")
    return together.astype("float64")


def _usual(values: DataFrame, day: date) -> DataFrame:
    """For every day the median of the same weekday in the weeks before `day`; NaN where too few of them are known."""
    pattern = values[: day - DAY]
    by_weekday = pattern.groupby([each.weekday() for each in pattern.index])
    medians = by_weekday.median().where(by_weekday.count() >= LEAST_WEEKS)
    return DataFrame(medians.reindex([each.weekday() for each in values.index]).to_numpy(), values.index, METRICS)


def _window(
    name: str, values: "pd.Series[float]", usual: "pd.Series[float]", days: tuple[date, date]
) -> dict[str, object]:
    day, settled = days
    first, last = (day + timedelta(days=n) for n in WINDOWS[name])
    span = _span(first, last)
    known = values[span].dropna()
    open_days = sum(each > settled for each in span if each not in known.index)
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
    after = values[_span(day, day + timedelta(days=6))].to_numpy()
    before = values[_span(day - timedelta(days=7), day - DAY)].to_numpy()
    both = ~np.isnan(after) & ~np.isnan(before)
    return float(after[both].sum() / before[both].sum() - 1) if before[both].sum() > 0 else np.nan


def _span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
