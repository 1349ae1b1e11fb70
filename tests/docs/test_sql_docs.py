"""docs/sql.md: every query runs, on the installed DuckDB and on the oldest that is promised, and tells something."""

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from data.store import Store
from tests.data.filled import TODAY

TEXT = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"^### ([^\n]+)\n\n(?:[^\n]+\n)+\n```sql\n(.*?)```$", TEXT, re.MULTILINE | re.DOTALL))
CLI = Path(sys.executable).with_name("duckdb")
ON_TODAY = f"set variable today = date '{TODAY}';"


def rows(full: Store, title: str) -> list[tuple[object, ...]]:
    """The rows of a query in a client of its own, opened as the document says."""
    with duckdb.connect(str(full.directory / "traffic.duckdb"), read_only=True) as client:
        client.execute(ON_TODAY)
        return client.execute(QUERIES[title]).fetchall()


def rows_of_oldest(full: Store, title: str, folder: Path) -> list[dict[str, object]]:
    """The rows of a query by the command line of DuckDB 1.5."""
    command = [CLI, "-json", "-bail", "-readonly", full.directory / "traffic.duckdb", ON_TODAY + QUERIES[title]]
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (output.returncode, output.stderr) == (0, "")
    found: list[dict[str, object]] = json.loads(output.stdout or "[]")
    return found


def test_there_are_twenty_queries_and_no_block_is_left_out() -> None:
    assert len(QUERIES) >= 20
    assert len(QUERIES) == TEXT.count("```sql")


def test_the_command_line_is_of_the_oldest_release_that_is_promised() -> None:
    output = subprocess.run([CLI, "--version"], capture_output=True, text=True, check=True).stdout
    assert output.startswith("v1.5.")


@pytest.mark.parametrize("title", QUERIES)
def test_a_query_runs_and_tells_the_same_on_duckdb_1_5(
    full: Store, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = rows(full, title)
    assert found
    if not QUERIES[title].startswith("copy"):  # the command line tells no rows of a copy
        assert len(rows_of_oldest(full, title, tmp_path)) == len(found)


def test_the_exported_file_has_every_day(full: Store, tmp_path: Path) -> None:
    rows_of_oldest(full, "Export to Parquet", tmp_path)
    with full.traffic.read(today=TODAY) as cursor:
        ((days,),) = cursor.execute("select count(*) as days from v_daily").fetchall()
    assert parquet.read_metadata(tmp_path / "daily.parquet").num_rows == days > 400


def test_no_query_adds_uniques_up_under_the_name_of_people() -> None:
    added_up = re.findall(r"sum\([^)]*uniques\)\s+as\s+(\w+)", "".join(QUERIES.values()))
    assert set(added_up) == {"visitor_days", "cloner_days"}


def test_no_query_adds_snapshots_up_over_days() -> None:
    adding = [sql for sql in QUERIES.values() if re.search(r"from v_(referrers|paths)\b", sql) and "sum(" in sql]
    assert adding
    assert all(re.search(r"group by [^\n]*observed_on", sql) for sql in adding)
