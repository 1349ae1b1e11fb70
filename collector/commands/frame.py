"""The frame of every command: its options, what it may use, what it answers, and how a failure is shown.

Exit codes: 0 all good, 1 some of it failed, 2 wrong use or configuration.
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from collector.commands.terminal import Terminal
from collector.errors import AnswerRefused, GitHubError
from collector.redaction import many_lines, redacted
from collector.settings import DEFAULT_DATA_DIR, Settings, read_settings
from data.accounts.audit import move_outbox
from data.accounts.authority import COMMAND_LINE, acting
from data.accounts.models import Account, Viewer
from data.accounts.tenants import operator
from data.refusals import Refused
from data.store import Store, StoreAway, StoreBusy, StoreNotWritten
from data.text import json_value

ALL_GOOD, SOME_FAILED, WRONG_USE = 0, 1, 2
FAILED = (StoreAway, StoreBusy, StoreNotWritten, GitHubError, AnswerRefused)
_NO_SUCH_PLACE = (PermissionError, FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError)
DATA, JSON = "collector.data", "collector.json"


class CommandRefused(click.UsageError):
    """What was asked for cannot be done as it stands: exit code 2."""


class CommandFailed(click.ClickException):
    """Something that may go well another time: exit code 1."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of a command: facts for the JSON line, and whether some of it failed."""

    facts: dict[str, Any] = field(default_factory=dict)
    failed: bool = False


class Session:
    """What a command may use: the store, the settings, the terminal."""

    def __init__(self, directory: Path, *, as_json: bool) -> None:
        self.directory = directory
        self.as_json = as_json
        self.terminal = Terminal()

    @cached_property
    def store(self) -> Store:
        """The store of the data directory, migrated to this release. Raises: StoreMissing and other StoreErrors."""
        store = self.unprepared_store
        store.traffic.version()
        store.control.version()
        store.prepare()
        move_outbox(store)
        return store

    @cached_property
    def unprepared_store(self) -> Store:
        return Store(self.directory)

    @property
    def viewer(self) -> Viewer:
        """Whoever runs commands on the server sees all that is there at this moment."""
        return operator(self.store)

    @property
    def account(self) -> Account:
        """Whoever runs commands, as an account."""
        with self.store.control.read() as cursor:
            return acting(cursor, COMMAND_LINE)

    @property
    def settings(self) -> Settings:
        return read_settings()

    def close(self) -> None:
        self.unprepared_store.close()


pass_session = click.make_pass_decorator(Session)


def _note(context: click.Context, option: click.Parameter, value: Any) -> None:
    if value not in {None, False}:
        context.meta[DATA if option.name == "data" else JSON] = value


def _options() -> list[click.Option]:
    """The options of every command; given at the command they win over the same given before it."""
    return [
        click.Option(
            ["--data"],
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help=f"Where the databases are.  [default: $TRAFFIC_DATA_DIR, else {DEFAULT_DATA_DIR}]",
            expose_value=False,
            callback=_note,
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            help="Print one JSON object as the last line of stdout.",
            expose_value=False,
            callback=_note,
        ),
    ]


class Command(click.Command):
    """A command with the options of all, a session, and its failures as sentences."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params.extend(_options())

    def invoke(self, ctx: click.Context) -> Any:
        directory = ctx.meta.get(DATA) or Path(os.environ.get("TRAFFIC_DATA_DIR") or DEFAULT_DATA_DIR)
        ctx.obj = Session(directory, as_json=bool(ctx.meta.get(JSON)))
        try:
            return super().invoke(ctx)
        except (*FAILED, Refused) as error:
            kind = CommandFailed if isinstance(error, FAILED) else CommandRefused
            raise kind(str(error)) from error
        finally:
            ctx.obj.close()


class CommandGroup(click.Group):
    """A group of commands, listed in the order in which they are usually needed: `first` before the others."""

    command_class = Command

    def __init__(self, *arguments: Any, first: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params.extend(_options())
        self._first = first

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._first, *(name for name in self.commands if name not in self._first)]


class Root(CommandGroup):
    """The whole command line: the one place that turns an outcome or a failure into an exit code.

    `places`: where each command lies, as module:name in this package.
    """

    def __init__(self, *arguments: Any, places: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*arguments, first=tuple(places), **settings)
        self._places = places

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"{__package__}.{module}"), name)
        return command

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run a command line and exit; nothing of an expected failure but its sentence is shown."""
        words = list(sys.argv[1:] if args is None else args)
        as_json = "--json" in words
        try:
            result = super().main(words, *rest, **{**extra, "standalone_mode": False, "max_content_width": 100})
        except click.ClickException as failure:
            _exit_after(_sentence(failure), failure.exit_code, as_json=as_json)
        except click.Abort:
            _exit_after("Cancelled.", SOME_FAILED, as_json=as_json)
        except BrokenPipeError:
            _exit_quietly()
        except OSError as refusal:
            code = WRONG_USE if isinstance(refusal, _NO_SUCH_PLACE) else SOME_FAILED
            _exit_after(f"The system refused: {refusal}", code, as_json=as_json)
        except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, no trace is thrown at people
            _exit_after(_unexpected(error), SOME_FAILED, as_json=as_json)
        outcome = result if isinstance(result, CommandResult) else None
        if as_json and outcome is not None:
            _print_json({"ok": not outcome.failed, **outcome.facts})
        sys.exit(result if outcome is None else (SOME_FAILED if outcome.failed else ALL_GOOD))


def _sentence(failure: click.ClickException) -> str:
    """A failure's sentence; where the words were wrong, with the way to the help."""
    sentence = failure.format_message().replace("\n\t", " ")  # click lists the choices of a missing option with tabs
    if isinstance(failure, CommandRefused) or not isinstance(failure, click.UsageError) or failure.ctx is None:
        return sentence
    if isinstance(failure, click.exceptions.NoArgsIsHelpError):
        return failure.ctx.get_help()
    if "unexpected extra argument" in sentence:  # a token may be among the words: they are not repeated
        sentence = "There are more words than this command takes. (A token is never one: see --help.)"
    return f"{sentence}\n{failure.ctx.get_usage()}\nHelp: {failure.ctx.command_path} --help"


def _unexpected(error: BaseException) -> str:
    if os.environ.get("TRAFFIC_DEBUG") == "1":
        click.echo(many_lines("".join(traceback.format_exception(error))), err=True)
    return (
        f"Something unexpected went wrong ({type(error).__name__}: {error}). What was committed is safe. "
        "Run it again with TRAFFIC_DEBUG=1 to see where, and please report it."
    )


def _exit_after(sentence: str, code: int, *, as_json: bool) -> NoReturn:
    """Tell a failure on stderr, and with --json once more as the last line of stdout."""
    with suppress(BrokenPipeError):
        click.echo(many_lines(sentence), err=True)
        if as_json:
            _print_json({"ok": False, "error": sentence, "exit_code": code})
    sys.exit(code)


def _exit_quietly() -> NoReturn:
    """Whoever read our output has gone; the rest of it is for nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(SOME_FAILED)


def _print_json(facts: dict[str, Any]) -> None:
    click.echo(redacted(json.dumps(facts, default=json_value)))
