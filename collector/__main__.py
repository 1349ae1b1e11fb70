"""The command line: `python -m collector`."""

import logging
import sys
import threading
import tomllib
from pathlib import Path
from typing import NoReturn

import click

from collector.commands.frame import Root
from collector.redaction import RedactingFormatter, many_lines

PROJECT = Path(__file__).parents[1] / "pyproject.toml"  # the one place that names the version
HELP = """Keep GitHub's 14 days of repository traffic forever.

\b
To begin:
  python -m collector init
  python -m collector tenant add acme
  python -m collector tenant token acme
  python -m collector repo add acme OWNER/NAME
  python -m collector schedule

Exit codes: 0 all good, 1 some of it failed, 2 wrong use or configuration. All times are UTC.
"""


COMMANDS = {  # in the order in which they are usually needed, each where it lies: only the one that runs is loaded
    "init": "store:init",
    "tenant": "tenant:tenant",
    "app": "app:app",
    "repo": "repo:repo",
    "group": "group:group",
    "collect": "collect:collect",
    "schedule": "schedule:schedule",
    "serve": "serve:serve",
    "status": "status:status",
    "log": "status:log",
    "report": "report:report",
    "alert": "alert:alert",
    "export": "export:export",
    "import": "imports:import_",
    "backup": "store:backup",
    "check": "store:check",
    "restore": "store:restore",
    "store": "store:store",
    "user": "user:user",
    "signon": "signon:signon",
    "api-token": "api_token:api_token",
    "key": "store:key",
}


def command_line() -> Root:
    root = Root("collector", help=HELP, places=COMMANDS)
    root.params.append(
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
        )
    )
    return root


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
        click.echo(f"{project['name']} {project['version']}")
        context.exit()


def main() -> NoReturn:
    """Run the command line of this process, with everything that libraries or threads print redacted as well."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    threading.excepthook = _report_thread_failure
    command_line().main(prog_name="python -m collector")


def _report_thread_failure(failure: threading.ExceptHookArgs) -> None:
    print(many_lines(f"A thread ended early ({failure.exc_type.__name__}: {failure.exc_value})."), file=sys.stderr)


if __name__ == "__main__":
    main()
