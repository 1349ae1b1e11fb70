"""The version files of one database on disk: where the newest is, how the next one becomes it; and the write lock.

Knows files only, not DuckDB. Everything that changes files here runs under the write lock.

Disks rot, and root may write to a file of mode 0444. So the size and a checksum of each version are noted
beside it when it has become the newest, and what no longer matches its note is put aside before anybody builds on it.
"""

import errno
import fcntl
import json
import logging
import os
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXTRACTS = "extracts"  # the folder of files with a part of a version's rows
KEPT_VERSIONS = 3
TRUSTED_FOR_S = 10.0  # how long a version that was read whole and found good is not read again by this process
CHUNK = 1 << 24
RETRY_EVERY_S = 0.02
LOOK_S = 0.1  # who only looks whether a lock is held may hold it for a moment

_log = logging.getLogger(__name__)


class NoGoodVersion(Exception):
    """No version that is left may be built on; the sentence says what is wrong with the newest."""


@dataclass(frozen=True, slots=True)
class VersionFiles:
    """`<directory>/versions/<name>-<n>.duckdb`, and `<directory>/<name>.duckdb`, a symlink to the newest."""

    directory: Path
    name: str
    mode: int
    _trusted: dict[tuple[int, int, int], float] = field(default_factory=dict, compare=False, repr=False)

    @property
    def folder(self) -> Path:
        return self.directory / "versions"

    @property
    def aside(self) -> Path:
        """Where versions lie that nobody may build on: damaged ones, and those after one that was set back by hand."""
        return self.folder / "aside"

    @property
    def link(self) -> Path:
        return self.directory / f"{self.name}.duckdb"

    def path(self, number: int) -> Path:
        return self.folder / f"{self.name}-{number}.duckdb"

    def numbers(self) -> list[int]:
        stems = (path.stem.rpartition("-") for path in self.folder.glob(f"{self.name}-*.duckdb"))
        return sorted(int(number) for name, _, number in stems if name == self.name and number.isdigit())

    def committed(self) -> Path | None:
        """The version that the symlink names; None where there is none yet, or a copied file instead of it."""
        target = self._linked()
        return None if target is None else self.directory / target

    def committed_number(self) -> int | None:
        """The number of that version. Every page asks a dozen times in a run, so no Path is made for it."""
        target = self._linked()
        return None if target is None else int(target.rpartition("-")[2].partition(".")[0])

    def _linked(self) -> str | None:
        try:
            return os.readlink(f"{self.directory}/{self.name}.duckdb")  # noqa: PTH115 - a Path would lose "versions/"
        except FileNotFoundError:
            return None
        except OSError as refusal:
            if refusal.errno != errno.EINVAL:  # which says that it is no symlink
                raise
            return None

    def newest(self) -> int | None:
        """The highest version on disk; a crash between rename and symlink leaves it one ahead of the symlink."""
        return max(self.numbers(), default=None)

    def next_number(self) -> int:
        """A number that no version has or had, one that was put aside or is missing included."""
        gone = (path.stem.rpartition("-")[2] for path in self.aside.glob(f"{self.name}-*.duckdb"))
        return 1 + max([0, self.committed_number() or 0, *self.numbers(), *(int(n) for n in gone if n.isdigit())])

    def note(self, number: int) -> Path:
        return self.folder / f"{self.name}-{number}.note"

    def temporary(self, number: int) -> Path:
        return self.folder / f".{self.name}-{number}.duckdb.tmp"

    def publish(self, temporary: Path, number: int) -> None:
        """Make a finished file the version `number`, and the newest: durable when this returns."""
        sync(temporary)
        temporary.chmod(self.mode)
        keep_owner(temporary)
        temporary.rename(self.path(number))
        try:
            self.point_to(number)
        except OSError:
            self.path(number).unlink()  # else the next writer would publish what was reported as failed
            raise
        with suppress(OSError):  # it is published; the next commit notes it, and prunes again
            self.write_note(number)
            self.prune()

    def write_note(self, number: int) -> None:
        """Note what the version is; to do so it is read whole. Nothing is pruned before."""
        path, note = self.path(number), self.note(number)
        found = path.stat()
        facts = {"bytes": found.st_size, "checksum": checksum(path)}
        temporary = note.with_suffix(".note.tmp")
        temporary.write_text(json.dumps(facts), encoding="ascii")
        temporary.chmod(0o600 if self.mode == 0o600 else 0o644)
        keep_owner(temporary)
        temporary.replace(note)
        self._trusted[_identity(found)] = time.monotonic()

    def fault(self, number: int, *, anew: bool = True) -> str | None:
        """Why nobody may build on a version, as the end of a sentence about it; None where it is as it was noted.

        A version without a note (a release before notes made it, or a crash came in between) is taken for good. With
        `anew` it is read whole; else not again within seconds.
        """
        try:
            status = self.path(number).stat()
            noted: dict[str, Any] = json.loads(self.note(number).read_text(encoding="ascii"))
            if status.st_size != noted["bytes"]:
                return f"has {status.st_size:,} bytes and not the {noted['bytes']:,} that were written"
            trusted_at = None if anew else self._trusted.get(_identity(status))
            if trusted_at is not None and time.monotonic() - trusted_at < TRUSTED_FOR_S:
                return None
            if checksum(self.path(number)) != noted["checksum"]:
                return "is damaged, or was written to: its content is not what was published"
        except FileNotFoundError:
            return None if self.path(number).exists() else "is missing"
        except (OSError, ValueError, KeyError) as refusal:
            return f"cannot be read ({refusal})"
        self._trusted[_identity(status)] = time.monotonic()
        return None

    def point_to(self, number: int) -> None:
        """Switch the symlink in one step to version `number`, whose name is made durable first."""
        sync(self.folder)
        fresh = self.directory / f".{self.name}.duckdb.link"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path("versions") / self.path(number).name)
        keep_owner(fresh)
        if self.link.exists() and not self.link.is_symlink():  # a data directory copied with its links followed
            make_directory(self.aside, 0o700)
            self.link.replace(self.aside / self.link.name)
        fresh.replace(self.link)
        sync(self.directory)

    def prune(self) -> None:
        """Remove all but the last three versions. Who has an older one open keeps it until they close it."""
        for number in self.numbers()[:-KEPT_VERSIONS]:
            self.path(number).unlink()
            self.note(number).unlink(missing_ok=True)
            for extract in (self.directory / EXTRACTS).glob(f"{self.path(number).stem}-*"):
                extract.unlink(missing_ok=True)

    def settle(self) -> bool:
        """Remove what a crashed writer has left behind, and have the symlink name a version that may be built on.

        A version after the one that the symlink names is either one whose writer crashed before it could switch it (it
        has no note yet: the switch is finished) or one that somebody set back by hand (put aside). A version that
        is not as it was noted is put aside, too, and the next older good one is taken: what was lost with it is in the
        log. Says whether one was put aside. Raises: NoGoodVersion, with all left where it is.
        """
        self.remove_scraps(f".{self.name}-")
        numbers, linked = self.numbers(), self.committed_number()
        if numbers and linked is not None and numbers[-1] > linked and not self.note(numbers[-1]).exists():
            linked = numbers[-1]
        unusable: dict[int, str] = {}
        for number in reversed(numbers):
            if linked is not None and number > linked:
                unusable[number] = f"comes after {self.path(linked).name}, to which the symlink was set back"
            elif (fault := self.fault(number, anew=False)) is not None:
                unusable[number] = fault
            else:
                break
        good = [number for number in numbers if number not in unusable]
        if numbers and not good:
            raise NoGoodVersion(f"{self.path(numbers[-1])} {unusable[numbers[-1]]}, and there is no older good one.")
        for number, why in unusable.items():
            self.put_aside(number, why)
        if good:
            if self.committed() != self.path(good[-1]):
                self.point_to(good[-1])
            if not self.note(good[-1]).exists():
                self.write_note(good[-1])
        return bool(unusable)

    def put_aside(self, number: int, why: str) -> None:
        path = self.path(number)
        _log.error("%s %s. It was put aside into %s.", path, why, self.aside)
        make_directory(self.aside, 0o700)
        with suppress(FileNotFoundError):
            path.replace(self.aside / path.name)
        self.note(number).unlink(missing_ok=True)
        Path(f"{path}.wal").unlink(missing_ok=True)

    def drop_foreign_log(self, path: Path) -> None:
        """Remove the write-ahead log beside a version: only a client that was killed while writing to it leaves one.

        One that is still at it holds a lock on the file; DuckDB then says whose it is.
        """
        log = Path(f"{path}.wal")
        if log.exists() and not _is_locked(path):
            _log.error("%s was left by a program that wrote to a finished version. It is not used.", log)
            log.unlink(missing_ok=True)

    def remove_scraps(self, beginning: str) -> None:
        """Remove the files beside the versions whose names begin so, and DuckDB's directories beside those."""
        for scrap in self.folder.glob(f"{beginning}*"):
            if scrap.is_dir():
                shutil.rmtree(scrap)
            else:
                scrap.unlink()


def make_directory(path: Path, mode: int = 0o755) -> None:
    """Make a directory, and those above it, for nobody else to write to, whatever the umask; root's keep the owner."""
    if not path.is_dir():
        if not path.parent.is_dir():
            make_directory(path.parent, 0o755)
        path.mkdir(mode=mode, exist_ok=True)
        keep_owner(path)


def keep_owner(path: Path) -> None:
    """Give what root makes to the owner of the directory that it lies in: else the service could not use it."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        if (owner.st_uid, owner.st_gid) != (0, 0):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def checksum(path: Path) -> int:
    """CRC-32 of a file: finds what a disk or a stray program did to it, at 4 GB a second."""
    found = 0
    with path.open("rb") as reader:
        while chunk := reader.read(CHUNK):
            found = zlib.crc32(chunk, found)
    return found


def _is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def copy(source: Path, target: Path) -> None:
    """Copy a file's bytes (in the kernel where it can) to a new file that only its owner may read."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    shutil.copyfile(source, target)


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class LockHeld(Exception):
    """The lock did not come free in time; `holder` says whose it is."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextmanager
def exclusive(path: Path, purpose: str, timeout_s: float, handed: int | None = None) -> Iterator[int]:
    """Hold the lock file `path`. The system frees it when the process ends, however that comes.

    Gives its descriptor: a process that inherits it has the lock as well, and holds it on, with `handed`, when this one
    lets go. Raises: LockHeld after `timeout_s` seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600) if handed is None else handed
    keep_owner(path)
    try:
        _acquire(descriptor, timeout_s)
        with suppress(OSError):  # a full disk may refuse the signature; the lock is held all the same
            _sign(descriptor, purpose)
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock file at this moment: a process that was killed holds none."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _acquire(descriptor: int, timeout_s: float) -> None:
    give_up_at = time.monotonic() + max(timeout_s, LOOK_S)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                raise LockHeld(_holder(descriptor)) from None
            time.sleep(RETRY_EVERY_S)
        else:
            return


def _sign(descriptor: int, purpose: str) -> None:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    signature = json.dumps({"process": os.getpid(), "purpose": purpose, "since": since})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, signature.encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        signature = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {signature['process']} ({signature['purpose']}) since {signature['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
