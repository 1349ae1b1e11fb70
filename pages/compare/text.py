"""Arranges what is compared for charts and tables: repositories on the same periods, launches from day 0 on. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pandas import DataFrame

from data.insight.compare import Groups, Launch, Measure
from data.insight.events import LEAST_OF_A_WEEKDAY
from data.insight.text import change, of_ratio, shortened
from data.store.arrow import numpy_values, plain_values
from data.text import day_text, days_text, number_text, weekday_text
from data.traffic.models import Grain
from pages.ui.charts.bars_and_lines import Column, Marks, end_labels, placed
from pages.ui.charts.compare import HEIGHT, Lines
from pages.ui.charts.traffic import PERIODS
from pages.ui.text import repository_link

MEASURES = {
    "Views": Measure.VIEWS,
    "Unique visitors": Measure.VISITORS,
    "Clones": Measure.CLONES,
    "Stars gained": Measure.STARS,
}
CALLED = {measure: name for name, measure in MEASURES.items()}
SUMMED = "Visitors (sum of the repositories)"
INDEX = "in percent of the repository’s median"
GAINS = {"views": "Views", "clones": "Clones", "stars": "Stars gained"}
LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class BesideRequest:
    """What repositories, or groups of them, are compared by: the measure, the period, and whether each is set against
    its own median.
    """

    measure: Measure
    grain: Grain
    indexed: bool
    groups: Groups = ()

    @property
    def title(self) -> str:
        summed = self.measure is Measure.VISITORS and any(len(members) > 1 for _, members in self.groups)
        name = f"{SUMMED if summed else CALLED[self.measure]} {PERIODS[self.grain]}"
        return f"{name}, {INDEX}" if self.indexed else name


def over_time(rows: DataFrame, request: BesideRequest) -> tuple[dict[str, Column], Lines]:
    """The rows of data.insight.compare.beside for a chart of lines, as columns."""
    marks = Marks(*(numpy_values(rows[name]) for name in ("full_name", "period", "value", "state")))
    names = tuple(dict.fromkeys(marks.names))
    periods = tuple(np.unique(marks.periods).tolist())
    keys = zip(marks.names, plain_values(rows["repository_id"]), strict=True)
    ids = tuple({name: int(key) for name, key in keys if key is not None}.items())
    shape = Lines(names, request.title, periods, request.grain, decimals=request.indexed, ids=ids)
    columns = placed(marks, names, request.grain)
    return columns | end_labels(columns, HEIGHT), shape


def beside_table(
    rows: DataFrame,
    names: Mapping[int, str],
    request: BesideRequest,
    sums: Mapping[str, tuple[int | None, int | None]],
) -> DataFrame:
    """Each repository's or group's median and peak, of whole and final periods; the sum of all known ones where it is
    one; and of `sums` (of final days, of those that they are compared with) the second and the change. Largest first.

    Rows: name, link (of a repository), total (unknown for visitors: they do not add up), before, change, median, most,
    when (of the most), known (periods).
    """
    found = []
    for name, each in rows.groupby("full_name", sort=False):
        key = each["repository_id"].iloc[0]
        final = each[(each["state"] == "final") & each["value"].notna()]
        values = final["value"].astype("float64")
        adds_up = request.measure is not Measure.VISITORS and not request.indexed
        most = values.idxmax() if len(values) else None
        now, before = sums.get(str(name), (None, None))
        found.append(
            {
                "name": str(name),
                "link": "" if request.groups else repository_link(names.get(int(key), str(name))),
                "total": each["value"].astype("float64").sum(min_count=1) if adds_up else float("nan"),
                "before": before,
                "change": change(now, before),
                "median": round(values.median(), 0 if request.indexed else 1),
                "most": round(values.max()) if len(values) else None,
                "when": None if most is None else final["period"].loc[most],
                "known": len(values),
            }
        )
    return DataFrame(found).sort_values(["total", "median"], ascending=False, kind="stable")


def without_index(rows: DataFrame) -> list[str]:
    """The repositories of indexed rows that have no index: their median is 0 or unknown."""
    known = rows["value"].notna().groupby(rows["full_name"]).any()
    return [str(name) for name, any_known in known.items() if not any_known]


def called(launch: Launch) -> str:
    """A launch in words: its repository, its day, what happened."""
    named = f"{launch.full_name}, {day_text(launch.day)}"
    return f"{named}: {shortened(launch.what, LONGEST_LABEL)}" if launch.what else named


def from_launch(rows: DataFrame, launches: Sequence[Launch], metric: str, days: int) -> tuple[DataFrame, Lines]:
    """The rows of compare.aligned for a chart of one metric: what came in all, and what is usual in all."""
    of_metric = rows[(rows["metric"] == metric) & (rows["offset"] <= days)]
    names = [called(each) for each in launches]
    parts = []
    for column, usual in (("total", False), ("usual_total", True)):
        drawn = of_metric[["launch", "offset"]].copy()
        drawn["name"] = [names[place] for place in of_metric["launch"]]
        drawn["value"] = of_metric[column].to_numpy()
        drawn["usual"] = usual
        drawn["piece"] = column
        of = zip(drawn["launch"], drawn["offset"], strict=True)
        drawn["when"] = [f"Day {o}: {weekday_text(launches[p].day + timedelta(days=int(o)))}" for p, o in of]
        parts.append(drawn.drop(columns="launch"))
    together = pd.concat(parts, ignore_index=True)
    texts = zip(together["name"], together["when"], together["value"], strict=True)
    together["spoken"] = [f"{name}, {when}: {number_text(value)}" for name, when, value in texts]
    return together, Lines(tuple(names), f"{GAINS[metric]} since the launch", days=days)


def lift_table(lifts: DataFrame, launches: Sequence[Launch]) -> DataFrame:
    """The rows of compare.lifts for a file: launch, metric, came, usual, lift, share (in percent), known."""
    usual = lifts["usual"]
    return DataFrame(
        {
            "launch": [called(launches[place]) for place in lifts["launch"]],
            "metric": lifts["metric"].map(GAINS),
            "came": lifts["total"],
            "usual": usual.round(1),
            "lift": lifts["lift"].round(1),
            "share": 100 * lifts["lift"] / usual.where(usual > 0),
            "known": [f"{known} of {days}" for known, days in zip(lifts["known"], lifts["days"], strict=True)],
        }
    )


def shown_lifts(lifts: DataFrame, launches: Sequence[Launch]) -> DataFrame:
    """The same for a page: the launch with what happened first, the share in words."""
    shown = lift_table(lifts, launches)
    shown["launch"] = [launch_by_what(launches[place]) for place in lifts["launch"]]
    shown["share"] = [None if pd.isna(each) else of_ratio(1 + each / 100) for each in shown["share"]]
    return shown


def launch_by_what(launch: Launch) -> str:
    """A launch in words that begin with what happened, which differs within a repository."""
    named = f"{day_text(launch.day)} · {launch.full_name}"
    return f"{shortened(launch.what, LONGEST_LABEL)} · {named}" if launch.what else named


def daily_table(rows: DataFrame, launches: Sequence[Launch]) -> DataFrame:
    """The rows of compare.aligned with names and days, for a file."""
    of = [launches[place] for place in rows["launch"]]
    days = [each.day + timedelta(days=int(n)) for each, n in zip(of, rows["offset"], strict=True)]
    named = {"full_name": [e.full_name for e in of], "launch_day": [e.day for e in of], "what": [e.what for e in of]}
    columns = ["metric", "offset", "value", "usual", "total", "usual_total"]
    return DataFrame(named | {"day": days}).join(rows[columns].reset_index(drop=True))


def remarks(rows: DataFrame, launches: Sequence[Launch], metric: str, today: date) -> list[str]:
    """What of the chart is not known, and why, in sentences."""
    sentences = []
    for place, launch in enumerate(launches):
        each = rows[(rows["launch"] == place) & (rows["metric"] == metric)]
        if each["usual"].isna().any():
            sentences.append(
                f"{called(launch)}: the usual is unknown, as a weekday has fewer than {LEAST_OF_A_WEEKDAY} known days "
                "in the 56 days before."
            )
        unknown = each.loc[each["value"].isna(), "offset"]
        if len(unknown) and int(unknown.iloc[0]) < int(each["offset"].max()):
            day = launch.day + timedelta(days=int(unknown.iloc[0]))
            why = "not final yet" if (today - day).days <= 13 else "not collected in time"
            sentences.append(f"{called(launch)}: the line ends before {day_text(day)}: {why}.")
    return sentences


def alt_text(shape: Lines, values: Column) -> str:
    """A chart in a sentence, for those who do not see it."""
    span = f"{days_text(shape.periods[0], shape.periods[-1])} (UTC)" if shape.periods else f"days 0 to {shape.days}"
    known = values[~np.isnan(values)]
    most = f" Peak: {number_text(known.max())}." if len(known) else " No data."
    return f"Lines of {shape.title[0].lower()}{shape.title[1:]}: {', '.join(shape.names)}; {span}.{most}"
