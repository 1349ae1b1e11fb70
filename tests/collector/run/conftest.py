"""A GitHub with three repositories, and a store that follows none yet."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.accounts.encryption import KEY_VARIABLE, open_cipher
from data.store import Store
from tests.collector.run.collecting import NOW, SECRET, Collection, MachineTime, small_world
from tests.data.written_once import once
from tests.fake_github import FakeGitHub


@pytest.fixture(autouse=True)
def fixed_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock agrees with the fake GitHub's, and its environment has no key."""
    monkeypatch.setattr("collector.run.GitHubTime", MachineTime)
    monkeypatch.setattr("collector.clock.STOP_SEEN_EVERY_S", 60.0)  # of virtual time
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with both databases and a key; never written to again."""
    directory = tmp_path_factory.mktemp("blank") / "db"
    store = Store(directory)
    store.prepare()
    open_cipher(directory)
    store.close()
    return directory


@pytest.fixture
def store(blank: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of its own for each test."""
    shutil.copytree(blank, tmp_path / "db", symlinks=True)
    store = Store(tmp_path / "db", lock_timeout_s=30)
    yield store
    store.close()


@pytest.fixture(scope="session")
def after_a_run(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory after the first run of `collection`; never written to again."""
    directory = tmp_path_factory.mktemp("after_a_run") / "db"
    shutil.copytree(blank, directory, symlinks=True)
    with pytest.MonkeyPatch.context() as patch, FakeGitHub(small_world(), now=NOW) as github:
        patch.setattr("collector.run.GitHubTime", MachineTime)
        patch.delenv(KEY_VARIABLE, raising=False)
        collection = Collection(github, Store(directory))
        collection.follow(SECRET)
        collection()
        collection.store.close()
    return directory


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """GitHub on a Thursday afternoon, with octo/one, octo/two and octo/three."""
    with FakeGitHub(small_world(), now=NOW) as github:
        yield github


@pytest.fixture
def newcomer(github: FakeGitHub, store: Store) -> Collection:
    """A collection that nobody follows anything in."""
    return Collection(github, store)


@pytest.fixture
def collection(newcomer: Collection) -> Collection:
    """A collection in which acme follows all repositories."""
    github = newcomer.github
    repositories = [(each.id, each.full_name, each.private) for each in github.world.repositories.values()]
    key = ("followed", *repositories, repr(github.world.tokens[SECRET]), github.clock.now)
    once(newcomer.store, key, lambda: newcomer.follow(SECRET))
    return newcomer


@pytest.fixture
def collected(github: FakeGitHub, after_a_run: Path, tmp_path: Path) -> Iterator[Collection]:
    """A collection in which acme follows all repositories, and that has been run once."""
    shutil.copytree(after_a_run, tmp_path / "collected", symlinks=True)
    store = Store(tmp_path / "collected", lock_timeout_s=30)
    yield Collection(github, store)
    store.close()
