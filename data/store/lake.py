"""The lake backend of the store: for many machines, with DuckLake for `traffic` and PostgreSQL for all that is small.

`traffic` is a DuckLake: its rows are Parquet files in a folder or a bucket, its catalog (which files and which rows are
a snapshot) is the schema `traffic_lake` of a PostgreSQL database. A version is a snapshot. Few rows at a time make no
file: they stay in the catalog until `tidy` moves them.

`control` is a schema of ordinary tables in the same PostgreSQL database, `traffic_control`: nothing of it is ever in a
bucket, and its single rows are read and changed in a fifth of the time that DuckLake needs for them. Its version is a
number that each commit raises.

One write lock for both, as with files: an advisory lock of PostgreSQL, which goes with the connection that holds it.
"""

import atexit
import hashlib
import importlib.util
import logging
import os
import re
import secrets
import socket
import tempfile
import threading
import time
import weakref
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import duckdb

from data.calendar import aware, stored, utc_now
from data.schema import migrate as schema
from data.store import catalog_copy
from data.store import ids as identity
from data.store.database import (
    READER_SETTINGS,
    STORAGE_FORMAT,
    WRITER_SETTINGS,
    Checked,
    Database,
    StoreAway,
    StoreBusy,
    StoreError,
    StoreMissing,
    StoreNotWritten,
    StoreOvertaken,
    StoreUnreadable,
    StoreVersion,
    TakenVersion,
    extracting,
    first_line,
    quoted,
    refuse_newer,
    set_variables,
)
from data.store.silent_postgres import asked_aside, end_silent_connections, ports_of
from data.store.version_files import copy, make_directory, sync
from data.text import counted, writing

SETTING = "ducklake:postgres:"  # what the setting of a lake begins with; the rest is for PostgreSQL
EXTENSIONS = ("ducklake", "postgres_scanner", "httpfs")
EXTENSIONS_VARIABLE = "TRAFFIC_DUCKDB_EXTENSIONS"
LAKE_SCHEMA, CONTROL_SCHEMA, LIMITS_SCHEMA = "traffic_lake", "traffic_control", "traffic_limits"
READABLE_FOR = "interval 1 day"  # so long a former version can be asked for
INLINED_ROWS = 1000  # as many rows of a table as a commit may add without a file of their own
# To share a short statement with a second thread takes a third more processor time; and many people ask at once.
ONE_THREAD = {"threads": 1}
KNOWN_FOR_S = 0.2  # how long the numbers of the versions are not asked for again: a page asks a dozen times in a run
ASK_AGAIN_S = 5.0  # how long a server that did not answer is left alone
CONNECT_TIMEOUT_S, SILENCE_MS = 5, 15_000  # what does not answer for so long is away
ANSWER_S = 5.0  # so long a page waits for the numbers of the versions, once; they are asked for on the side then
SOON_S = 0.1  # and so long the next, each time that they are asked for anew
DRAW_S = 1.0  # so long a request is held up to count it together with those of other servers
WATCH_EVERY_S, LONG_S = 2.0, 3.0  # for whose statement takes longer, it is asked whether the server is silent
SILENT_FOR_S, SILENT_AT_END_S = 5.0, 1.0  # twice as long without a byte, it is
# Kept cursors: of those who ask at once for a few kinds of days; current_timestamp is when their transaction began.
MOST_IDLE, TRANSACTION_S = 16, 60.0
BEAT_S, LOOK_AT_HOLDER_EVERY_S, SILENT_S = 5.0, 5.0, 20.0  # of the write lock
SIGNATURE_BYTES = 63  # what PostgreSQL keeps of an application's name

_log = logging.getLogger(__name__)
_LOCK_KEY = "hashtextextended('github-traffic-analytics', 0)"
_LOCK = f"pg_advisory_xact_lock({_LOCK_KEY})"
# Of that lock alone: others may hold locks of their own there. Since when one is silent may be hidden: then it is not.
_HOLDER = f"""
select
    application_name as who,
    to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
    coalesce(extract(epoch from clock_timestamp() - state_change), 0)::double precision as silent_s
from pg_locks inner join pg_stat_activity using (pid)
where
    locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
    and objsubid = 1 and (classid::bigint << 32 | objid::bigint) = {_LOCK_KEY}
"""  # noqa: S608 - our own names
_END_SESSIONS = """
select pg_terminate_backend(pid) as is_ended from pg_stat_activity where split_part(application_name, ' (', 1) = '{}'
"""
_CONTROL_VERSION = f"{LAKE_SCHEMA}.control_version"  # not beside the tables of `control`: it is none of them
_CREATE = f"""
create schema if not exists {CONTROL_SCHEMA};
create schema if not exists {LAKE_SCHEMA};
create table if not exists {_CONTROL_VERSION} (number bigint not null);
insert into {_CONTROL_VERSION} select 0 as number where not exists (select 1 from {_CONTROL_VERSION});
"""  # noqa: S608 - our own names
_VERSIONS = f"""
select
    (select max(snapshot_id) from {LAKE_SCHEMA}.ducklake_snapshot) as traffic,
    (select number from {_CONTROL_VERSION}) as control
"""  # noqa: S608 - our own names
# Beside both databases: no version of the store, no copy of the catalog and no backup knows of it. A bucket is kept as
# the moment at which it is full again, so that one that nobody draws from needs no row.
_CREATE_LIMITS = f"""
create schema if not exists {LIMITS_SCHEMA};
create unlogged table if not exists {LIMITS_SCHEMA}.bucket (name text primary key, full_at timestamptz not null);
create or replace function {LIMITS_SCHEMA}.draw(bucket_name text, cost_s double precision, size_s double precision)
returns double precision
language plpgsql as $$
declare
    now_is timestamptz := clock_timestamp();
begin
    insert into {LIMITS_SCHEMA}.bucket as kept (name, full_at)
    values (bucket_name, now_is + make_interval(secs => cost_s))
    on conflict (name) do update
    set full_at = greatest(kept.full_at, now_is) + make_interval(secs => cost_s)
    where greatest(kept.full_at, now_is) + make_interval(secs => cost_s) <= now_is + make_interval(secs => size_s);
    if found then
        return 0;
    end if;
    return coalesce((
        select extract(epoch from full_at - now_is) + cost_s - size_s
        from {LIMITS_SCHEMA}.bucket
        where name = bucket_name
    ), 0);
end
$$;
"""  # noqa: S608 - our own names
_FORGET_FULL = f"delete from {LIMITS_SCHEMA}.bucket where full_at < clock_timestamp()"  # noqa: S608 - our own names
FORGET_EVERY = 1000  # times that a process draws, full buckets are forgotten
_PREPARE_VERSIONS = f"prepare versions as from postgres_query('control', '{_VERSIONS}', use_transaction => false)"
_INLINED = f"""
select kept.table_name as kept, known.table_name as name
from {LAKE_SCHEMA}.ducklake_inlined_data_tables as kept
inner join {LAKE_SCHEMA}.ducklake_table as known using (table_id)
where known.end_snapshot is null
"""  # noqa: S608 - our own names
# Most pages ask for the last weeks of a few repositories: of a file with all days they would read all years of these.
_ARRANGE = """
alter table daily_traffic set partitioned by (year(day));
alter table daily_traffic set sorted by (repository_id, day);
"""
_ARRANGED = f"select 1 as is_so from __ducklake_metadata_traffic.{LAKE_SCHEMA}.ducklake_partition_info limit 1"  # noqa: S608
_CHECKS = re.compile(r" check \((?:[^()]|\([^()]*\))*\)")
_DEFAULTS = re.compile(r" default (true|false)\b")
_VIEW_COLUMN_COMMENTS = re.compile(r"^comment on column v_\w+\.\w+ is\s+'(?:[^']|'')*';$", re.MULTILINE)
_AWAY = re.compile(
    r"Unable to connect|connection to server|server closed the connection|terminating connection|no connection to the"
    r"|SSL (connection|SYSCALL|error)|could not (receive|send) data|Failed to execute query \"ROLLBACK\""
    r"|the database system is|\bHTTP (Error|GET|HEAD|PUT|POST|DELETE|\d{3})"  # and no address that an error quotes
    r"|Could not establish connection|Connection error",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"(connection to server|HTTP|server closed|SSL (connection|SYSCALL|error)).*"
)  # without what was asked
_OVERTAKEN = re.compile(r"could not serialize access|ducklake_max_retry_count")


def adapted(sql: str) -> str:
    """A file of our schema as DuckLake takes it: without checks, and without comments on the columns of views. What a
    new column has in former rows must be a literal to it, which true and false are not.
    """
    return _VIEW_COLUMN_COMMENTS.sub("", _DEFAULTS.sub(r" default '\1'", _CHECKS.sub("", sql)))


def lake_place(setting: str) -> str:
    """Where a lake is, in words that hold no password. Raises: StoreUnreadable where the setting is none of a lake."""
    if not setting.startswith(SETTING):
        raise StoreUnreadable(
            f"TRAFFIC_STORE must begin with {SETTING} (or be unset, for files in the data directory)."
        )
    conninfo = setting.removeprefix(SETTING)
    if "://" in conninfo:
        address = urlsplit(conninfo)
        host, name = address.hostname, address.path.lstrip("/")
    else:
        words = dict(re.findall(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)", conninfo))
        host, name = words.get("host") or words.get("hostaddr"), words.get("dbname", "")
    host, name = host or os.environ.get("PGHOST", "localhost"), name or os.environ.get("PGDATABASE", "")
    return f"PostgreSQL at {host}, database {name}"


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """A cursor with an open transaction on a version of the copy, whose session has these variables."""

    version: int
    variables: Mapping[str, object]
    until: float
    cursor: duckdb.DuckDBPyConnection
    opened: ExitStack  # ends the transaction when it is closed


def lake_databases(setting: str, data: str | None, lock_timeout_s: float) -> "tuple[LakeTraffic, LakeControl]":
    lake = Lake(setting, data, lock_timeout_s)
    return LakeTraffic(lake), LakeControl(lake)


_open_lakes: "weakref.WeakSet[Lake]" = weakref.WeakSet()


@cache
def _begin_to_watch() -> None:
    """Have a thread end the connections of this process's lakes to a server that answers nobody."""

    def watch() -> None:
        while True:
            time.sleep(WATCH_EVERY_S)
            for lake in list(_open_lakes):
                lake.end_silence()

    threading.Thread(target=watch, name="watching PostgreSQL", daemon=True).start()


@atexit.register
def _close_lakes() -> None:
    """A process that ends while a cursor of a lake is kept would end by a fault inside DuckDB's extensions."""
    for lake in list(_open_lakes):
        with suppress(duckdb.Error):
            lake.close()


class Lake:
    """The DuckDB that PostgreSQL and the lake are attached to: one for a store and process, opened at the first use."""

    def __init__(self, setting: str, data: str | None, lock_timeout_s: float) -> None:
        self.place = lake_place(setting)
        self.lock_timeout_s = lock_timeout_s
        self._identity = f"process {os.getpid()} on {socket.gethostname()[:20]}-{secrets.token_hex(2)}"
        self._conninfo = _patient(setting.removeprefix(SETTING), self._identity)
        self._ports = ports_of(self._conninfo)
        self._data = data
        self._guard, self._attaching_guard = threading.RLock(), threading.RLock()
        self._versions_guard, self._asking_guard = threading.Lock(), threading.Lock()
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._attached: set[str] = set()
        self._versions: dict[str, int | None] = {}
        self._asking: tuple[duckdb.DuckDBPyConnection, ExitStack] | None = None
        self._question: tuple[float, Future[dict[str, int | None]]] | None = None  # since when, of the newest versions
        self._drawing: Future[float] | None = None
        self._drawing_guard, self._draws_left = threading.Lock(), 0
        self._waiting: dict[object, float] = {}  # since when somebody has been asking PostgreSQL
        self._idle: list[_Reader] = []
        self._known_until = self._away_until = 0.0
        self._commits = 0
        self.away: str | None = None
        self._is_bucket_away = False
        self._copy = catalog_copy.CatalogCopy(LAKE_SCHEMA, self.ask)
        _open_lakes.add(self)

    @contextmanager
    def cursor(self, *, asks_postgres: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own, with PostgreSQL attached as `control`; failures of the servers come as sentences.

        Raises: StoreAway, at once where a server did not answer just now.
        """
        self._refuse_while_away(asks_postgres=asks_postgres)
        with ExitStack() as opened:
            opened.enter_context(self.failures_named())
            if asks_postgres:
                opened.enter_context(self._watched())
            yield opened.enter_context(self._cursor())

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._guard:
            if self._instance is None:
                self._instance = self._opened(READER_SETTINGS | ONE_THREAD)
            cursor = self._instance.cursor()
        try:
            yield cursor
        finally:
            with suppress(duckdb.Error):  # by word: to close a broken transaction would end the whole process
                cursor.execute("rollback")
            with suppress(duckdb.Error):
                cursor.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Whoever asks PostgreSQL within fails where it falls silent, instead of waiting for as long as it is."""
        _begin_to_watch()
        mark = object()
        self._waiting[mark] = time.monotonic()
        try:
            yield
        finally:
            del self._waiting[mark]

    def end_silence(self) -> None:
        """Shut the connections where somebody has waited for long because PostgreSQL answers nobody."""
        if any(since < time.monotonic() - LONG_S for since in list(self._waiting.values())):
            shut = end_silent_connections(self._ports, SILENT_FOR_S)
            if shut:
                _log.error("%s, answers nobody: %s.", self.place, counted(shut, "connection") + " ended")

    def _refuse_while_away(self, *, asks_postgres: bool) -> None:
        away, question = self.away, self._question
        is_left_alone = time.monotonic() < self._away_until or (question is not None and not question[1].done())
        if away is not None and is_left_alone and (asks_postgres or self._is_bucket_away):
            raise StoreAway(away)

    @contextmanager
    def failures_named(self) -> Iterator[None]:
        """Raise StoreAway where a server does not answer, and do not ask it again for a while."""
        try:
            yield
        except duckdb.Error as error:
            if not _AWAY.search(str(error)):
                raise
            self._is_bucket_away = "HTTP" in f"{type(error)} {first_line(error)}"
            reason = _REASON.search(str(error))
            what = reason.group() if reason else first_line(error)
            raise self._left_alone(what.replace(self._conninfo, self.place)) from error

    def _left_alone(self, reason: str) -> StoreAway:
        """Note that a server does not answer, so that nobody waits for it meanwhile."""
        who = "The object storage of the lake does" if self._is_bucket_away else f"{self.place}, does"
        self.away = f"{who} not answer ({reason}). What was stored is safe there; it is tried again by itself."
        self._away_until = time.monotonic() + ASK_AGAIN_S
        return StoreAway(self.away)

    def versions(self) -> Mapping[str, int | None]:
        """The numbers of both newest versions, asked for in one go, and of those who ask at once by one.

        While PostgreSQL is away, the last ones. Raises: StoreAway where there are none yet.
        """
        if time.monotonic() < self._known_until:
            return self._versions
        with self._versions_guard:
            if time.monotonic() >= self._known_until:
                commits = self._commits
                try:
                    self._versions = self._newest_versions()
                    self.away = None
                except StoreAway:
                    if not self._versions:
                        raise
                if commits == self._commits:
                    self._known_until = time.monotonic() + KNOWN_FOR_S
            return self._versions

    def _newest_versions(self) -> dict[str, int | None]:
        """What PostgreSQL answers. One that is silent is waited for once; then it is asked on the side, until it does.

        Raises: StoreAway.
        """
        began = time.monotonic()
        while True:
            if self._question is None:
                self._refuse_while_away(asks_postgres=True)
                self._question = time.monotonic(), asked_aside(self._ask_versions)
            asked_at, answer = self._question
            until = asked_at + (ANSWER_S if self.away is None else SOON_S)
            try:
                versions = answer.result(max(0.0, until - time.monotonic()) if self._versions else None)
            except TimeoutError as silence:
                self._is_bucket_away = False
                raise self._left_alone("it says nothing") from silence
            finally:
                if answer.done():
                    self._question = None
            if asked_at >= began:  # else it may be an answer of long ago
                return versions

    def _ask_versions(self) -> dict[str, int | None]:
        ((traffic, control),) = self._ask_kept("execute versions")
        return {"traffic": traffic, "control": control}

    def _ask_kept(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement in one round trip, where a cursor of its own needs seven: while DuckDB has a
        transaction open it keeps its connection; and since PostgreSQL has none on it, each answer is of its own moment.
        """
        with self._watched(), self._asking_guard:
            began = time.monotonic()
            if self._asking is not None:
                try:
                    return self._asking[0].execute(statement).fetchall()
                except duckdb.Error as ended:  # as all sessions are by a restart of PostgreSQL: a new one is asked
                    self._stop_asking()
                    if time.monotonic() - began > CONNECT_TIMEOUT_S:
                        with self.failures_named():
                            raise ended
            with self.failures_named(), ExitStack() as opened:
                cursor = opened.enter_context(self._cursor())
                try:
                    cursor.execute(f"begin; {_PREPARE_VERSIONS}")
                except duckdb.BinderException as missing:
                    raise StoreMissing(self.missing()) from missing
                rows = cursor.execute(statement).fetchall()
                self._asking = cursor, opened.pop_all()
            return rows

    def draw(self, bucket: str, cost_s: float, size_s: float) -> float | None:
        """See `Database.draw`. One at a time of this process; the next wait for it, and for a silent server nobody."""
        if not self._drawing_guard.acquire(timeout=DRAW_S):
            return None
        try:
            if self._drawing is not None and not self._drawing.done():
                return None
            self._refuse_while_away(asks_postgres=True)
            self._drawing = asked_aside(partial(self._draw, bucket, cost_s, size_s))
            return self._drawing.result(DRAW_S)
        except (TimeoutError, StoreError):
            return None
        except duckdb.Error as error:
            _log.warning("%s, keeps no limits that hold for all servers: %s", self.place, first_line(error))
            self._draws_left = 0  # to make what may be missing
            return None
        finally:
            self._drawing_guard.release()

    def _draw(self, bucket: str, cost_s: float, size_s: float) -> float:
        name = hashlib.blake2b(bucket.encode(), digest_size=16).hexdigest()  # which keeps nobody's address
        drawing = f"select {LIMITS_SCHEMA}.draw('{name}', {cost_s}, {size_s}) as wait_s"
        question = f"from postgres_query('control', '{quoted(drawing)}', use_transaction => false)"
        if not self._draws_left:
            with self.cursor() as cursor:
                self.tell(cursor, _CREATE_LIMITS)
                self.tell(cursor, _FORGET_FULL)
            self._draws_left = FORGET_EVERY
        self._draws_left -= 1
        ((wait_s,),) = self._ask_kept(question)
        return float(wait_s)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking[1].close()
            self._asking = None

    def forget_versions(self) -> None:
        """Have the numbers asked for anew: there was a commit."""
        self._commits += 1  # for who is asking for them at this moment
        self._known_until = 0.0

    def missing(self) -> str:
        return f"There is no installation in {self.place}. Run: python -m collector init"

    def ask(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement that PostgreSQL answers itself."""
        return cursor.execute(f"from postgres_query('control', '{quoted(sql)}')").fetchall()

    def tell(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
        """Have PostgreSQL run a statement itself, in the transaction of the cursor."""
        cursor.execute(f"call postgres_execute('control', '{quoted(sql)}')")

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Hold the write lock. Raises: StoreBusy.

        PostgreSQL frees it when the session that holds it ends. That of a process which was stopped (SIGSTOP), or of a
        machine that was cut off, does not end by itself: so whoever holds it shows every few seconds that it lives, and
        who waits for one that has not for long ends its sessions. What that one still wants to commit when it wakes is
        refused: in `control` because the version's row has changed since, in the lake because a snapshot's number is
        given once.
        """
        with self.cursor() as holding:
            self._take_lock(holding, f"{self._identity} ({purpose}"[: SIGNATURE_BYTES - 1] + ")")
            self.forget_versions()  # what is read under the lock cannot change meanwhile
            with self._beating(holding):
                yield

    def _take_lock(self, holding: duckdb.DuckDBPyConnection, signature: str) -> None:
        give_up_at = time.monotonic() + self.lock_timeout_s
        while True:
            wait_s = max(0.001, min(LOOK_AT_HOLDER_EVERY_S, give_up_at - time.monotonic()))
            holding.execute("begin")
            try:
                self.tell(
                    holding,
                    f"set local lock_timeout = '{int(wait_s * 1000)}ms'; "
                    f"set local application_name = '{quoted(signature)}'; select {_LOCK}",
                )
            except duckdb.Error as error:
                if "lock timeout" not in str(error):
                    raise
                holding.execute("rollback")
                holder = self._look_at_holder()
                if time.monotonic() < give_up_at:
                    continue
                raise StoreBusy(
                    f"The store in {self.place} is being written to by {holder}. "
                    f"Gave up after {self.lock_timeout_s:g} s; try again when it has finished."
                ) from error
            return

    def _look_at_holder(self) -> object:
        """Who holds the lock; one that has not shown for long that it lives loses its sessions."""
        with self.cursor() as cursor:
            for who, since, silent_s in self.ask(cursor, _HOLDER):
                if silent_s > SILENT_S:
                    ending = _END_SESSIONS.format(quoted(who.partition(" (")[0]))
                    _log.error("%s has held the write lock since %s and is silent: its sessions are ended.", who, since)
                    self.ask(cursor, ending)
                return f"{who} since {since}"
        return "another process"

    @contextmanager
    def _beating(self, holding: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Show every few seconds that this process lives, as long as the block lasts."""
        is_over = threading.Event()

        def beat() -> None:
            with suppress(duckdb.Error):  # whose session was ended: the commit will be refused
                while not is_over.wait(BEAT_S):
                    self.ask(holding, "select 1 as here")

        beating = threading.Thread(target=beat, name="write lock", daemon=True)
        beating.start()
        try:
            yield
        finally:
            is_over.set()
            beating.join()

    def attach(self, name: str) -> None:
        """Attach the lake, where that has not been done; `control` always is. Raises: StoreMissing."""
        if name in self._attached:
            return
        if not self.versions()[name]:
            raise StoreMissing(self.missing())
        with self._attaching_guard:
            if name not in self._attached and self._instance is not None:
                if name == "traffic":
                    self._instance.execute(self._attaching(name, name, "create_if_not_exists false"))
                self._attached.add(name)

    def attach_copy(self) -> None:
        """Have the copy of the catalog at the newest version. Raises: StoreMissing, StoreAway."""
        newest = self.versions()["traffic"]
        if not newest:
            raise StoreMissing(self.missing())
        with self._copy.guard:
            if self._copy.version < newest:
                try:
                    with self.cursor() as cursor:
                        self._copy.bring_up(cursor)
                except StoreAway:
                    if self._copy.version:  # which the next reader has, as long as no newer one can be had
                        self._versions = {**self._versions, "traffic": self._copy.version}
                    raise
                self._close_idle()

    @contextmanager
    def reader(self, variables: Mapping[str, object]) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor on the newest version by the copy of the catalog, whose session has these variables.

        DuckLake begins each transaction with questions to its catalog, 3 ms of processor time. So the next who asks for
        the same variables gets the cursor as it was left, unless it was left by a failure.
        """
        self.attach_copy()
        self._refuse_while_away(asks_postgres=False)
        reader = self._idle_reader(variables) or self._begin_reader(variables)
        with reader.opened:
            yield reader.cursor
            reader.cursor.execute(f"reset variable {catalog_copy.ASKED}")
            kept = replace(reader, opened=reader.opened.pop_all())
        self._keep(kept)

    def _begin_reader(self, variables: Mapping[str, object]) -> _Reader:
        with ExitStack() as opened:
            cursor = opened.enter_context(self.cursor(asks_postgres=False))
            cursor.execute(f"begin transaction read only; use {catalog_copy.NAME}")
            version = catalog_copy.version_of(cursor)
            set_variables(cursor, variables)
            return _Reader(version, variables, time.monotonic() + TRANSACTION_S, cursor, opened.pop_all())

    def _idle_reader(self, variables: Mapping[str, object]) -> _Reader | None:
        with self._guard:
            fitting = (each for each in self._idle if each.variables == variables and each.until > time.monotonic())
            reader = next(fitting, None)
            if reader is not None:
                self._idle.remove(reader)
            return reader

    def _keep(self, reader: _Reader) -> None:
        with self._guard:
            self._idle.append(reader)
        self._close_idle()

    def _close_idle(self) -> None:
        """Close those of the kept cursors that are too many, or that nobody will be given any more."""
        with self._guard:
            version, now = self._copy.version, time.monotonic()
            current = [each for each in self._idle if each.version == version and each.until > now][-MOST_IDLE:]
            surplus = [each for each in self._idle if each not in current]
            self._idle = current
        for each in surplus:
            each.opened.close()

    def create(self) -> None:
        """Make the empty lake, and the schema for `control` with its version 0, where they are not there yet."""
        with self.cursor() as cursor:
            self.tell(cursor, _CREATE)
            cursor.execute("call pg_clear_cache()")
            with suppress(StoreMissing):
                self.attach("traffic")
            if "traffic" not in self._attached:
                if not self._data:
                    raise StoreNotWritten("TRAFFIC_LAKE_DATA must name the folder or bucket (s3://...) of the lake.")
                cursor.execute(self._attaching("traffic", "traffic", f"data_path '{quoted(_data_path(self._data))}'"))
            self._attached |= {"traffic", "control"}

    def _attaching(self, database: str, name: str, *options: str) -> str:
        """The statement that attaches one of the two under a name."""
        if database == "control":
            return f"attach 'postgres:{quoted(self._conninfo)}' as {name} (schema '{CONTROL_SCHEMA}')"
        given = ", ".join((f"metadata_schema '{LAKE_SCHEMA}'", f"data_inlining_row_limit {INLINED_ROWS}", *options))
        return f"attach 'ducklake:postgres:{quoted(self._conninfo)}' as {name} ({given})"

    @contextmanager
    def apart(self, database: str, version: int) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB of its own with a version attached as `version`; of `control` only the newest can be had."""
        with self.failures_named(), self._watched(), self._opened(WRITER_SETTINGS) as connection:
            if database == "traffic":
                connection.execute(self._attaching(database, "version", "read_only", f"snapshot_version {version}"))
            else:
                connection.execute("detach control")
                connection.execute(self._attaching(database, "version"))
            yield connection

    def _opened(self, settings: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(config=settings)
        try:
            for name in EXTENSIONS:
                load_extension(connection, name)
            connection.execute("set timezone = 'UTC'")
            connection.execute("set ducklake_max_retry_count = 0")  # who was overtaken is to fail, not to try again
            connection.execute("set global parquet_metadata_cache = true")  # a file of the lake never changes
            for statement in _s3_settings():
                connection.execute(statement)
            connection.execute(self._attaching("control", "control"))
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        if self._instance is not None:
            end_silent_connections(self._ports, SILENT_AT_END_S)  # to end the transactions it would be waited for
        if (question := self._question) is not None:
            wait([question[1]], CONNECT_TIMEOUT_S)
        with self._watched(), self._asking_guard, self._guard:
            self._stop_asking()
            while self._idle:
                self._idle.pop().opened.close()
            if self._instance is not None:
                self._instance.close()
            self._instance = None
            self._attached.clear()
            self._copy = catalog_copy.CatalogCopy(LAKE_SCHEMA, self.ask)
            self._known_until = 0.0


class _LakeDatabase(Database):
    """What both databases of a lake have in common."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    @contextmanager
    def read(self, **variables: object) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._transaction("begin transaction read only") as cursor:
            set_variables(cursor, variables)
            yield cursor

    @contextmanager
    def commit(self, purpose: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.locked(purpose), self._writing() as connection:
            refuse_newer(self.lake.place, self.name, schema.applied(connection))
            with writing():  # what is kept is for every reader
                yield connection

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        with self.lake.locked(purpose):
            yield

    def prepare(self) -> None:
        with suppress(StoreMissing), self.read() as cursor:
            refuse_newer(self.lake.place, self.name, schema.applied(cursor))
            if schema.is_current(cursor, self.name):
                return
        with self.locked("schema"):
            self.lake.create()
            with self._writing() as connection:
                refuse_newer(self.lake.place, self.name, schema.applied(connection))
                self._migrate(connection)

    def version(self) -> int:
        number = self.lake.versions()[self.name]
        if not number:
            raise StoreMissing(self.lake.missing())
        return number

    def now(self) -> datetime:
        with self.lake.cursor() as cursor:
            ((now,),) = self.lake.ask(cursor, "select clock_timestamp() at time zone 'UTC' as now")
        return aware(now)

    def check(self) -> list[Checked]:
        try:
            with self.read() as cursor:
                name = self.version_of(cursor).name
                schema.read_whole(cursor)
        except StoreMissing:
            return []
        except (StoreError, duckdb.Error) as error:
            return [Checked(self.name, None, first_line(error))]
        return [Checked(name, None, None)]

    def put_aside(self) -> list[Path]:
        return []

    def away(self) -> str | None:
        return self.lake.away

    def last_ids(self) -> dict[str, int]:
        with suppress(StoreMissing), self.read() as cursor:
            return identity.last_ids(cursor)
        return {}

    def version_of(self, cursor: duckdb.DuckDBPyConnection) -> StoreVersion:
        number = self._number(cursor)
        return StoreVersion(f"{self.name}-{number}", (number,))

    def kept_versions(self) -> set[str]:
        return {f"{self.name}-{self.version()}"}

    @contextmanager
    def extract(self, version: StoreVersion, target: Path, *, whole: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.lake.apart(self.name, version.identity[0]) as connection:
            connection.execute(f"set temp_directory = '{quoted(target)}.tmp'")
            connection.execute(f"attach '{quoted(target)}' as extract (storage_version '{STORAGE_FORMAT}')")
            connection.execute("use extract")
            with extracting(connection):
                if whole:
                    schema.migrate(connection, self.name)
                    schema.copy_ordered(connection, "version")
                yield connection
            connection.execute("use memory")
            connection.execute("detach extract")

    def take(self, target: Path, opened: ExitStack) -> TakenVersion:
        with self.read() as cursor:
            version = self.version_of(cursor)
        if self.name == "traffic":  # a snapshot stays; it is many rows, for which nobody need wait
            return TakenVersion(partial(self._save, version, target))
        self._save(version, target)
        return TakenVersion(lambda: None)

    def _save(self, version: StoreVersion, target: Path) -> None:
        with self.extract(version, target, whole=True):
            target.chmod(0o600 if self.name == "control" else 0o444)
        sync(target)

    def replacement(
        self, source: Path, change: Callable[[duckdb.DuckDBPyConnection], None], opened: ExitStack
    ) -> Callable[[], int]:
        self.lake.create()
        with self._writing() as connection:
            self._migrate(connection)
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        migrated = self._migrated(source, folder / source.name, change)
        connection = opened.enter_context(self._transaction("begin", migrated))
        schema.copy_ordered(connection, f"former_{self.name}")
        return lambda: self._publish(connection)

    def _migrated(self, source: Path, target: Path, change: Callable[[duckdb.DuckDBPyConnection], None]) -> Path:
        """A copy of a database file, brought to this release's schema and changed."""
        copy(source, target)
        with duckdb.connect(str(target), config=WRITER_SETTINGS) as connection:
            connection.execute("begin")
            schema.migrate(connection, self.name)
            identity.raise_last_ids(connection, self.last_ids())
            change(connection)
            connection.execute("commit")
        return target

    def _publish(self, connection: duckdb.DuckDBPyConnection) -> int:
        self._commit(connection)
        return self.version()

    def former(self) -> str | None:
        return None

    def close(self) -> None:
        self.lake.close()

    @contextmanager
    def _transaction(self, beginning: str, former: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction, rolled back at the end; with a file attached as `former_<name>` where one is given."""
        with self.lake.cursor() as cursor:
            self.lake.attach(self.name)
            if former is not None:
                cursor.execute(f"attach '{quoted(former)}' as former_{self.name} (read_only)")
            cursor.execute(beginning)  # before the database is named: to name it asks for the snapshot, too
            cursor.execute(f"use {self.name}")
            try:
                yield cursor
            finally:
                with suppress(duckdb.Error):
                    cursor.execute("rollback")
                if former is not None:
                    cursor.execute("use memory")
                    cursor.execute(f"detach former_{self.name}")

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction that is committed when the block ends; the caller holds the lock. Raises: StoreNotWritten."""
        with self._transaction("begin") as connection:
            yield connection
            self._commit(connection)

    def _commit(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            with self.lake.failures_named():
                self._number_commit(connection)
                connection.execute("commit")
            self.lake.away = None
        except duckdb.Error as error:
            kind = StoreOvertaken if _OVERTAKEN.search(str(error)) else StoreNotWritten
            raise kind(
                f"{self.lake.place}, refused the commit ({first_line(error)}). The former version stands."
            ) from error
        finally:
            self.lake.forget_versions()

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        schema.migrate(connection, self.name, adapted)

    @abstractmethod
    def _number(self, cursor: duckdb.DuckDBPyConnection) -> int:
        """The number of the version that a cursor reads."""

    def _number_commit(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give what is about to be committed its number, where nobody else does."""


class LakeTraffic(_LakeDatabase):
    """`traffic` as a DuckLake; a version is a snapshot."""

    name = "traffic"

    @contextmanager
    def read(self, **variables: object) -> Iterator[duckdb.DuckDBPyConnection]:
        """By the copy of the catalog: while PostgreSQL is away, the last version that it has."""
        given = {name: value for name, value in variables.items() if value is not None}
        with self.lake.reader(given) as cursor:
            yield cursor

    def narrow(self, cursor: duckdb.DuckDBPyConnection, repository_ids: Sequence[int]) -> None:
        cursor.execute(f"set variable {catalog_copy.ASKED} = $ids", {"ids": list(repository_ids)})

    def _number(self, cursor: duckdb.DuckDBPyConnection) -> int:
        return catalog_copy.version_of(cursor)

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        super()._migrate(connection)
        if not connection.execute(_ARRANGED).fetchall():
            connection.execute(_ARRANGE)

    def tidy(self, every: timedelta = timedelta(0)) -> str | None:
        with self.read() as cursor:
            ((tidied_at,),) = cursor.execute("select max(compacted_at) from store_compaction").fetchall()
        if tidied_at is not None and utc_now() - aware(tidied_at) < every:
            return None
        moved = sum(
            self._step("flush_inlined_data", f"table_name => '{name}'", "sum(rows_flushed)") for name in self._crowded()
        )
        merged = self._step("merge_adjacent_files", "", "sum(files_processed)")
        self._step("rewrite_data_files")
        self._step("expire_snapshots", f"older_than => now() - {READABLE_FOR}")
        deleted = self._step("cleanup_old_files", f"older_than => now() - {READABLE_FOR}")
        with self.commit("noting that the lake was tidied") as connection:
            connection.execute("delete from store_compaction")
            sizes = "select $at, coalesce(sum(file_size_bytes), 0)::bigint from ducklake_table_info('traffic')"
            connection.execute(f"insert into store_compaction (compacted_at, bytes) {sizes}", {"at": stored(utc_now())})
        words = (counted(moved, "row"), counted(merged, "file"), counted(deleted, "file"))
        return "Tidied the lake: moved {} into files, merged {}, deleted {} that nobody reads.".format(*words)

    def _crowded(self) -> list[str]:
        """The tables of which so many rows are in the catalog that a file of them reads better."""
        with self.lake.cursor() as cursor:
            rows = dict(self.lake.ask(cursor, _INLINED))
            counts = {kept: self.lake.ask(cursor, f"select count(*) from {LAKE_SCHEMA}.{kept}")[0][0] for kept in rows}  # noqa: S608
        return sorted({rows[kept] for kept, number in counts.items() if number > INLINED_ROWS})

    def _step(self, act: str, options: str = "", what: str = "count(*)") -> int:
        """One of DuckLake's own acts, under the lock; answers what it says of it."""
        words = ", ".join(filter(None, ("'traffic'", options)))
        with self.locked("tidying the lake"), self.lake.cursor() as cursor:
            self.lake.attach(self.name)
            ((number,),) = cursor.execute(f"select {what} from ducklake_{act}({words})").fetchall()  # noqa: S608
        self.lake.forget_versions()
        return int(number or 0)


class LakeControl(_LakeDatabase):
    """`control` as tables of PostgreSQL."""

    name = "control"

    def draw(self, bucket: str, cost_s: float, size_s: float) -> float | None:
        return self.lake.draw(bucket, cost_s, size_s)

    def _number(self, cursor: duckdb.DuckDBPyConnection) -> int:
        ((number,),) = self.lake.ask(cursor, f"select number from {_CONTROL_VERSION}")  # noqa: S608 - our own names
        return int(number)

    def _number_commit(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.lake.tell(connection, f"update {_CONTROL_VERSION} set number = number + 1")  # noqa: S608


def _patient(conninfo: str, identity: str) -> str:
    """The connection's words, with limits to how long a silent server is waited for, where none are given."""
    limits = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": SILENCE_MS,
        "keepalives_idle": SILENCE_MS // 1000,
        "keepalives_interval": CONNECT_TIMEOUT_S,
    }
    words = [f"{name}={value}" for name, value in limits.items() if name not in conninfo]
    if "://" in conninfo:
        words.append(f"application_name={quote(identity)}")
        return conninfo + ("&" if "?" in conninfo else "?") + "&".join(words)
    return " ".join([conninfo, *words, f"application_name='{identity}'"])


def _data_path(data: str) -> str:
    """The place of the lake's files as its catalog keeps it; a folder is made, and named in full."""
    if "://" in data:
        return data
    folder = Path(data).resolve()
    make_directory(folder)
    return str(folder)


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load an extension of DuckDB: from the folder that the setting names, from its package, or as DuckDB finds it.

    Raises: StoreUnreadable, with what to do.
    """
    folder = os.environ.get(EXTENSIONS_VARIABLE)
    package = None if folder else importlib.util.find_spec(f"duckdb_extension_{name}")
    places = (
        [Path(folder)] if folder else [Path(place) for place in (package and package.submodule_search_locations) or ()]
    )
    files = [file for place in places for file in sorted(place.rglob(f"{name}.duckdb_extension"))]
    try:
        if files:
            connection.execute(f"load '{quoted(files[-1])}'")
            return
        with suppress(duckdb.Error):
            connection.execute(f"load {name}")
            return
        connection.execute(f"install {name}")
        connection.execute(f"load {name}")
    except duckdb.Error as error:
        raise StoreUnreadable(
            f"DuckDB {duckdb.__version__} has no extension {name} here ({first_line(error)}). Install what the lake "
            f"needs (pip install -r requirements-lake.txt), or name a folder with them in {EXTENSIONS_VARIABLE}."
        ) from error


def _s3_settings() -> Iterator[str]:
    """Statements that set how DuckDB reaches a bucket, from the environment variables of every program that uses S3."""
    yield "set http_timeout = 15"
    names = {
        "key_id": "AWS_ACCESS_KEY_ID",
        "secret": "AWS_SECRET_ACCESS_KEY",
        "session_token": "AWS_SESSION_TOKEN",
        "region": "AWS_REGION",
    }
    settings = {option: os.environ[name] for option, name in names.items() if os.environ.get(name)}
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "")
    if endpoint.netloc:
        settings |= {"endpoint": endpoint.netloc, "url_style": "path"}
        settings |= {"use_ssl": "false"} if endpoint.scheme == "http" else {}
    if settings:
        options = ", ".join(f"{option} '{quoted(value)}'" for option, value in settings.items())
        yield f"create secret lake (type s3, {options})"
