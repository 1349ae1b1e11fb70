"""Files of exports: never half-done, never over another file unasked, safe in a spreadsheet, whatever their name."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant, operator
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store
from data.traffic import export as exports
from data.traffic.csv_values import formula_safe
from data.traffic.export import ExportFormat, ExportRefused, ExportRequest, ExportTable, export
from tests.data.writers import NOW

REPOSITORIES = ExportRequest(ExportTable.REPOSITORIES)
HOSTILE = ('=cmd|"/c calc"!A1', "+1", "-2", "@sum(1)", "  =1", 'a "b", c')


@pytest.fixture
def hostile(store: Store) -> Store:
    """A repository of a tenant for each hostile name."""
    for number, name in enumerate(HOSTILE, start=1):
        tenant = add_tenant(store, COMMAND_LINE, name if name == name.strip() else "x", "daily", NOW)
        facts = RepositoryFacts(number, f"{name}/{number}", "public", False, False)
        add_repositories(store, COMMAND_LINE, tenant.tenant_id, [facts], NOW)
    return store


def broken(*_: object) -> Iterator[pa.RecordBatch]:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@a", "\tx", "\rx", "\nx", " =1", "  \t@a", "\u00a0=1", "＝1", "\ufeff=1"]
)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe_and_nothing_else(text: str) -> None:
    assert formula_safe(text) == f"'{text}"
    for other in ("", "a", f"a{text}", "owner/-name", "'=1", " a", "1-2", "😀"):
        assert formula_safe(other) == other


@given(st.text())
def test_no_safe_text_begins_as_a_formula_does(text: str) -> None:
    assert formula_safe(text).lstrip()[:1] not in set("=+-@")
    assert formula_safe(text).removeprefix("'") in {text, text.removeprefix("'")}


def test_csv_is_safe_and_parquet_is_verbatim(hostile: Store, tmp_path: Path) -> None:
    export(operator(hostile), hostile, REPOSITORIES, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="") as file:
        names = [row["full_name"] for row in csv.DictReader(file)]
    verbatim = ExportRequest(ExportTable.REPOSITORIES, ExportFormat.PARQUET)
    export(operator(hostile), hostile, verbatim, tmp_path / "x.parquet")
    kept = parquet.read_table(tmp_path / "x.parquet")["full_name"].to_pylist()
    assert kept == [f"{name}/{number}" for number, name in enumerate(HOSTILE, start=1)]
    assert names == [f"'{name}" for name in kept[:-1]] + kept[-1:]


def test_a_file_that_is_there_stays_as_it_is(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine")
    with pytest.raises(ExportRefused, match="already exists"):
        export(operator(store), store, REPOSITORIES, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "mine"


def test_a_file_that_comes_meanwhile_stays_as_it_is(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = exports._write

    def meanwhile(*given: object) -> Iterator[int]:
        (tmp_path / "x.csv").write_text("mine")
        return write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(exports, "_write", meanwhile)
    with pytest.raises(ExportRefused, match="already exists"):
        export(operator(store), store, REPOSITORIES, tmp_path / "x.csv")
    assert [(p.name, p.read_text()) for p in tmp_path.glob("*.*")] == [("x.csv", "mine")]


def test_a_file_may_be_overwritten_when_told_so(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine")
    export(operator(store), store, ExportRequest(ExportTable.REPOSITORIES, overwrite=True), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes().startswith(b"tenant,")


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_failed_export_leaves_all_as_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    target = tmp_path / "x.csv"
    if overwrite:
        target.write_text("mine")
    monkeypatch.setattr(exports, "_batches", broken)
    add_repositories(
        store,
        COMMAND_LINE,
        add_tenant(store, COMMAND_LINE, "T", "daily", NOW).tenant_id,
        [RepositoryFacts(1, "a/b", None, None, None)],
        NOW,
    )
    with pytest.raises(ExportRefused, match="No space left"):
        export(operator(store), store, ExportRequest(ExportTable.REPOSITORIES, overwrite=overwrite), target)
    assert [(p.name, p.read_text()) for p in tmp_path.glob("*.*")] == ([("x.csv", "mine")] if overwrite else [])
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "name", ["it's.csv", "a*b?.csv", "x'; drop table repository; --.csv", "%s{}.csv", "ö 漢\n.csv", "-o"]
)
def test_any_file_name_is_just_a_name(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    export(operator(store), store, REPOSITORIES, tmp_path / "out" / name)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


@pytest.mark.parametrize("place", ["db/traffic.duckdb", "db/versions/x.csv", "out/../db/x.csv", "link/x.csv"])
def test_nothing_is_written_among_the_databases(store: Store, tmp_path: Path, place: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "db")
    with pytest.raises(ExportRefused, match="inside the database directory"):
        export(operator(store), store, ExportRequest(ExportTable.REPOSITORIES, overwrite=True), tmp_path / place)
    assert operator(store).repository_ids == frozenset()


@pytest.mark.parametrize(("place", "said"), [("none/x.csv", "Create it first"), ("dir", "is not a file")])
def test_a_place_where_no_file_can_be_is_refused(store: Store, tmp_path: Path, place: str, said: str) -> None:
    (tmp_path / "dir").mkdir()
    with pytest.raises(ExportRefused, match=said):
        export(operator(store), store, ExportRequest(ExportTable.REPOSITORIES, overwrite=True), tmp_path / place)


def test_a_file_system_without_links_gets_its_file_too(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", broken)
    export(operator(store), store, REPOSITORIES, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes().startswith(b"tenant,")
    assert not list(tmp_path.glob(".*"))
