"""A store that the first schema's code made opens, and every public number is what it was (tests/data/old_store)."""

import gzip
from pathlib import Path

import pytest
from pyarrow import parquet

from data.store import Store

OLD = Path(__file__).parent / "old_store"
ORDER = {
    "v_daily": "repository_id, day",
    "v_weekly": "repository_id, week",
    "v_gaps": "repository_id, metric, state, first_day",
    "v_repositories": "repository_id",
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Store:
    directory = tmp_path_factory.mktemp("old") / "db"
    (directory / "versions").mkdir(parents=True)
    for name in ("traffic", "control"):
        version = directory / "versions" / f"{name}-7.duckdb"
        version.write_bytes(gzip.decompress((OLD / f"{name}.duckdb.gz").read_bytes()))
        (directory / f"{name}.duckdb").symlink_to(f"versions/{name}-7.duckdb")
    store = Store(directory)
    store.prepare()
    return store


@pytest.mark.parametrize("today", ["2026-05-10", "2026-05-12", "2026-06-20"])
@pytest.mark.parametrize("view", ORDER)
def test_every_public_number_is_the_same_before_and_after(opened: Store, view: str, today: str) -> None:
    before = parquet.read_table(OLD / "expected" / f"{view}-{today}.parquet")
    columns = ", ".join(before.column_names)
    with opened.traffic.read() as cursor:
        cursor.execute("set variable today = $today::date", {"today": today})
        after = cursor.sql(f"select {columns} from {view} order by {ORDER[view]}").to_arrow_table()
    assert after.to_pylist() == before.to_pylist()
