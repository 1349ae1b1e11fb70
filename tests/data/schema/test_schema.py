"""The schema: numbered steps in order, all or nothing, refused when newer; and the compacted copy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from data.schema import migrate as schema
from data.store import Store, StoreTooNew
from data.store import file_backend as store_module
from tests.data.writers import batch, save, version_files

pytestmark = pytest.mark.usefixtures("numbered")

Step = Callable[..., None]


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    """Adds a step to the migrations of `traffic`, and replaces the views where they are given."""
    for database in ("traffic", "control"):
        (tmp_path / "migrations" / database).mkdir(parents=True)
        for file in (schema.MIGRATIONS / database).iterdir():
            (tmp_path / "migrations" / database / file.name).write_text(file.read_text())

    def add(name: str, sql: str, views: str | None = None) -> None:
        (tmp_path / "migrations" / "traffic" / name).write_text(sql)
        monkeypatch.setattr(schema, "MIGRATIONS", tmp_path / "migrations")
        if views is not None:
            (tmp_path / "views.sql").write_text(views)
            monkeypatch.setattr(schema, "VIEWS", tmp_path / "views.sql")

    return add


def answer(store: Store, question: str) -> list[tuple[object, ...]]:
    with store.traffic.read() as cursor:
        return list(cursor.execute(question).fetchall())


def test_migrations_apply_in_order_each_once_with_a_record(store: Store, next_release: Step) -> None:
    next_release("0901_third.sql", "alter table second add column added integer default 3")
    next_release("0900_second.sql", "create table second as select 2 as number")
    store.prepare()
    store.prepare()
    assert answer(store, "from second") == [(2, 3)]
    applied = answer(store, "select number, name from schema_migration order by all")
    assert applied[-2:] == [(900, "second"), (901, "third")]


def test_a_failing_migration_rolls_back_and_the_former_version_opens(store: Store, next_release: Step) -> None:
    before = store.traffic.version()
    next_release("0900_half.sql", "create table half (i integer); select error('this step fails')")
    with pytest.raises(Exception, match="this step fails"):
        store.prepare()
    assert store.traffic.version() == before
    assert answer(store, "select count(*) as tables from duckdb_tables() where table_name = 'half'") == [(0,)]


def test_a_store_of_a_newer_release_is_refused_and_left_alone(
    store: Store, next_release: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        next_release("0900_newer.sql", "create table newer (i integer)")
        store.prepare()
    before = store.traffic.version()
    monkeypatch.undo()
    with pytest.raises(StoreTooNew, match=r"has schema 900; this release knows \d+\..*update this one"):
        store.prepare()
    with pytest.raises(StoreTooNew):
        save(store, *batch(1))
    assert store.traffic.version() == before


def test_views_are_rebuilt_when_their_text_changes(store: Store, next_release: Step) -> None:
    next_release("0900_no.sql", "select 1 as nothing", views="create view v_one as select 1 as one")
    store.prepare()
    next_release("0900_no.sql", "select 1 as nothing", views="create view v_two as select 2 as two")
    store.prepare()
    mine = "select view_name as name from duckdb_views() where not internal and database_name = current_database()"
    assert answer(store, mine) == [("v_two",)]
    assert answer(store, "from v_two") == [(2,)]


@pytest.mark.files
@pytest.mark.parametrize(
    ("share", "small_bytes", "is_compacted"), [(0.4, 0, True), (0.6, 0, False), (1.0, 0, False), (0.4, 2**22, False)]
)
def test_a_store_is_compacted_once_it_has_grown_to_twice_its_compacted_size_and_is_not_small(
    store: Store, monkeypatch: pytest.MonkeyPatch, share: float, small_bytes: int, is_compacted: bool
) -> None:
    """A file of 2.5 times that size is written anew; one of 1.7 times is not yet worth it."""
    monkeypatch.setattr(store_module, "SMALL_BYTES", small_bytes)
    noted_bytes = int(version_files(store.traffic).link.stat().st_size * share)
    with store.traffic.commit("test") as connection:
        connection.execute("update store_compaction set bytes = $bytes", {"bytes": noted_bytes})
    ((noted,),) = answer(store, "select bytes as size from store_compaction")
    assert (noted != noted_bytes) is is_compacted


@pytest.mark.files
def test_a_compacted_store_holds_the_same_rows_sorted(store: Store) -> None:
    save(store, *batch(3), *batch(1))
    save(store, *batch(2))
    with store.traffic.read() as cursor:
        before = {table: cursor.execute(f"from {table} order by all").fetchall() for table in schema.tables(cursor)}
    assert isinstance(store.traffic, store_module.FileDatabase)
    store.traffic._compact(version_files(store.traffic).path(store.traffic.version()))
    store.close()
    with store.traffic.read() as cursor:
        after = {table: cursor.execute(f"from {table}").fetchall() for table in schema.tables(cursor)}
    assert after.pop("store_compaction") != before.pop("store_compaction")
    assert after == before


@pytest.mark.files
def test_the_recent_days_of_all_repositories_lie_together_in_a_compacted_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "RECENT_DAYS", 2)
    days = "select n % 2 + 1, make_date(2026, 1, n // 2 + 1), now()::timestamp, 1 from range(6) as numbers (n)"
    with store.traffic.commit("test") as connection:
        connection.execute(f"insert into star_history {days}")
        connection.execute("delete from store_compaction")
    rows = answer(store, "select repository_id, extract('day' from day) as number from star_history order by rowid")
    assert rows == [(1, 1), (2, 1), (1, 2), (1, 3), (2, 2), (2, 3)]


@pytest.mark.files
def test_a_compacted_store_gives_its_free_blocks_back(store: Store) -> None:
    filling = "insert into star_history select i, '2026-01-01', now()::timestamp, hash(i) >> 1 from range(500000) t(i)"
    with store.traffic.commit("test") as connection:
        connection.execute(filling)
    large = version_files(store.traffic).link.stat().st_size
    with store.traffic.commit("test") as connection:
        connection.execute("delete from star_history")
        connection.execute("delete from store_compaction")
    assert version_files(store.traffic).link.stat().st_size < large / 2


@pytest.mark.parametrize("database", ["traffic", "control"])
def test_each_step_has_a_number_of_its_own(database: str) -> None:
    """Two that were made at the same time would be one step to a store that has the first of them."""
    assert [step.number for step in schema.migrations(database)] == list(range(1, schema.newest_known(database) + 1))
