"""The backend of files, the default: immutable versions in a directory, one commit at a time, compacted once they have
grown.

DuckDB gives one process a file to write, or many a file to read. So a file that has its name is never written to
again: a commit copies the newest version, changes the copy, and puts it in the newest's place. Readers never
wait for writers, nor writers for readers.
"""

import os
import re
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import BinaryIO

import duckdb

from data.calendar import stored, utc_now
from data.schema import migrate as schema
from data.store import ids as identity
from data.store.database import (
    READER_SETTINGS,
    WRITER_SETTINGS,
    Checked,
    Database,
    StoreBusy,
    StoreError,
    StoreMissing,
    StoreNotWritten,
    StoreUnreadable,
    StoreVersion,
    TakenVersion,
    extracting,
    first_line,
    quoted,
    refuse_newer,
    set_variables,
)
from data.store.sql import insert
from data.store.version_files import CHUNK, LockHeld, NoGoodVersion, VersionFiles, copy, exclusive, make_directory, sync
from data.text import writing

LOOK_S = 0.005  # so long the newest version is taken for the newest without a look
MOST_IDLE = 16  # cursors of a version: of those who ask at once for a few kinds of days
COMPACT_WHEN_GROWN = 2  # times the size after the last compaction
LARGE_BYTES, COMPACTION_MEMORY = 64 << 20, "50MB"  # what is not large is sorted in little memory
SMALL_BYTES = 4 * 1024 * 1024  # to compact so little takes longer than all commits that it would speed up

# A full disk comes as a TransactionException where the commit itself writes (its write-ahead log).
_REFUSALS = (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException, duckdb.TransactionException)

_ENDS_INSTANCE = (duckdb.FatalException, duckdb.InternalException)  # after which a DuckDB may refuse everything

DAMAGED = "Corrupt database file"  # what DuckDB says of a block whose checksum is wrong

LETS_IN = ("sign_in_session", "sign_in_ticket", "invitation", "invitation_grant", "api_token", "share")

_TABLE_OF = {"traffic": "daily_traffic", "control": "tenant_token"}  # a table that only that database has


class _OpenVersion:
    """A version that a store has open, attached to the DuckDB of all readers, with the number of cursors in use."""

    def __init__(self, instance: duckdb.DuckDBPyConnection, name: str) -> None:
        self.instance = instance
        self.readers = 0
        self._name = name
        self._guard = threading.Lock()
        self._idle: list[tuple[dict[str, object], duckdb.DuckDBPyConnection]] = []
        # also where a store is dropped unclosed
        self.close = weakref.finalize(self, _detach, instance, name, self._idle)
        self.close.atexit = False

    @contextmanager
    def cursor(self, variables: dict[str, object]) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own, whose database is this version, and whose session has these variables.

        To make one and to set its variables takes as long as many a question. So the next who asks for the same
        variables gets it as it was left, unless it was left by a failure.
        """
        idle = self._taken(variables)
        cursor = self.instance.cursor() if idle is None else idle
        try:
            if idle is None:
                cursor.execute(f"use {self._name}")
                set_variables(cursor, variables)
            yield cursor
        except BaseException:
            cursor.close()
            raise
        with self._guard:
            self._idle.append((variables, cursor))
            surplus = self._idle.pop(0)[1] if len(self._idle) > MOST_IDLE else None
        if surplus is not None:
            surplus.close()

    def _taken(self, variables: dict[str, object]) -> duckdb.DuckDBPyConnection | None:
        with self._guard:
            for place, (others, cursor) in enumerate(self._idle):
                if others == variables:
                    del self._idle[place]
                    return cursor
        return None


class FileDatabase(Database):
    """One of the two databases of a data directory."""

    def __init__(self, files: VersionFiles, lock_timeout_s: float) -> None:
        self.files = files
        self.name = files.name
        self._lock_file = files.directory / ".lock"
        self._lock_timeout_s = lock_timeout_s
        self._open: dict[Path, _OpenVersion] = {}
        self._guard = threading.Lock()
        self._seen_guard = threading.Lock()
        self._seen = (-LOOK_S, 0)  # when the symlink was looked at, and the version that it named

    @contextmanager
    def read(self, **variables: object) -> Iterator[duckdb.DuckDBPyConnection]:
        """Where the newest version turns out to be damaged, the next reader gets the newest good one."""
        try:
            path, version = self._take()
        except StoreUnreadable:
            if not self._put_damaged_aside():
                raise
            path, version = self._take()
        try:
            with version.cursor({name: value for name, value in variables.items() if value is not None}) as cursor:
                yield cursor
        except duckdb.Error as error:
            if isinstance(error, _ENDS_INSTANCE):
                self._leave(path, version)
            if DAMAGED not in str(error):
                raise
            self._put_damaged_aside()
            raise StoreUnreadable(_why_not_opened(path, error)) from error
        finally:
            self._give_back(path, version)

    @contextmanager
    def commit(self, purpose: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.locked(purpose):
            newest, number = self.files.committed(), self.files.next_number()
            if newest is None or not newest.exists():
                raise StoreMissing(_missing(self.files))
            with self.writing(number, newest) as connection:
                refuse_newer(self.files.link, self.name, schema.applied(connection))
                with writing():  # what is kept is for every reader
                    yield connection
            self.publish(number)

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """What a crashed writer left behind is cleared away."""
        with ExitStack() as holding:
            try:
                make_directory(self.files.folder)
                holding.enter_context(exclusive(self._lock_file, purpose, self._lock_timeout_s))
                if self.files.settle() and self.name == "control":
                    self._void_sign_ins()
            except LockHeld as held:
                raise StoreBusy(
                    f"The store in {self.files.directory} is being written to by {held.holder}. "
                    f"Gave up after {self._lock_timeout_s:g} s; try again when it has finished."
                ) from held
            except NoGoodVersion as nothing:
                raise StoreUnreadable(f"{nothing} Bring a backup back: python -m collector restore DIR") from nothing
            except OSError as refusal:
                raise StoreNotWritten(_refused(self.files, refusal)) from refusal
            yield

    def _void_sign_ins(self) -> None:
        """An older `control` may know sessions and links that were ended since: they must let nobody in."""
        number = self.files.next_number()
        with self.writing(number, self.files.committed()) as connection:
            schema.migrate(connection, self.name)
            void_sign_ins(connection)
        self.publish(number)

    def _put_damaged_aside(self) -> bool:
        """Have the newest good version be the newest; whether that is another one than before."""
        before = self.files.committed_number()
        with suppress(StoreError), self.locked("looking for damage"):
            pass
        return self.files.committed_number() != before

    def prepare(self) -> None:
        """A damaged newest version is put aside before."""
        newest = self.files.committed_number()
        if newest is not None and self.files.fault(newest):
            self._put_damaged_aside()
        if self.files.numbers():
            with self.read() as cursor:
                refuse_newer(self.files.link, self.name, schema.applied(cursor))
                if schema.is_current(cursor, self.name):
                    return
        with self.locked("schema"):
            number = self.files.next_number()
            with self.writing(number, self.files.committed()) as connection:
                refuse_newer(self.files.link, self.name, schema.applied(connection))
                schema.migrate(connection, self.name)
            self.publish(number)

    def version(self) -> int:
        """What another process commits is seen within milliseconds: a page asks fifty times in a run."""
        now, seen = time.monotonic(), self._seen
        looked_at, number = seen
        if now - looked_at >= LOOK_S:
            found = self.files.committed_number()
            found = self.files.newest() if found is None else found
            if found is None:
                raise StoreMissing(_missing(self.files))
            number = found
            with self._seen_guard:
                if self._seen is seen:  # else a commit of this process came in between, and this may be of before it
                    self._seen = (now, found)
        return number

    def now(self) -> datetime:
        return utc_now()

    def check(self) -> list[Checked]:
        """Each version is read against its note, too."""
        paths = {number: self.files.path(number) for number in self.files.numbers()}
        return [Checked(path.name, path.stat().st_size, self._fault(number)) for number, path in paths.items()]

    def put_aside(self) -> list[Path]:
        return sorted(self.files.aside.glob(f"{self.name}*.duckdb"))

    def _fault(self, number: int) -> str | None:
        fault = self.files.fault(number)
        if fault is None:
            try:
                check_file(self.files.path(number), self.name)
            except StoreUnreadable as unreadable:
                return str(unreadable)
        return fault

    @contextmanager
    def writing(self, number: int, source: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction on the file that shall be version `number`: a copy of `source`, or an empty one.

        The caller holds the lock, and publishes when the block has ended. When it raises, nothing of the file is left.
        Raises: StoreNotWritten.
        """
        temporary = self.files.temporary(number)
        raised_by_writer = False
        with ExitStack() as undoing:
            undoing.callback(self._clear_up)
            try:
                if source is not None:
                    copy(source, temporary)
                with _writer.opened(temporary) as connection:
                    connection.execute("begin")
                    try:
                        yield connection
                    except (OSError, duckdb.TransactionException):
                        raised_by_writer = True
                        raise
                    connection.execute("commit")
                    sizes = "select bytes from store_compaction order by compacted_at desc limit 1"
                    ((compacted_size,),) = connection.execute(sizes).fetchall() or [(0,)]
                    connection.execute("checkpoint")  # closing would do it too, but keep a failure to itself
                size = temporary.stat().st_size
                if not compacted_size or size >= max(SMALL_BYTES, COMPACT_WHEN_GROWN * compacted_size):
                    try:
                        self._compact(temporary)
                    except (OSError, *_REFUSALS):  # no room for that: the next commit tries again
                        self.files.remove_scraps(_compacted(temporary).name)
            except (OSError, *_REFUSALS) as refusal:
                if raised_by_writer:
                    raise
                raise StoreNotWritten(_refused(self.files, refusal)) from refusal
            undoing.pop_all()

    def publish(self, number: int) -> int:
        """Make what was written as version `number`, which it answers, the newest, durably. Raises: StoreNotWritten."""
        try:
            self.files.publish(self.files.temporary(number), number)
        except OSError as refusal:
            raise StoreNotWritten(_refused(self.files, refusal)) from refusal
        finally:
            with self._seen_guard:
                self._seen = (-LOOK_S, 0)
            self._clear_up()
        return number

    def last_ids(self) -> dict[str, int]:
        """A damaged version is unknown."""
        found: dict[str, int] = {}
        for number in self.files.numbers():
            with suppress(duckdb.Error), _connect(self.files.path(number), read_only=True) as connection:
                for table, last_id in identity.last_ids(connection).items():
                    found[table] = max(last_id, found.get(table, 0))
        return found

    def version_of(self, cursor: duckdb.DuckDBPyConnection) -> StoreVersion:
        of_cursor = "select path from duckdb_databases() where database_name = current_database()"
        ((file,),) = cursor.execute(of_cursor).fetchall()
        path = Path(file)
        found = path.stat()
        return StoreVersion(path.stem, (found.st_ino, found.st_size, found.st_mtime_ns), path)

    def kept_versions(self) -> set[str]:
        return {self.files.path(number).stem for number in self.files.numbers()}

    @contextmanager
    def extract(self, version: StoreVersion, target: Path, *, whole: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        file = self.files.folder / f"{version.name}.duckdb"
        if whole:
            copy(file, target)
        with _connect(target) as connection:
            try:
                connection.execute(f"attach '{quoted(file)}' as version (read_only)")
            except duckdb.IOException as error:
                if file.exists():
                    raise
                raise FileNotFoundError(f"{file.name} was removed meanwhile") from error
            with extracting(connection):
                yield connection

    def take(self, target: Path, opened: ExitStack) -> TakenVersion:
        version = self.files.committed()
        if version is None or not version.exists():
            raise StoreMissing(f"There is no {self.name} database in {self.files.directory} to back up.")
        try:
            os.link(version, target)
        except OSError:  # another disk, or one without links
            return TakenVersion(partial(_fill, opened.enter_context(version.open("rb")), target, self.files.mode))
        return TakenVersion(lambda: None, linked=True)

    def replacement(
        self, source: Path, change: Callable[[duckdb.DuckDBPyConnection], None], opened: ExitStack
    ) -> Callable[[], int]:
        opened.callback(self._clear_up)
        self.files.settle()
        number = self.files.next_number()
        with self.writing(number, source) as connection:
            schema.migrate(connection, self.name)
            identity.raise_last_ids(connection, self.last_ids())
            change(connection)
        sync(self.files.temporary(number))
        return lambda: self.publish(number)

    def former(self) -> str | None:
        number = self.files.committed_number()
        return None if number is None else f"versions/{self.files.path(number).name}"

    def _clear_up(self) -> None:
        with suppress(OSError):
            self.files.remove_scraps(f".{self.name}-")

    def _compact(self, path: Path) -> None:
        """Rewrite the file with sorted rows and no free blocks, and note the size it has then."""
        compacted = _compacted(path)
        with _connect(compacted) as connection:
            if path.stat().st_size < LARGE_BYTES:  # the commit itself still has its share of memory
                connection.execute(f"set memory_limit = '{COMPACTION_MEMORY}'")
            schema.migrate(connection, self.name)
            connection.execute(f"attach '{quoted(path)}' as former (read_only)")
            schema.copy_ordered(connection, "former")
            connection.execute("detach former")
            connection.execute("checkpoint")
            connection.execute("delete from store_compaction")
            row = {"compacted_at": stored(utc_now()), "bytes": compacted.stat().st_size}
            insert(connection, "store_compaction", row)
            connection.execute("checkpoint")
        compacted.replace(path)

    def _take(self) -> tuple[Path, _OpenVersion]:
        with self._guard:
            for _ in range(5):
                path = self._newest_readable()
                try:
                    version = self._open.get(path)
                    if version is None:
                        self.files.drop_foreign_log(path)
                        version = _readers[self.name].opened(path)
                except duckdb.Error as error:
                    if path.exists():
                        raise StoreUnreadable(_why_not_opened(path, error)) from error
                    continue  # three commits went by between reading the symlink and opening the file
                self._open[path] = version
                version.readers += 1
                self._close_former(path)
                return path, version
            raise StoreUnreadable(f"{self.files.link} points to a file that is not there.")

    def _newest_readable(self) -> Path:
        """The version that the symlink names; where it or the symlink is missing, the newest that is there."""
        path = self.files.committed()
        if path is not None and (path in self._open or path.exists()):
            return path
        newest = self.files.newest()
        if newest is None:
            raise StoreMissing(_missing(self.files))
        return self.files.path(newest)

    def _give_back(self, path: Path, version: _OpenVersion) -> None:
        with self._guard:
            version.readers -= 1
            if self._open.get(path) is version:
                self._close_former(max(self._open, key=lambda p: int(p.stem.rpartition("-")[2])))
            elif not version.readers:  # the store was closed while this was read
                version.close()

    def _leave(self, path: Path, version: _OpenVersion) -> None:
        """Have the next reader open the version in a new DuckDB."""
        _readers[self.name].leave(version.instance)
        with self._guard:
            if self._open.get(path) is version:
                self._open.pop(path)

    def _close_former(self, newest: Path) -> None:
        for path in [p for p, v in self._open.items() if p != newest and v.readers == 0]:
            self._open.pop(path).close()

    def close(self) -> None:
        with self._guard:
            for version in self._open.values():
                if not version.readers:
                    version.close()
            self._open.clear()


@contextmanager
def empty_database(name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database in memory that has this release's schema, and its comments, but no rows."""
    with duckdb.connect(config=WRITER_SETTINGS) as connection:
        schema.migrate(connection, name)
        yield connection


def check_file(path: Path, database: str) -> int:
    """The schema number of a database file that is not (yet) a version, with every row of it read once.

    Raises: StoreUnreadable where it is not this product's `database`, or damaged.
    """
    try:
        with _connect(path, read_only=True) as connection:
            number = schema.applied(connection)
            found = schema.tables(connection)
            schema.read_whole(connection)
    except duckdb.Error as error:
        raise StoreUnreadable(_why_not_opened(path, error)) from error
    if number == 0 or _TABLE_OF[database] not in found:
        raise StoreUnreadable(f"{path} is a DuckDB file, but not a {database} database of this product.")
    return number


def void_sign_ins(connection: duckdb.DuckDBPyConnection) -> None:
    """Void whatever would let somebody in."""
    for table in LETS_IN:
        connection.execute(f"delete from {table}")  # noqa: S608 - the names above


def _fill(source: BinaryIO, target: Path, mode: int) -> None:
    """Copy an open file; the copy is whole on disk when this returns."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as writer:
        shutil.copyfileobj(source, writer, CHUNK)
    target.chmod(mode)
    sync(target)


def _why_not_opened(path: Path, error: duckdb.Error) -> str:
    """Why a file cannot be opened, and what to do."""
    if "Conflicting lock" in str(error):
        holder = re.search(r"held in (.*?\(PID \d+\))", str(error))
        who = f"by {holder[1]}" if holder else "by another program"
        return (
            f"{path} is open for writing {who}. Close it there, and open the file read-only: "
            f"duckdb -readonly {path.name}. Nothing that is written to it will be used."
        )
    return f"{path} cannot be opened: {first_line(error)}. See what is wrong: python -m collector check"


def _compacted(path: Path) -> Path:
    """Where the compacted copy of a file is written before it takes the file's place."""
    return path.with_suffix(".compacted")


def _connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), read_only=read_only, config=READER_SETTINGS if read_only else WRITER_SETTINGS)


def _detach(
    instance: duckdb.DuckDBPyConnection, name: str, idle: list[tuple[dict[str, object], duckdb.DuckDBPyConnection]]
) -> None:
    for _, cursor in idle:
        cursor.close()
    with suppress(duckdb.Error), instance.cursor() as cursor:  # one that refuses everything is about to be dropped
        cursor.execute(f"detach {name}")


class _Reader:
    """The DuckDB in which all stores of this process read one of the two databases.

    To start one takes 15 ms, and each commit would cost the next reader that; to attach a file takes 1.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._numbers = count(1)

    def opened(self, path: Path) -> _OpenVersion:
        """The file, attached. Where the DuckDB was of no more use, in a new one."""
        try:
            return self._attached(path)
        except _ENDS_INSTANCE:
            return self._attached(path)

    def _attached(self, path: Path) -> _OpenVersion:
        with self._guard:
            if self._instance is None:
                # What does not fit into memory lies beside the versions, as with a file's own DuckDB.
                self._instance = duckdb.connect(config=READER_SETTINGS | {"temp_directory": f"{path}.tmp"})
            instance, name = self._instance, f"version_{next(self._numbers)}"
        try:
            with instance.cursor() as cursor:
                cursor.execute(f"attach '{quoted(path)}' as {name} (read_only)")
        except _ENDS_INSTANCE:
            self.leave(instance)
            raise
        return _OpenVersion(instance, name)

    def leave(self, instance: duckdb.DuckDBPyConnection) -> None:
        """Have the next file be opened in a new DuckDB; what is open in this one stays so until it is closed."""
        with self._guard:
            if self._instance is instance:
                self._instance = None


class _Writer:
    """The DuckDB in which all commits of this process happen: to start one takes 15 ms, to attach a file takes 1."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._numbers = count(1)

    @contextmanager
    def opened(self, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own, whose database is this file as long as the block lasts.

        A failure may leave an instance unusable for good (a full disk does), so that the next commit gets a new one. A
        caller who changes nothing after all, and says so by an exception of its own, leaves it as good as it was.
        """
        refusal: Exception | None = None
        with self._guard:
            instance = self._instance = self._instance or duckdb.connect(config=WRITER_SETTINGS)
            connection, name = instance.cursor(), f"commit_{next(self._numbers)}"
        try:
            connection.execute(f"attach '{quoted(path)}' as {name}")
            connection.execute(f"use {name}")
            try:
                yield connection
            except (duckdb.Error, OSError):
                raise
            except Exception as error:  # noqa: BLE001 - raised again when the file is let go of
                connection.execute("rollback")
                refusal = error
            connection.execute("use memory")
            connection.execute(f"detach {name}")
        except BaseException:
            with self._guard:
                instance.close()
                self._instance = None if self._instance is instance else self._instance
            raise
        finally:
            connection.close()
        if refusal is not None:
            raise refusal


_writer = _Writer()
_readers = {name: _Reader() for name in _TABLE_OF}  # no statement on `traffic` can name a table of `control`


def _missing(files: VersionFiles) -> str:
    return f"There is no {files.name} database in {files.directory}. Run: python -m collector init"


def _refused(files: VersionFiles, refusal: BaseException) -> str:
    return (
        f"The disk of {files.directory} refused the commit ({first_line(refusal)}). Nothing was lost: "
        "the former version stands. Free disk space or fix the permissions, then run it again."
    )
