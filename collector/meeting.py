"""The first question of a run to GitHub: what time it is there. All days of the run follow from the answer."""

from datetime import datetime, timedelta

from collector.clock import GitHubTime
from collector.github import DOUBTED_FROM, GitHub

ABSURD_FROM = timedelta(days=400)  # ahead of this machine and of all that is stored


def tell_time(github: GitHub, time: GitHubTime, newest_stored: datetime | None) -> str | None:
    """Set the run's time by GitHub's clock; a sentence where it cannot be right and this machine's is taken.

    A date that is more than a day from this machine's is asked for once more: one server of GitHub's may be wrong.
    Raises: GitHubError, Stopped.
    """
    ours, known_before = time.now(), time.is_told
    told = github.fetch("/rate_limit").as_of
    if known_before:
        return None  # the client has compared it
    if abs(told - ours) > DOUBTED_FROM:
        again = github.fetch("/rate_limit").as_of
        if abs(again - told) > DOUBTED_FROM:
            told = min(told, again, key=lambda moment: abs(moment - ours))
    if newest_stored is not None and told - max(ours, newest_stored) > ABSURD_FROM:
        time.tell(ours)
        return (
            f"GitHub says that today is {told:%Y-%m-%d}, far ahead of this machine's clock and of all that is stored: "
            f"{ours:%Y-%m-%d} was taken."
        )
    time.tell(told)
    return None
