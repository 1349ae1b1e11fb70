"""Killed at any moment of a run: the newest version opens, holds whole batches, and the next run completes it."""

import time
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import pytest

from data.collection.models import RunState
from data.store import Store
from tests.collector.run.collecting import DAY, NOW, SECRET, Collection, MachineTime, small_world
from tests.collector.run.programs import TORN, collect_in_small_batches, read_all_along
from tests.data.writers import processes, version_files
from tests.fake_github import FakeGitHub

KILLS = 5


def killed_run(collection: Collection, moment_s: float) -> int | None:
    """A run in a process of its own that is killed at a moment; answers how it ended, -9 where it was killed."""
    here, there = processes.Pipe()
    words = (str(collection.store.directory), collection.github.url, collection.github.clock.now, there)
    child = processes.Process(target=collect_in_small_batches, args=words)
    child.start()
    assert here.recv() == "started"
    time.sleep(moment_s)
    child.kill()
    child.join(30)
    return child.exitcode  # type: ignore[no-any-return]


class Watcher:
    """A reader in a process of its own, all along."""

    def __init__(self, store: Store) -> None:
        self._here, there = processes.Pipe()
        process = processes.Process(
            target=read_all_along, args=(str(version_files(store.traffic).link), there), daemon=True
        )
        process.start()
        assert self._here.recv() == "started"

    def result(self) -> tuple[int, list[Any]]:
        """How often it opened the newest version, and what was wrong."""
        self._here.send("tell")
        opened, wrong = self._here.recv()
        return opened, wrong


@pytest.fixture
def github() -> Any:
    """GitHub with five repositories."""
    with FakeGitHub(small_world(5), now=NOW) as github:
        yield github


@pytest.fixture
def undisturbed(blank: Path, tmp_path: Path, github: FakeGitHub) -> Collection:
    """The same repositories in a store whose runs nobody kills."""
    copytree(blank, tmp_path / "undisturbed", symlinks=True)
    collection = Collection(github, Store(tmp_path / "undisturbed"), requests_a_minute=60_000)
    collection.follow(SECRET)
    return collection


def test_a_killed_run_leaves_whole_batches_and_the_next_one_completes_it(
    collection: Collection, undisturbed: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.requests_a_minute, random = 60_000, Random(0)
    watcher, killed = Watcher(collection.store), 0
    for _ in range(KILLS):
        killed += killed_run(collection, random.uniform(0, 0.5)) == -9
        assert collection.rows(TORN) == []
        assert (collection().state, undisturbed().state) == (RunState.COMPLETE, RunState.COMPLETE)
        assert collection.tables() == undisturbed.tables()
        collection.github.clock.advance(DAY)
        monkeypatch.setattr(MachineTime, "moment", collection.github.clock.now)
    opened, wrong = watcher.result()
    assert (killed > 0, opened > KILLS, wrong) == (True, True, [])
