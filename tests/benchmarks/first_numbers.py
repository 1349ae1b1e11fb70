"""How soon after `collect` the days of repositories that were just added are there for every reader."""

import os
import subprocess
import sys
import time
from bisect import bisect_left
from pathlib import Path

from collector.rate_limit import ALLOWED_A_MINUTE
from data.store import Store
from tests.benchmarks.measured import Measured, Scale
from tests.benchmarks.simulation import followed, simulated

TARGETS_S = {11: 3.0, 30: 3.0, 100: 10.0}
LOOK_EVERY_S = 0.02
GIVE_UP_S = 120.0
DAYS_ARE_THERE = """
select count(*) as repositories
from (select repository_id from traffic_window group by repository_id having count(distinct metric) = 2)
"""


def first_numbers(scale: Scale, directory: Path) -> list[Measured]:
    """Views and clones of so many new repositories, from the command to the commit, at the default pace."""
    return [_first_numbers(directory / str(number), number, scale.latency_s) for number in scale.new_repositories]


def _first_numbers(directory: Path, repositories: int, latency_s: float) -> Measured:
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
    times = sorted(github.times)
    busiest = max(bisect_left(times, at + 60) - number for number, at in enumerate(times))
    target = TARGETS_S.get(repositories, GIVE_UP_S)
    good = moments[1] <= target and code == 0 and not github.violations and busiest <= ALLOWED_A_MINUTE
    note = f"the first after {moments[0]:.1f} s, all else after {whole:.1f} s; {busiest} requests in the busiest minute"
    if code != 0:
        note = f"the run failed ({code})"
    what = f"views and clones of {repositories} new repositories, {1000 * latency_s:g} ms an answer"
    return Measured(what, f"{moments[1]:.1f} s", f"≤ {target:g} s", good, note)


def _when(store: Store, repositories: int, began: float) -> float:
    """After how many seconds a reader finds the days of so many repositories."""
    while (since := time.monotonic() - began) < GIVE_UP_S:
        with store.traffic.read() as cursor:
            ((there,),) = cursor.execute(DAYS_ARE_THERE).fetchall()
        if there >= repositories:
            break
        time.sleep(LOOK_EVERY_S)
    return since
