"""Whether the collector asks as fast as it may: the pace of a run as the server sees it."""

from pathlib import Path

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
    with simulated(scale.rate_repositories, scale.latency_s, a_minute + 2 * CONCURRENCY) as github:
        cost = collecting(directory, github.url, run_s, a_minute, CONCURRENCY)
        seen = github.seen()
    times, violations = seen["at"], seen["violations"]
    kept = requests_a_minute(times) / a_minute
    note = cost.told or f"{len(times):,} requests, {cost.repositories} repositories, {len(violations)} violations"
    what = f"request rate kept of {a_minute:,} a minute, {1000 * scale.latency_s:g} ms an answer"
    return Measured(what, f"{kept:.1%}", f"≥ {KEPT:.0%}", kept >= KEPT and not violations and not cost.told, note)


def requests_a_minute(times: list[float]) -> float:
    """The pace from the first request to the last; 0 where there were none to speak of."""
    return 60 * (len(times) - 1) / (max(times) - min(times)) if len(times) > 1 else 0.0
