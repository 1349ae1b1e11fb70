"""What the command line shows: results on stdout, what happens meanwhile on stderr, all of it redacted.

On a terminal there is a progress bar; anywhere else plain lines with the time (UTC), fit for a log.
"""

import sys
import threading
from collections.abc import Iterable, Sequence
from typing import IO

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from collector import progress
from collector.redaction import many_lines, one_line
from data.calendar import utc_now

ADVANCE_EVERY = 100


class Terminal:
    """Where a command speaks; made when the command runs, so that it finds the streams of that moment."""

    def __init__(self) -> None:
        self._guard = threading.Lock()

    def say(self, text: str = "") -> None:
        """A result, for people."""
        self._write(sys.stdout, many_lines(text))

    def warn(self, text: str) -> None:
        """Something that went wrong or needs attention, beside the results."""
        self._write(sys.stderr, many_lines(text))

    def log(self, text: str) -> None:
        """What happens, with its time."""
        self._write(sys.stderr, f"{utc_now():%Y-%m-%d %H:%M:%SZ} {one_line(text)}")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Rows under headings; a heading that begins with `>` is of a column of numbers, set to the right."""
        headings = [column.removeprefix(">") for column in columns]
        cells = [[one_line(cell) for cell in row] for row in rows]
        widths = [max(cell_len(row[n]) for row in [headings, *cells]) for n in range(len(headings))]
        to_the_right = [column.startswith(">") for column in columns]
        lines = ["  ".join(map(_set, row, widths, to_the_right)).rstrip() for row in [headings, *cells]]
        if sys.stdout.isatty():
            lines[0] = click.style(lines[0], bold=True)
        self._write(sys.stdout, "\n".join(lines))

    def progress(self) -> progress.Progress:
        """What shows a run: a bar on a terminal, lines with the time elsewhere."""
        return BarProgress(self) if sys.stderr.isatty() else LineProgress(self)

    def _write(self, stream: IO[str], text: str) -> None:
        with self._guard:
            click.echo(text, file=stream)


class LineProgress:
    """A run as lines of a log."""

    def __init__(self, terminal: Terminal) -> None:
        self._log = terminal.log
        self._visits = 0

    def started(self, visits: int) -> None:
        """A run begins."""
        self._visits = visits
        self._log(f"Collecting: {visits:,} {'visit' if visits == 1 else 'visits'} to make")

    def advanced(self, done: int, name: str) -> None:
        """Told after every hundred visits only."""
        if done % ADVANCE_EVERY == 0:
            self._log(f"{done:,} of {self._visits:,} visits done")

    def waiting(self, seconds: float, reason: str) -> None:
        """Nothing is asked for a while."""
        self._log(f"Waiting {seconds:,.0f} s: {reason}")

    def saved(self, repositories: int, rows_changed: int) -> None:
        """A batch is safe."""
        self._log(f"Saved: {counted(repositories, 'repository')}, {counted(rows_changed, 'row')} new or changed")

    def warned(self, sentence: str) -> None:
        """Something is odd or failed."""
        self._log(sentence)

    def finished(self) -> None:
        """The run is over; its summary says so."""


class BarProgress:
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

    def started(self, visits: int) -> None:
        """The bar appears."""
        self._bar.start()
        self._task = self._bar.add_task("Collecting", total=visits)

    def advanced(self, done: int, name: str) -> None:
        """The bar grows and names the repository of the last visit."""
        if self._task is not None:
            self._bar.update(self._task, completed=done, description=one_line(name))

    def waiting(self, seconds: float, reason: str) -> None:
        """The bar says why it stands still."""
        if self._task is None:
            self._log(f"Waiting {seconds:,.0f} s: {reason}")
        else:
            self._bar.update(self._task, description=f"Waiting {seconds:,.0f} s: {one_line(reason)}")

    def saved(self, repositories: int, rows_changed: int) -> None:
        """A batch is safe; the summary counts them."""

    def warned(self, sentence: str) -> None:
        """A line above the bar."""
        self._bar.console.print(Text(one_line(sentence)))

    def finished(self) -> None:
        """The bar goes."""
        self._bar.stop()


def counted(number: int, thing: str) -> str:
    """`1 repository`, `1,234 repositories`."""
    many = f"{thing[:-1]}ies" if thing.endswith("y") and not thing.endswith("day") else f"{thing}s"
    return f"{number:,} {thing if number == 1 else many}"


def _set(cell: str, width: int, to_the_right: bool) -> str:
    """The cell in its column, by the places that it takes on the screen: some letters take two."""
    gap = " " * (width - cell_len(cell))
    return gap + cell if to_the_right else cell + gap
