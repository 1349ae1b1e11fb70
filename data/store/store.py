"""The store of an installation: its two databases on one backend, and the one cache over both."""

import os
import socket
from pathlib import Path

from data.store.cache import Cache
from data.store.database import LOCK_TIMEOUT_S, Database
from data.store.file_backend import FileDatabase
from data.store.lake import lake_databases, lake_place
from data.store.version_files import EXTRACTS, VersionFiles, make_directory

STORE_VARIABLE = "TRAFFIC_STORE"
LAKE_DATA_VARIABLE = "TRAFFIC_LAKE_DATA"


class Store:
    """`traffic`, which may be shared, and `control`, which only its owner may read.

    They lie in the data directory, or where the setting TRAFFIC_STORE says. The directory keeps what belongs to this
    machine in both cases: the key, the locks of its processes, what was made of a version.
    """

    traffic: Database
    control: Database

    def __init__(self, directory: Path, lock_timeout_s: float = LOCK_TIMEOUT_S, setting: str | None = None) -> None:
        self.directory = directory
        self.cache = Cache()
        self.machine = f"{socket.gethostname()} ({directory.resolve()})"  # by what others know who holds a lease
        setting = os.environ.get(STORE_VARIABLE) if setting is None else setting
        self.place = lake_place(setting) if setting else str(directory)
        if setting:
            self.traffic, self.control = lake_databases(setting, os.environ.get(LAKE_DATA_VARIABLE), lock_timeout_s)
        else:
            self.traffic = FileDatabase(VersionFiles(directory, "traffic", 0o444), lock_timeout_s)
            self.control = FileDatabase(VersionFiles(directory, "control", 0o600), lock_timeout_s)

    @property
    def extracts(self) -> Path:
        """Where files with a part of a version's rows lie, each named for its version and removed with it."""
        return self.directory / EXTRACTS

    def database(self, name: str) -> Database:
        return self.traffic if name == "traffic" else self.control

    def prepare(self) -> None:
        """Create what is missing and migrate what is old; does nothing where all is current."""
        make_directory(self.directory)
        self.traffic.prepare()
        self.control.prepare()

    def put_aside(self) -> list[Path]:
        """The versions that nobody may build on, damaged or set back; they may be deleted."""
        return [*self.traffic.put_aside(), *self.control.put_aside()]

    def close(self) -> None:
        self.traffic.close()
        self.control.close()
        self.cache.clear()
