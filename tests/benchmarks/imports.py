"""How long an import of many years takes, by the command line in a process of its own, and how much memory."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store
from tests.benchmarks.measured import Measured, Scale

ROOT = Path(__file__).parents[2]
MOST_S, MOST_MB, MOST_GIT_S = 20, 300, 60
TENANT = "acme"


def imports(scale: Scale, directory: Path) -> list[Measured]:
    """A CSV with a row for every repository and day; and a clone with a window of github-repo-stats in each commit."""
    _prepare(scale, directory / "store")
    seconds, megabytes = _import(directory, _table(scale, directory / "traffic.csv"))
    rows = scale.import_repositories * scale.import_days
    text = f"{rows:,} rows imported"
    git_s, _ = _import(directory, _clone(scale, directory / "clone"))
    commits = f"a window in each of {scale.import_commits:,} commits imported"
    return [
        Measured(
            text, f"{seconds:.1f} s", f"≤ {MOST_S} s", seconds <= MOST_S, "from the command's start to its end, 1 CSV"
        ),
        Measured(f"peak memory of {text}", f"{megabytes:.0f} MB", f"≤ {MOST_MB} MB", megabytes <= MOST_MB, "1 process"),
        Measured(commits, f"{git_s:.1f} s", f"≤ {MOST_GIT_S} s", git_s <= MOST_GIT_S, "git history, read in 1 go"),
    ]


def _prepare(scale: Scale, directory: Path) -> None:
    store, now = Store(directory), datetime.now(UTC)
    store.prepare()
    tenant = add_tenant(store, COMMAND_LINE, TENANT, "daily", now)
    names = (f"owner/name-{number}" for number in range(1, scale.import_repositories + 1))
    facts = [RepositoryFacts(number, name, "public", False, False) for number, name in enumerate(names, 1)]
    add_repositories(store, COMMAND_LINE, tenant.tenant_id, facts, now)
    store.close()


def _table(scale: Scale, path: Path) -> Path:
    last = datetime.now(UTC).date() - timedelta(days=30)
    days = [last - timedelta(days=number) for number in range(scale.import_days)]
    with path.open("w", encoding="utf-8") as file:
        file.write("repository,date,views,unique_visitors,clones,unique_cloners\n")
        for key in range(1, scale.import_repositories + 1):
            lines = (
                f"owner/name-{key},{day},{40 + n * key % 97},{1 + n % 37},{9 + n % 13},{1 + n % 7}\n"
                for n, day in enumerate(days)
            )
            file.writelines(lines)
    return path


def _clone(scale: Scale, path: Path) -> Path:
    """Made by `git fast-import`: a commit for each window, which replaces the one before it."""
    path.mkdir()
    folder = "owner/name-1/ghrs-data/snapshots"
    pieces, former = [], None
    for number in range(scale.import_commits):
        at = datetime(2020, 1, 1, 8, tzinfo=UTC) + timedelta(days=number)
        rows = (f"{(at - timedelta(days=n)).date()} 00:00:00+00:00,{n},1,{n + 5},2\n" for n in range(14, 0, -1))
        content = "time_iso8601,clones_total,clones_unique,views_total,views_unique\n" + "".join(rows)
        name = f"{folder}/{at:%Y-%m-%d_%H%M%S}_views_clones_series_fragment.csv"
        pieces.append(f"commit refs/heads/main\ncommitter a <a@example.org> {int(at.timestamp())} +0000\ndata 1\nx\n")
        pieces.append(f"D {former}\n" if former else "")
        pieces.append(f"M 644 inline {name}\ndata {len(content)}\n{content}\n")
        former = name
    for words, given in ((("init", "-q", "-b", "main"), None), (("fast-import", "--quiet"), "".join(pieces))):
        subprocess.run(["git", "-C", str(path), *words], input=given, text=True, check=True, capture_output=True)
    return path


def _import(directory: Path, path: Path) -> tuple[float, float]:
    """Seconds and megabytes of the command."""
    command = [sys.executable, "-m", "collector", "import", TENANT, str(path), "--data", str(directory / "store")]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the import failed"
    return time.perf_counter() - began, used.ru_maxrss / 1024
