"""What a page costs beside an empty one, and the first time that somebody opens it."""

from pathlib import Path

from tests.benchmarks.audience import gather
from tests.benchmarks.measured import Measured, Scale
from tests.benchmarks.page_runs import PageRuns, page_runs

MOST_TIMES = 1.8
MOST_COLD_S, MOST_COLD_OF_ALL_S = 0.3, 0.9


def pages(scale: Scale, directory: Path) -> list[Measured]:
    """Every page for the manager of one tenant; the slowest ones for somebody who manages all of them, told beside."""
    audience = gather(scale, directory / "db")
    of_one = page_runs(audience, audience.manager, scale.page_runs)
    of_all = page_runs(audience, audience.manager_of_all, scale.page_runs)
    each = -(-scale.store_repositories // scale.tenants)
    return [
        *(_warm(every) for every in of_one),
        _cold(of_one, f"the first run of a page, {each:,} repositories", MOST_COLD_S),
        _cold(of_all, f"the first run of a page, {scale.store_repositories:,} repositories", MOST_COLD_OF_ALL_S),
        _slowest(of_all, scale.store_repositories),
    ]


def _times(run: PageRuns) -> float:
    return run.warm_s / run.empty_s


def _warm(run: PageRuns) -> Measured:
    count = sum(run.widgets.values())
    kinds = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in sorted(run.widgets.items()))
    took = f"{1000 * run.warm_s:.1f} ms; an empty one {1000 * run.empty_s:.1f} ms"
    note = f"{took}; of processor time {run.times_cpu:.1f} ×; {count} widgets: {kinds}"
    what, value = f"page {run.page}, warm, by an empty one", f"{_times(run):.1f} ×"
    return Measured(what, value, f"≤ {MOST_TIMES:g} ×", _times(run) <= MOST_TIMES, note)


def _cold(runs: list[PageRuns], what: str, most_s: float) -> Measured:
    slowest = max(runs, key=lambda run: run.cold_s)
    note = ", ".join(f"{run.page.rpartition('/')[2]} {1000 * run.cold_s:.0f}" for run in runs)
    target = f"≤ {1000 * most_s:.0f} ms"
    good = slowest.cold_s <= most_s
    return Measured(what, f"{1000 * slowest.cold_s:.0f} ms", target, good, f"in ms, the slowest of three: {note}")


def _slowest(runs: list[PageRuns], repositories: int) -> Measured:
    slowest = max(runs, key=_times)
    note = ", ".join(f"{run.page.rpartition('/')[2]} {1000 * run.warm_s:.0f} ms ({_times(run):.1f} ×)" for run in runs)
    return Measured(
        f"the slowest page, warm, {repositories:,} repositories", f"{_times(slowest):.1f} ×", "", None, note
    )
