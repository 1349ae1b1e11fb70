"""The app for the tests of its pages: see app.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.app import App, cast, copied


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled data directory with users; never written to again."""
    directory = tmp_path_factory.mktemp("cast") / "db"
    cast(directory)
    return directory


@pytest.fixture
def app(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app over a store of its own for each test."""
    yield from copied(template, tmp_path / "db", monkeypatch)
