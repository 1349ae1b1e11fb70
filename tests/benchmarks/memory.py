"""How much memory a run needs that follows 10,000 repositories with five years of days behind them."""

from pathlib import Path

from tests.benchmarks.collecting import MEGABYTE, collecting
from tests.benchmarks.five_years import five_years_copy
from tests.benchmarks.measured import Measured, Scale
from tests.benchmarks.simulation import simulated

MOST_MB = 400


def memory(scale: Scale, directory: Path) -> list[Measured]:
    """The peak of the collector's process over a whole run: all endpoints, and two weeks of days that are new."""
    place = directory / "store"
    five_years_copy(scale, place).close()
    with simulated(scale.store_repositories) as github:
        cost = collecting(place, github.url, scale.run_s)
    peak = cost.peak_bytes / MEGABYTE
    note = f"{cost.requests:,} requests in {cost.seconds:.0f} s, {cost.rows_changed:,} rows new"
    if cost.state == "stopped":
        note = f"did not get through in {scale.run_s:.0f} s: {cost.requests:,} requests"
    what = f"peak memory of a run over {cost.repositories:,} repositories with {scale.store_days:,} days each"
    good = peak < MOST_MB and cost.state == "complete"
    return [Measured(what, f"{peak:.0f} MB", f"< {MOST_MB} MB", good, cost.told or note)]
