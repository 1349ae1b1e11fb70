"""Copies the newest pair of databases to another directory, and brings such a pair back as the next versions.

The server's secret key is never part of a backup: without it nobody can open the tokens inside.

StoreError (see data/store.py)
└── BackupIncomplete    the directory holds no backup of both databases
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from data import schema
from data.calendar import utc_now
from data.locking import LockHeld, exclusive
from data.store import Database, Store, StoreBusy, StoreError, StoreMissing, StoreNotWritten, StoreTooNew, check_file
from data.versions import copy, sync

STAMP = "%Y%m%dT%H%M%SZ"
KEY_NOTE = (
    "The secret key is not in the backup. The tokens in it open with that key only: keep a copy of the key "
    "somewhere else than the backup."
)
RESTORE_NOTE = (
    "The former versions are still there until three more commits have been made. Tokens in the restored data open "
    "only with the key that they were sealed with."
)
LOCK_TIMEOUT_S = 60.0
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
    """The backup that was brought back, and the versions that it became."""

    stamp: str
    traffic_version: int
    control_version: int
    note: str = RESTORE_NOTE


def backup(store: Store, target_dir: Path) -> BackupReport:
    """Put the newest version of both databases, a consistent pair, into `target_dir` under a UTC stamp.

    Holds the write lock only while it takes hold of the two files, not while it copies them.
    Raises: StoreMissing, StoreBusy, StoreNotWritten.
    """
    with _target(target_dir), ExitStack() as opened:
        with store.traffic.locked("backup"):
            stamp = _free_stamp(target_dir, utc_now())
            taken = [_take(database, target_dir, stamp, opened) for database in (store.control, store.traffic)]
        for file in taken:
            file.fill()
        for file in taken:
            file.temporary.rename(file.final)
        sync(target_dir)
    linked = all(file.source is None for file in taken)
    return BackupReport(stamp, taken[1].final, taken[0].final, linked)


def backups(source_dir: Path) -> list[str]:
    """The stamps of the complete backups in a directory, oldest first."""
    found = [match.groups() for path in source_dir.glob("*.duckdb") if (match := _NAME.fullmatch(path.name))]
    return sorted({stamp for _, stamp in found if {("traffic", stamp), ("control", stamp)} <= set(found)})


def restore(store: Store, source_dir: Path, stamp: str | None = None) -> RestoreReport:
    """Make a backup, the newest or the one named, the next version of both databases, and migrate it.

    Both files are checked before anything changes. What was there before stays among the last three versions.
    Raises: BackupIncomplete, StoreUnreadable, StoreTooNew, StoreBusy, StoreNotWritten.
    """
    chosen = _chosen(source_dir, stamp)
    sources = {name: source_dir / f"{name}-{chosen}.duckdb" for name in ("traffic", "control")}
    for name, path in sources.items():
        _check(path, name)
    with store.traffic.locked("restore"):
        numbers = _publish(store, sources)
    store.prepare()
    return RestoreReport(chosen, *numbers)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A version on its way into the backup: linked already, or held open to be copied."""

    temporary: Path
    final: Path
    mode: int
    source: BinaryIO | None

    def fill(self) -> None:
        """Copy where no link was made; the file is whole on disk when this returns."""
        if self.source is not None:
            descriptor = os.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as writer:
                shutil.copyfileobj(self.source, writer, 1 << 24)
            self.temporary.chmod(self.mode)
            sync(self.temporary)


def _take(database: Database, target_dir: Path, stamp: str, opened: ExitStack) -> _Taken:
    number = database.files.newest()
    if number is None:
        raise StoreMissing(f"There is no {database.name} database in {database.files.directory} to back up.")
    version, name = database.files.path(number), f"{database.name}-{stamp}.duckdb"
    temporary, final = target_dir / f".{name}.part", target_dir / name
    try:
        os.link(version, temporary)
    except OSError:  # another disk, or one without links
        return _Taken(temporary, final, database.files.mode, opened.enter_context(version.open("rb")))
    return _Taken(temporary, final, database.files.mode, None)


@contextmanager
def _target(target_dir: Path) -> Iterator[None]:
    """Have the target directory to oneself, cleared of what a backup that was cut short left behind."""
    try:
        target_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
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


def _check(path: Path, database: str) -> None:
    found, known = check_file(path, database), schema.newest_known(database)
    if found > known:
        raise StoreTooNew(
            f"{path} has schema {found}; this release knows {known}. "
            "It was written by a newer release: update this one. Nothing was changed."
        )


def _publish(store: Store, sources: dict[str, Path]) -> tuple[int, int]:
    """Copy both files first, then give both their names, so that little can go wrong between the two."""
    pairs = [(database.files, sources[database.name]) for database in (store.traffic, store.control)]
    numbers = []
    try:
        for files, source in pairs:
            files.remove_leftovers()
            number = (files.newest() or 0) + 1
            copy(source, files.temporary(number))
            sync(files.temporary(number))
            numbers.append(number)
        for (files, _), number in zip(pairs, numbers, strict=True):
            files.publish(files.temporary(number), number)
    except OSError as refusal:
        for files, _ in pairs:
            with suppress(OSError):
                files.remove_leftovers()
        raise StoreNotWritten(
            f"The disk of {store.directory} refused the restored files ({refusal}). Make room or mend the rights, "
            "then restore again."
        ) from refusal
    return numbers[0], numbers[1]
