"""A store that the first schema's code made opens, and every public number is what it was (old_store)."""

import gzip
from datetime import date
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from data.store import Store

pytestmark = pytest.mark.files

OLD = Path(__file__).parent / "old_store"
ORDER = {
    "v_daily": "repository_id, day",
    "v_weekly": "repository_id, week",
    "v_gaps": "repository_id, metric, state, first_day",
    "v_repositories": "repository_id",
}


def old_directory(directory: Path) -> Path:
    (directory / "versions").mkdir(parents=True)
    for name in ("traffic", "control"):
        version = directory / "versions" / f"{name}-7.duckdb"
        version.write_bytes(gzip.decompress((OLD / f"{name}.duckdb.gz").read_bytes()))
        (directory / f"{name}.duckdb").symlink_to(f"versions/{name}-7.duckdb")
    return directory


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(old_directory(tmp_path_factory.mktemp("old") / "db"))
    store.prepare()
    return store


@pytest.mark.parametrize("today", ["2026-05-10", "2026-05-12", "2026-06-20"])
@pytest.mark.parametrize("view", ORDER)
def test_every_public_number_is_the_same_before_and_after(opened: Store, view: str, today: str) -> None:
    before = parquet.read_table(OLD / "expected" / f"{view}-{today}.parquet")
    columns = ", ".join(before.column_names)
    with opened.traffic.read(today=date.fromisoformat(today)) as cursor:
        after = cursor.sql(f"select {columns} from {view} order by {ORDER[view]}").to_arrow_table()
    assert after.to_pylist() == before.to_pylist()


def test_counts_that_github_cannot_mean_are_gone_and_a_day_has_its_reading_of_before(tmp_path: Path) -> None:
    directory = old_directory(tmp_path / "db")
    with duckdb.connect(str(directory / "versions" / "traffic-7.duckdb")) as connection:
        connection.execute(
            """
            update daily_traffic set views = 9223372036854775807, view_uniques = 1
            where repository_id = 1 and day between '2026-04-18' and '2026-04-20';
            update traffic_revision set count = 9223372036854775807
            where repository_id = 1 and day = '2026-04-18' and metric = 'views';
            update weekly_traffic set views = 9223372036854775807 where repository_id = 1;
            """
        )
    store = Store(directory)
    store.prepare()
    with store.traffic.read() as cursor:
        days = cursor.sql(
            "select views, view_uniques, views_source from daily_traffic "
            "where repository_id = 1 and day between '2026-04-18' and '2026-04-20' order by day"
        ).fetchall()
        for view in ORDER:
            cursor.sql(f"from {view}").fetchall()
    assert days == [(13, 5, "github"), (None, None, None), (None, None, None)]
