"""Whether the collector asks as fast as it may: the pace of a run as the server sees it."""

from pathlib import Path
from typing import Any

from tests.benchmarks.collecting import collecting
from tests.benchmarks.measured import Measured, Scale
from tests.benchmarks.simulation import simulated
from tests.benchmarks.workplace import followed

KEPT = 0.95
CONCURRENCY = 4
DEFAULT_A_MINUTE = 600
WHOLE_S = 150.0  # 4,500 requests are due in 90


def rate(scale: Scale, directory: Path) -> list[Measured]:
    """A whole run at a fast pace, and the beginning of one at the default pace."""
    whole = _pace(directory / "whole", scale, (scale.requests_a_minute, min(scale.run_s, WHOLE_S)))
    return [whole, _pace(directory / "default", scale, (DEFAULT_A_MINUTE, scale.stretch_s))]


def _pace(directory: Path, scale: Scale, pace: tuple[int, float]) -> Measured:
    a_minute, run_s = pace
    followed(directory, scale.rate_repositories)
    with simulated(scale.rate_repositories, scale.latency_s) as github:
        github.client.control("PUT", "limits", {"requests_a_minute": a_minute + 2 * CONCURRENCY})
        cost = collecting(directory, github.url, run_s, a_minute, CONCURRENCY)
        seen, violations = github.seen(), github.client.control("GET", "violations")
    kept = requests_a_minute(seen) / a_minute
    note = cost.told or f"{len(seen):,} requests, {cost.repositories} repositories, {len(violations)} violations"
    what = f"request rate kept of {a_minute:,} a minute, {1000 * scale.latency_s:g} ms an answer"
    return Measured(what, f"{kept:.1%}", f"≥ {KEPT:.0%}", kept >= KEPT and not violations and not cost.told, note)


def requests_a_minute(seen: list[dict[str, Any]]) -> float:
    """The pace from the first request to the last; 0 where there were none to speak of."""
    if len(seen) < 2:
        return 0.0
    first, last = float(seen[0]["at"]), float(seen[-1]["at"])
    return 60 * (len(seen) - 1) / (last - first)
