"""What the collector promises of a whole run: that it asks as fast as it may, and what it costs."""

from bisect import bisect_left
from pathlib import Path

from tests.benchmarks.collecting import bare_call_cpu_s, collecting
from tests.benchmarks.five_years import five_years_copy
from tests.benchmarks.generated import generated_repository
from tests.benchmarks.measured import LIVED_DAYS, NOW, Measured, Scale
from tests.benchmarks.simulation import followed, simulated

KEPT = 0.95
CONCURRENCY = 4
DEFAULT_A_MINUTE = 600
WHOLE_S = 150.0  # 4,500 requests are due in 90
MOST_MS = 4.0
BARE_CALLS = 300
MOST_MB = 400


def rate(scale: Scale, directory: Path) -> list[Measured]:
    """The pace as the server sees it: of a whole run at a fast pace, and of the beginning of one at the default."""
    whole = _pace(directory / "whole", scale, (scale.requests_a_minute, min(scale.run_s, WHOLE_S)))
    return [whole, _pace(directory / "default", scale, (DEFAULT_A_MINUTE, scale.stretch_s))]


def _pace(directory: Path, scale: Scale, pace: tuple[int, float]) -> Measured:
    a_minute, run_s = pace
    followed(directory, scale.rate_repositories)
    with simulated(scale.rate_repositories, scale.latency_s) as github:
        cost = collecting(directory, github.url, run_s, a_minute, CONCURRENCY)
    times, violations = sorted(github.times), github.violations
    kept = 60 * (len(times) - 1) / (times[-1] - times[0]) / a_minute if len(times) > 1 else 0.0
    busiest = max((bisect_left(times, at + 60) - n for n, at in enumerate(times)), default=0)  # requests in a minute
    good = kept >= KEPT and busiest <= a_minute + 2 * CONCURRENCY and not violations and not cost.told
    note = cost.told or f"{len(times):,} requests, {cost.repositories} repositories, {len(violations)} violations"
    what = f"request rate kept of {a_minute:,} a minute, {1000 * scale.latency_s:g} ms an answer"
    return Measured(what, f"{kept:.1%}", f"≥ {KEPT:.0%}", good, note)


def cpu(scale: Scale, directory: Path) -> list[Measured]:
    """A run of all endpoints, as fast as it goes: client, parsing and commits together."""
    with simulated(scale.cpu_repositories) as github:
        followed(directory, scale.cpu_repositories)
        cost = collecting(directory, github.url, scale.run_s)
        first = generated_repository(1, LIVED_DAYS, NOW.date(), "generated-0")
        views = f"{github.url}/repos/{first.full_name}/traffic/views"
        bare_ms = 1000 * bare_call_cpu_s(views, min(BARE_CALLS, cost.requests))
    each_ms = 1000 * cost.cpu_s / cost.requests
    told = cost.told or f"{cost.requests:,} requests; a bare call of the HTTP library costs {bare_ms:.1f} ms"
    reached = each_ms <= MOST_MS and not cost.told
    return [Measured("collector's processor time a request", f"{each_ms:.2f} ms", f"≤ {MOST_MS:g} ms", reached, told)]


def memory(scale: Scale, directory: Path) -> list[Measured]:
    """The peak of a whole run over 10,000 repositories: all endpoints, and two weeks of days that are new."""
    place = directory / "store"
    five_years_copy(scale, place).close()
    with simulated(scale.store_repositories) as github:
        cost = collecting(place, github.url, scale.run_s)
    peak = cost.peak_bytes / 1e6
    note = f"{cost.requests:,} requests in {cost.seconds:.0f} s, {cost.rows_changed:,} rows new"
    if cost.state == "stopped":
        note = f"did not get through in {scale.run_s:.0f} s: {cost.requests:,} requests"
    what = f"peak memory of a run over {cost.repositories:,} repositories with {scale.store_days:,} days each"
    good = peak < MOST_MB and cost.state == "complete"
    return [Measured(what, f"{peak:.0f} MB", f"< {MOST_MB} MB", good, cost.told or note)]
