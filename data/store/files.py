"""The version files of one database on disk: where the newest is, how the next one becomes it.

Knows files only, not DuckDB. Everything that changes files here runs under the write lock.
"""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KEPT_VERSIONS = 3


@dataclass(frozen=True, slots=True)
class VersionFiles:
    """`<directory>/versions/<name>-<n>.duckdb`, and `<directory>/<name>.duckdb`, a symlink to the newest."""

    directory: Path
    name: str
    mode: int

    @property
    def folder(self) -> Path:
        """Where the versions lie."""
        return self.directory / "versions"

    @property
    def excerpts(self) -> Path:
        """Where files with a part of a version's rows lie, each named for its version and removed with it."""
        return self.directory / "excerpts"

    @property
    def link(self) -> Path:
        """The symlink that clients open."""
        return self.directory / f"{self.name}.duckdb"

    def path(self, number: int) -> Path:
        """The file of a version."""
        return self.folder / f"{self.name}-{number}.duckdb"

    def numbers(self) -> list[int]:
        """The numbers of the versions on disk, oldest first."""
        stems = (path.stem.rpartition("-") for path in self.folder.glob(f"{self.name}-*.duckdb"))
        return sorted(int(number) for name, _, number in stems if name == self.name and number.isdigit())

    def committed(self) -> Path | None:
        """The version that the symlink names; None where there is none yet."""
        try:
            return self.directory / os.readlink(self.link)  # noqa: PTH115 - a Path would lose "versions/"
        except FileNotFoundError:
            return None

    def committed_number(self) -> int | None:
        """The number of that version. Every page asks a dozen times in a run, so no Path is made for it."""
        try:
            target = os.readlink(f"{self.directory}/{self.name}.duckdb")  # noqa: PTH115
        except FileNotFoundError:
            return None
        return int(target.rpartition("-")[2].partition(".")[0])

    def newest(self) -> int | None:
        """The highest version on disk; a crash between rename and symlink leaves it one ahead of the symlink."""
        return max(self.numbers(), default=None)

    def temporary(self, number: int) -> Path:
        """Where version `number` is written before it has its name."""
        return self.folder / f".{self.name}-{number}.duckdb.tmp"

    def publish(self, temporary: Path, number: int) -> None:
        """Make a finished file the version `number`, and the newest: durable when this returns."""
        sync(temporary)
        temporary.chmod(self.mode)
        temporary.rename(self.path(number))
        try:
            self.point_to(number)
        except OSError:
            self.path(number).unlink()  # else the next writer would publish what was told to have failed
            raise
        with suppress(OSError):  # it is published; the next commit prunes again
            self.prune()

    def point_to(self, number: int) -> None:
        """Switch the symlink in one step to version `number`, whose name is made durable first."""
        sync(self.folder)
        fresh = self.directory / f".{self.name}.duckdb.link"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path("versions") / self.path(number).name)
        fresh.replace(self.link)
        sync(self.directory)

    def prune(self) -> None:
        """Remove all but the last three versions. Who has an older one open keeps it until they close it."""
        for number in self.numbers()[:-KEPT_VERSIONS]:
            self.path(number).unlink()
            for excerpt in self.excerpts.glob(f"{self.path(number).stem}-*"):
                excerpt.unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Remove what a writer that crashed has left behind, and finish its last switch of the symlink."""
        self.remove_scraps(f".{self.name}-")
        newest = self.newest()
        if newest is not None and self.committed() != self.path(newest):
            self.point_to(newest)

    def remove_scraps(self, beginning: str) -> None:
        """Remove the files beside the versions whose names begin so, and DuckDB's directories beside those."""
        for scrap in self.folder.glob(f"{beginning}*"):
            if scrap.is_dir():
                shutil.rmtree(scrap)
            else:
                scrap.unlink()


def copy(source: Path, target: Path, mode: int = 0o600) -> None:
    """Copy a file's bytes (in the kernel where it can) to a new file that only its owner may read."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        if not _send(reader.fileno(), writer.fileno()):
            shutil.copyfileobj(reader, writer, 1 << 24)


def _send(source: int, target: int) -> bool:
    """Copy with sendfile; False where the system has none for files (macOS)."""
    offset, size = 0, os.fstat(source).st_size
    while offset < size:
        try:
            sent = os.sendfile(target, source, offset, min(size - offset, 1 << 30))
        except OSError:
            if offset:
                raise
            return False
        if sent == 0:
            break
        offset += sent
    return True


def sync(path: Path) -> None:
    """Have the disk hold what the file or directory holds."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
