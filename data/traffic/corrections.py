"""Corrects what is stored of a day, by hand and with a record: for a number that GitHub gave and that cannot be true.

CorrectionRefused      the reading cannot be so, or nothing is stored of that day; the sentence says which
NotAllowed             whoever acts may not do this
"""

from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from data.accounts.audit import Subject, change_of_traffic
from data.accounts.authority import NotAllowed
from data.accounts.models import Role
from data.calendar import monday, stored
from data.refusals import Refused
from data.repositories.models import Repository
from data.store import Store
from data.text import number_text
from data.traffic.models import GREATEST_COUNT, Metric

_COLUMNS = {Metric.VIEWS: ("views", "view_uniques"), Metric.CLONES: ("clones", "clone_uniques")}


class CorrectionRefused(Refused):
    """The reading cannot be corrected so; the sentence says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a day has of a metric; without a count nothing is known of it."""

    day: date
    metric: Metric
    count: int | None
    uniques: int | None

    @property
    def number(self) -> str:
        return (
            "unknown" if self.count is None else f"{number_text(self.count)} ({number_text(self.uniques or 0)} unique)"
        )


def correct_reading(store: Store, by: str, repository: Repository, reading: Reading, now: datetime) -> Reading:
    """Put a reading in place of what is stored of its day, with a line in the audit log. Answers what was stored.

    GitHub's own count of that week is not believed any more, and spikes on the day are worked out anew. What GitHub
    shows of the day later is taken only where it is more than what was corrected. For maintainers.
    Raises: CorrectionRefused, NotAllowed, StoreBusy.
    """
    _refuse_impossible(reading)
    with change_of_traffic(store, "correcting a reading", by, now) as change:
        if not change.account.has(Role.MAINTAINER) and not change.account.has(Role.ADMIN):
            raise NotAllowed("Only a maintainer may do this.")
        former = _stored(change.connection, repository, reading)
        _save(change.connection, repository, (former, reading), now)
        subject = Subject(f"{repository.full_name}, {reading.day}", repository.tenant_id)
        detail = f"{reading.metric}: {former.number} before, {reading.number} now"
        change.record("reading corrected", subject, detail)
    return former


def _refuse_impossible(reading: Reading) -> None:
    count, uniques = reading.count, reading.uniques
    if (count is None) != (uniques is None):
        raise CorrectionRefused("A reading has a count and the uniques of it, or neither.")
    if count is not None and uniques is not None and not 0 <= uniques <= count <= GREATEST_COUNT:
        raise CorrectionRefused(f"A count is 0 to {number_text(GREATEST_COUNT)}, and its uniques are no more than it.")


def _stored(connection: duckdb.DuckDBPyConnection, repository: Repository, reading: Reading) -> Reading:
    columns = ", ".join(_COLUMNS[reading.metric])
    where = "where repository_id = $key and day = $day"
    values = {"key": repository.repository_id, "day": reading.day}
    rows = connection.execute(f"select {columns} from daily_traffic {where}", values).fetchall()  # noqa: S608
    if not rows:
        raise CorrectionRefused(f"Nothing is stored of {reading.day}. See what is: python -m collector export daily")
    return Reading(reading.day, reading.metric, *rows[0])


def _save(
    connection: duckdb.DuckDBPyConnection, repository: Repository, readings: tuple[Reading, Reading], now: datetime
) -> None:
    (former, reading), metric, key = readings, readings[1].metric, {"key": repository.repository_id}
    count, uniques = _COLUMNS[metric]
    day, numbers = key | {"day": reading.day}, {"count": reading.count, "uniques": reading.uniques}
    connection.execute(
        f"update daily_traffic set {count} = $count, {uniques} = $uniques, "  # noqa: S608 - our own names
        f"{metric}_source = case when $count is not null then coalesce({metric}_source, 'import') end "
        "where repository_id = $key and day = $day",
        day | numbers,
    )
    connection.execute(
        f"update imported_day set {count} = null, {uniques} = null where repository_id = $key and day = $day",  # noqa: S608
        day,
    )
    connection.execute(
        f"merge into collected_day using (select repository_id, day, {count}, {uniques}, {metric}_source "  # noqa: S608
        "from daily_traffic where repository_id = $key and day = $day and (repository_id, day) in "
        "(select (repository_id, day) from imported_day)) as fresh using (repository_id, day) when matched then update "
        f"set {count} = fresh.{count}, {uniques} = fresh.{uniques}, {metric}_source = fresh.{metric}_source when not "
        f"matched then insert (repository_id, day, {count}, {uniques}, {metric}_source) values (fresh.repository_id, "
        f"fresh.day, fresh.{count}, fresh.{uniques}, fresh.{metric}_source)",
        day,
    )
    if former.count is not None and reading.count is not None:
        connection.execute(
            "insert into traffic_revision (repository_id, day, metric, observed_at, count, uniques, count_before, "
            "uniques_before) values ($key, $day, $metric, $now, $count, $uniques, $count_before, $uniques_before)",
            day
            | numbers
            | {"metric": metric.value, "now": stored(now)}
            | {"count_before": former.count, "uniques_before": former.uniques or 0},
        )
    connection.execute(
        f"update weekly_traffic set {metric}_complete = false where repository_id = $key and week = $week",  # noqa: S608
        key | {"week": monday(reading.day)},
    )
    connection.execute(
        "delete from spike where repository_id = $key and metric = $metric and $day between first_day and last_day",
        day | {"metric": metric.value},
    )
    connection.execute("delete from spike_progress where repository_id = $key", key)
