"""`export`: rows as a file or on stdout, whole or not at all."""

import csv
import io
import shutil
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.collector.conftest import CommandLine, github_of, refused


@pytest.fixture(scope="module")
def stored(template: Path, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line over a store with the days of octo/hello and, for another tenant, of octo/world."""
    run = CommandLine(tmp_path_factory.mktemp("stored") / "db")
    shutil.copytree(template, run.directory, symlinks=True)
    run("tenant", "add", "blue")
    with github_of(run):
        for tenant, name in (("acme", "octo/hello"), ("blue", "octo/world")):
            run("tenant", "token", tenant, "--token-env", "OCTO_TOKEN")
            run.follow(name, tenant=tenant)
        assert run("collect").exit_code == 0
    return run


def names(text: str) -> set[str]:
    return {row["full_name"] for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.parametrize("table", ["daily", "weekly", "repositories"])
def test_a_table_is_written_as_csv(stored: CommandLine, tmp_path: Path, table: str) -> None:
    facts = stored.facts("export", table, "--to", tmp_path / "rows.csv")
    rows = list(csv.DictReader((tmp_path / "rows.csv").open(newline="")))
    assert len(rows) == facts["rows"] > 0
    assert {row["tenant"] for row in rows} == {"acme", "blue"}


def test_a_table_is_written_as_parquet(stored: CommandLine, tmp_path: Path) -> None:
    facts = stored.facts("export", "daily", "--to", tmp_path / "ROWS.Parquet")
    assert parquet.read_table(tmp_path / "ROWS.Parquet").num_rows == facts["rows"]


def test_rows_go_to_stdout_and_the_rest_to_stderr(stored: CommandLine) -> None:
    result = stored("export", "daily", "--to", "-")
    assert names(result.stdout) == {"octo/hello", "octo/world"}
    assert "rows written" in result.stderr


def test_an_export_is_narrowed_to_tenant_repository_and_days(stored: CommandLine) -> None:
    assert names(stored("export", "daily", "--to", "-", "--tenant", "blue").stdout) == {"octo/world"}
    assert names(stored("export", "daily", "--to", "-", "--repo", "octo/hello").stdout) == {"octo/hello"}
    stored("group", "add", "acme", "Shop", "octo/hello")
    assert names(stored("export", "daily", "--to", "-", "--group", "SHOP").stdout) == {"octo/hello"}
    refused(stored("export", "daily", "--to", "-", "--group", "Shop", "--tenant", "blue"), "group list")
    every = list(csv.DictReader(io.StringIO(stored("export", "daily", "--to", "-").stdout)))
    day = every[3]["day"]
    one = stored("export", "daily", "--to", "-", "--from", day, "--until", day).stdout
    assert {row["day"] for row in csv.DictReader(io.StringIO(one))} == {day}


def test_a_file_that_is_there_is_replaced_only_when_told(stored: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("mine")
    refused(stored("export", "daily", "--to", tmp_path / "rows.csv"), "already exists")
    assert (tmp_path / "rows.csv").read_text() == "mine"
    assert stored("export", "daily", "--to", tmp_path / "rows.csv", "--overwrite").exit_code == 0
    assert names((tmp_path / "rows.csv").read_text())


def test_wrong_use_is_told_and_nothing_is_written(run: CommandLine) -> None:
    for words, expected in (
        (["daily"], "--to"),
        (["hourly", "--to", "-"], "hourly"),
        (["daily", "--to", "rows.xlsx"], ".parquet"),
        (["daily", "--to", "nowhere/at/all.csv"], "does not exist"),
        (["daily", "--to", "-", "--from", "yesterday"], "2026-11-24"),
        (["daily", "--to", "-", "--from", "2026-02-02", "--until", "2026-02-01"], "after"),
        (["daily", "--to", "-", "--tenant", "nobody"], "no tenant"),
        (["daily", "--to", "-", "--repo", "octo/nothing"], "not tracked"),
        (["repositories", "--to", "-", "--from", "2026-02-02"], "repositories"),
    ):
        result = run("export", *words)
        refused(result, expected)
        assert result.stdout == ""
    refused(run("export", "daily", "--to", "-", "--json"), "Name a file")


def test_a_file_inside_the_data_directory_is_refused(run: CommandLine) -> None:
    refused(run("export", "daily", "--to", run.directory / "rows.csv"), "database directory")
    assert not (run.directory / "rows.csv").exists()


def test_nothing_stored_is_a_file_with_headings_only(run: CommandLine) -> None:
    lines = run("export", "daily", "--to", "-").stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("tenant,full_name")
