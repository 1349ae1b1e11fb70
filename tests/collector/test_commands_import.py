"""`import`: bring in, list, undo."""

from pathlib import Path

from tests.collector.conftest import CommandLine, refused

ROWS = "when;hits;name\n2025-01-01;3;octo/hello\n2025-01-02;4;octo/gone\n"
MAPPED = "day=when,views=hits,repository=name"


def test_what_is_not_known_is_asked_for_before_anything_is_written(run: CommandLine, tmp_path: Path) -> None:
    run.follow("octo/hello")
    table = tmp_path / "table.csv"
    table.write_text(ROWS, "utf-8")
    words = ("import", "acme", str(table))
    refused(run(*words), "Say which column is which", "when, hits, name")
    assert "Not tracked by this tenant: octo/gone." in run(*words, "--map", MAPPED, "--dry-run").stdout
    refused(run(*words, "--map", MAPPED), "octo/gone", "--unknown add")
    assert run.facts("import", "list")["imports"] == []
    assert "Left out" in run(*words, "--map", MAPPED, "--unknown", "skip").stdout
    assert "Nothing new" in run(*words, "--unknown", "skip").stdout, "the mapping is saved"
    assert run.facts(*words, "--unknown", "add")["days_won"] == 1
    numbers = [each["import"] for each in run.facts("import", "list")["imports"]]
    for number in numbers:
        assert run("import", "undo", str(number)).exit_code == 0
    refused(run("import", "undo", str(numbers[0])), "There is no import")
