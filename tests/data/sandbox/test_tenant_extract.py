"""A viewer's extract: all of the visible rows and none of the others, made once a version, gone with it."""

import os
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Viewer
from data.accounts.tenants import add_tenant
from data.collection import ledger
from data.sandbox import tenant_extract
from data.sandbox.tenant_extract import FILTERED_HERE, open_extract, prepare_extract
from data.schema.migrate import OWN_TABLES, tables
from data.store import Store
from tests.data.filled import DOCS, ENGINE, MIRROR, NAMES, NEW, TELESCOPE
from tests.data.writers import NOW, version_files

BLUE = Viewer(frozenset({ENGINE, DOCS, MIRROR}), frozenset({1}))
SINGLE = Viewer(frozenset({ENGINE}), frozenset())
NOBODY = Viewer(frozenset(), frozenset())
EVERYTHING = Viewer(frozenset({*NAMES, NEW}), frozenset({1, 2}))
SAME_FOR_ALL = {"day_rule"}  # tables of which everybody reads every row
WITHOUT_REPOSITORY = {"tenant", "collection_run"}


@pytest.fixture(scope="module")
def extracts(full: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, duckdb.DuckDBPyConnection]]:
    """What each viewer gets, opened."""
    viewers = {"blue": BLUE, "single": SINGLE, "nobody": NOBODY, "everything": EVERYTHING}
    copies = tmp_path_factory.mktemp("copies")
    found = {name: copied(viewer, full, copies / f"{name}.duckdb") for name, viewer in viewers.items()}
    yield found
    for each in found.values():
        each.close()


def copied(viewer: Viewer, store: Store, path: Path) -> duckdb.DuckDBPyConnection:
    """A copy of what the viewer gets, opened."""
    with os.fdopen(open_extract(viewer, store), "rb") as file:
        path.write_bytes(file.read())
    return duckdb.connect(str(path), read_only=True)


def rows(cursor: duckdb.DuckDBPyConnection, question: str) -> list[tuple[object, ...]]:
    return cursor.execute(question).fetchall()


def test_every_table_with_a_repository_has_its_visible_rows_and_no_others(
    full: Store, extracts: dict[str, duckdb.DuckDBPyConnection]
) -> None:
    filled = 0
    with full.traffic.read() as cursor:
        for table in set(tables(cursor)) - OWN_TABLES - SAME_FOR_ALL - WITHOUT_REPOSITORY - FILTERED_HERE:
            expected = rows(cursor, f"from {table} where repository_id in (1, 2, 3) order by all")
            assert rows(extracts["blue"], f"from {table} order by all") == expected, table
            filled += bool(expected)
    assert filled >= 10


def test_a_table_that_is_new_is_thought_of(full: Store) -> None:
    """Where this fails, decide who may read it: data/sandbox/tenant_extract.py, or a repository_id."""
    known = {*OWN_TABLES, *SAME_FOR_ALL, *FILTERED_HERE}
    with full.traffic.read() as cursor:
        assert not [each for each in set(tables(cursor)) - known if "repository_id" not in cursor.table(each).columns]


def test_nothing_in_the_file_tells_of_others(full: Store) -> None:
    file = open_extract(BLUE, full)
    content = Path(f"/dev/fd/{file}").read_bytes()
    os.close(file)
    assert b"blue/engine" in content
    assert b"telescope" not in content
    assert b"green" not in content.lower()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("select name from tenant", [("Blue",)]),
        ("select full_name from v_repositories", [("blue/engine",)]),
        ("select count(*) > 100 as many from v_daily", [(True,)]),
        ("select tenant, group_name, full_name from v_groups", [("Blue", "Machine", "blue/engine")]),
        ("select distinct repositories, requests, message from collection_run", [(1, None, None)]),
        ("select distinct etag, etag_token_id from endpoint_state", [(None, None)]),
    ],
)
def test_who_sees_a_single_repository_is_told_of_nothing_else(
    extracts: dict[str, duckdb.DuckDBPyConnection], question: str, expected: list[tuple[object, ...]]
) -> None:
    assert rows(extracts["single"], question) == expected


def test_who_sees_nothing_gets_tables_without_rows(extracts: dict[str, duckdb.DuckDBPyConnection]) -> None:
    found = {table for table in tables(extracts["nobody"]) if rows(extracts["nobody"], f"from {table}")}
    assert found == SAME_FOR_ALL


def notes_of(store: Store, viewer: Viewer) -> list[tuple[object, ...]]:
    path = store.directory / f"{len(viewer.tenant_ids)} tenants.duckdb"
    with copied(viewer, store, path) as opened:
        return rows(opened, "select note_id from note order by 1")


@pytest.mark.files
def test_a_tenants_notes_are_for_who_sees_the_whole_tenant(store: Store) -> None:
    tenants = [add_tenant(store, COMMAND_LINE, name, "daily", NOW).tenant_id for name in ("Blue", "Green")]
    with store.traffic.commit("test") as connection:
        for key, tenant_id, repository_id in ((1, tenants[0], None), (2, tenants[0], 1), (3, tenants[1], None)):
            values = [key, tenant_id, repository_id]
            connection.execute("insert into note values (?, ?, ?, '2026-05-01', 'n', null, '2026-05-01')", values)
    assert notes_of(store, Viewer(frozenset({1}), frozenset(tenants[:1]))) == [(1,), (2,)]
    assert notes_of(store, Viewer(frozenset({1}), frozenset())) == [(2,)]


def is_the_version(viewer: Viewer, store: Store) -> bool:
    """Whether what the viewer gets is the newest version itself."""
    file, version = open_extract(viewer, store), version_files(store.traffic).committed()
    number = os.fstat(file).st_ino
    os.close(file)
    return version is not None and number == version.stat().st_ino


@pytest.mark.files
def test_who_sees_everything_gets_the_version_itself_unless_records_of_changes_wait_in_it(store: Store) -> None:
    everything = Viewer(frozenset(), frozenset({add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW).tenant_id}))
    assert not is_the_version(everything, store)
    with copied(everything, store, store.directory / "copied.duckdb") as opened:
        assert "audit_outbox" not in tables(opened)
        assert rows(opened, "select name from tenant") == [("Blue",)]
    ledger.start_run(store, "test", NOW)
    assert is_the_version(everything, store)


@pytest.mark.files
@pytest.mark.parametrize(
    "viewer",
    [Viewer(EVERYTHING.repository_ids, frozenset({1})), Viewer(EVERYTHING.repository_ids - {NEW}, frozenset({1, 2}))],
)
def test_almost_everything_is_not_everything(full: Store, viewer: Viewer) -> None:
    assert not is_the_version(viewer, full)


def test_it_is_made_once_and_only_its_owner_may_read_it(full: Store) -> None:
    folder = full.extracts
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: prepare_extract(Viewer(frozenset({DOCS, TELESCOPE}), frozenset()), full), range(4)))
    before = sorted(path.name for path in folder.iterdir())
    prepare_extract(Viewer(frozenset({DOCS, TELESCOPE}), frozenset()), full)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not [name for name in before if name.startswith(".")]


@pytest.mark.files
def test_it_goes_with_its_version(store: Store) -> None:
    add_tenant(store, COMMAND_LINE, "Somebody else", "daily", NOW)
    prepare_extract(Viewer(frozenset({1}), frozenset()), store)
    (made,) = store.extracts.iterdir()
    for _ in range(3):
        assert made.exists()
        with store.traffic.commit("test") as connection:
            connection.execute("delete from store_compaction")
    assert not made.exists()


def test_a_new_version_has_a_new_one(store: Store) -> None:
    add_tenant(store, COMMAND_LINE, "Somebody else", "daily", NOW)
    viewer = Viewer(frozenset({7}), frozenset())
    prepare_extract(viewer, store)
    with store.traffic.commit("test") as connection:
        connection.execute("insert into daily_traffic (repository_id, day, views) values (7, '2026-05-01', 41)")
    with copied(viewer, store, store.directory / "new.duckdb") as opened:
        assert rows(opened, "select views from daily_traffic") == [(41,)]


def test_a_version_that_commits_remove_meanwhile_is_no_failure(
    full: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(full.directory, tmp_path / "db", symlinks=True)
    store, remove_old = Store(tmp_path / "db"), tenant_extract._remove_old
    rounds = iter([4])

    def four_commits_go_by(*arguments: Any) -> None:
        for _ in range(next(rounds, 0)):
            with store.traffic.commit("test"):
                pass
        remove_old(*arguments)

    monkeypatch.setattr(tenant_extract, "_remove_old", four_commits_go_by)
    os.close(open_extract(Viewer(frozenset({ENGINE}), frozenset()), store))
    store.close()
