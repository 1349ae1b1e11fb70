"""What a report of a week or month contains, as its recipient may see it at that moment. Readers, the viewer first.

The numbers are those of the pages, of final days only: a pending day is named and not counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd
from duckdb import DuckDBPyConnection
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import months_later, utc_day
from data.collection.health import Finding, collection_health
from data.insight.repository import milestones
from data.insight.spike_causes import explained_spikes, spikes
from data.reports.models import Milestone, NewReferrer, OpenDay, Period, RankedRepository, Report
from data.store import Store
from data.store.arrow import ask, frame
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import YEAR_DAYS, Grain
from data.traffic.traffic import Totals, repository_sums, totals

MOST_SPIKES, MOST_REFERRERS, MOST_MILESTONES, MOST_ATTENTION = 5, 10, 10, 8
TRACKED = """
with visible as (select unnest($visible::integer[]) as repository_id)
select count(*) as repositories
from repository
semi join visible using (repository_id)
where state not in ('paused', 'removed')
"""


def narrowed(viewer: Viewer, repository_ids: frozenset[int] | None) -> Viewer:
    """Who sees of these repositories those that the viewer sees; None: all."""
    if repository_ids is None:
        return viewer
    return Viewer(viewer.repository_ids.intersection(viewer.counted_each(repository_ids)), frozenset())


def report(
    viewer: Viewer,
    store: Store,
    period: Period,
    *,
    subject: str,
    top: int,
    now: datetime,
    managed: frozenset[int] = frozenset(),
    budgets: tuple[Finding, ...] = (),
) -> Report:
    """The report of a period over all that the viewer sees; of the tokens of `managed` tenants, too.

    Source: v_daily, weekly_traffic, v_spikes, referrer_snapshot, star_history, and that of collection_health.
    Raises: StoreMissing.
    """
    made = report_of_traffic(viewer, store, period, top, utc_day(now))
    findings = collection_health(viewer.of_each_tenant(), store, managed, now, budgets).findings
    rest = max(0, len(findings) - MOST_ATTENTION)
    return replace(made, subject=subject, made_at=now, attention=findings[:MOST_ATTENTION], more_attention=rest)


@cached("traffic")
def report_of_traffic(viewer: Viewer, store: Store, period: Period, top: int, today: date) -> Report:
    """The same without a subject, without what needs attention, and made at no moment."""
    selection = period.selection(today)
    values = _values(viewer, period)
    sums = _sums(viewer, store, period, selection.before_days or selection.days, today)
    listed = sums[sums[["views", "clones", "view_uniques"]].notna().any(axis=1)]
    notable, number_of_spikes = spikes(viewer, store, selection, MOST_SPIKES)
    with store.traffic.read() as cursor:
        ((repositories,),) = cursor.execute(TRACKED, {"visible": values["visible"]}).fetchall()
        referrers, reached = new_referrers(cursor, values), reached_milestones(cursor, values)
    return Report(
        period=period,
        subject="",
        made_at=datetime.min,  # noqa: DTZ901 - the caller knows the moment
        repositories=repositories,
        totals=totals(sums),
        top=tuple(_top(listed, top, selection.days)),
        listed=len(listed),
        spikes=explained_spikes(viewer, store, selection, MOST_SPIKES),
        more_spikes=number_of_spikes - len(notable),
        referrers=referrers[:MOST_REFERRERS],
        more_referrers=max(0, len(referrers) - MOST_REFERRERS),
        milestones=reached[:MOST_MILESTONES],
        more_milestones=max(0, len(reached) - MOST_MILESTONES),
        attention=(),
        more_attention=0,
        open_days=open_days(viewer, store, period, today),
    )


@cached("traffic")
def totals_beside_last_year(viewer: Viewer, store: Store, period: Period, today: date) -> Totals:
    """The totals of a period beside those of the same month a year before, or of the week 52 weeks before.

    Raises: StoreMissing.
    """
    earlier = YEAR_DAYS if period.grain is Grain.WEEK else (period.first - months_later(period.first, -12)).days
    selection = replace(period.selection(today), before_days=earlier)
    return totals(repository_sums(viewer, store, selection, with_pending=False))


@cached("traffic")
def open_days(viewer: Viewer, store: Store, period: Period, today: date) -> tuple[OpenDay, ...]:
    """The days of the period that are not final for every tracked repository. Source: v_daily. Raises: StoreMissing."""
    return tuple(OpenDay(*row) for row in _rows(viewer, store, "days", period, today))


def new_referrers(cursor: DuckDBPyConnection, values: Mapping[str, Any]) -> tuple[NewReferrer, ...]:
    """Those first listed between two days, for some repositories: `visible`, `first_day`, `last_day`."""
    return tuple(NewReferrer(*row) for row in cursor.execute(query(__name__, "referrers"), dict(values)).fetchall())


def reached_milestones(cursor: DuckDBPyConnection, values: Mapping[str, Any]) -> tuple[Milestone, ...]:
    """Those reached between two days; the values are those of `new_referrers`."""
    return tuple(Milestone(*row) for row in milestones(cursor, values))


def is_final(viewer: Viewer, store: Store, period: Period, today: date) -> bool:
    """Whether no collection will add to the period: every day is final, and of a week GitHub's own count is there."""
    if any(each.waits for each in open_days(viewer, store, period, today)):
        return False
    return period.grain is not Grain.WEEK or _rows(viewer, store, "weeks_to_come", period, today) == ((0,),)


@cached("traffic")
def _rows(viewer: Viewer, store: Store, name: str, period: Period, today: date) -> tuple[tuple[Any, ...], ...]:
    return tuple(store.traffic.rows(query(__name__, name), _values(viewer, period), today=today))


def _sums(viewer: Viewer, store: Store, period: Period, before_days: int, today: date) -> DataFrame:
    """What the final days of each repository add up to, as on the pages, and of a week GitHub's own uniques, where its
    count is no less than the days have.
    """
    selection = replace(period.selection(today), before_days=before_days)
    sums = repository_sums(viewer, store, selection, with_pending=False)
    weeks = frame(ask(store, query(__name__, "week_uniques"), today, _values(viewer, period)))
    found = sums.merge(weeks, on="repository_id", how="left")
    for count, uniques in (("views", "view_uniques"), ("clones", "clone_uniques")):
        found[uniques] = found[uniques].where(found[f"week_{count}"] >= found[count].fillna(0))
    return found


def _values(viewer: Viewer, period: Period) -> dict[str, Any]:
    return {"visible": sorted(viewer.repository_ids), "first_day": period.first, "last_day": period.last}


def _top(sums: DataFrame, most: int, days: int) -> Iterator[RankedRepository]:
    """The repositories with the most unique visitors, then views, then by name."""
    rows = sums.assign(
        visitors=sums["view_uniques"].combine_first(sums["visitor_days"]),
        cloners=sums["clone_uniques"].combine_first(sums["cloner_days"]),
        name=sums["full_name"].str.lower(),
    ).sort_values(["visitors", "views", "name"], ascending=[False, False, True], na_position="last")
    for rank, row in enumerate(rows.head(most).to_dict("records"), start=1):
        yield RankedRepository(
            rank,
            row["repository_id"],
            row["full_name"],
            _known(row["views"]),
            _known(row["visitors"]),
            "sum_of_days" if pd.isna(row["view_uniques"]) else "week",
            _known(row["clones"]),
            _known(row["cloners"]),
            "sum_of_days" if pd.isna(row["clone_uniques"]) else "week",
            row["final_days"] >= days and row["final_clones_days"] >= days,
        )


def _known(number: Any) -> int | None:
    return None if pd.isna(number) else int(number)
