"""What the command line shows: results on stdout, what happens meanwhile on stderr, all of it redacted.

On a terminal there is a progress bar; anywhere else plain lines with the time (UTC), fit for a log.
"""

import sys
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from collector import owner_run
from collector.redaction import many_lines, one_line
from data.calendar import utc_day, utc_now
from data.text import counted

ADVANCE_EVERY = 100


class Terminal:
    """Where a command speaks; made when the command runs, so that it finds the streams of that moment."""

    def __init__(self) -> None:
        self._guard = threading.Lock()

    def say(self, text: str = "") -> None:
        self._write(sys.stdout, many_lines(text))

    def warn(self, text: str) -> None:
        """Something that went wrong or needs attention, beside the results."""
        self._write(sys.stderr, many_lines(text))

    def log(self, text: str) -> None:
        """What happens, with its time."""
        self._write(sys.stderr, f"{utc_now():%Y-%m-%d %H:%M:%SZ} {one_line(text)}")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str = "") -> None:
        """Rows under headings; a heading that begins with `>` is of a column of numbers, set to the right. `nothing` is
        said in their place where there is none.
        """
        headings = [column.removeprefix(">") for column in columns]
        cells = [[one_line(cell) for cell in row] for row in rows]
        if nothing and not cells:
            self.say(nothing)
            return
        widths = [max(cell_len(row[n]) for row in [headings, *cells]) for n in range(len(headings))]
        to_the_right = [column.startswith(">") for column in columns]
        lines = ["  ".join(map(_set, row, widths, to_the_right)).rstrip() for row in [headings, *cells]]
        if sys.stdout.isatty():
            lines[0] = click.style(lines[0], bold=True)
        self._write(sys.stdout, "\n".join(lines))

    def progress(self) -> owner_run.Progress:
        return BarProgress(self) if sys.stderr.isatty() else LineProgress(self)

    def _write(self, stream: IO[str], text: str) -> None:
        with self._guard:
            click.echo(text, file=stream)


class LineProgress(owner_run.Progress):
    def __init__(self, terminal: Terminal) -> None:
        self._log = terminal.log
        self._jobs = 0

    def started(self, jobs: int) -> None:
        self._jobs = jobs
        self._log(f"Collecting: {jobs:,} {'job' if jobs == 1 else 'jobs'} to do")

    def advanced(self, done: int, name: str) -> None:
        if done % ADVANCE_EVERY == 0:
            self._log(f"{done:,} of {self._jobs:,} jobs done")

    def waiting(self, seconds: float, reason: str) -> None:
        self._log(f"Waiting {seconds:,.0f} s: {reason}")

    def saved(self, repositories: int, rows_changed: int) -> None:
        self._log(f"Saved: {counted(repositories, 'repository')}, {counted(rows_changed, 'row')} new or changed")

    def warned(self, sentence: str) -> None:
        self._log(sentence)


class BarProgress(owner_run.Progress):
    """A run as a bar on a terminal; what must stay readable goes above it."""

    def __init__(self, terminal: Terminal) -> None:
        self._log = terminal.log
        self._task: TaskID | None = None
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(
            *columns,
            TimeElapsedColumn(),
            console=Console(file=sys.stderr, highlight=False, emoji=False),
            transient=True,
        )

    def started(self, jobs: int) -> None:
        if self._task is not None:
            self._bar.update(self._task, total=jobs)
            return
        self._bar.start()
        self._task = self._bar.add_task("Collecting", total=jobs)

    def advanced(self, done: int, name: str) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, description=one_line(name))

    def waiting(self, seconds: float, reason: str) -> None:
        if self._task is None:
            self._log(f"Waiting {seconds:,.0f} s: {reason}")
        else:
            self._bar.update(self._task, description=f"Waiting {seconds:,.0f} s: {one_line(reason)}")

    def warned(self, sentence: str) -> None:
        self._bar.console.print(Text(one_line(sentence)))

    def finished(self) -> None:
        self._bar.stop()


def _set(cell: str, width: int, to_the_right: bool) -> str:
    gap = " " * (width - cell_len(cell))
    return gap + cell if to_the_right else cell + gap


def moment(at: datetime | None) -> str:
    """`2026-11-24 14:15 UTC`."""
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def expiry(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "no expiry date"
    days = (utc_day(at) - utc_day(now)).days
    if at <= now:
        return f"expired on {at:%Y-%m-%d}"
    return f"{moment(at)} ({'today' if days == 0 else f'in {days:,} day' + 's' * (days != 1)})"
