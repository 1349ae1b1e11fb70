"""A client that asks a fake GitHub, with a clock that does not really wait."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock

from collector.client import GitHub
from collector.rate_limit import RateLimiter
from collector.replies import Response
from collector.settings import Settings
from tests.fake_github import FakeGitHub, Fault, Repository, Token, World

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
SECRET = "ghp_askingMaintainer0123456789abcdefWXYZ"
REPO = "/repos/octo/hello"
VIEWS = f"{REPO}/traffic/views"
CLONES = f"{REPO}/traffic/clones"
REFERRERS = f"{REPO}/traffic/popular/referrers"
DAYS = [date(2026, 5, 10) - timedelta(days=back) for back in range(30)]


class VirtualClock:
    """Time that passes by sleeping only; the fake GitHub's goes along."""

    def __init__(self, github: FakeGitHub | None = None) -> None:
        self.slept: list[float] = []
        self.before_sleeping: Callable[[], None] = lambda: None
        self._github = github
        self._now = 1000.0
        self._guard = threading.Lock()

    def monotonic(self) -> float:
        """The present moment."""
        return self._now if self._github is None else self._github.clock.elapsed()

    def sleep(self, seconds: float) -> None:
        """Let others see the time pass: a sleeper wakes when it has come, whoever moved it."""
        self.before_sleeping()
        if seconds <= 0:
            return
        until = self.monotonic() + seconds
        with self._guard:
            self.slept.append(seconds)
            left = until - self.monotonic()
            if left > 0 and self._github is not None:
                self._github.clock.advance(timedelta(seconds=left))
            self._now = max(self._now, until)

    def waits(self, at_least: float = 30.0) -> list[int]:
        """The waits that were no mere pauses between two tries, in whole seconds."""
        return [round(seconds) for seconds in self.slept if seconds >= at_least]


@dataclass
class Asking:
    """The client, what it asks, and the waits it reported."""

    server: FakeGitHub
    settings: Settings
    clock: VirtualClock
    waits: list[tuple[float, str]] = field(default_factory=list)
    github: GitHub = field(init=False)

    def __post_init__(self) -> None:
        self.github = self.client(SECRET)

    def client(self, secret: str, **owner: Any) -> GitHub:
        """Another client, with a budget of its own."""
        waiting = RateLimiter(self.settings, self.clock, lambda wait, why: self.waits.append((wait, why)), **owner)
        return GitHub(self.settings, secret, waiting, self.clock)

    def fetch(self, path: str = VIEWS, **how: Any) -> Response:
        """Ask."""
        return self.github.fetch(path, **how)

    @property
    def statuses(self) -> list[int]:
        """Of the requests that arrived, as GitHub would have answered them without the fault."""
        return [seen.status for seen in self.server.requests]

    @property
    def asked(self) -> int:
        """How many requests arrived."""
        return len(self.server.requests)


def hello(**facts: Any) -> Repository:
    """octo/hello with views and clones on each of 30 days."""
    views, clones = dict.fromkeys(DAYS, (10, 4)), dict.fromkeys(DAYS, (2, 1))
    return Repository(1, "octo", "hello", views=views, clones=clones, **facts)


@contextmanager
def asking(*faults: Fault, world: World | None = None, concurrency: int = 1) -> Iterator[Asking]:
    """A GitHub with octo/hello that meets these faults, and a client of it; what the environment names is left out."""
    world = world or World([hello()], [Token(SECRET)])
    with FakeGitHub(world, now=NOW) as server, mock.patch.dict(os.environ, {}, clear=True):
        server.faults.add(*faults)
        settings = Settings(server.url, requests_a_minute=60_000, concurrency=concurrency)
        there = Asking(server, settings, VirtualClock(server))
        yield there
        there.github.close()
