"""How much disk a day of a repository takes."""

from pathlib import Path

from data.store import Store
from tests.benchmarks.five_years import five_years, make_days
from tests.benchmarks.measured import Measured, Scale

MOST_BYTES = 6.0
WINDOWS_OF = 10  # one repository in so many gets its windows too: these take longer to make than all the days


def size(scale: Scale, directory: Path) -> list[Measured]:
    """The file of the five years by its days, and what GitHub's own 14-day sums would add to it."""
    store = Store(five_years(scale))
    rows, file_bytes, told = _days(store), _file_bytes(store), _distribution(store)
    store.close()
    each = file_bytes / rows
    what = f"bytes a repository's day, at {rows:,} rows"
    days = Measured(what, f"{each:.2f}", f"≤ {MOST_BYTES:g}", each <= MOST_BYTES, told)
    return [days, _with_windows(scale, directory, file_bytes)]


def _with_windows(scale: Scale, directory: Path, file_bytes: int) -> Measured:
    sample = scale.store_repositories // WINDOWS_OF
    make_days(directory / "windows", sample, scale.store_days, windows=True)
    whole = _file_bytes(Store(directory / "windows")) * WINDOWS_OF
    note = f"{file_bytes / 1e6:,.0f} MB without; two windows a repository and day, extrapolated from {sample:,}"
    return Measured("the same file with the windows GitHub answered", f"{whole / 1e6:,.0f} MB", "", None, note)


def _days(store: Store) -> int:
    with store.traffic.read() as cursor:
        ((rows,),) = cursor.execute("select count(*) as days from daily_traffic").fetchall()
    return int(rows)


def _distribution(store: Store) -> str:
    quantiles = (
        "select quantile_disc(views, [0.1, 0.5, 0.9, 0.99]) as views, max(views) as most, "
        "avg(if(views = 0, 1, 0)) as quiet from daily_traffic"
    )
    with store.traffic.read() as cursor:
        (((low, middle, high, higher), most, quiet),) = cursor.execute(quantiles).fetchall()
    return (
        f"views a day: {quiet:.0%} zero; 10/50/90/99 of 100 days up to {low}/{middle}/{high}/{higher}, at most {most:,}"
    )


def _file_bytes(store: Store) -> int:
    path = store.traffic.files.committed()
    assert path is not None
    return path.stat().st_size
