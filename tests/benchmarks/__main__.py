"""`python -m tests.benchmarks`: measures what the product promises in numbers, and exits with 1 where it is missed."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.benchmarks.bounds import bounds
from tests.benchmarks.collector_runs import again, cpu, memory, rate
from tests.benchmarks.commit import commit
from tests.benchmarks.first_numbers import first_numbers
from tests.benchmarks.five_years import size
from tests.benchmarks.imports import imports
from tests.benchmarks.lake import lake
from tests.benchmarks.measured import Measured, Scale
from tests.benchmarks.pages import pages
from tests.benchmarks.programs import programs
from tests.benchmarks.reports import reports
from tests.benchmarks.spikes import spikes
from tests.benchmarks.sql import sql
from tests.benchmarks.visits import growth, sessions

PLAIN_WIDTH = 160  # in a file or a pipe

Part = Callable[[Scale, Path], list[Measured]]

PARTS: dict[str, tuple[Part, int]] = {
    "rate": (rate, 240),
    "cpu": (cpu, 120),
    "again": (again, 60),
    "first-numbers": (first_numbers, 500),
    "size": (size, 180),
    "commit": (commit, 120),
    "memory": (memory, 400),
    "pages": (pages, 300),
    "sessions": (sessions, 180),
    "growth": (growth, 300),
    "spikes": (spikes, 180),
    "bounds": (bounds, 180),
    "sql": (sql, 180),
    "api": (programs, 400),
    "reports": (reports, 420),
    "import": (imports, 180),
    "lake": (lake, 720),
}
"""The parts, each with the seconds after which it is ended. `size` makes the five years where they are not yet."""


class TooLong(Exception):
    """A part was not done in its time."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, answer the exit code."""
    parser = argparse.ArgumentParser("tests.benchmarks", description=main.__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be given again")
    only = parser.parse_args(arguments).only or list(PARTS)
    console, found = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH), []
    for name in only:
        print(f"{name} ...", end=" ", flush=True, file=sys.stderr)
        began = time.monotonic()
        found += _measured(name)
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    console.print(_table(found))
    missed = sum(each.reached is False for each in found)
    print(f"{missed} missed" if missed else "All targets reached")
    return 1 if missed else 0


def _measured(name: str) -> list[Measured]:
    part, limit_s = PARTS[name]
    try:
        with tempfile.TemporaryDirectory() as directory, _within(limit_s):
            return part(Scale(), Path(directory))
    except TooLong:
        return [Measured(name, "-", "", False, f"not done after {limit_s} s")]


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    former = signal.signal(signal.SIGALRM, _end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


def _end(number: int, frame: FrameType | None) -> None:
    raise TooLong


def _table(found: list[Measured]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("what", "measured", "target", "verdict", "how"):
        table.add_column(heading, justify="right" if heading in {"measured", "target"} else "left")
    words = {True: Text("reached", "green"), False: Text("missed", "bold red"), None: Text("for information", "dim")}
    for each in found:
        table.add_row(*map(Text, (each.what, each.value, each.target)), words[each.reached], Text(each.note))
    return table


if __name__ == "__main__":
    sys.exit(main())
