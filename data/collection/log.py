"""The system log: which runs there were, and what came of each endpoint they asked."""

from dataclasses import replace

from data.accounts.models import Viewer
from data.calendar import aware, utc_now
from data.collection.ledger import KILLED, OWNERS
from data.collection.models import HARMLESS_OUTCOMES, ROW_REFUSED, LastLook, LoggedResult, LoggedRun, Outcome, RunState
from data.store import Store
from data.store.backup import COLLECTING
from data.store.cache import cached
from data.store.leases import held_fences, noted_leases
from data.store.sql import query
from data.store.version_files import is_held

RESULTS_SHOWN = 1000


def is_collecting(store: Store) -> bool:
    """Whether a process collects at this moment, here or on another machine: by its lock and leases, not by the log."""
    is_locked = is_held(store.directory / COLLECTING)
    return is_locked or bool(_going_on(store, is_locked=is_locked))


def runs(viewer: Viewer, store: Store, limit: int) -> tuple[LoggedRun, ...]:
    """The newest runs first. One that was killed without writing so is shown as stopped: nobody holds its lease.

    Who sees every tenant and repository gets the whole log. Anyone else gets the runs that asked about a repository
    of theirs, or failed before they asked about any, counts those only, and learns neither the requests nor the
    message, which include others'.
    Source: collection_run, collection_result.
    """
    return _runs(viewer, store, limit, _going_on(store, is_locked=is_held(store.directory / COLLECTING)))


def _going_on(store: Store, *, is_locked: bool) -> tuple[int, ...]:
    """The fences of the runs that go on."""
    return held_fences(noted_leases(store), store, OWNERS, utc_now(), is_locked=is_locked)


@cached("traffic")
def _runs(viewer: Viewer, store: Store, limit: int, going_on: tuple[int, ...]) -> tuple[LoggedRun, ...]:
    values = {"visible": list(viewer.repository_ids), "tenant_ids": list(viewer.tenant_ids), "most": limit}
    rows = store.traffic.rows(query(__name__, "runs"), values)
    found = []
    for key, trigger, start, end, state, requests, repositories, message, fence in rows:
        run = LoggedRun(key, trigger, aware(start), None, RunState(state), requests, repositories, message)
        if run.state is RunState.RUNNING and fence not in going_on:
            run = replace(run, state=RunState.STOPPED, message=KILLED)
        found.append(replace(run, ended_at=None if end is None else aware(end)))
    return tuple(found)


@cached("traffic")
def looks(viewer: Viewer, store: Store) -> dict[int, LastLook]:
    """When the views of each repository were last asked for, by its id. Source: endpoint_state, traffic_window."""
    rows = store.traffic.rows(query(__name__, "looks"), {"visible": list(viewer.repository_ids)})
    return {key: LastLook(name, aware(at), views) for key, name, at, views in rows}


@cached("traffic")
def results(
    viewer: Viewer,
    store: Store,
    *,
    run_id: int | None = None,
    repository_id: int | None = None,
    failed_only: bool = False,
    limit: int = RESULTS_SHOWN,
) -> tuple[LoggedResult, ...]:
    """What came of each endpoint of the visible repositories, the newest first. Source: collection_result.

    Failed is what is neither good (ok, unchanged) nor skipped, or had rows that could not be used.
    """
    values = {
        "visible": list(viewer.repository_ids),
        "run_id": run_id,
        "repository_id": repository_id,
        "failed_only": failed_only,
        "harmless": HARMLESS_OUTCOMES,
        "row_refused": ROW_REFUSED,
        "most": limit,
    }
    rows = store.traffic.rows(query(__name__, "results"), values)
    return tuple(
        LoggedResult(run_id, tenant, full_name, endpoint, aware(finished_at), Outcome(outcome), *rest)
        for run_id, tenant, full_name, endpoint, finished_at, outcome, *rest in rows
    )
