"""Every command has help with an example that is a command, and its place in the operator's page."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from collector.__main__ import command_line
from collector.commands.frame import Command, CommandResult

ROOT = Path(__file__).parents[2]
OPERATOR_PAGE = ROOT / "docs" / "operator.md"
PROGRAM = "python -m collector "


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command of a group and its groups, with the words that call it."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


ALL = dict(commands(command_line()))
GROUPS = sorted({path.split()[0] for path in ALL if " " in path})


def help_of(*words: str) -> str:
    """What --help says."""
    result = CliRunner().invoke(command_line(), [*words, "--help"], prog_name="python -m collector")
    assert result.exit_code == 0
    return result.stdout


def examples(words: str) -> list[list[str]]:
    """The example command lines in a help text, without what comes before or after a pipe."""
    lines = [line.strip() for line in help_of(*words.split()).split("Example:")[1].splitlines()]
    calls = [part.strip() for line in lines for part in re.split(r" \| ", line) if part.strip().startswith(PROGRAM)]
    return [shlex.split(call)[3:] for call in calls]


def test_the_first_command_is_the_first_thing_to_do() -> None:
    assert list(ALL)[:2] == ["init", "tenant add"]


def test_the_version_is_the_newest_of_the_changelog() -> None:
    result = CliRunner().invoke(command_line(), ["--version"])
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert (result.exit_code, result.stdout) == (0, f"github-traffic-analytics {newest[1]}\n")


@pytest.mark.parametrize("words", ALL)
def test_every_command_has_help_with_an_example_of_itself(words: str) -> None:
    assert len(help_of(*words.split()).split("Options:")[0].splitlines()) > 5
    calls = [" ".join(call) for call in examples(words)]
    assert calls
    assert all(f" {words} " in f" {call} " for call in calls)


@pytest.mark.parametrize("words", ALL)
def test_every_example_is_understood(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words are right: they get as far as the command itself, which is not run."""
    reached: list[str | None] = []

    def reach(command: Command, _: click.Context) -> CommandResult:
        reached.append(command.name)
        return CommandResult()

    monkeypatch.setattr(Command, "invoke", reach)
    for call in examples(words):
        assert CliRunner().invoke(command_line(), call).exit_code == 0, call
    assert reached == [words.rsplit(maxsplit=1)[-1]] * len(examples(words))


@pytest.mark.parametrize("words", [*ALL, *GROUPS, ""])
def test_the_options_of_all_are_options_of_each(words: str) -> None:
    assert all(option in help_of(*words.split()) for option in ("--data DIR", "--json", "--help"))


@pytest.mark.parametrize("words", ALL)
def test_every_argument_and_option_is_explained(words: str) -> None:
    text = help_of(*words.split())
    for parameter in ALL[words].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
        else:
            assert parameter.make_metavar(click.Context(ALL[words])).strip("[].{}") in text


@pytest.mark.parametrize("words", ALL)
def test_the_operators_page_tells_of_every_command(words: str) -> None:
    """As a whole line to type, or by its words in code: `repo list`."""
    assert re.search(rf"(?:`|{PROGRAM}){words}\b", OPERATOR_PAGE.read_text(encoding="utf-8"))
