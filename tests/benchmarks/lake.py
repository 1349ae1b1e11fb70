"""The lake beside files: 18 million rows in PostgreSQL and a folder on this machine, as people and collectors use them.

Measured in a process of its own, since the lake needs another DuckDB; of files it uses that one, too, so that what is
compared is the store. PostgreSQL, nginx, the apps and the collectors are started and stopped by it; all is on loopback.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import KEY_FILE, KEY_VARIABLE
from data.accounts.tokens import TokenFacts, save_token
from data.collection import ledger
from data.store import Store
from data.store.moving import copy_store
from data.store.store import LAKE_DATA_VARIABLE, STORE_VARIABLE
from tests.benchmarks.app_server import ROOT, Server, served
from tests.benchmarks.audience import Audience, gather
from tests.benchmarks.collector_runs import CONCURRENCY, Cost, collecting
from tests.benchmarks.commit import next_batch, save_batch, timed
from tests.benchmarks.measured import NOW, Measured, Scale
from tests.benchmarks.simulation import OWNER_ID, TOKENS, simulated
from tests.benchmarks.visits import everybody, of_20_the_longest
from tests.lake import Databases, free_port, postgres, postgres_folder, tied

OLD = ROOT / ".venv/duckdb-1.5"
WARM_TIMES, COLD_TIMES = 1.3, 2.0
MOST_BATCH_S = 1.0
TWO_COLLECTORS, COLLECTED_S = 1.9, 25.0
MOST_RERUN_S = 0.4
APPS = 4
OPENING = 0.6  # of a visit's time: how long after all came at once what they ask is mostly new to an app
GRACE_S = 60


def lake(scale: Scale, directory: Path) -> list[Measured]:
    """All of it, in a process with DuckDB as the lake needs it."""
    if postgres_folder() is None or not OLD.exists():
        return [
            Measured(
                "the lake", "0 of 5 parts", "", None, "needs PostgreSQL (apt-get install postgresql) and make setup-old"
            )
        ]
    environment = os.environ | {"PYTHONPATH": f"{OLD}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.benchmarks.lake", str(directory), json.dumps(asdict(scale))]
    measuring = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        output, _ = measuring.communicate()
    finally:
        measuring.terminate()  # where this is ended early: it ends what it has started
        measuring.wait(GRACE_S)
    if measuring.returncode:
        raise RuntimeError("the lake could not be measured")
    return [Measured(**json.loads(each)) for each in output.splitlines()]


@dataclass(frozen=True, slots=True)
class Beside:
    """The same installation in files and on a lake."""

    scale: Scale
    directory: Path
    audience: Audience
    setting: str

    @property
    def files(self) -> Path:
        return self.audience.directory

    @property
    def of_lake(self) -> Path:
        return self.directory / "lake"

    def open_both(self) -> tuple[Store, Store]:
        return Store(self.files, setting=""), Store(self.of_lake, setting=self.setting)


def measured(scale: Scale, directory: Path) -> Iterator[Measured]:
    audience = gather(scale, directory / "files", scale.browsers_of_many)
    with postgres(()) as server:
        beside = Beside(scale, directory, audience, Databases(server.words).setting(directory))
        os.environ[LAKE_DATA_VARIABLE] = str(directory / "rows")
        os.environ[KEY_VARIABLE] = (beside.files / KEY_FILE).read_text(encoding="utf-8")
        yield _copied(beside, back=False)
        yield _batches(beside)
        yield from _pages(beside)
        os.environ[STORE_VARIABLE] = beside.setting
        yield _collectors(beside)
        yield from _sessions(beside)
        yield _copied(beside, back=True)


def _copied(beside: Beside, *, back: bool) -> Measured:
    """A whole installation, every table compared afterwards."""
    files, there = beside.open_both()
    if back:
        files = Store(beside.directory / "back", setting="")
    began, steps = time.monotonic(), []
    report = copy_store(
        *((there, files) if back else (files, there)), lambda step: steps.append(time.monotonic() - began)
    )
    took = time.monotonic() - began
    rows = sum(each.rows for each in report.tables.values())
    files.close()
    there.close()
    what = "store copy from the lake to files" if back else "store copy from files to the lake"
    note = f"{rows:,} rows of {len(report.tables)} tables, {took - steps[-1]:.0f} s of it to compare their hashes"
    return Measured(what, f"{took:.0f} s", "", None, note)


def _batches(beside: Beside) -> Measured:
    """The batches of the part `commit`, in turns in files and on the lake."""
    both = beside.open_both()
    runs = [ledger.start_run(store, "command", NOW) for store in both]
    took: list[tuple[float, float]] = []
    cpu = []
    for number in range(beside.scale.commits + 1):
        batch = next_batch(both[0], beside.scale, number)
        in_files = timed(partial(save_batch, both[0], runs[0], batch))
        used = time.process_time()
        took.append((in_files, timed(partial(save_batch, both[1], runs[1], batch))))
        cpu.append(time.process_time() - used)
    for store in both:
        store.close()
    in_files, on_lake = (median(column) for column in zip(*took[1:], strict=True))
    what = f"a batch of {beside.scale.batch} repositories committed to the lake"
    note = (
        f"medians of {len(took) - 1}; {1000 * median(cpu):.0f} ms of processor time without PostgreSQL's; "
        f"in files {1000 * in_files:.0f} ms"
    )
    good = on_lake <= MOST_BATCH_S
    return Measured(what, f"{1000 * on_lake:.0f} ms", f"≤ {1000 * MOST_BATCH_S:.0f} ms", good, note)


def _pages(beside: Beside) -> list[Measured]:
    """Pages of 200 repositories: what a script run on the lake takes by one on files."""
    times = max(1, beside.scale.page_runs // 9)
    command = [sys.executable, "-m", "tests.benchmarks.lake_pages", str(times), str(beside.files), str(beside.of_lake)]
    environment = beside.audience.environment | {STORE_VARIABLE: beside.setting}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=beside.audience.manager, stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout)
    rows = []
    for kind, most in (("warm", WARM_TIMES), ("cold", COLD_TIMES)):
        runs = {name: each[kind] for name, each in found.items()}
        worst = max(on_lake / in_files for in_files, on_lake, _, _ in runs.values())
        note = "; ".join(
            f"{name} {1000 * on_lake:.0f} by {1000 * in_files:.0f} ms, processor {cpu_on_lake / cpu_in_files:.1f} ×"
            for name, (in_files, on_lake, cpu_in_files, cpu_on_lake) in runs.items()
        )
        what = f"pages on the lake, {kind}, by files, the worst of {len(runs)}"
        rows.append(Measured(what, f"{worst:.1f} ×", f"≤ {most:g} ×", worst <= most, note))
    return rows


def _collectors(beside: Beside) -> Measured:
    """One collector alone, then two at once, each for a tenant whose token has another owner."""
    scale = beside.scale
    store, now = beside.open_both()[1], datetime.now(UTC)
    with store.control.commit("other tokens") as connection:
        connection.execute("delete from tenant_token where tenant_id <= 3")
    for number, secret in enumerate(TOKENS):
        facts = TokenFacts("classic", f"maintainer-{number}", OWNER_ID + number, "repo", None)
        save_token(store, COMMAND_LINE, 1 + number, secret, facts, now=now)
    store.close()
    with simulated(scale.store_repositories, scale.latency_s) as github, ThreadPoolExecutor() as pool:

        def collect(tenant: int) -> Cost:
            (machine := beside.directory / f"collector-{tenant}").mkdir()
            pace = (scale.requests_a_minute, CONCURRENCY)
            return collecting(machine, github.url, min(scale.run_s, COLLECTED_S), *pace, tenants=(tenant,))

        alone, *both = collect(1), *pool.map(collect, (2, 3))
    rates = [each.requests / each.seconds for each in (alone, *both)]
    times = sum(rates[1:]) / (rates[0] or 1)
    problems = " ".join(each.note for each in (alone, *both) if each.note)
    each_ms = 1000 * alone.cpu_s / max(1, alone.requests)
    note = f"{rates[0]:.0f} requests a second alone, {rates[1]:.0f} and {rates[2]:.0f} together, answers after "
    note += f"{1000 * scale.latency_s:.0f} ms; {each_ms:.1f} ms of processor time a request"
    good = times >= TWO_COLLECTORS and not problems
    return Measured(
        "two collectors of different owners, by one", f"{times:.2f} ×", f"≥ {TWO_COLLECTORS} ×", good, problems or note
    )


def _sessions(beside: Beside) -> list[Measured]:
    """Many people at once: at several apps behind the proxy, and at a single one."""
    if shutil.which("nginx") is None:
        return [
            Measured(
                "sessions behind the proxy", "0 sessions", "", None, "nginx is not installed: apt-get install nginx"
            )
        ]
    with ExitStack() as running:
        apps = [running.enter_context(_app(beside, number)) for number in range(APPS)]
        proxy = running.enter_context(_nginx([app.url for app in apps], beside.directory / "nginx"))
        many = _people(beside, Server(proxy, apps[0].process), apps)
    with _app(beside, 0) as app:
        return [*many, *_people(beside, app, [app])]


def _people(beside: Beside, server: Server, apps: list[Server]) -> list[Measured]:
    """Their reruns while all come at once and ask most things for the first time, and those after that."""
    opening_s = OPENING * beside.scale.visit_s
    scale = replace(beside.scale, visit_s=opening_s + beside.scale.visit_s)
    before = sum(app.cpu_s() for app in apps)
    opened, reruns = asyncio.run(everybody(server, beside.audience, scale, from_everywhere=True))
    cpu_ms = 1000 * (sum(app.cpu_s() for app in apps) - before) / (len(opened) + len(reruns))
    where = f"{len(apps)} apps behind nginx" if len(apps) > 1 else "one app"
    what = f"95 of 100 reruns on the lake, {len(opened)} sessions that think {scale.think_s:g} s, {where}"
    about_opening = f"; all opened within {scale.think_s:g} s, first runs {1000 * median(opened):.0f} ms"
    about_all = f"; {cpu_ms:.0f} ms of processor a run, load of the machine {os.getloadavg()[0]:.1f}"
    coming, settled = (
        [each.seconds for each in reruns if (each.at < opening_s) is at_first] for at_first in (True, False)
    )
    return [
        _shown(f"{what}: the first {opening_s:g} s", coming, about_opening, most_s=None),
        _shown(f"{what}: from then on", settled, about_all, most_s=MOST_RERUN_S if len(apps) > 1 else None),
    ]


def _shown(what: str, took: list[float], more: str, *, most_s: float | None) -> Measured:
    worst = of_20_the_longest(took)
    note = f"{len(took):,} reruns, median {1000 * median(took or [0]):.0f} ms, longest {1000 * max(took or [0]):.0f} ms"
    target, reached = ("", None) if most_s is None else (f"< {1000 * most_s:.0f} ms", worst < most_s)
    return Measured(what, f"{1000 * worst:.0f} ms", target, reached, note + more)


@contextmanager
def _app(beside: Beside, number: int) -> Iterator[Server]:
    directory = beside.directory / f"app-{number}" / "db"
    directory.mkdir(parents=True, exist_ok=True)
    with served(replace(beside.audience, directory=directory)) as server:
        yield server


@contextmanager
def _nginx(urls: list[str], directory: Path) -> Iterator[str]:
    """deploy/nginx.conf as it is, but without TLS, on loopback and with these apps; the address where it listens."""
    address = f"127.0.0.1:{free_port()}"
    site = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    site = re.sub(r" +(#|ssl_|listen \[|access_log).*\n", "\n", site).replace("listen 443 ssl;", f"listen {address};")
    apps = "".join(f"    server {url.partition('//')[2]} max_fails=1 fail_timeout=5s;\n" for url in urls)
    site = re.sub(r" +server 127\.0\.0\.1:8501.*\n", apps, site)
    directory.mkdir()
    paths = " ".join(
        f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    head = f"daemon off; pid {directory}/pid; error_log {directory}/log; events {{}} http {{ access_log off; {paths}"
    user = "user root;" if os.geteuid() == 0 else ""
    (directory / "nginx.conf").write_text(f"{user}{head}\n{site}\n}}\n", encoding="utf-8")
    command = tied(["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf")])
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(address)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(GRACE_S)


def _wait_for(address: str) -> None:
    host, port = address.split(":")
    until = time.monotonic() + 10
    while socket.socket().connect_ex((host, int(port))):
        if time.monotonic() > until:
            raise RuntimeError("nginx did not start")
        time.sleep(0.05)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    for each in measured(Scale(**json.loads(sys.argv[2])), Path(sys.argv[1])):
        print(json.dumps(asdict(each)), flush=True)
