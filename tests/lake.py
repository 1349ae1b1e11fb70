"""Runs tests on the lake: `python -m tests.lake pytest tests/data ...` with a PostgreSQL and an S3 server of their own.

Both are started in a temporary directory and stopped at the end. With the variable that names the PostgreSQL, each data
directory of the tests gets a database of its own, and a copied directory a copied database.
"""

import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import duckdb

from data.store import Store, lake
from data.store.lake import SETTING
from data.store.lake import load_extension as _load
from data.store.store import LAKE_DATA_VARIABLE

VARIABLE = "TRAFFIC_TEST_LAKE"
SERVICES = ("postgres", "nobody")  # whose name root borrows: PostgreSQL refuses to run as root
ALONE = ("listen_addresses=", "max_connections=300")
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
IN_MEMORY = Path("/dev/shm")
S3_SETTINGS = (
    *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket"),
    *("-master.volumeSizeLimitMB=64", "-volume.max=20"),
)
PATIENCE_S = 30


def postgres_folder() -> Path | None:
    """Where PostgreSQL's programs lie: Debian has them beside the PATH, the newest release last."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Postgres:
    """A server of its own in a directory; `words` reach it, without a database's name: by TCP, where it has a port."""

    def __init__(self, directory: Path, settings: Sequence[str] = QUICK, port: int | None = None) -> None:
        programs = postgres_folder()
        if programs is None:
            sys.exit("These tests need PostgreSQL. On Debian: apt-get install postgresql")
        self.words = f"host={directory} user=tests" if port is None else f"host=127.0.0.1 port={port} user=tests"
        if port is not None:
            settings = (*settings, f"port={port}", "listen_addresses=127.0.0.1")
        self._directory = directory
        self._server: subprocess.Popen[bytes]
        self._run_as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = next(pwd.getpwnam(name) for name in SERVICES if name in {each.pw_name for each in pwd.getpwall()})
            os.chown(directory, user.pw_uid, user.pw_gid)
            self._run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": directory}
        making = f"{programs}/initdb -D {directory}/data -U tests --auth=trust --no-sync --locale=C -E UTF8".split()
        subprocess.run(making, check=True, stdout=subprocess.DEVNULL, **self._run_as)
        words = [word for setting in (*ALONE, *settings) for word in ("-c", setting)]
        self._asking = [f"{programs}/pg_isready", "-q", "-h", str(directory), "-p", str(port or 5432)]
        command = [f"{programs}/postgres", "-D", f"{directory}/data", "-k", str(directory), *words]
        self._command = tied(command, "QUIT")

    def start(self) -> None:
        self._server = subprocess.Popen(self._command, stderr=subprocess.DEVNULL, **self._run_as)
        _wait_until(lambda: not subprocess.run(self._asking, check=False).returncode, "PostgreSQL")

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it, and all sessions; with SIGQUIT as a crash does."""
        self._server.send_signal(number)
        self._server.wait(PATIENCE_S)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Have all its processes do nothing, as those of a paused machine: connections stay, and nobody is refused."""
        stopped = [self._server.pid]
        os.kill(self._server.pid, signal.SIGSTOP)  # from now on it has no more
        listed = subprocess.run(["ps", "-eo", "ppid=,pid="], check=True, capture_output=True, text=True).stdout
        stopped += [int(pid) for parent, pid in map(str.split, listed.splitlines()) if int(parent) == stopped[0]]
        for pid in stopped[1:]:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@contextmanager
def postgres(settings: Sequence[str] = QUICK, port: int | None = None) -> Iterator[Postgres]:
    """A running PostgreSQL, in memory where it need not be durable."""
    in_memory = settings == QUICK and os.access(IN_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if in_memory else None) as directory:
        server = Postgres(Path(directory), settings, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def bucket() -> Iterator[dict[str, str]]:
    """A running S3 server, which makes a bucket when it is first written to; gives the environment that reaches it."""
    program = shutil.which("weed", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if program is None:
        sys.exit("These tests need the S3 server of requirements-lake-tests.txt: make test-lake")
    keys = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
    names = ("master", "volume", "filer", "s3")
    with tempfile.TemporaryDirectory() as directory:
        ports = [f"-{name}.port{kind}={free_port()}" for name in names for kind in ("", ".grpc")]
        server = subprocess.Popen(
            tied([program, "server", "-s3", "-filer", f"-dir={directory}", *ports, *S3_SETTINGS]),
            env=os.environ | keys,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = next(word.partition("=")[2] for word in ports if word.startswith("-s3.port="))
            _wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", int(port))) == 0, "The S3 server")
            yield keys | {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        finally:
            server.kill()  # asked to end, it takes half a minute
            server.wait(PATIENCE_S)


def tied(command: list[str], number: str = "KILL") -> list[str]:
    """The command, as one that ends when this process does, however that ends (on Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", number, *command] if setpriv else command


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_until(ready: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not ready():
        if time.monotonic() > until:
            sys.exit(f"{what} did not start.")
        time.sleep(0.02)


class Databases:
    """The plugin: each data directory that a test opens has a database of its own on the server."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._admin = duckdb.connect()
        _load(self._admin, "postgres_scanner")
        self._admin.execute(f"attach 'postgres:{server} dbname=postgres' as server")
        self._made: set[str] = set()

    def setting(self, directory: Path) -> str:
        """The setting of a directory's lake, whose database is made at the first use."""
        name = _database(directory)
        if name not in self._made:
            self._run(f"create database {name}")
            self._made.add(name)
        return f"{SETTING}{self._server} dbname={name}"

    def copy(self, source: Path, target: Path) -> None:
        if (name := _database(source)) in self._made:
            self._run(_ending(name))
            self._run(f"create database {_database(target)} template {name}")
            self._made.add(_database(target))

    @contextmanager
    def away(self, directory: Path) -> Iterator[None]:
        """Have the server refuse whoever asks for a directory's database, and those who are connected to it."""
        name = _database(directory)
        self._run(f"alter database {name} with allow_connections false")
        self._run(_ending(name))
        try:
            yield
        finally:
            self._run(f"alter database {name} with allow_connections true")

    def _run(self, sql: str) -> None:
        self._admin.execute(f"call postgres_execute('server', '{sql}', use_transaction=false)")


def _ending(name: str) -> str:
    """The statement that ends all sessions of a database, itself in a text."""
    return f"select pg_terminate_backend(pid) from pg_stat_activity where datname = ''{name}''"


def _database(directory: Path) -> str:
    return f"t_{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:24]}"


def put_on_the_lake(server: str) -> None:
    """From now on, have every store of this process on the lake, and copies of its data directory copied there."""
    lake.KNOWN_FOR_S = 0.0  # what one process writes, another finds with its next read
    databases, open_store, copy_directory = Databases(server), Store.__init__, shutil.copytree
    stores: WeakSet[Store] = WeakSet()

    def on_the_lake(store: Store, directory: Path, lock_timeout_s: float = 60.0, setting: str | None = None) -> None:
        open_store(store, directory, lock_timeout_s, databases.setting(directory) if setting is None else setting)
        stores.add(store)

    def copied(source: Any, target: Any, *more: Any, **named: Any) -> Any:
        answer = copy_directory(source, target, *more, **named)
        for each in stores:
            if each.directory == Path(source):
                each.traffic.close()  # until its next use: PostgreSQL copies no database that somebody is connected to
        databases.copy(Path(source), Path(target))
        return answer

    Store.__init__ = on_the_lake  # type: ignore[method-assign,assignment]
    shutil.copytree = copied  # type: ignore[assignment]


def main(words: list[str]) -> int:
    """Start the servers, run Python's module `words` with them, and answer its exit code."""
    with ExitStack() as running:
        environment = {VARIABLE: running.enter_context(postgres()).words}
        data = running.enter_context(
            tempfile.TemporaryDirectory(dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None)
        )
        environment[LAKE_DATA_VARIABLE] = data
        if words[:1] == ["--s3"]:
            words = words[1:]
            environment |= running.enter_context(bucket()) | {LAKE_DATA_VARIABLE: "s3://lake/tests"}
        return subprocess.run([sys.executable, "-m", *words], env=os.environ | environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
