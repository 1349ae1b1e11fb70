"""A store of 10,000 repositories and five years of days, made by DuckDB once and kept in the temporary directory; and
how much disk a day of a repository takes in it.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from data.insight.spikes import save_spikes
from data.schema import migrate as schema
from data.store import Store
from tests.benchmarks.measured import NEWEST_DAY, Measured, Scale
from tests.benchmarks.simulation import followed
from tests.data.writers import version_files

HERE = Path(__file__).parent
MOST_BYTES = 6.0  # a day of a repository


def five_years(scale: Scale) -> Path:
    """The data directory that is kept; take a copy before writing to it."""
    kept = _place(scale)
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as made:
            make_days(Path(made) / "made", scale.store_repositories, scale.store_days)
            (Path(made) / "made").rename(kept)
    return kept


def make_days(directory: Path, repositories: int, days: int) -> None:
    """A new data directory in which so many repositories have so many days, compacted."""
    store = followed(directory, repositories)
    values = {"repositories": repositories, "days": days, "newest": NEWEST_DAY}
    with store.traffic.commit("making days") as connection:
        connection.execute((HERE / "five_years.sql").read_text(encoding="utf-8"), values)
        connection.execute("delete from store_compaction")  # so that this commit compacts, whatever the size
    save_spikes(store, (), NEWEST_DAY)  # as at the end of a run
    for former in version_files(store.traffic).numbers()[:-1]:
        version_files(store.traffic).path(former).unlink()
    store.close()


def five_years_copy(scale: Scale, directory: Path) -> Store:
    """A copy of it to write to."""
    shutil.copytree(five_years(scale), directory, symlinks=True)
    return Store(directory)


def _place(scale: Scale) -> Path:
    """Named for all that it is made of, so that a change of the schema, or of how a file is sorted, makes it anew."""
    digest = hashlib.sha256(repr((scale.store_repositories, scale.store_days, NEWEST_DAY)).encode())
    for file in (
        HERE / "five_years.sql",
        Path(__file__),
        Path(schema.__file__),
        *sorted(schema.MIGRATIONS.rglob("*.sql")),
    ):
        digest.update(file.read_bytes())
    return Path(tempfile.gettempdir()) / f"github-traffic-benchmarks-{os.getuid()}" / digest.hexdigest()[:16]


def size(scale: Scale, directory: Path) -> list[Measured]:
    quantiles = (
        "select quantile_disc(views, [0.1, 0.5, 0.9, 0.99]) as views, max(views) as most, "
        "avg(if(views = 0, 1, 0)) as quiet, count(*) as days from daily_traffic"
    )
    store = Store(five_years(scale))
    with store.traffic.read() as cursor:
        ((shares, most, quiet, rows),) = cursor.execute(quantiles).fetchall()
    path = version_files(store.traffic).committed()
    assert path is not None
    each = path.stat().st_size / rows
    store.close()
    note = (
        f"views a day: {quiet:.0%} zero; 10/50/90/99 of 100 days up to {'/'.join(map(str, shares))}, at most {most:,}"
    )
    what = f"bytes a repository's day, at {rows:,} rows"
    return [Measured(what, f"{each:.2f}", f"≤ {MOST_BYTES:g}", each <= MOST_BYTES, note)]
