"""The store as its readers and writers see it: immutable versions, one commit at a time, nobody blocks anybody."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier

import duckdb
import pytest

from data.store import Store, StoreMissing, StoreNotWritten, StoreUnreadable, file_backend
from data.store.file_backend import check_file
from data.store.version_files import VersionFiles
from tests.data.writers import batch, commit_some, hold_open, let_go, said, save, start, version_files, whole_batches

pytestmark = [pytest.mark.files, pytest.mark.usefixtures("numbered")]

COMMAND_LINE = Path(sys.executable).with_name("duckdb")
OLDER_DUCKDB = Path(sys.prefix) / "duckdb-1.5"
COUNT = "select count(*) as days from daily_traffic"


def days(cursor: duckdb.DuckDBPyConnection) -> int:
    return int(cursor.execute(COUNT).fetchall()[0][0])


def test_a_version_never_changes_once_it_has_its_name(store: Store) -> None:
    save(store, *batch(1))
    path = version_files(store.traffic).path(store.traffic.version())
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    save(store, *batch(2))
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_each_commit_is_the_next_version_and_the_last_three_stay(store: Store) -> None:
    first = store.traffic.version()
    for number in range(1, 5):
        save(store, *batch(number))
    assert store.traffic.version() == first + 4
    assert version_files(store.traffic).numbers() == [first + 2, first + 3, first + 4]


def test_a_reader_keeps_its_version_while_commits_go_on_and_moves_on_afterwards(store: Store) -> None:
    save(store, *batch(1))
    with store.traffic.read() as reader:
        for number in range(2, 7):
            save(store, *batch(number))
            assert days(reader) == 40
    with store.traffic.read() as reader:
        assert days(reader) == 240


def test_a_store_may_be_closed_under_a_reader(store: Store) -> None:
    with store.traffic.read() as reader:
        assert days(reader) == 0
        store.close()
        assert days(reader) == 0
    with store.traffic.read() as reader:
        assert days(reader) == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists open files there")
def test_a_process_lets_go_of_versions_that_it_no_longer_reads(store: Store) -> None:
    for number in range(1, 5):
        save(store, *batch(number))
        with store.traffic.read() as reader:
            days(reader)
    folder = str(version_files(store.traffic).folder)
    opened = [link for fd in Path("/proc/self/fd").iterdir() if (link := str(fd.resolve())).startswith(folder)]
    names = {Path(link).name for link in opened if "traffic" in Path(link).name}
    assert names == {f"traffic-{store.traffic.version()}.duckdb"}


def test_a_duckdb_that_fails_for_good_is_left_to_those_who_read_in_it(store: Store) -> None:
    with store.traffic.read() as before:
        before.execute("create table memory.mark (n integer)")
        with pytest.raises(duckdb.FatalException), store.traffic.read():
            raise duckdb.FatalException("database has been invalidated")
        assert days(before) == 0
    with store.traffic.read() as after, pytest.raises(duckdb.CatalogException):
        after.execute("from memory.mark")


def test_a_block_that_fails_changes_nothing(store: Store) -> None:
    before = store.traffic.version()
    with pytest.raises(duckdb.ConversionException), store.traffic.commit("test") as connection:
        connection.execute("delete from collection_run; select 'no number'::integer as number")
    assert store.traffic.version() == before
    with store.traffic.read() as reader:
        assert reader.execute("select count(*) as runs from collection_run").fetchall() == [(1,)]


@pytest.mark.parametrize("error", [OSError(2, "not the store's"), duckdb.ConstraintException("not the disk's")])
def test_an_error_of_the_block_itself_stays_what_it_is(store: Store, error: Exception) -> None:
    with pytest.raises(type(error), match="not the"), store.traffic.commit("test"):
        raise error
    assert [path.name for path in version_files(store.traffic).folder.glob(".*")] == []


def test_the_next_writer_removes_what_a_crashed_one_left(store: Store) -> None:
    half = version_files(store.traffic).temporary(store.traffic.version() + 1)
    for path in (half, half.with_suffix(".tmp.wal"), half.with_suffix(".compacted")):
        path.write_bytes(b"half")
    half.with_suffix(".tmp.tmp").mkdir()
    save(store, *batch(1))
    assert [path.name for path in version_files(store.traffic).folder.glob(".*")] == []
    assert whole_batches(store) == {1}


def test_a_version_without_its_symlink_is_found_by_the_next_writer(store: Store) -> None:
    before = store.traffic.version()
    save(store, *batch(1))
    version_files(store.traffic).point_to(before)  # as if the writer had crashed before it could do what comes next
    version_files(store.traffic).note(before + 1).unlink()
    save(store, *batch(2))
    assert whole_batches(store) == {1, 2}


def test_threads_each_get_a_cursor_of_their_own(store: Store) -> None:
    together = Barrier(8)

    def rows_of(thread: int) -> list[tuple[int]]:
        with store.traffic.read() as cursor:
            cursor.execute("select $thread as thread from range(1000)", {"thread": thread})
            together.wait()
            return cursor.fetchall()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(rows_of, range(8)))
    assert answers == [[(thread,)] * 1000 for thread in range(8)]


def test_a_reader_has_the_variables_that_it_asked_for_and_no_other(store: Store) -> None:
    question = "select getvariable('today'), getvariable('first_day'), getvariable('with_imports')"
    day, other = date(2026, 5, 10), date(2026, 5, 11)
    asked: tuple[dict[str, date | None], ...] = (
        {},
        {"today": day},
        {"today": other, "first_day": day},
        {"today": day, "first_day": None},
    )
    for variables in (*asked, *asked):
        with store.traffic.read(**variables) as reader, store.traffic.read(with_imports=False) as beside:
            seen = (variables.get("today"), variables.get("first_day"), None)
            assert reader.execute(question).fetchall() == [seen]
            assert beside.execute(question).fetchall() == [(None, None, False)]


def test_a_connection_that_was_left_by_a_failure_is_not_used_again(store: Store) -> None:
    def fail() -> None:
        with store.traffic.read() as reader:
            reader.execute("create temp table daily_traffic as select 1 as day from range(7)")
            reader.execute("from nowhere")

    with pytest.raises(duckdb.CatalogException):
        fail()
    with store.traffic.read() as reader:
        assert days(reader) == 0


def test_a_connection_whose_variables_are_refused_is_closed_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[duckdb.DuckDBPyConnection] = []

    def refused(cursor: duckdb.DuckDBPyConnection, _: object) -> None:
        made.append(cursor)
        raise MemoryError

    monkeypatch.setattr(file_backend, "set_variables", refused)
    with pytest.raises(MemoryError), store.traffic.read():
        pass
    with pytest.raises(duckdb.Error, match="closed"):
        made[0].execute("select 1 as one")


def test_a_look_that_a_commit_overtakes_is_not_taken_for_the_newest_version(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, to_save = VersionFiles.committed_number, [batch(1)]

    def overtaken(of: VersionFiles) -> int | None:
        number = look(of)
        if to_save:
            save(store, *to_save.pop())
        return number

    monkeypatch.setattr(file_backend, "LOOK_S", 3600.0)
    save(store, *batch(2))  # the next who asks for the version looks for it
    monkeypatch.setattr(VersionFiles, "committed_number", overtaken)
    before = store.traffic.version()
    assert store.traffic.version() == before + 1


def test_two_processes_that_write_at_once_queue_and_neither_loses_a_row(store: Store) -> None:
    writers = [start(commit_some.__name__, store.directory, first, first + 7) for first in (1, 11)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    for writer in writers:
        let_go(writer)
    assert whole_batches(store) == {*range(1, 9), *range(11, 19)}


def test_a_client_that_holds_the_file_open_blocks_nothing_and_keeps_what_it_sees(store: Store) -> None:
    save(store, *batch(1))
    client = start(hold_open.__name__, version_files(store.traffic).link)
    assert said(client) == "40"
    for number in range(2, 7):
        save(store, *batch(number))
    assert let_go(client) == ["40"]
    assert whole_batches(store) == set(range(1, 7))


@pytest.mark.skipif(not COMMAND_LINE.exists(), reason="the DuckDB command line is not installed here")
def test_the_command_line_of_duckdb_1_5_holds_the_file_open_and_blocks_nothing(store: Store) -> None:
    save(store, *batch(1))
    command = [str(COMMAND_LINE), "-readonly", "-csv", "-noheader", str(version_files(store.traffic).link)]
    shell = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert shell.stdin is not None
    shell.stdin.write(f"{COUNT};\n")
    shell.stdin.flush()
    assert said(shell) == "40"
    for number in range(2, 7):
        save(store, *batch(number))
    assert shell.communicate(f"{COUNT};\n", timeout=60)[0].split() == ["40"]


@pytest.mark.skipif(not OLDER_DUCKDB.is_dir(), reason="DuckDB 1.5 is not installed beside: make setup-old")
def test_duckdb_1_5_reads_the_files(store: Store) -> None:
    save(store, *batch(1))
    client = start(hold_open.__name__, version_files(store.traffic).link, path=OLDER_DUCKDB)
    assert said(client) == "40"
    let_go(client)


def test_a_directory_without_a_store_says_how_to_make_one(tmp_path: Path) -> None:
    empty = Store(tmp_path)
    for use in (empty.traffic.read(), empty.traffic.commit("test")):
        with pytest.raises(StoreMissing, match="python -m collector init"), use:
            pytest.fail("there is nothing to open")
    with pytest.raises(StoreMissing):
        empty.traffic.version()


@pytest.mark.parametrize("kept_bytes", [0, 100, 5000])
def test_a_damaged_file_is_told_as_unreadable(store: Store, kept_bytes: int) -> None:
    path = version_files(store.traffic).path(store.traffic.version())
    for former in version_files(store.traffic).numbers()[:-1]:
        version_files(store.traffic).path(former).unlink()
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:kept_bytes])
    with pytest.raises(StoreUnreadable, match=path.name), store.traffic.read():
        pytest.fail("the file is damaged")


def test_a_block_flipped_deep_inside_a_file_is_found_by_the_check(store: Store, tmp_path: Path) -> None:
    save(store, *batch(1, rows=40))
    whole = bytearray(version_files(store.traffic).link.read_bytes())
    found = [at for at in range(12_288, len(whole), 4096) if any(whole[at : at + 64])]
    for at in found[-3:]:
        whole[at : at + 64] = bytes(64 - i for i in range(64))
    (tmp_path / "damaged.duckdb").write_bytes(whole)
    with pytest.raises(StoreUnreadable):
        check_file(tmp_path / "damaged.duckdb", "traffic")


def test_the_check_tells_the_two_databases_apart(store: Store) -> None:
    assert check_file(version_files(store.traffic).link, "traffic") > 0
    with pytest.raises(StoreUnreadable, match="not a traffic database"):
        check_file(version_files(store.control).link, "traffic")


def test_a_directory_that_cannot_be_made_is_told_as_not_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreNotWritten, match="Nothing was lost"), Store(tmp_path / "file").traffic.locked("test"):
        pytest.fail("there is no directory")


def test_a_copied_data_directory_is_a_store(store: Store, tmp_path: Path) -> None:
    save(store, *batch(1))
    copied = Store(Path(shutil.copytree(store.directory, tmp_path / "copied", symlinks=True)))
    assert whole_batches(copied) == {1}
    copied.close()
