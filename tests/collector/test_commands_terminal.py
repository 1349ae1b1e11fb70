"""What commands show: a bar on a terminal, lines elsewhere, tables that nothing in a cell can break."""

import io
import os
import sys
from pathlib import Path

import pytest

from collector.commands.terminal import BarProgress, LineProgress, Terminal
from data.text import counted
from tests.collector.conftest import CommandLine


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def tell_a_run(progress: LineProgress | BarProgress) -> None:
    progress.started(200)
    progress.advanced(1, "octo/hello")
    progress.advanced(100, "octo/\x1b[31mworld")
    progress.waiting(61.4, "GitHub's limit")
    progress.saved(1, 1234)
    progress.warned("octo/hello failed with ghp_0123456789abcdef")
    progress.finished()


def test_elsewhere_than_on_a_terminal_a_run_is_lines_with_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    tell_a_run(LineProgress(Terminal()))
    lines = [line.partition("Z ")[2] for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        "Collecting: 200 jobs to do",
        "100 of 200 jobs done",
        "Waiting 61 s: GitHub's limit",
        "Saved: 1 repository, 1,234 rows new or changed",
        "octo/hello failed with [hidden]",
    ]


def test_on_a_terminal_a_run_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Tty())
    progress = Terminal().progress()
    assert isinstance(progress, BarProgress)
    tell_a_run(progress)
    shown = screen.getvalue()
    assert "100/200" in shown
    assert "failed with [hidden]" in shown
    assert "ghp_" not in shown
    assert "\x1b[31mworld" not in shown


def test_a_bar_waits_before_it_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Tty())
    progress = Terminal().progress()
    progress.waiting(60, "GitHub's limit")
    progress.finished()
    assert "Waiting 60 s" in screen.getvalue()


def test_a_table_in_a_pipe_has_whole_cells_and_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().table(("NAME", ">COUNT"), [("x" * 300, "1,234"), ("short", "7")])
    heading, first, second = capsys.readouterr().out.splitlines()
    assert first == "x" * 300 + "  1,234"
    assert second.endswith("      7")
    assert "\x1b" not in heading


@pytest.mark.parametrize("cell", ["[bold]octo[/bold]", "a\nb", "\x1b[2J", "\u202egpj.exe", ":smile:", "ghp_0123456789"])
def test_a_hostile_cell_stays_in_its_place(capsys: pytest.CaptureFixture[str], cell: str) -> None:
    Terminal().table(("NAME",), [(cell,), ("next",)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert not {"\x1b", "\u202e"} & set("".join(lines))
    assert "ghp_" not in lines[1]


@pytest.mark.parametrize(
    ("number", "thing", "expected"),
    [(1, "repository", "1 repository"), (0, "repository", "0 repositories"), (12345, "day", "12,345 days")],
)
def test_things_are_counted_as_people_do(number: int, thing: str, expected: str) -> None:
    assert counted(number, thing) == expected


def arguments(entry: Path) -> set[bytes]:
    """The command line of a process of this user, if the entry of /proc is one."""
    try:
        return (
            {(entry / "cmdline").read_bytes()} if entry.name.isdigit() and entry.stat().st_uid == os.getuid() else set()
        )
    except OSError:
        return set()


def test_a_reader_that_goes_away_is_no_failure_worth_a_trace(run: CommandLine) -> None:
    process = run.start("tenant", "list")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    output = process.stderr.read()
    process.wait(timeout=30)
    assert "Traceback" not in output
    assert "Exception ignored" not in output


def test_letters_that_the_terminal_cannot_show_are_escaped(run: CommandLine) -> None:
    run("tenant", "add", "Größe 大")
    process = run.start("tenant", "list", environment={"PYTHONIOENCODING": "ascii"})
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")
    assert "Gr\\xf6\\xdfe" in stdout
