"""The system log: which runs there were, and what came of each endpoint they asked."""

from dataclasses import replace
from pathlib import Path

from data.accounts.models import Viewer
from data.calendar import aware
from data.collection.ledger import KILLED
from data.collection.models import HARMLESS_OUTCOMES, ROW_REFUSED, LoggedResult, LoggedRun, Look, Outcome, RunState
from data.store import Store
from data.store.backup import COLLECTING
from data.store.cache import cached
from data.store.sql import query
from data.store.versions import is_held

RESULTS_SHOWN = 1000


def is_collecting(directory: Path) -> bool:
    """Whether a process collects at this moment: its lock tells, not the log."""
    return is_held(directory / COLLECTING)


def runs(viewer: Viewer, store: Store, limit: int) -> tuple[LoggedRun, ...]:
    """The newest runs first. One that was killed, which could not write so, is told as stopped: nobody holds its lock.

    Who sees every tenant and repository gets the whole log. Anyone else gets the runs that asked about a repository
    of theirs, counts those only, and learns neither the requests nor the message, which tell of others.
    Source: collection_run, collection_result.
    """
    logged = _runs(viewer, store, limit)
    if all(run.state is not RunState.RUNNING for run in logged) or is_collecting(store.directory):
        return logged
    return tuple(
        replace(run, state=RunState.STOPPED, message=KILLED) if run.state is RunState.RUNNING else run for run in logged
    )


@cached("traffic")
def _runs(viewer: Viewer, store: Store, limit: int) -> tuple[LoggedRun, ...]:
    values = {"visible": list(viewer.repository_ids), "tenant_ids": list(viewer.tenant_ids), "most": limit}
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "runs"), values).fetchall()
    return tuple(
        LoggedRun(key, trigger, aware(start), None if end is None else aware(end), RunState(state), *told)
        for key, trigger, start, end, state, *told in rows
    )


@cached("traffic")
def looks(viewer: Viewer, store: Store) -> dict[int, Look]:
    """When the views of each repository were last asked for, by its id. Source: endpoint_state, traffic_window."""
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "looks"), {"visible": list(viewer.repository_ids)}).fetchall()
    return {key: Look(name, aware(at), views) for key, name, at, views in rows}


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
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "results"), values).fetchall()
    return tuple(
        LoggedResult(run_id, tenant, full_name, endpoint, aware(finished_at), Outcome(outcome), *rest)
        for run_id, tenant, full_name, endpoint, finished_at, outcome, *rest in rows
    )
