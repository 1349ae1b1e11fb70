"""What crosses tenants, for the collector only: which work is due, and saving what GitHub answered."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import duckdb

from data.accounts.audit import move_outbox, prune_outbox
from data.calendar import aware, stored
from data.collection.models import (
    HARMLESS_OUTCOMES,
    CollectableRepository,
    EndpointResult,
    EndpointState,
    Outcome,
    Row,
    RunState,
    Save,
)
from data.imports.merging import setting_imports_aside
from data.repositories.models import Repository, RepositoryState
from data.store import Store
from data.store.ids import next_ids
from data.store.leases import held_fences, lost_fences, stored_leases
from data.store.sql import insert, query
from data.traffic.models import Metric

GOOD_RESULTS_KEPT = timedelta(days=30)
LOG_KEPT = timedelta(days=400)
OLDEST_ANSWERED = timedelta(days=60)  # no answer has days or weeks before
OWNERS = (
    "owner "  # begins the name of the lease of a token owner, under which all that is asked with its tokens is saved
)
KILLED = "The process ended before the run did; what it had committed is kept."

DAILY_TRAFFIC = Save(
    {
        "incoming_day": (
            "repository_id integer, day date, metric text, observed_at timestamp, count bigint, uniques bigint"
        ),
        "incoming_window": (
            "repository_id integer, metric text, observed_at timestamp, first_day date, last_day date, "
            "total bigint, uniques bigint"
        ),
    },
    ((__name__, "save_daily_traffic"), (__name__, "save_windows")),
    {"accepted_reading": "metric"},
)
RESULTS = Save(
    {
        "incoming_result": (
            "run_id integer, repository_id integer, endpoint text, finished_at timestamp, outcome text, "
            "is_good boolean, status integer, message text, elapsed_ms integer, etag text, "
            "etag_token_id integer"
        ),
        "incoming_state": "repository_id integer, observed_at timestamp, state text, reason text",
    },
    ((__name__, "save_states"), (__name__, "save_endpoint_states")),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the store a run collects; None means all."""

    tenant_ids: tuple[int, ...] | None = None
    repository_ids: tuple[int, ...] | None = None

    def values(self) -> dict[str, object]:
        return {"tenant_ids": self.tenant_ids, "repository_ids": self.repository_ids}


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How a run stands: its state, the requests sent so far, the repositories it looked at."""

    state: RunState
    requests: int
    repositories: int
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers of a run that are saved together, and how the run stands with them. No two runs ask one repository.

    `fence` is that of the lease under which they were fetched.
    """

    run_id: int
    results: Sequence[EndpointResult]
    progress: RunProgress
    fence: int | None = None

    @property
    def repository_ids(self) -> frozenset[int]:
        return frozenset(each.repository_id for each in self.results)


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of saving a batch: rows of traffic that changed, and the repositories that are not there any more.

    `is_overtaken`: nothing of it was saved, since another collector has taken the lease meanwhile.
    """

    rows_changed: int
    gone: frozenset[int] = frozenset()
    is_overtaken: bool = False


def collectable_repositories(store: Store, scope: Scope, now: datetime) -> list[CollectableRepository]:
    """The repositories in scope that are collected, each with its newest answers and complete weeks."""
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "collectable_repositories"), scope.values()).fetchall()
        by_id = {
            row[0]: CollectableRepository(
                Repository(row[0], row[1], row[2], row[3], RepositoryState(row[4]), row[5]), reads_actions=row[6]
            )
            for row in rows
        }
        states = cursor.execute(
            "select repository_id, endpoint, last_tried_at, last_good_at, last_outcome, etag, etag_token_id "
            "from endpoint_state"
        ).fetchall()
        for key, endpoint, tried, good, outcome, etag, token in states:
            if key in by_id:
                last_good = None if good is None else aware(good)
                by_id[key].endpoints[endpoint] = EndpointState(aware(tried), last_good, Outcome(outcome), etag, token)
        since = {"since": now.date() - timedelta(weeks=4)}  # an older week is never asked for
        for key, views_week, clones_week in cursor.execute(query(__name__, "newest_whole_weeks"), since).fetchall():
            if key in by_id:
                by_id[key].newest_whole_week.update({Metric.VIEWS: views_week, Metric.CLONES: clones_week})
    return list(by_id.values())


def views_since(store: Store, scope: Scope, since: date) -> int:
    """The views stored for the scope's repositories since a day: distinguishes an outage from quiet repositories."""
    values = {"since": since, **scope.values()}
    ((views,),) = store.traffic.rows(query(__name__, "views_since"), values)
    return int(views)


def start_run(
    store: Store, trigger: str, now: datetime, fences: Sequence[int | None] = (None,), beside: Collection[int] = ()
) -> int:
    """Open a run in the system log for each of these leases; answers the id of the first, which the others follow.

    A run that never ended is marked as stopped, unless another machine holds its lease, or this process (`beside`).
    """
    move_outbox(store)
    with store.traffic.commit("start of a collection") as connection:
        prune_outbox(store, connection)
        with store.control.read() as cursor:
            leases = stored_leases(cursor)
        going_on = (*beside, *held_fences(leases, store, OWNERS, store.control.now(), is_locked=False))
        connection.execute(
            "update collection_run set state = 'stopped', ended_at = $now, message = $message "
            "where state = 'running' and not coalesce(list_contains($going_on::bigint[], fence), false)",
            {"now": stored(now), "message": KILLED, "going_on": going_on},
        )
        run_ids = next_ids(connection, "collection_run", len(fences))
        for run_id, fence in zip(run_ids, fences, strict=True):
            run = {"run_id": run_id, "trigger": trigger, "started_at": stored(now), "fence": fence}
            insert(connection, "collection_run", run | {"state": "running", "requests": 0, "repositories": 0})
    return run_ids[0]


def save_results(store: Store, batches: Sequence[Batch]) -> list[Saved]:
    """Save the answers of some runs with their log rows, all in one commit. Answers what came of each batch.

    Answers about a repository that was deleted since they were asked for are dropped, and so are all of a run that
    the store does not know: a row that belongs to nothing would be taken for another's one day. So is a batch whose
    lease another collector has taken meanwhile: it may have saved what is newer.
    The same batch twice changes nothing but the log. Raises: StoreBusy, StoreNotWritten.
    """
    with store.traffic.commit("collection") as connection:
        overtaken = _overtaken(store, batches)
        remaining = [
            frozenset[int]() if batch.fence in overtaken else _known_repositories(connection, batch)
            for batch in batches
        ]
        kept = [
            (batch.run_id, result)
            for batch, there in zip(batches, remaining, strict=True)
            for result in batch.results
            if result.repository_id in there
        ]
        changed = _save_rows(connection, kept)
        for batch in batches:
            if batch.fence not in overtaken:
                _update_run(connection, batch.run_id, batch.progress)
    return [
        Saved(0, is_overtaken=True)
        if batch.fence in overtaken
        else Saved(sum(changed.get(each, 0) for each in there), batch.repository_ids - there)
        for batch, there in zip(batches, remaining, strict=True)
    ]


def _overtaken(store: Store, batches: Sequence[Batch]) -> set[int]:
    """The fences that are not the newest of their leases any more, asked inside the caller's commit."""
    fences = [batch.fence for batch in batches if batch.fence is not None]
    if not fences:
        return set()
    with store.control.read() as cursor:
        return lost_fences(cursor, fences)


def save_first_results(store: Store, results: Sequence[EndpointResult]) -> None:
    """Save what was answered when repositories were added, as a run of its own that is over, all in one commit."""
    began_at, ended_at = min(each.finished_at for each in results), max(each.finished_at for each in results)
    with store.traffic.commit("first answers") as connection:
        (run_id,) = next_ids(connection, "collection_run", 1)
        run = {
            "run_id": run_id,
            "trigger": "added",
            "started_at": stored(began_at),
            "ended_at": stored(ended_at),
            "state": RunState.COMPLETE.value,
            "requests": len(results),
            "repositories": len({each.repository_id for each in results}),
        }
        insert(connection, "collection_run", run)
        batch = Batch(run_id, results, RunProgress(RunState.COMPLETE, len(results), 0))
        remaining = _known_repositories(connection, batch)
        _save_rows(connection, [(run_id, each) for each in results if each.repository_id in remaining])


def finish_runs(store: Store, ended: Mapping[int, RunProgress], now: datetime) -> None:
    """Close runs in the system log, all in one commit, and forget log rows that have grown old."""
    limits = {
        "harmless": HARMLESS_OUTCOMES,
        "good_before": stored(now - GOOD_RESULTS_KEPT),
        "all_before": stored(now - LOG_KEPT),
    }
    with store.traffic.commit("end of a collection") as connection:
        for run_id, progress in ended.items():
            _update_run(connection, run_id, progress, ended_at=stored(now))
        connection.execute(
            "delete from collection_result where finished_at < $all_before "
            "or (finished_at < $good_before and outcome in (select unnest($harmless)))",
            limits,
        )


def _update_run(
    connection: duckdb.DuckDBPyConnection, run_id: int, progress: RunProgress, ended_at: datetime | None = None
) -> None:
    connection.execute(
        "update collection_run set state = $state, requests = $requests, repositories = $repositories, "
        "message = $message, ended_at = coalesce($ended_at, ended_at) where run_id = $run_id",
        {"run_id": run_id, "ended_at": ended_at} | asdict(progress),
    )


def _known_repositories(connection: duckdb.DuckDBPyConnection, batch: Batch) -> frozenset[int]:
    """Which of the batch's repositories are there still; none where the run itself is not."""
    values = {"run_id": batch.run_id, "repository_ids": list(batch.repository_ids)}
    there = (
        "select repository_id from repository where list_contains($repository_ids, repository_id) "
        "and exists (select 1 from collection_run where run_id = $run_id)"
    )
    return frozenset(key for (key,) in connection.execute(there, values).fetchall())


def _save_rows(connection: duckdb.DuckDBPyConnection, results: Sequence[tuple[int, EndpointResult]]) -> dict[int, int]:
    """Merge the rows of the observations, each kind by its own SQL, then the results, each with its run.

    Answers the rows changed of each repository. The days are merged in every batch: an answer that nothing has changed
    covers a day, too.
    """
    if not results:
        return {}
    connection.execute(
        "create or replace temp table changed_rows (repository_id integer, endpoint text, rows_changed bigint)"
    )
    rows: dict[Save, list[tuple[str, Row]]] = {DAILY_TRAFFIC: []}
    for _, result in results:
        if result.observation is not None:
            seen = result.observation.rows(result.repository_id, result.finished_at)
            rows.setdefault(result.observation.save, []).extend(seen)
    rows[RESULTS] = [row for run_id, result in results for row in _result_rows(run_id, result)]
    tables = {name: table for save, of_save in rows.items() for name, table in save.tables_of(of_save).items()}
    for name, table in tables.items():
        connection.register(name, table)
    since = min(result.finished_at for _, result in results).date() - OLDEST_ANSWERED
    with setting_imports_aside(connection, {result.repository_id for _, result in results}, since):
        for save in rows:
            for module, function in save.statements:
                connection.execute(query(module, function))
            for table, endpoint in save.changed.items():
                accepted = f"select repository_id, {endpoint}, count(*) from {table} group by all"  # noqa: S608 - ours
                connection.execute(f"insert into changed_rows {accepted}")
    changed = connection.execute(
        "select repository_id, sum(rows_changed)::bigint as changed from changed_rows group by repository_id"
    ).fetchall()
    for name in tables:
        connection.unregister(name)
    return dict(changed)


def _result_rows(run_id: int, result: EndpointResult) -> Iterator[tuple[str, Row]]:
    key, at, outcome = result.repository_id, stored(result.finished_at), result.outcome
    head = (run_id, key, result.endpoint, at, outcome.value, outcome.good)
    answer = (result.status, result.message, result.elapsed_ms, result.etag, result.etag_token_id)
    yield "incoming_result", (*head, *answer)
    if result.state_change is not None:
        yield "incoming_state", (key, at, result.state_change.state.value, result.state_change.reason)
