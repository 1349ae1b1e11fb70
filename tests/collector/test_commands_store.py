"""`init`, `backup`, `restore`, and how every command bears wrong use."""

import json
import stat
from pathlib import Path

import pytest

from collector.run import _exclusive_run
from data.accounts.encryption import KEY_FILE
from data.store import Store
from tests.collector.conftest import CommandLine, last_line, refused
from tests.data.store.test_trust import damage
from tests.data.writers import version_files


def test_init_creates_both_databases_and_the_key(run_nowhere: CommandLine) -> None:
    result = run_nowhere("init")
    assert result.exit_code == 0
    assert "tenant add" in result.stdout
    assert stat.S_IMODE((run_nowhere.directory / KEY_FILE).stat().st_mode) == 0o600
    assert run_nowhere.facts("tenant", "list") == {"ok": True, "tenants": []}


def test_init_again_changes_nothing(run: CommandLine) -> None:
    key, version = (run.directory / KEY_FILE).read_text(), run.store.traffic.version()
    assert run.facts("init")["created"] is False
    assert (key, version) == ((run.directory / KEY_FILE).read_text(), run.store.traffic.version())


def test_data_is_accepted_before_and_after_the_command(run_nowhere: CommandLine, tmp_path: Path) -> None:
    assert run_nowhere("--data", tmp_path / "one", "init").exit_code == 0
    assert run_nowhere("--data", tmp_path / "one", "init", "--data", tmp_path / "two").exit_code == 0
    assert [(tmp_path / name).exists() for name in ("one", "two", "nowhere")] == [True, True, False]


def test_json_is_accepted_before_and_after_the_command(run: CommandLine) -> None:
    for words in (["--json", "tenant", "list"], ["tenant", "--json", "list"], ["tenant", "list", "--json"]):
        assert last_line(run(*words))["ok"] is True


def test_a_backup_comes_back(run: CommandLine, tmp_path: Path) -> None:
    run.follow("octo/hello")
    stamp = run.facts("backup", tmp_path / "copies")["stamp"]
    run("repo", "remove", "acme", "octo/hello", "--delete-data", "--yes")
    assert run.states() == {}
    assert run.facts("restore", tmp_path / "copies")["stamp"] == stamp
    assert run.states() == {"octo/hello": "active"}


def test_a_backup_comes_back_into_an_empty_place(run: CommandLine, run_nowhere: CommandLine, tmp_path: Path) -> None:
    stamp = run.facts("backup", tmp_path / "copies")["stamp"]
    assert run_nowhere("restore", tmp_path / "copies", "--stamp", stamp).exit_code == 0
    assert run_nowhere.tenant("acme").name == "acme"


def test_a_restore_while_a_run_goes_on_is_refused_and_nothing_changes(run: CommandLine, tmp_path: Path) -> None:
    run("backup", tmp_path / "copies")
    before = run.store.traffic.version(), run.store.control.version()
    with _exclusive_run(run.directory):
        refused(run("restore", tmp_path / "copies"), "(collecting)", "The restore did not begin", code=1)
    assert (run.store.traffic.version(), run.store.control.version()) == before


def test_a_backup_inside_the_data_directory_is_refused(run: CommandLine) -> None:
    refused(run("backup", run.directory / "copies"), "inside the data directory")
    assert not (run.directory / "copies").exists()


def test_restoring_from_nowhere_is_refused(run: CommandLine, tmp_path: Path) -> None:
    version = run.store.traffic.version()
    refused(run("restore", tmp_path / "missing"), "no directory")
    refused(run("restore", tmp_path), "holds no backup")
    assert run.store.traffic.version() == version


NEEDS_A_STORE = [
    ["tenant", "list"],
    ["tenant", "add", "acme"],
    ["tenant", "schedule", "acme", "daily"],
    ["repo", "list"],
    ["repo", "pause", "acme", "octo/hello"],
]


@pytest.mark.parametrize("words", NEEDS_A_STORE, ids=" ".join)
def test_without_a_store_the_way_to_one_is_told(run_nowhere: CommandLine, words: list[str]) -> None:
    refused(run_nowhere(*words), "python -m collector init")
    assert last_line(run_nowhere(*words, "--json"))["exit_code"] == 2
    assert not run_nowhere.directory.exists()


@pytest.mark.parametrize("words", [["nonsense"], ["init", "--nonsense"], ["tenant", "add"], ["repo"], []], ids=" ".join)
def test_wrong_words_are_told_with_the_way_to_the_help(run: CommandLine, words: list[str]) -> None:
    refused(run(*words), "Usage")
    assert last_line(run(*words, "--json"))["ok"] is False


@pytest.mark.parametrize("secret", ["ghp_0123456789abcdefghij", "0123456789abcdef0123456789abcdef01234567"])
def test_a_secret_typed_as_an_argument_is_not_repeated(run: CommandLine, secret: str) -> None:
    result = run("tenant", "token", "acme", secret, "--json")
    assert result.exit_code == 2
    assert secret not in result.output
    assert json.loads(result.stdout)["ok"] is False


def test_an_unexpected_failure_is_one_sentence(run: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "prepare", lambda _: 1 / 0)
    refused(run("tenant", "list"), "ZeroDivisionError", "TRAFFIC_DEBUG=1", code=1)
    run.environment["TRAFFIC_DEBUG"] = "1"
    assert "Traceback" in run("tenant", "list").stderr


def test_check_reads_every_version_and_names_the_damaged_one(run: CommandLine) -> None:
    good = run("check", "--json")
    assert (good.exit_code, last_line(good)["damaged"]) == (0, [])
    newest = version_files(run.store.traffic).committed()
    assert newest is not None
    damage(newest)
    found = run("check", "--json")
    assert found.exit_code == 1
    assert [each["file"] for each in last_line(found)["damaged"]] == [newest.name]
    assert f"{newest.name}  {newest.stat().st_size:,} bytes  is damaged" in run("check").stdout
