"""Database files that hold one viewer's rows and no others, for untrusted SQL: see sandbox.py.

Made once for each version and viewer, kept in `<data directory>/extracts/` (0700, the files 0600) until the version
goes. Whoever may see every row gets the version itself, or a copy without the records that wait there for the audit
log. What is handed out is an open file without a name, so that
whoever reads it learns no path of this machine.
"""

import hashlib
import os
import secrets
import shutil
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from duckdb import DuckDBPyConnection

from data.accounts.models import Viewer
from data.schema import migrate as schema
from data.store import Store, StoreUnreadable
from data.store.database import StoreVersion
from data.store.sql import execute_each, query
from data.store.version_files import copy, keep_owner, make_directory

MOST_FILES = 200
LEFT_BEHIND_S = 3600  # a file that has been in the making for so long belongs to a process that is gone
ATTEMPTS = 5
LOCKS = 16
FILTERED_HERE = frozenset(
    {
        *("tenant", "note", "endpoint_state", "collection_run", "repository_group", "repository_group_member"),
        "delivery_attempt",
    }
)


def open_extract(viewer: Viewer, store: Store) -> int:
    """A descriptor, to be closed by the caller, of a DuckDB file with the newest rows of this viewer and no others.

    Raises: StoreMissing, StoreUnreadable, OSError.
    """
    folder = store.extracts
    for _ in range(ATTEMPTS):
        with suppress(FileNotFoundError):  # commits went by, and the version or the extract was removed with it
            return _open_nameless(_file(viewer, store, folder), folder)
    raise StoreUnreadable(f"The versions in {store.directory} come and go too fast to be read.")


def prepare_extract(viewer: Viewer, store: Store) -> None:
    os.close(open_extract(viewer, store))


def _file(viewer: Viewer, store: Store, folder: Path) -> Path:
    make_directory(folder, 0o700)
    with store.traffic.read() as cursor:  # keeps its version, whatever comes meanwhile
        ((sees_all,),) = cursor.execute(query(__name__, "sees_all"), viewer.values()).fetchall()
        version = store.traffic.version_of(cursor)
        if sees_all and version.file is not None and not cursor.execute("from audit_outbox limit 1").fetchall():
            return version.file
        target = folder / f"{version.name}-{_digest(viewer, version)}.duckdb"
        with _locks()[hash(target.name) % LOCKS]:  # of whoever makes this file in this process
            if not target.exists():
                _remove_old(store, folder)
                _make(viewer, store, version, target, sees_all=sees_all)
    return target


def _make(viewer: Viewer, store: Store, version: StoreVersion, target: Path, *, sees_all: bool) -> None:
    temporary = target.with_name(f".{secrets.token_hex(8)}.making")
    try:
        with store.traffic.extract(version, temporary, whole=sees_all) as connection:
            temporary.chmod(0o600)
            if sees_all:
                connection.execute("drop table audit_outbox")
            else:
                schema.migrate(connection, "traffic")
                _fill(connection, viewer)
        keep_owner(temporary)
        temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)


def _fill(connection: DuckDBPyConnection, viewer: Viewer) -> None:
    values = viewer.values()
    schema.copy_visible(connection, "version", values["visible"], FILTERED_HERE)
    connection.execute("alter table collection_run alter requests drop not null")
    uncounted = {"uncounted": [key for key, _ in viewer.uncounted], "counted": [key for _, key in viewer.uncounted]}
    execute_each(connection, query(__name__, "fill"), values | uncounted)


def _open_nameless(path: Path, folder: Path) -> int:
    """A descriptor of the file under a name that is gone at once; where the disk has no second names, of a copy."""
    name = folder / f".{secrets.token_hex(8)}.handed"
    try:
        try:
            os.link(path, name)
        except FileNotFoundError:
            raise
        except OSError:
            copy(path, name)
        return os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    finally:
        name.unlink(missing_ok=True)


def _remove_old(store: Store, folder: Path) -> None:
    """Remove what belongs to versions that are gone, was left behind, or is too much."""
    shutil.rmtree(store.directory / "excerpts", ignore_errors=True)  # what a former release called it
    versions = store.traffic.kept_versions()
    files = [(path, path.stat().st_mtime) for path in folder.iterdir()]
    current = sorted((made, path) for path, made in files if path.stem.rpartition("-")[0] in versions)
    surplus = [path for _, path in current[: -MOST_FILES + 1]]
    outdated = [path for path, _ in files if path.name[0] != "." and path.stem.rpartition("-")[0] not in versions]
    left_behind = [path for path, made in files if path.name[0] == "." and time.time() - made > LEFT_BEHIND_S]
    for path in (*surplus, *outdated, *left_behind):
        path.unlink(missing_ok=True)


def _digest(viewer: Viewer, version: StoreVersion) -> str:
    """Of all that decides the rows: what is visible, and the very version that they come from."""
    visible = (sorted(viewer.repository_ids), sorted(viewer.tenant_ids), sorted(viewer.uncounted))
    parts = (*visible, *version.identity)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@cache
def _locks() -> tuple[threading.Lock, ...]:
    return tuple(threading.Lock() for _ in range(LOCKS))
