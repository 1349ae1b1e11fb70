"""Imports: what one would win, making it, and undoing it exactly. The greatest reading stands, as among GitHub's own.

Each imported reading is kept with the number of its import, and beside it what GitHub alone has reported for the day
(collected_day). `daily_traffic` is worked out of both, so that the order of imports and collections does not matter,
and an import that is undone leaves what would be there without it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime

import duckdb
import pyarrow as pa

from data.accounts.audit import Change, Subject, change_of_traffic
from data.accounts.authority import NotAllowed
from data.accounts.grants import managed_tenant, viewer_of
from data.accounts.models import Viewer
from data.calendar import aware, stored
from data.imports.merging import HISTORY_ONLY, fit_spans, merge_days
from data.imports.models import Counts, ImportBatch, ImportRefused, NamedRepository, Plan, RepositoryPlan, Unknown
from data.imports.staging import Staged
from data.repositories.models import RepositoryState
from data.schema import migrate as schema
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id, next_ids
from data.store.sql import execute_each, insert, query
from data.text import counted

MEMORY = "50MB"
READINGS = ("new", "greater", "equal", "smaller")
ROWS_AT_ONCE = 60_000  # of repositories that are compared and merged together


@cached("traffic")
def imports(viewer: Viewer, store: Store) -> tuple[ImportBatch, ...]:
    """The imports of the viewer's tenants that stand, the newest first."""
    rows = store.traffic.rows(query(__name__, "imports"), {"visible": list(viewer.tenant_ids)})
    return tuple(
        ImportBatch(key, tenant_id, aware(at), user_id, tool, source, Counts(*counts), refused)
        for key, tenant_id, at, user_id, tool, source, *counts, refused in rows
    )


@cached("traffic")
def saved_mappings(viewer: Viewer, store: Store, tenant_id: int) -> Mapping[str, Mapping[str, str]]:
    """A tenant's saved column mappings, from fields to columns, by the header of the file."""
    values = {"tenant_id": tenant_id, "visible": list(viewer.tenant_ids)}
    mine = "where tenant_id = $tenant_id and list_contains($visible, tenant_id)"
    rows = store.traffic.rows(f"select header, columns from import_mapping {mine}", values)  # noqa: S608
    return {header: json.loads(columns) for header, columns in rows}


def plan(
    viewer: Viewer, store: Store, tenant_id: int, staged: Staged, *, aliases: Mapping[str, str], unknown: Unknown
) -> Plan:
    """What an import would bring, compared with what is stored; of unknown repositories too, unless they are skipped.

    Nothing is written. Raises: NotAllowed, StoreMissing.
    """
    if tenant_id not in viewer.tenant_ids:
        raise NotAllowed("There is no such tenant.")
    with store.traffic.read() as cursor:
        matched, unmatched = _match(cursor, tenant_id, staged, aliases)
        names = dict(cursor.execute("select repository_id, full_name from repository").fetchall())
        every = matched | {number: -1 - number for number, _ in unmatched if unknown is not Unknown.SKIP}
        names |= {-1 - number: str(repository) for number, repository in unmatched}
        with _registered(cursor, every):
            counts, sums = Counts(repositories=len(set(every.values()))), []
            for repository_ids in _chunks(every, staged):
                counts = _added(counts, _read(cursor, staged, repository_ids))
                sums += cursor.execute(query(__name__, "sums")).fetchall()
            counts = _with_others(cursor, staged, counts)
    plans = [RepositoryPlan(names[row[0]], *row[1:]) for row in sums]
    plans.sort(key=lambda each: each.full_name.casefold())
    return Plan(counts, tuple(plans), tuple(repository for _, repository in unmatched))


def save_import(
    store: Store,
    by: str,
    tenant_id: int,
    staged: Staged,
    now: datetime,
    *,
    aliases: Mapping[str, str],
    unknown: Unknown,
    mappings: Mapping[str, Mapping[str, str]],
) -> ImportBatch:
    """Import what was read, all in one commit. Where it wins nothing, only that is noted.

    `mappings` are the columns to be saved, by header. For the tenant's managers.
    Raises: ImportRefused where repositories are unknown and are to be asked for; NotAllowed, StoreBusy.
    """
    with change_of_traffic(store, "importing", by, now) as change:
        managed_tenant(change.account, store, tenant_id)
        connection = change.connection
        matched, unmatched = _match(connection, tenant_id, staged, aliases)
        if unmatched and unknown is not Unknown.SKIP:
            nobodys = [str(repository) for _, repository in unmatched if "/" not in repository.name]
            if nobodys:
                raise ImportRefused(
                    f"Whose is {', '.join(nobodys)[:500]}? Say which repository it is, or leave it out."
                )
            if unknown is Unknown.ASK:
                raise ImportRefused(f"Not tracked: {', '.join(str(repository) for _, repository in unmatched)[:500]}.")
            matched |= _add_history_only(connection, tenant_id, unmatched, now)
        batch_id = next_id(connection, "import_batch")
        with _registered(connection, matched), _in_little_memory(connection):
            counts = Counts(repositories=len(set(matched.values())))
            for repository_ids in _chunks(matched, staged):
                counts = _added(counts, _read(connection, staged, repository_ids))
                execute_each(connection, query(__name__, "keep_days"), {"batch_id": batch_id})
                merge_days(connection)
            fit_spans(connection, set(matched.values()))
            counts = _with_others(connection, staged, counts)
            files = {name: staged.path(name) for name in ("lists", "counters", "windows")}
            execute_each(connection, query(__name__, "keep_others"), files | {"batch_id": batch_id})
        if counts.wins:
            _merge_others(connection, batch_id)
            _save_mappings(connection, tenant_id, mappings)
            return _noted(change, batch_id, tenant_id, staged, counts)
    with change_of_traffic(store, "noting an import", by, now) as change:  # the other one, unrecorded, was not made
        return _noted(change, next_id(change.connection, "import_batch"), tenant_id, staged, counts)


def undo_import(store: Store, by: str, batch_id: int, now: datetime) -> ImportBatch:
    """Take an import back: what is stored is then what would be there without it. For the tenant's managers.

    Raises: ImportRefused, the same for one that is not there and for one that is another tenant's; StoreBusy.
    """
    with change_of_traffic(store, "undoing an import", by, now) as change:
        connection, viewer = change.connection, viewer_of(store, change.account)
        batch = next((each for each in imports(viewer, store) if each.batch_id == batch_id), None)
        if batch is None or not change.account.manages(batch.tenant_id):
            raise ImportRefused(f"There is no import {batch_id}.")
        mine = {"batch_id": batch_id}
        repository_ids = [key for (key,) in connection.execute(query(__name__, "of_batch"), mine).fetchall()]
        days = "select repository_id, count(*) as days from imported_day where batch_id = $batch_id group by all"
        for together in _together(dict(connection.execute(days, mine).fetchall())):
            execute_each(connection, query(__name__, "undo_days"), mine | {"repository_ids": together})
            merge_days(connection)
        fit_spans(connection, repository_ids)
        _merge_others(connection, batch_id, undone=True)
        connection.execute("delete from import_batch where batch_id = $batch_id", mine)
        values = {"repository_ids": repository_ids, "history_only": HISTORY_ONLY}
        for (key,) in connection.execute(query(__name__, "left_empty"), values).fetchall():
            schema.delete_repository(connection, key)
        change.record("import undone", Subject(f"import {batch_id}", batch.tenant_id), batch.source)
    return batch


@contextmanager
def _in_little_memory(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All chunks together would fill what a commit may have; so the rows go to the disk earlier.

    After a failure nothing is set back: the store begins with another DuckDB then.
    """
    ((limit,),) = connection.execute("select current_setting('memory_limit') as memory").fetchall()
    connection.execute(f"set memory_limit = '{MEMORY}'")
    yield
    connection.execute(f"set memory_limit = '{limit}'")


def _match(
    connection: duckdb.DuckDBPyConnection, tenant_id: int, staged: Staged, aliases: Mapping[str, str]
) -> tuple[dict[int, int], list[tuple[int, NamedRepository]]]:
    """The tenant's repositories by source number, by GitHub's id, then by name; and those it does not have."""
    mine = "where tenant_id = $tenant_id order by state = 'active', repository_id"
    rows = connection.execute(
        f"select repository_id, github_id, full_name from repository {mine}",  # noqa: S608 - our own text
        {"tenant_id": tenant_id},
    ).fetchall()
    by_id = {github_id: key for key, github_id, _ in rows if github_id is not None}
    by_name = {name.casefold(): key for key, _, name in rows}
    names = {name.casefold(): other for name, other in aliases.items()}
    matched, unmatched = {}, []
    for repository, number in staged.repositories.items():
        name = names.get(repository.name.casefold(), repository.name)
        repository_id = by_id.get(repository.github_id) if repository.name == name else None
        repository_id = repository_id or by_name.get(name.casefold())
        if repository_id is None:
            unmatched.append((number, replace(repository, name=name)))
        else:
            matched[number] = repository_id
    return matched, unmatched


def _add_history_only(
    connection: duckdb.DuckDBPyConnection, tenant_id: int, unmatched: list[tuple[int, NamedRepository]], now: datetime
) -> dict[int, int]:
    """Add repositories that are not tracked, for their history. Answers their ids by source number."""
    names = list(dict.fromkeys(new.name.casefold() for _, new in unmatched))
    ids = dict(zip(names, next_ids(connection, "repository", len(names)), strict=True))
    for new in {new.name.casefold(): new for _, new in unmatched}.values():
        owner, _, name = new.name.partition("/")
        row = {
            "repository_id": ids[new.name.casefold()],
            "tenant_id": tenant_id,
            "github_id": new.github_id,
            "owner": owner,
            "name": name,
            "full_name": new.name,
            "state": RepositoryState.REMOVED.value,
            "state_reason": HISTORY_ONLY,
            "state_since": stored(now),
            "added_at": stored(now),
        }
        insert(connection, "repository", row)
    return {number: ids[new.name.casefold()] for number, new in unmatched}


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, matched: Mapping[int, int]) -> Iterator[None]:
    """The repository of each source number, as the table matched_repository."""
    numbers, repository_ids = (pa.array(list(each), pa.int32()) for each in (matched, matched.values()))
    connection.register("matched_repository", pa.table({"source_number": numbers, "repository_id": repository_ids}))
    yield
    connection.unregister("matched_repository")


def _chunks(matched: Mapping[int, int], staged: Staged) -> Iterator[list[int]]:
    """The repositories with days, as many at a time as have rows that fit into memory."""
    rows: dict[int, int] = {}
    for number, repository_id in matched.items():
        if staged.rows[number]:
            rows[repository_id] = rows.get(repository_id, 0) + staged.rows[number]
    yield from _together(rows)


def _together(rows: Mapping[int, int]) -> Iterator[list[int]]:
    chunk: list[int] = []
    size = 0
    for repository_id in sorted(rows):
        if chunk and size + rows[repository_id] > ROWS_AT_ONCE:
            yield chunk
            chunk, size = [], 0
        chunk.append(repository_id)
        size += rows[repository_id]
    if chunk:
        yield chunk


def _read(connection: duckdb.DuckDBPyConnection, staged: Staged, repository_ids: list[int]) -> Counts:
    """Have the days of these repositories in incoming_day. Answers how they compare with what is stored."""
    numbers = "select min(source_number) as first_number, max(source_number) as last_number from matched_repository "
    where = "where list_contains($repository_ids, repository_id)"
    ((first_number, last_number),) = connection.execute(numbers + where, {"repository_ids": repository_ids}).fetchall()
    values = {"file": staged.path("days"), "repository_ids": repository_ids}
    values |= {"first_number": first_number, "last_number": last_number}  # the rows of a repository mostly lie together
    connection.execute(query(__name__, "read_staged"), values)
    ((new, greater, equal, smaller, won, closed, first, last),) = connection.execute(
        query(__name__, "compare")
    ).fetchall()
    return Counts(new, greater, equal, smaller, won, closed, first_day=first, last_day=last)


def _added(counts: Counts, more: Counts) -> Counts:
    first = min((day for day in (counts.first_day, more.first_day) if day is not None), default=None)
    last = max((day for day in (counts.last_day, more.last_day) if day is not None), default=None)
    added = (*READINGS, "days_won", "gaps_closed")
    sums = {name: getattr(counts, name) + getattr(more, name) for name in added}
    return replace(counts, **sums, first_day=first, last_day=last)


def _with_others(connection: duckdb.DuckDBPyConnection, staged: Staged, counts: Counts) -> Counts:
    files = {name: staged.path(name) for name in ("lists", "counters", "windows")}
    ((lists, windows, counters),) = connection.execute(query(__name__, "compare_others"), files).fetchall()
    return replace(counts, lists=lists, windows=windows, counters=counters)


def _merge_others(connection: duckdb.DuckDBPyConnection, batch_id: int, *, undone: bool = False) -> None:
    """Merge the lists and counters of an import with the others, or without it where it is undone."""
    mine = {"batch_id": batch_id}
    for touched, keys, kept in (
        ("touched_list", "repository_id, listing, observed_on", "imported_listing"),
        ("touched_stats", "repository_id, day", "imported_stats"),
    ):
        connection.execute(
            f"create or replace temp table {touched} as select distinct {keys} from {kept} "  # noqa: S608 - our own names
            "where batch_id = $batch_id",
            mine,
        )
        if undone:
            connection.execute(f"delete from {kept} where batch_id = $batch_id", mine)  # noqa: S608 - our own names
    if undone:
        connection.execute("delete from traffic_window where batch_id = $batch_id", mine)
    connection.execute(query(__name__, "merge_others"))


def _noted(change: Change, batch_id: int, tenant_id: int, staged: Staged, counts: Counts) -> ImportBatch:
    """Note an import among the imports and in the audit log."""
    user_id, refused = change.account.user_id, staged.refused
    batch = ImportBatch(batch_id, tenant_id, change.now, user_id, staged.tool, staged.source, counts, refused)
    row = {f"readings_{name}" if name in READINGS else name: value for name, value in asdict(counts).items()}
    row |= {name: value for name, value in asdict(batch).items() if name not in {"counts", "refused"}}
    row |= {"imported_at": stored(change.now), "digest": staged.digest, "rows_refused": refused}
    insert(change.connection, "import_batch", row)
    won = f"{counted(counts.new, 'new reading')}, {counts.greater:,} greater, {counted(counts.days_won, 'day')} won"
    change.record("traffic imported", Subject(f"import {batch_id}", tenant_id), f"{staged.source}: {won}")
    return batch


def _save_mappings(
    connection: duckdb.DuckDBPyConnection, tenant_id: int, mappings: Mapping[str, Mapping[str, str]]
) -> None:
    for header, columns in mappings.items():
        values = {"tenant_id": tenant_id, "header": header}
        connection.execute("delete from import_mapping where tenant_id = $tenant_id and header = $header", values)
        insert(connection, "import_mapping", values | {"columns": json.dumps(dict(columns))})
