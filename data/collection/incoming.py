"""Flattens a batch of endpoint results into the tables that the ledger's SQL merges. Pure."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from data.calendar import stored, utc_day
from data.collection import models

_INT, _BIG, _TEXT, _DAY, _TIME, _BOOL = (
    pa.int32(),
    pa.int64(),
    pa.string(),
    pa.date32(),
    pa.timestamp("us"),
    pa.bool_(),
)

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "incoming_day": {
        "repository_id": _INT,
        "day": _DAY,
        "metric": _TEXT,
        "observed_at": _TIME,
        "count": _BIG,
        "uniques": _BIG,
    },
    "incoming_window": {
        "repository_id": _INT,
        "metric": _TEXT,
        "observed_at": _TIME,
        "first_day": _DAY,
        "last_day": _DAY,
        "total": _BIG,
        "uniques": _BIG,
    },
    "incoming_week": {
        "repository_id": _INT,
        "week": _DAY,
        "metric": _TEXT,
        "count": _BIG,
        "uniques": _BIG,
        "complete": _BOOL,
    },
    "incoming_listing": {
        "repository_id": _INT,
        "listing": _TEXT,
        "observed_on": _DAY,
        "observed_at": _TIME,
        "digest": _TEXT,
        "rank": _INT,
        "name": _TEXT,
        "title": _TEXT,
        "count": _BIG,
        "uniques": _BIG,
    },
    "incoming_stats": {
        "repository_id": _INT,
        "day": _DAY,
        "observed_at": _TIME,
        "stars": _BIG,
        "forks": _BIG,
        "watchers": _BIG,
        "open_issues_and_pull_requests": _BIG,
        "size_kb": _BIG,
    },
    "incoming_facts": {
        "repository_id": _INT,
        "observed_at": _TIME,
        "github_id": _BIG,
        "owner": _TEXT,
        "name": _TEXT,
        "full_name": _TEXT,
        "visibility": _TEXT,
        "archived": _BOOL,
        "fork": _BOOL,
    },
    "incoming_star": {"repository_id": _INT, "day": _DAY, "observed_at": _TIME, "stars": _BIG},
    "incoming_release": {
        "repository_id": _INT,
        "release_id": _BIG,
        "observed_at": _TIME,
        "tag_name": _TEXT,
        "name": _TEXT,
        "prerelease": _BOOL,
        "published_at": _TIME,
    },
    "incoming_asset": {
        "repository_id": _INT,
        "asset_id": _BIG,
        "day": _DAY,
        "observed_at": _TIME,
        "release_id": _BIG,
        "asset_name": _TEXT,
        "downloads": _BIG,
    },
    "incoming_state": {"repository_id": _INT, "observed_at": _TIME, "state": _TEXT, "reason": _TEXT},
    "incoming_result": {
        "run_id": _INT,
        "repository_id": _INT,
        "endpoint": _TEXT,
        "finished_at": _TIME,
        "outcome": _TEXT,
        "status": _INT,
        "message": _TEXT,
        "elapsed_ms": _INT,
        "etag": _TEXT,
        "etag_token_id": _INT,
    },
}

Row = tuple[Any, ...]


def incoming_tables(run_id: int, results: Iterable[models.EndpointResult]) -> dict[str, pa.Table]:
    """The batch as Arrow tables by name, each with its columns even where the batch has no row for it."""
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for result in results:
        for name, row in _rows(run_id, result):
            rows[name].append(row)
    return {name: _table(name, found) for name, found in rows.items()}


def _table(name: str, rows: list[Row]) -> pa.Table:
    schema = pa.schema(list(COLUMNS[name].items()))
    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    columns = [pa.array(column, type=field.type) for column, field in zip(values, schema, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def _rows(run_id: int, result: models.EndpointResult) -> Iterator[tuple[str, Row]]:
    key, at = result.repository_id, stored(result.finished_at)
    yield (
        "incoming_result",
        (
            run_id,
            key,
            result.endpoint.value,
            at,
            result.outcome,
            result.status,
            result.message,
            result.elapsed_ms,
            result.etag,
            result.etag_token_id,
        ),
    )
    if result.state_change is not None:
        yield "incoming_state", (key, at, result.state_change.state.value, result.state_change.reason)
    match result.observation:
        case models.TrafficObservation() as seen:
            yield from _traffic_rows(result, seen)
        case models.WeeklyObservation() as seen:
            for week in seen.weeks:
                yield (
                    "incoming_week",
                    (key, week.week, seen.metric.value, week.count, week.uniques, week.complete),
                )
        case models.ListingObservation() as seen:
            yield from _listing_rows(result, seen)
        case models.StatsObservation() as seen:
            yield from _stats_rows(result, seen)
        case models.StarObservation() as seen:
            for day in seen.days:
                yield "incoming_star", (key, day.day, at, day.stars)
        case models.ReleaseObservation() as seen:
            yield from _release_rows(result, seen)


def _traffic_rows(result: models.EndpointResult, seen: models.TrafficObservation) -> Iterator[tuple[str, Row]]:
    key, at, metric, window = result.repository_id, stored(result.finished_at), seen.metric.value, seen.window
    for reading in seen.days:
        yield "incoming_day", (key, reading.day, metric, at, reading.count, reading.uniques)
    if window is not None:
        row = (key, metric, at, window.first_day, window.last_day, window.total, window.uniques)
        yield "incoming_window", row


def _listing_rows(result: models.EndpointResult, seen: models.ListingObservation) -> Iterator[tuple[str, Row]]:
    day, at = utc_day(result.finished_at), stored(result.finished_at)
    digest = hashlib.sha256(repr(seen.entries).encode()).hexdigest()[:16]
    head = (result.repository_id, seen.listing, day, at, digest)
    if not seen.entries:
        yield "incoming_listing", (*head, 0, None, None, None, None)
    for rank, entry in enumerate(seen.entries, start=1):
        yield "incoming_listing", (*head, rank, entry.name, entry.title, entry.count, entry.uniques)


def _stats_rows(result: models.EndpointResult, seen: models.StatsObservation) -> Iterator[tuple[str, Row]]:
    key, at, facts = result.repository_id, stored(result.finished_at), seen.facts
    owner, _, name = facts.full_name.partition("/")
    counters = (seen.stars, seen.forks, seen.watchers, seen.open_issues_and_pull_requests, seen.size_kb)
    yield "incoming_stats", (key, utc_day(result.finished_at), at, *counters)
    yield (
        "incoming_facts",
        (
            key,
            at,
            facts.github_id,
            owner,
            name,
            facts.full_name,
            facts.visibility,
            facts.archived,
            facts.fork,
        ),
    )


def _release_rows(result: models.EndpointResult, seen: models.ReleaseObservation) -> Iterator[tuple[str, Row]]:
    key, at = result.repository_id, stored(result.finished_at)
    for release in seen.releases:
        published = None if release.published_at is None else stored(release.published_at)
        yield (
            "incoming_release",
            (key, release.release_id, at, release.tag_name, release.name, release.prerelease, published),
        )
    for asset in seen.assets:
        day = utc_day(result.finished_at)
        yield (
            "incoming_asset",
            (key, asset.asset_id, day, at, asset.release_id, asset.asset_name, asset.downloads),
        )
