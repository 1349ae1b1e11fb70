"""What a database of the store is to everybody above it, whichever of the two backends keeps it.

StoreError
├── StoreMissing        nothing has been initialised here
├── StoreBusy           another process holds the write lock for too long
├── StoreTooNew         the schema comes from a newer release
├── StoreUnreadable     what is there, or what a setting names, is no database of this product, or cannot be read
├── StoreNotWritten     a write was refused (full, read-only, no rights); the former version stands
│   └── StoreOvertaken  since another process, which waited for too long, has written meanwhile
└── StoreAway           a server that the store needs does not answer
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from data.refusals import Refused
from data.schema import migrate as schema
from data.store.sql import parsed

SETTINGS: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
# What two parts of a statement have in common, DuckDB would compute once, and for all repositories, since a filter to a
# few is in neither part: so 200 of 10,000 repositories of v_repositories took ten times as long.
READER_SETTINGS: dict[str, Any] = SETTINGS | {"disabled_optimizers": "common_subplan"}
STORAGE_FORMAT = "v1.5.0"  # what DuckDB 1.5 and newer read
WRITER_SETTINGS: dict[str, Any] = SETTINGS | {
    "storage_compatibility_version": STORAGE_FORMAT,
    "memory_limit": "200MB",
    "threads": 2,
}
LOCK_TIMEOUT_S = 60.0


class StoreError(Refused):
    """A failure of the store; the message is a sentence for people."""


class StoreMissing(StoreError):
    """There is no database here yet."""


class StoreBusy(StoreError):
    """The write lock did not come free in time."""


class StoreTooNew(StoreError):
    """The schema is newer than this release."""


class StoreUnreadable(StoreError):
    """What is there, or what a setting names, cannot be read as a database of this product."""


class StoreNotWritten(StoreError):
    """A write was refused; the former version stands."""


class StoreOvertaken(StoreNotWritten):
    """This process was silent for so long that another has written meanwhile: nothing was changed, try again."""


class StoreAway(StoreError):
    """A server that the store needs does not answer; what was committed is safe there."""


@dataclass(frozen=True, slots=True)
class StoreVersion:
    """The version that a cursor reads. Equal identities have equal rows; `file`: where one file holds just these."""

    name: str
    identity: tuple[int, ...]
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read whole, and what is wrong with it (None: nothing). `bytes` where it is a file."""

    name: str
    bytes: int | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class TakenVersion:
    """A version that a backup has taken hold of: `finish` completes its file; `linked` where the blocks are shared."""

    finish: Callable[[], None]
    linked: bool = False


def set_variables(cursor: duckdb.DuckDBPyConnection, variables: Mapping[str, object]) -> None:
    """Set variables of a session, named by the program itself; those that are None are left as they are."""
    for name, value in variables.items():
        if value is not None:
            cursor.execute(f"set variable {name} = $value", {"value": value})


class Database(ABC):
    """One of the two databases of an installation, `traffic` or `control`."""

    name: str

    @abstractmethod
    def read(self, **variables: object) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor of its own on the newest version, which stays the same as long as the cursor is used.

        Its session has the `variables` that the views look at: today (the UTC day that decides what is pending),
        first_day and last_day (which days weeks and months are of), with_imports, known_from. One that is None is not
        set. They are set here and nowhere else: a cursor may be used again for the next who asks for the same ones.
        Raises: StoreMissing, StoreUnreadable, StoreAway.
        """

    def rows(
        self, text: str, values: Mapping[str, object] | None = None, *, today: date | None = None
    ) -> list[tuple[Any, ...]]:
        """What one question answers; with `today` the day that the views take for it. Raises: as `read`."""
        with self.read(today=today) as cursor:
            return cursor.execute(parsed(text), values).fetchall()

    def narrow(self, cursor: duckdb.DuckDBPyConnection, repository_ids: Sequence[int]) -> None:  # noqa: B027
        """Tell a cursor of `read` that it will be asked of these repositories only, where that makes reading cheaper:
        rows of others may be missing from then on.
        """

    @abstractmethod
    def commit(self, purpose: str) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection in a transaction; when the block ends, its changes are the newest version, durably.

        When the block raises, nothing has changed. `purpose` names the holder to whoever waits.
        Raises: StoreMissing, StoreBusy, StoreTooNew, StoreNotWritten, StoreUnreadable, StoreAway.
        """

    @abstractmethod
    def locked(self, purpose: str) -> AbstractContextManager[None]:
        """Hold the write lock of the installation. Raises: StoreBusy, StoreNotWritten, StoreUnreadable, StoreAway."""

    @abstractmethod
    def prepare(self) -> None:
        """Create the database, or bring its schema to this release's.

        Raises: StoreTooNew, StoreBusy, StoreNotWritten, StoreUnreadable, StoreAway.
        """

    @abstractmethod
    def version(self) -> int:
        """The number of the newest version: changes with every commit, so it can be part of a cache key.

        Raises: StoreMissing, StoreAway.
        """

    @abstractmethod
    def now(self) -> datetime:
        """The moment by the one clock that all who share the store go by."""

    @abstractmethod
    def check(self) -> list[Checked]:
        """Everything that is kept, the oldest version first, each row of each table read once."""

    @abstractmethod
    def put_aside(self) -> list[Path]:
        """The files that nobody may build on, damaged or set back; they may be deleted."""

    @abstractmethod
    def last_ids(self) -> dict[str, int]:
        """The last number given for each table, as far as anything that is kept shows it."""

    @abstractmethod
    def version_of(self, cursor: duckdb.DuckDBPyConnection) -> StoreVersion:
        """Which version a cursor of `read` reads."""

    @abstractmethod
    def kept_versions(self) -> set[str]:
        """The names of the versions that somebody may still read: what was made from others may go."""

    @abstractmethod
    def extract(
        self, version: StoreVersion, target: Path, *, whole: bool
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A transaction on the new file `target`, with a version attached as `version` to take rows from.

        With `whole` the file has all its rows at first, else it is empty. It is complete when the block has ended; it
        is not made durable, since it can be made again.
        Raises: FileNotFoundError where the version was removed by commits that went by.
        """

    @abstractmethod
    def take(self, target: Path, opened: ExitStack) -> TakenVersion:
        """Take hold of the newest version, to have it as the file `target`; the caller holds the lock.

        What it takes is held until `opened` ends. Raises: StoreMissing, StoreAway, OSError.
        """

    @abstractmethod
    def replacement(
        self, source: Path, change: Callable[[duckdb.DuckDBPyConnection], None], opened: ExitStack
    ) -> Callable[[], int]:
        """Make ready a version with the rows of the database file `source`, migrated and changed, under the lock.

        What it answers makes that the newest and answers its number. Nothing is left of it when `opened` ends before.
        Raises: StoreNotWritten, StoreUnreadable, StoreAway, OSError.
        """

    @abstractmethod
    def former(self) -> str | None:
        """Where what is the newest version now can be had after the next commit."""

    def away(self) -> str | None:
        """Why what is read is not surely the newest: a server of the store does not answer. None: all is well."""
        return None

    def draw(self, bucket: str, cost_s: float, size_s: float) -> float | None:
        """Draw from a bucket that all processes with this store share: it holds so many seconds, and fills by one each
        second. Answers how many seconds too soon that was, and nothing was drawn then; 0 where it was not. No version
        of the store comes of it. None: there is no such bucket, or who keeps it does not answer at once.
        """
        return None

    def tidy(self, every: timedelta = timedelta(0)) -> str | None:
        """Bring in order what many small commits leave behind, unless that was done so recently; says what was done.

        None: nothing. Where each commit does so itself, there is nothing to be done. Raises: as `commit`.
        """
        return None

    @abstractmethod
    def close(self) -> None:
        """Let go of everything; the next use opens it again."""


def refuse_newer(place: object, database: str, schema_number: int) -> None:
    """Raises: StoreTooNew where the schema number that was found somewhere is one of a newer release."""
    known = schema.newest_known(database)
    if schema_number > known:
        raise StoreTooNew(
            f"{place} has schema {schema_number}; this release knows {known}. "
            "It was written by a newer release: update this one."
        )


@contextmanager
def extracting(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A transaction on the database that a connection uses, with `version` detached and all on disk when it ends."""
    connection.execute("begin")
    yield connection
    connection.execute("commit")
    connection.execute("detach version")
    connection.execute("checkpoint")


def first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def quoted(text: object) -> str:
    """A text or path between the quotes of an SQL string."""
    return str(text).replace("'", "''")
