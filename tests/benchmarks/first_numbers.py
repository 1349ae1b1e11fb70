"""How soon the days of repositories that were just added are there for every reader: by `collect`, and as the page adds
them; and how long other tools take for theirs, of the same simulated GitHub.
"""

import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from collector.discovery import check_repositories, clients_of_tenant, track_repositories
from collector.rate_limit import ALLOWED_A_MINUTE
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import operator, tenants
from data.store import Store
from tests.benchmarks.measured import LIVED_DAYS, NOW, Measured, Scale
from tests.benchmarks.simulation import TOKEN, Simulation, followed, generated_repositories, simulated

TARGETS_S = {11: 3.0, 30: 3.0, 100: 10.0}
LOOK_EVERY_S = 0.02
GIVE_UP_S = 120.0
MINUTE_S = 60
REAL_GITHUB = "https://api.github.com"
BESIDE_US = {  # a tool of the package index, and how it is had collect the views and clones of some repositories
    "gitlytics": """
from gitlytics import sync
sync(token, repo_name=names, data_dir=".", metrics=["views", "clones"])
""",
    "git_clone_stats": """
from git_clone_stats.app import DatabaseManager, GitHubStatsTracker
with DatabaseManager("stats.db") as db:
    db.setup_database()
    tracker = GitHubStatsTracker(token, "maintainer", names, db)
    tracker.session.headers["Authorization"] = f"Bearer {token}"  # the only form that the simulation takes
    tracker.update_all_repositories()
""",
}
TO_THE_SIMULATION = """
import sys, requests
simulation, token, *names = sys.argv[1:]
ask = requests.Session.request
def asked(self, method, url, *rest, **more):
    return ask(self, method, url.replace("{real}", simulation, 1), *rest, **more)
requests.Session.request = asked
{tool}
"""
DAYS_ARE_THERE = """
select count(*) as repositories
from (select repository_id from traffic_window group by repository_id having count(distinct metric) = 2)
"""


def first_numbers(scale: Scale, directory: Path) -> list[Measured]:
    """Views and clones of so many new repositories, at the default pace, and what other tools take for them."""
    found = []
    for number in scale.new_repositories:
        found.append(_by_collect(directory / f"collect-{number}", number, scale.latency_s))
        found.append(_by_the_page(directory / f"page-{number}", number, scale.latency_s))
    return found + list(_beside_us(scale, directory / "beside"))


def _by_collect(directory: Path, repositories: int, latency_s: float) -> Measured:
    """From the command to the commit."""
    target_s = TARGETS_S.get(repositories, GIVE_UP_S)
    store = followed(directory, repositories)
    with simulated(repositories, latency_s) as github:
        command = [sys.executable, "-m", "collector", "--data", str(directory), "collect"]
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            env={**os.environ, "GITHUB_API_URL": github.url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        moments = [_when(store, number, began) for number in (1, repositories)]
        code = process.wait(GIVE_UP_S)
        whole = time.monotonic() - began
    store.close()
    note = f"the first after {moments[0]:.1f} s, all else after {whole:.1f} s"
    measured = _measured(f"{repositories} new repositories by collect", github, moments[1], target_s, note)
    return measured if code == 0 else replace(measured, reached=False, note=f"the run failed ({code})")


def _by_the_page(directory: Path, repositories: int, latency_s: float) -> Measured:
    """From the names to the commit with which the page begins to collect the rest."""
    target_s = TARGETS_S.get(repositories, GIVE_UP_S)
    store = followed(directory, 0)
    (tenant,) = tenants(operator(store), store)
    names = [each.full_name for each in generated_repositories(repositories, LIVED_DAYS, NOW.date())]
    its_clock = patch("collector.discovery.utc_now", lambda: NOW)  # answers of another day would be asked for again
    with simulated(repositories, latency_s) as github, patch.dict(os.environ, GITHUB_API_URL=github.url), its_clock:
        began = time.monotonic()
        with clients_of_tenant(store, tenant.tenant_id) as clients:
            checked = check_repositories(clients, names, lambda done, each: None)
        track_repositories(operator(store), store, COMMAND_LINE, tenant.tenant_id, checked)
        took = _when(store, repositories, began)
    store.close()
    return _measured(f"{repositories} new repositories as the page adds them", github, took, target_s)


def _measured(what: str, github: Simulation, took: float, target_s: float, note: str = "") -> Measured:
    times = sorted(github.times)
    busiest = max(bisect_left(times, at + MINUTE_S) - number for number, at in enumerate(times))
    good = took <= target_s and not github.violations and busiest <= ALLOWED_A_MINUTE
    parts = [part for part in (note, f"{busiest} requests in the busiest minute") if part]
    return Measured(f"views and clones of {what}", f"{took:.1f} s", f"≤ {target_s:g} s", good, "; ".join(parts))


def _beside_us(scale: Scale, directory: Path) -> Iterator[Measured]:
    """The time of other tools, which are installed for it; none of theirs is a target."""
    if not scale.tools_beside_us:
        return
    subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
    python = str(directory / "bin" / "python")
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *scale.tools_beside_us]
    if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode:
        yield Measured("the same by other tools", "-", "", None, "the package index is not reachable")
        return
    for repositories in scale.new_repositories[1:]:
        for tool in scale.tools_beside_us:
            yield _by_another(python, tool, repositories, scale.latency_s)


def _by_another(python: str, tool: str, repositories: int, latency_s: float) -> Measured:
    names = [each.full_name for each in generated_repositories(repositories, LIVED_DAYS, NOW.date())]
    name = tool.partition("==")[0].replace("-", "_")
    text = TO_THE_SIMULATION.format(real=REAL_GITHUB, tool=BESIDE_US[name])
    with simulated(repositories, latency_s) as github, tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        command = [python, "-c", text, github.url, TOKEN, *names]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=GIVE_UP_S, check=False)
        took = time.monotonic() - began
    note = f"{len(github.times)} requests" if done.returncode == 0 else f"it failed ({done.returncode})"
    what = f"the same of {repositories} repositories by {tool.replace('==', ' ')}"
    return Measured(what, f"{took:.1f} s", "", None, note)


def _when(store: Store, repositories: int, began: float) -> float:
    """After how many seconds a reader finds the days of so many repositories."""
    while (since := time.monotonic() - began) < GIVE_UP_S:
        with store.traffic.read() as cursor:
            ((there,),) = cursor.execute(DAYS_ARE_THERE).fetchall()
        if there >= repositories:
            break
        time.sleep(LOOK_EVERY_S)
    return since
