"""Copies the newest pair of databases to another directory, and brings such a pair back as the next versions.

The server's secret key is never part of a backup: without it nobody can open the tokens inside.

StoreError (see data/store/database.py)
└── BackupIncomplete    the directory holds no backup of both databases
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb

from data.accounts.audit import record
from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from data.store.database import StoreBusy, StoreError, StoreNotWritten, refuse_newer
from data.store.file_backend import check_file, void_sign_ins
from data.store.store import Store
from data.store.version_files import KEPT_VERSIONS, LockHeld, exclusive, make_directory, sync

STAMP = "%Y%m%dT%H%M%SZ"
KEY_NOTE = (
    "The secret key is not in the backup. The tokens in it open with that key only: keep a copy of the key "
    "somewhere else than the backup."
)
TOKENS_NOTE = "Tokens in the restored data open only with the key that they were encrypted with."
LOCK_TIMEOUT_S = 60.0
COLLECTING = ".collecting"  # the lock file that a run holds
_NAME = re.compile(r"(traffic|control)-(\d{8}T\d{6}Z)\.duckdb")


class BackupIncomplete(StoreError):
    """A backup is there only when both of its files are."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """The two files of a backup, and what to know about it; `linked` when they share the store's disk blocks."""

    stamp: str
    traffic: Path
    control: Path
    linked: bool
    note: str = KEY_NOTE


@dataclass(frozen=True, slots=True)
class RestoreReport:
    stamp: str
    traffic_version: int
    control_version: int
    note: str


def backup(store: Store, target_dir: Path) -> BackupReport:
    """Put the newest version of both databases, a consistent pair, into `target_dir` under a UTC stamp.

    Holds the write lock only while it takes hold of the two files, not while it copies them. What it has copied is read
    whole before it is called a backup. Raises: StoreMissing, StoreBusy, StoreNotWritten, StoreUnreadable.
    """
    with _target(target_dir), ExitStack() as opened:
        with store.traffic.locked("backup"):
            stamp = _free_stamp(target_dir, utc_now())
            files = {name: target_dir / f"{name}-{stamp}.duckdb" for name in ("control", "traffic")}
            parts = {name: file.with_name(f".{file.name}.part") for name, file in files.items()}
            taken = [store.database(name).take(part, opened) for name, part in parts.items()]
        for each, (name, part) in zip(taken, parts.items(), strict=True):
            each.finish()
            check_file(part, name)  # a backup that nobody can read is none
        for name, part in parts.items():
            part.rename(files[name])
        sync(target_dir)
    return BackupReport(stamp, files["traffic"], files["control"], all(each.linked for each in taken))


def backups(source_dir: Path) -> list[str]:
    """The stamps of the complete backups in a directory, oldest first."""
    found = [match.groups() for path in source_dir.glob("*.duckdb") if (match := _NAME.fullmatch(path.name))]
    return sorted({stamp for _, stamp in found if {("traffic", stamp), ("control", stamp)} <= set(found)})


def restore(store: Store, source_dir: Path, stamp: str | None = None) -> RestoreReport:
    """Make a backup, the newest or the one named, the next version of both databases, and migrate it.

    Both files are checked before anything changes, and nobody collects meanwhile. Sessions and one-time links of the
    backup are void; a number that was given since is not given again. One commit to each database, so that the
    version before it stays for one commit more.
    Raises: BackupIncomplete, StoreUnreadable, StoreTooNew, StoreBusy, StoreNotWritten.
    """
    chosen = _chosen(source_dir, stamp)
    sources = {name: source_dir / f"{name}-{chosen}.duckdb" for name in ("traffic", "control")}
    for name, path in sources.items():
        refuse_newer(path, name, check_file(path, name))
    with nobody_collecting(store, "restore"), store.traffic.locked("restore"):
        former = [each for database in (store.traffic, store.control) if (each := database.former())]
        numbers = publish(store, sources, partial(_void, chosen))
    return RestoreReport(chosen, *numbers, note=_restore_note(former))


def _void(stamp: str, connection: duckdb.DuckDBPyConnection) -> None:
    """What a restored `control` must not do: a session that was ended since, and a link that was used since, must let
    nobody in.
    """
    void_sign_ins(connection)
    about, detail = f"backup {stamp}", "all sessions ended, all links voided"
    record(connection, "backup restored", about, COMMAND_LINE, utc_now(), detail=detail)


def _restore_note(former: list[str]) -> str:
    if len(former) < 2:
        return TOKENS_NOTE
    return (
        f"What was there before is {former[0]} and {former[1]}. Each is "
        f"removed when {KEPT_VERSIONS - 1} more commits have been made to its database: copy them if you need them. "
        f"{TOKENS_NOTE}"
    )


@contextmanager
def _target(target_dir: Path) -> Iterator[None]:
    """Have the target directory to oneself, cleared of what a backup that was cut short left behind."""
    try:
        make_directory(target_dir, 0o700)
        with exclusive(target_dir / ".lock", "backup", LOCK_TIMEOUT_S):
            _remove_parts(target_dir)
            try:
                yield
            finally:
                with suppress(OSError):
                    _remove_parts(target_dir)
    except LockHeld as held:
        raise StoreBusy(f"{target_dir} is being written to by {held.holder}. Try again when it has finished.") from held
    except OSError as refusal:
        raise StoreNotWritten(
            f"The backup to {target_dir} failed ({refusal}). No file of it is left there; the store is as it was."
        ) from refusal


def _remove_parts(target_dir: Path) -> None:
    for part in target_dir.glob(".*.duckdb.part"):
        part.unlink()


def _free_stamp(target_dir: Path, now: datetime) -> str:
    """The stamp of `now`, or of the next second that no backup here has."""
    while any((target_dir / f"{name}-{now:{STAMP}}.duckdb").exists() for name in ("traffic", "control")):
        now += timedelta(seconds=1)
    return f"{now:{STAMP}}"


def _chosen(source_dir: Path, stamp: str | None) -> str:
    complete = backups(source_dir)
    if not complete:
        raise BackupIncomplete(
            f"{source_dir} holds no backup: it takes traffic-STAMP.duckdb and control-STAMP.duckdb of the same stamp."
        )
    if stamp is not None and stamp not in complete:
        raise BackupIncomplete(f"{source_dir} holds no complete backup {stamp}. It holds: {', '.join(complete)}.")
    return stamp or complete[-1]


@contextmanager
def nobody_collecting(store: Store, purpose: str) -> Iterator[None]:
    """Keep collections away: one that is going on would save what it fetched for the data that was there before."""
    try:
        make_directory(store.directory)
        with exclusive(store.directory / COLLECTING, purpose, 0):
            yield
    except LockHeld as held:
        raise StoreBusy(
            f"A collection is going on in {store.directory}: {held.holder}. The {purpose} did not begin. "
            "Let it finish or stop it, and stop the schedule, then do it again."
        ) from held


def publish(
    store: Store, sources: dict[str, Path], change_control: Callable[[duckdb.DuckDBPyConnection], None]
) -> tuple[int, int]:
    """Have the rows of two database files be the newest version of both databases; the caller holds the lock.

    Both are made ready first, then both are published, so that little can go wrong between the two.
    Raises: StoreNotWritten, StoreUnreadable, StoreAway.
    """
    changes = {"traffic": lambda connection: None, "control": change_control}
    try:
        with ExitStack() as opened:
            ready = [store.database(name).replacement(sources[name], changes[name], opened) for name in changes]
            traffic, control = (make_newest() for make_newest in ready)
    except (OSError, StoreNotWritten) as refusal:
        raise StoreNotWritten(
            f"{store.place} did not take the files ({refusal.__cause__ or refusal}). Free disk space, "
            "or fix the permissions or the setting, then do it again."
        ) from refusal
    return traffic, control
