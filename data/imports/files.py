"""The files that somebody brings: of a folder, a zip, a git clone; each with its name and how it is opened.

Nothing of a zip is written under a name of its own, and nothing of a clone is run. What is too large, climbs out of its
place or cannot be read is refused (ImportRefused) with the file's name.
"""

import hashlib
import lzma
import os
import re
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from data.imports.models import ImportRefused
from data.text import number_text

MOST_BYTES = 1 << 30  # of all files together, unpacked
MOST_FILES = 100_000
MOST_PACKED = 200  # times smaller than unpacked: text packs to a fortieth, zeros to a thousandth
LEAST_BOMB = 10 << 20
NESTED_BYTES = 100 << 20  # a zip inside of a zip is unpacked in memory
SUFFIXES = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".db", ".sqlite", ".sqlite3", ".zip"}
FRAGMENT = "_views_clones_series_fragment.csv"  # a window of github-repo-stats; its branch keeps them in history only
SQLITE = b"SQLite format 3\0"
TOO_MUCH = f"more than {MOST_BYTES >> 30} GB, unpacked. Import it in parts."
# What a damaged file raises, however it is compressed; of a method that it does not know, zipfile NotImplementedError.
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
GIT = (
    *("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "log.showSignature=false", "-c", "protocol.allow=never", "-c", "core.quotePath=false"),
)
GIT_ENVIRONMENT = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}
GIT_S = 300
_CHANGED = re.compile(r":\d+ \d+ [0-9a-f]+ (?P<blob>[0-9a-f]+) [AM]\t(?P<path>.+)")
_LISTED = re.compile(r"\d+ blob (?P<blob>[0-9a-f]+) +(?P<size>\d+)\t(?P<path>.+)")


@dataclass(frozen=True, slots=True)
class File:
    """A file by the name that people know it by; `path` where it lies on the disk as it is."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    path: Path | None = None

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).name.casefold()

    def on_disk(self, scratch: Path) -> Path:
        """Where it lies, or a copy of it in `scratch`."""
        if self.path is not None:
            return self.path
        place = scratch / hashlib.sha256(self.name.encode("utf-8", "replace")).hexdigest()[:24]
        if not place.exists():
            with readable(self) as source, place.open("xb") as target:
                shutil.copyfileobj(source, target)
        return place


def files_of(paths: Sequence[Path]) -> list[File]:
    """Every file of these places that may hold traffic, in the order of their names. Raises: ImportRefused."""
    files = {each.name: each for each in _limited(_of_places(paths))}
    if not files:
        raise ImportRefused(f"{paths[0]}: no file to import ({', '.join(sorted(SUFFIXES))}).")
    return [files[name] for name in sorted(files)]


def digest_of(files: Iterable[File]) -> str:
    """A digest of the names and contents of the files."""
    whole = hashlib.sha256()
    for each in files:
        whole.update(f"{each.name}\0{each.size}\0".encode("utf-8", "replace"))
        with readable(each) as stream:
            while piece := stream.read(1 << 20):
                whole.update(piece)
    return whole.hexdigest()


def uploaded(name: str, content: bytes) -> list[File]:
    """What somebody has handed over as one file. Raises: ImportRefused."""
    file = File(PurePosixPath(name.replace("\\", "/")).name, len(content), lambda: BytesIO(content))
    files = list(_limited(_unpacked(file))) if zipfile.is_zipfile(BytesIO(content)) else [file]
    if not files:
        raise ImportRefused(f"{file.name}: nothing in it can be imported. Save a spreadsheet as CSV first.")
    return files


def _of_places(paths: Iterable[Path]) -> Iterator[File]:
    """The files of all places; one that is called as another place's file has its place in its name."""
    places: dict[str, Path] = {}
    for path in dict.fromkeys(paths):
        for each in _files_of_place(path):
            is_first = places.setdefault(each.name, path) == path
            yield each if is_first else replace(each, name=f"{path.parent}/{each.name}".lstrip("/"))


def _limited(files: Iterable[File]) -> Iterator[File]:
    """The same, as long as they are not too much together."""
    size = 0
    for count, each in enumerate(files):
        size += each.size
        if size > MOST_BYTES:
            raise ImportRefused(f"{each.name}: with it that is {TOO_MUCH}")
        if count >= MOST_FILES:
            raise ImportRefused(f"{each.name}: more than {number_text(MOST_FILES)} files. Import them in parts.")
        yield each


def _files_of_place(path: Path) -> Iterator[File]:
    if path.is_dir():
        if (path / ".git").exists() or ((path / "objects").is_dir() and (path / "refs").is_dir()):
            yield from _of_clone(path)
        else:
            yield from _of_folder(path)
    elif path.is_file():
        yield from _plain(path.name, path)
    else:
        raise ImportRefused(f"{path}: there is no such file or folder.")


def _plain(name: str, path: Path) -> Iterator[File]:
    try:
        file = File(name, path.stat().st_size, lambda: path.open("rb"), path)
        with file.open() as stream:
            is_zip = stream.read(4) == b"PK\3\4"
    except OSError as refusal:
        raise ImportRefused(f"{name}: {refusal.strerror or refusal}.") from refusal
    yield from _unpacked(file) if is_zip else [file]


def _of_folder(folder: Path) -> Iterator[File]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if path.suffix.casefold() in SUFFIXES and not path.is_symlink():
                yield from _plain(f"{folder.name}/{path.relative_to(folder).as_posix()}", path)


def _unpacked(file: File, depth: int = 0) -> Iterator[File]:
    """The files inside of a zip, and of the zips in it."""
    try:
        with file.open() as stream, zipfile.ZipFile(stream) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (*BROKEN, ValueError) as broken:
        raise ImportRefused(f"{file.name}: the zip is damaged ({broken}).") from broken
    _refuse_bomb(file.name, entries)
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in str(name):
            raise ImportRefused(f"{file.name}: {entry.filename!r} climbs out of the zip. Nothing of it is read.")
        if entry.flag_bits & 1:
            raise ImportRefused(f"{file.name}: {entry.filename} is encrypted. Unpack it first.")
        is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if is_link or name.suffix.casefold() not in SUFFIXES or any(part.startswith(".") for part in name.parts):
            continue
        inside = File(f"{file.name}/{name}", entry.file_size, _opener(file, entry))
        if name.suffix.casefold() != ".zip":
            yield inside
        elif depth == 0 and entry.file_size <= NESTED_BYTES:
            with readable(inside) as stream:
                content = stream.read()
            yield from _unpacked(File(inside.name, len(content), _content_opener(content)), 1)


def _refuse_bomb(name: str, entries: Sequence[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(each.file_size for each in entries), sum(each.compress_size for each in entries)
    if unpacked > MOST_BYTES or len(entries) > MOST_FILES:
        raise ImportRefused(f"{name}: {TOO_MUCH}")
    if unpacked > LEAST_BOMB and unpacked > MOST_PACKED * packed:
        raise ImportRefused(
            f"{name}: it unpacks to {number_text(unpacked // max(packed, 1))} times its size. Nothing of it is read."
        )


def _opener(file: File, entry: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        try:
            return zipfile.ZipFile(file.path or file.open()).open(entry)
        except (ValueError, RuntimeError) as broken:  # a directory of entries that points anywhere
            raise zipfile.BadZipFile(str(broken)) from broken

    return opened


def _of_clone(folder: Path) -> Iterator[File]:
    """What lies on the tips of all branches, and every window of github-repo-stats in their history."""
    seen: set[tuple[str, str]] = set()
    for tip in dict.fromkeys(
        _git(folder, "for-each-ref", "--format=%(objectname)", "refs/heads", "refs/remotes").split()
    ):
        for line in _git(folder, "ls-tree", "-r", "-l", tip).splitlines():
            match = _LISTED.fullmatch(line)
            if match and PurePosixPath(match["path"]).suffix.casefold() in SUFFIXES:
                blob, path, size = match["blob"], match["path"], int(match["size"])
                if (blob, path) not in seen:
                    seen.add((blob, path))
                    file = File(f"{folder.name}@{blob[:7]}/{path}", size, _blob_opener(folder, blob))
                    yield from _unpacked(file) if path.casefold().endswith(".zip") else [file]
    yield from _windows_of_history(folder)


def _blob_opener(folder: Path, blob: str) -> Callable[[], IO[bytes]]:
    return lambda: BytesIO(_git_bytes(folder, "cat-file", "blob", blob))


def _windows_of_history(folder: Path) -> Iterator[File]:
    """All at once: a process for each of some thousand would take most of the time."""
    options = ("--all", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=AM", "--format=")
    changes = _git(folder, "log", *options, "--", f"*{FRAGMENT}").splitlines()
    windows = dict.fromkeys((match["blob"], match["path"]) for line in changes if (match := _CHANGED.fullmatch(line)))
    if not windows:
        return
    output = _git_bytes(folder, "cat-file", "--batch", stdin="\n".join(blob for blob, _ in windows).encode())
    begin = 0
    for blob, path in windows:
        end = output.index(b"\n", begin)
        _, _, size = output[begin:end].split()
        content = output[end + 1 : end + 1 + int(size)]
        begin = end + 2 + int(size)
        yield File(f"{folder.name}@{blob[:7]}/{path}", len(content), _content_opener(content))


def _content_opener(content: bytes) -> Callable[[], IO[bytes]]:
    return lambda: BytesIO(content)


def _git(folder: Path, *words: str) -> str:
    return _git_bytes(folder, *words).decode("utf-8", "replace")


def _git_bytes(folder: Path, *words: str, stdin: bytes | None = None) -> bytes:
    command = [*GIT, "-C", str(folder), *words]
    environment = GIT_ENVIRONMENT | {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    try:
        done = subprocess.run(command, env=environment, input=stdin, capture_output=True, check=False, timeout=GIT_S)  # noqa: S603
    except FileNotFoundError as missing:
        raise ImportRefused(f"{folder} is a git clone, but there is no git on this machine to read it.") from missing
    except subprocess.TimeoutExpired as late:
        raise ImportRefused(f"{folder}: git took more than {GIT_S} seconds.") from late
    if done.returncode != 0:
        raise ImportRefused(f"{folder}: git says: {done.stderr.decode('utf-8', 'replace').strip()[:300]}")
    return done.stdout


@contextmanager
def readable(file: File) -> Iterator[IO[bytes]]:
    """A file to be read; an error meanwhile is raised with the file's name. Raises: ImportRefused."""
    try:
        with file.open() as stream:
            yield stream
    except BROKEN as broken:
        raise ImportRefused(f"{file.name} cannot be read: {broken}.") from broken
