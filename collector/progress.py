"""What a run tells of itself while it goes on; who shows it, and how, is no business of the run."""

from typing import Protocol


class Progress(Protocol):
    """Called from the thread that saves and from those that fetch: what implements it must bear both."""

    def started(self, visits: int) -> None:
        """A run begins with so many visits (a visit is some questions about one repository)."""

    def advanced(self, done: int, name: str) -> None:
        """So many visits are done; the last one was of the repository `name`."""

    def waiting(self, seconds: float, reason: str) -> None:
        """Nothing is asked for so many seconds, because of GitHub's limits."""

    def saved(self, repositories: int, rows_changed: int) -> None:
        """A batch is committed: what came of so many repositories is safe, and so many rows are new or changed."""

    def warned(self, sentence: str) -> None:
        """Something is odd or failed; the run goes on."""

    def finished(self) -> None:
        """The run is over."""


class Silent:
    """Tells nothing."""

    def started(self, visits: int) -> None:
        """Nothing."""

    def advanced(self, done: int, name: str) -> None:
        """Nothing."""

    def waiting(self, seconds: float, reason: str) -> None:
        """Nothing."""

    def saved(self, repositories: int, rows_changed: int) -> None:
        """Nothing."""

    def warned(self, sentence: str) -> None:
        """Nothing."""

    def finished(self) -> None:
        """Nothing."""
