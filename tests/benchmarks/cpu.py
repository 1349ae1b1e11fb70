"""What a request costs the collector's own process: client, parsing and commits together."""

from pathlib import Path

from tests.benchmarks.collecting import bare_call_cpu_s, collecting
from tests.benchmarks.measured import LIVED_DAYS, NOW, Measured, Scale
from tests.benchmarks.simulation import simulated
from tests.benchmarks.workplace import followed
from tests.fake_github.generated import generated_repository

MOST_MS = 4.0
BARE_CALLS = 300


def cpu(scale: Scale, directory: Path) -> list[Measured]:
    """A whole run of all endpoints, as fast as it goes."""
    with simulated(scale.cpu_repositories) as github:
        followed(directory, scale.cpu_repositories)
        cost = collecting(directory, github.url, scale.run_s)
        bare_ms = 1000 * bare_call_cpu_s(_views_of_first(github.url), min(BARE_CALLS, cost.requests))
    each_ms = 1000 * cost.cpu_s / cost.requests
    told = cost.told or f"{cost.requests:,} requests; a bare call of the HTTP library costs {bare_ms:.1f} ms"
    reached = each_ms <= MOST_MS and not cost.told
    return [Measured("collector's processor time a request", f"{each_ms:.2f} ms", f"≤ {MOST_MS:g} ms", reached, told)]


def _views_of_first(url: str) -> str:
    first = generated_repository(1, LIVED_DAYS, NOW.date(), "generated-0")
    return f"{url}/repos/{first.full_name}/traffic/views"
