"""The version files on disk, without DuckDB: published whole, pruned, and repaired after a crash."""

import errno
import os
from pathlib import Path
from unittest.mock import Mock

import pytest

from data.store import version_files
from data.store.version_files import VersionFiles, copy

pytestmark = pytest.mark.files


@pytest.fixture
def files(tmp_path: Path) -> VersionFiles:
    """The files of a database that has no version yet."""
    (tmp_path / "versions").mkdir()
    return VersionFiles(tmp_path, "traffic", 0o444)


def publish(files: VersionFiles, number: int) -> None:
    files.temporary(number).write_text(str(number))
    files.publish(files.temporary(number), number)


def refuse(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_leftovers_of_the_other_database_are_left_to_it(files: VersionFiles) -> None:
    other = VersionFiles(files.directory, "control", 0o600)
    other.temporary(1).write_text("half")
    files.settle()
    assert other.temporary(1).exists()


def test_a_versions_name_is_durable_before_the_symlink_names_it(
    files: VersionFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(files, 1)
    synced: list[tuple[str, str]] = []
    monkeypatch.setattr(version_files, "sync", lambda path: synced.append((path.name, files.link.read_text())))
    publish(files, 2)
    assert synced[:2] == [(files.temporary(2).name, "1"), ("versions", "1")]
    assert synced[2:] == [(files.directory.name, "2")]


def test_a_version_whose_symlink_could_not_be_switched_is_withdrawn(
    files: VersionFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(files, 1)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "symlink_to", refuse)
        with pytest.raises(OSError, match="No space"):
            publish(files, 2)
    files.settle()
    assert (files.numbers(), files.link.read_text()) == ([1], "1")


def test_a_version_stands_though_an_old_one_cannot_be_removed(
    files: VersionFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(files, 1)
    with monkeypatch.context() as patched:
        patched.setattr(VersionFiles, "prune", refuse)
        publish(files, 2)
    assert files.link.read_text() == "2"


def test_files_with_other_names_are_no_versions(files: VersionFiles) -> None:
    publish(files, 7)
    for name in ("traffic-old-9.duckdb", "traffic-x.duckdb", "control-9.duckdb", "traffic-9.duckdb.wal"):
        (files.folder / name).write_text("other")
    assert files.numbers() == [7]


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
@pytest.mark.parametrize("kernel_copies", [True, False])
def test_a_copy_has_the_same_bytes_and_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, kernel_copies: bool
) -> None:
    (tmp_path / "source").write_bytes(os.urandom(size))
    if not kernel_copies:
        monkeypatch.setattr(os, "sendfile", Mock(side_effect=OSError(errno.EINVAL, "Invalid argument")))
    copy(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == (tmp_path / "source").read_bytes()
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o600
