"""What only the lake has: a lock, snapshots and rows in PostgreSQL, servers that are away, and the way there and back.

The other tests of data/ are run on it as they are: `make test-lake`.
"""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant, operator, tenants
from data.schema import migrate as schema
from data.store import Store, StoreAway, StoreBusy, StoreUnreadable, catalog_copy
from data.store import lake as lake_module
from data.store.lake import LAKE_SCHEMA, SETTING, LakeTraffic, adapted, lake_place, load_extension
from data.store.moving import CopyRefused, copy_store, facts
from data.store.silent_postgres import ports_of
from data.store.store import LAKE_DATA_VARIABLE
from pages.api.limits import RateLimit
from tests.data.writers import NOW, batch, save, whole_batches
from tests.lake import PATIENCE_S, VARIABLE, Databases, Postgres, free_port, postgres, postgres_folder

ROOT = Path(__file__).parents[3]
SERVER = os.environ.get(VARIABLE, "")
on_the_lake = pytest.mark.skipif(not SERVER, reason="make test-lake starts the PostgreSQL that this needs")


def of_lake(store: Store) -> LakeTraffic:
    assert isinstance(store.traffic, LakeTraffic)
    return store.traffic


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Store]:
    """An installation in files, with a tenant."""
    store = Store(tmp_path / "files", setting="")
    store.prepare()
    add_tenant(store, COMMAND_LINE, "Blå €", "daily", NOW)
    yield store
    store.close()


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("host=db.example.org dbname=traffic password=geheim", "PostgreSQL at db.example.org, database traffic"),
        ("postgresql://me:geheim@db.example.org:5432/traffic", "PostgreSQL at db.example.org, database traffic"),
    ],
)
def test_a_place_is_told_without_its_password(setting: str, place: str) -> None:
    assert lake_place(f"ducklake:postgres:{setting}") == place
    with pytest.raises(StoreUnreadable, match="must begin with ducklake:postgres:"):
        lake_place("mysql:")


def test_what_ducklake_does_not_know_is_left_out_of_the_schema() -> None:
    text = "create table t (a text check (a in ('x', 'y')), b boolean default false);"
    comment = "comment on column v_t.a is\n'It''s.';"
    assert adapted(f"{text}\n{comment}").strip() == "create table t (a text, b boolean default 'false');"


@pytest.mark.parametrize(("age_s", "is_locked", "stays"), [(120, False, False), (120, True, True), (0, False, True)])
def test_the_copies_of_killed_processes_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: int, is_locked: bool, stays: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = Path(tempfile.mkdtemp(prefix="github-traffic-catalog-"))
    with (folder / "held").open("wb") as held:
        if is_locked:
            fcntl.flock(held, fcntl.LOCK_EX)
        os.utime(held.name, (time.time() - age_s,) * 2)
        catalog_copy.remove_left_ones()
    assert folder.exists() is stays


@on_the_lake
@pytest.mark.usefixtures("numbered")
@pytest.mark.parametrize("few_rows", [0, 50, 100])
def test_a_reader_keeps_its_snapshot_and_each_commit_is_a_version_however_many_rows_a_table_has(
    store: Store, few_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_copy, "FEW_ROWS", few_rows)
    save(store, *batch(1))
    before = store.traffic.version()
    with store.traffic.read() as reader:
        save(store, *batch(2))
        ((days,),) = reader.execute("select count(*) from daily_traffic").fetchall()
    assert (days, store.traffic.version()) == (40, before + 1)
    assert whole_batches(store) == {1, 2}


@on_the_lake
@pytest.mark.usefixtures("numbered")
def test_a_narrowed_cursor_reads_the_rows_of_its_repositories_only_where_a_table_has_many_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_copy, "FEW_ROWS", 0)
    for number in (1, 2, 3):
        save(store, *batch(number))
    narrowings: list[list[int] | None] = [None, [3, 1], [2, 9], [], None]
    for narrowed_to in narrowings:  # each with the cursor of the one before
        with store.traffic.read() as reader:
            if narrowed_to is not None:
                store.traffic.narrow(reader, narrowed_to)
            ids = reader.execute("select distinct repository_id from daily_traffic").fetchall()
        seen = {1, 2, 3} if narrowed_to is None else {1, 2, 3}.intersection(narrowed_to)
        assert {number for (number,) in ids} == seen


@on_the_lake
@pytest.mark.usefixtures("numbered")
def test_the_next_reader_has_the_transaction_of_the_one_before_as_long_as_it_is_of_the_newest_version(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun_at() -> object:
        with store.traffic.read() as reader:
            return reader.execute("select current_timestamp::text").fetchall()

    first = begun_at()
    assert begun_at() == first
    save(store, *batch(1))
    second = begun_at()
    assert (begun_at(), whole_batches(store)) == (second, {1})
    monkeypatch.setattr(lake_module, "TRANSACTION_S", 0.0)
    save(store, *batch(2))
    assert len({str(each) for each in (first, second, begun_at(), begun_at())}) == 4
    assert of_lake(store).lake._idle == []


@on_the_lake
def test_to_find_out_the_version_is_one_question_which_a_new_session_is_asked_where_the_last_was_ended(
    store: Store,
) -> None:
    lake = of_lake(store).lake
    version = store.traffic.version()
    asking = lake._asking
    lake.forget_versions()
    assert store.traffic.version() == version
    assert asking is not None
    assert lake._asking is asking
    with lake.cursor() as cursor:
        ending = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        lake.ask(cursor, f"{ending} and state = 'idle'")
    add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW)
    assert store.traffic.version() == version + 1
    assert store.traffic.away() is None
    assert lake._asking is not asking


@on_the_lake
@pytest.mark.parametrize("inlined_rows", [0, 10])
def test_readers_have_the_rows_that_were_added_changed_and_deleted_in_any_number_of_versions(
    store: Store, inlined_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "INLINED_ROWS", inlined_rows)
    store.traffic.close()  # to open it with that limit
    add = "insert into identity_counter (table_name, last_id) select '{}' || number, number from range(2) as t (number)"
    change = "update identity_counter set last_id = 7 where table_name = 'b1'"
    delete = "delete from identity_counter where table_name = 'a1'"
    seen: list[list[tuple[str, int]]] = []
    for changes in ([add.format("a")], [add.format("b"), add.format("c")], [add.format("d"), change], [delete]):
        for each in changes:
            with store.traffic.commit("test") as connection:
                connection.execute(each)
        mine = "from identity_counter where length(table_name) = 2 order by all"
        seen.append(store.traffic.rows(mine))
    a, b, c, d = ([(f"{name}{number}", number) for number in range(2)] for name in "abcd")
    changed = [b[0], ("b1", 7)]
    assert seen == [a, a + b + c, a + changed + c + d, a[:1] + changed + c + d]


@on_the_lake
def test_a_second_writer_waits_and_is_told_who_writes(store: Store) -> None:
    other = Store(store.directory, lock_timeout_s=0.2)
    busy = pytest.raises(StoreBusy, match=r"process \d+ on \S+ \(collecting\) since 20.*Gave up after 0.2 s")
    with store.traffic.locked("collecting"), busy, other.control.commit("signing in"):
        pass
    other.close()


@on_the_lake
def test_small_writes_make_no_files_and_secrets_never_do(store: Store) -> None:
    for name in ("Blue", "Green", "Red"):
        add_tenant(store, COMMAND_LINE, name, "daily", NOW)
    with store.traffic.read() as cursor:
        made = cursor.execute("select sum(file_count) from ducklake_table_info('traffic')").fetchall()
        in_lake = set(schema.tables(cursor))
    with store.control.read() as cursor:
        in_postgres = set(schema.tables(cursor))
    assert made == [(0,)]
    assert in_lake & in_postgres == schema.BOOKKEEPING | {"identity_counter"}
    assert {"account", "tenant_token", "sign_in_session"} <= in_postgres


@on_the_lake
@pytest.mark.usefixtures("numbered")
def test_tidying_moves_rows_into_files_and_changes_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    save(store, *batch(1))
    before = facts(store)
    monkeypatch.setattr(lake_module, "INLINED_ROWS", 10)
    assert "into files" in (store.traffic.tidy() or "")
    assert facts(store) == before
    assert whole_batches(store) == {1}


@on_the_lake
def test_while_postgresql_is_away_what_was_read_is_shown_and_nothing_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW)
    viewer, version = operator(store), store.traffic.version()
    assert [each.name for each in tenants(viewer, store)] == ["Blue"]
    with Databases(SERVER).away(store.directory):
        assert [each.name for each in tenants(viewer, store)] == ["Blue"]
        assert store.traffic.version() == version
        assert "does not answer" in (store.traffic.away() or "")
        with pytest.raises(StoreAway, match="What was stored is safe"), store.control.commit("test"):
            pass
        with pytest.raises(StoreAway), store.control.read():
            pass
        with store.traffic.read() as cursor:  # by the copy of the catalog
            assert cursor.execute("select name from tenant").fetchall() == [("Blue",)]
    monkeypatch.setattr(of_lake(store).lake, "_away_until", 0.0)
    add_tenant(store, COMMAND_LINE, "Green", "daily", NOW)
    assert store.traffic.version() > version
    assert store.traffic.away() is None


@on_the_lake
def test_a_lake_that_is_there_knows_where_its_rows_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LAKE_DATA_VARIABLE)
    again = Store(store.directory)
    of_lake(again).lake.create()  # as an update does
    add_tenant(again, COMMAND_LINE, "Blue", "daily", NOW)
    again.close()


@on_the_lake
def test_an_installation_is_copied_there_and_back(files: Store, tmp_path: Path) -> None:
    there, back = Store(tmp_path / "there"), Store(tmp_path / "back", setting="")
    steps: list[str] = []
    report = copy_store(files, there, steps.append)
    assert report.tables == facts(files) == facts(there)
    assert (steps[-1], report.was_there) == ("Comparing every table ...", False)
    assert copy_store(files, there, steps.append).was_there
    copy_store(there, back, steps.append)
    assert facts(back) == facts(files)
    add_tenant(files, COMMAND_LINE, "Green", "daily", NOW)
    with pytest.raises(CopyRefused, match="holds an installation already"):
        copy_store(files, there, steps.append)
    there.close()
    back.close()


@on_the_lake
def test_people_with_a_role_that_may_only_read_attach_the_lake_and_not_the_secrets(store: Store) -> None:
    add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW)
    with of_lake(store).lake.cursor() as cursor:
        role = f"reader_{os.getpid()}"
        for grant in (
            f"create role {role} login",
            f"grant usage on schema {LAKE_SCHEMA} to {role}",
            f"grant select on all tables in schema {LAKE_SCHEMA} to {role}",
        ):
            of_lake(store).lake.tell(cursor, grant)
        ((name,),) = of_lake(store).lake.ask(cursor, "select current_database()::text as name")
    place = f"{SERVER.replace('user=tests', f'user={role}')} dbname={name}"
    with duckdb.connect() as client:
        for extension in lake_module.EXTENSIONS:
            load_extension(client, extension)
        client.execute(f"attach 'ducklake:postgres:{place}' as traffic (read_only, metadata_schema '{LAKE_SCHEMA}')")
        client.execute("use traffic")
        assert client.execute("select name from tenant").fetchall() == [("Blue",)]
        assert client.execute("from v_repositories").fetchall() == []
        with pytest.raises(duckdb.Error, match="read-only"):
            client.execute("delete from tenant")
        client.execute(f"attach 'postgres:{place}' as control (schema 'traffic_control')")
        with pytest.raises(duckdb.Error, match="permission denied"):
            client.execute("from control.traffic_control.account")


STOPPING = """
import os, signal, sys
from pathlib import Path
from data.store import Store, StoreAway, StoreOvertaken
store = Store(Path(sys.argv[1]), 60.0, sys.argv[2])
try:
    with store.database(sys.argv[3]).commit("sleeping") as connection:
        connection.execute("insert into identity_counter (table_name, last_id) values ('sleeper', 1)")
        os.kill(os.getpid(), signal.SIGSTOP)
except (StoreAway, StoreOvertaken):
    print("refused")
"""


@on_the_lake
@pytest.mark.parametrize("name", ["traffic", "control"])
def test_who_waits_ends_the_sessions_of_a_stopped_process_whose_commit_is_refused(
    store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds, value in (("BEAT_S", 0.1), ("LOOK_AT_HOLDER_EVERY_S", 0.1), ("SILENT_S", 0.5)):
        monkeypatch.setattr(lake_module, seconds, value)
    setting = SETTING + of_lake(store).lake._conninfo
    command = [sys.executable, "-c", STOPPING, str(store.directory), setting, name]
    sleeper = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
    with store.database(name).commit("waiting") as connection:
        connection.execute("insert into identity_counter (table_name, last_id) values ('waiter', 1)")
    sleeper.send_signal(signal.SIGCONT)
    output, _ = sleeper.communicate(timeout=60)
    assert (output, sleeper.returncode) == ("refused\n", 0)
    known = store.database(name).last_ids()
    assert ("waiter" in known, "sleeper" in known) == (True, False)


@on_the_lake
def test_an_error_that_quotes_an_address_is_no_outage(store: Store) -> None:
    lake = of_lake(store).lake
    with pytest.raises(duckdb.ConversionException), lake.failures_named(), lake.cursor() as cursor:
        cursor.execute("select 'https://example.org/octo'::integer as number")
    assert lake.away is None


@on_the_lake
def test_another_program_with_a_lock_of_its_own_in_the_database_is_let_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "SILENT_S", -1.0)  # so that whoever holds our lock has been silent for too long
    folder, lake = postgres_folder(), of_lake(store).lake
    assert folder is not None
    acts = ("-Atc", "select pg_advisory_lock(1)", "-c", "select pg_sleep(60)")
    command = [str(folder / "psql"), f"{lake._conninfo} application_name=another", *acts]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        program.stdout.readline()
        assert lake._look_at_holder() == "another process"
        program.terminate()


LEAVING = """
import sys
from pathlib import Path
from data.store import Store
sys.kept = store = Store(Path(sys.argv[1]), 60.0, sys.argv[2])  # to the very end, as pages keep theirs
for database in (store.traffic, store.control):
    print(database.rows("select count(*) from schema_migration")[0][0] > 0, database.version() > 0)
"""


@on_the_lake
def test_a_process_that_does_not_close_its_store_ends_well(store: Store) -> None:
    setting = SETTING + of_lake(store).lake._conninfo
    command = [sys.executable, "-c", LEAVING, str(store.directory), setting]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("True True\nTrue True\n", 0), done.stderr


@pytest.fixture(params=["socket", "tcp"])
def silenceable(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A server that no other test uses."""
    with postgres(port=free_port() if request.param == "tcp" else None) as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWER_S", "WATCH_EVERY_S", "LONG_S", "SILENT_FOR_S"):
        monkeypatch.setattr(lake_module, name, 0.5)


def setting_of(server: Postgres, directory: Path) -> str:
    return f"{Databases(server.words).setting(directory)} connect_timeout=2"


@on_the_lake
@pytest.mark.usefixtures("impatient")
def test_a_server_that_says_nothing_any_more_holds_nobody_up(silenceable: Postgres, tmp_path: Path) -> None:
    store = Store(tmp_path / "db", setting=setting_of(silenceable, tmp_path))
    store.prepare()
    add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW)
    version = store.traffic.version()
    shown = store.traffic.rows("select name from tenant")

    def add(name: str) -> None:
        add_tenant(store, COMMAND_LINE, name, "daily", NOW)

    with ThreadPoolExecutor() as threads, silenceable.silent():
        changing = threads.submit(add, "Green")
        reading = threads.submit(store.control.rows, "select 1")
        counting = threads.submit(store.control.draw, "token 1", 1.0, 3.0)
        looking = threads.submit(store.traffic.rows, "select name from tenant")
        assert looking.result(PATIENCE_S) == shown
        assert counting.result(PATIENCE_S) is None
        for refused in (changing, reading):
            with pytest.raises(StoreAway, match="What was stored is safe"):
                refused.result(PATIENCE_S)
        assert threads.submit(store.traffic.version).result(PATIENCE_S) == version
        assert "does not answer" in (store.traffic.away() or "")
    until = time.monotonic() + PATIENCE_S
    while store.traffic.away() is not None and time.monotonic() < until:
        store.traffic.version()
        time.sleep(0.1)
    add("Red")
    assert {*store.traffic.rows("select name from tenant")} == {*shown, ("Red",)}
    store.close()


WAITING = """
import signal, sys
from pathlib import Path
from data.store import Store
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
store = Store(Path(sys.argv[1]), 60.0, sys.argv[2])
store.control.version()
print("ready", flush=True)
signal.pause()
"""


@on_the_lake
def test_a_process_ends_when_it_is_asked_to_though_the_server_says_nothing(
    silenceable: Postgres, tmp_path: Path
) -> None:
    setting = setting_of(silenceable, tmp_path)
    store = Store(tmp_path / "db", setting=setting)
    store.prepare()
    store.close()
    command = [sys.executable, "-c", WAITING, str(tmp_path / "db"), setting]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with silenceable.silent():
        process.terminate()
        try:
            _, errors = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    assert errors == "ended\n"


@pytest.mark.parametrize(
    ("conninfo", "ports"),
    [
        ("host=db.example.org dbname=traffic", {5432}),
        ("host=db.example.org port='6000' user=me", {6000}),
        ("host=a,b port=6000,6001", {6000, 6001}),
        ("postgresql://me:geheim@db.example.org:6000/traffic?connect_timeout=5", {6000}),
        ("postgresql://me:123@[::1]:6000,b:6001/traffic", {6000, 6001}),
        ("postgresql:///traffic?host=/run/postgresql&port=6000", {6000}),
    ],
)
def test_the_ports_of_a_server_are_those_that_its_setting_names(
    conninfo: str, ports: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPORT", raising=False)
    assert ports_of(conninfo) == ports


@on_the_lake
def test_all_servers_draw_from_one_bucket_of_which_no_version_comes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "DRAW_S", PATIENCE_S)
    version = store.control.version()
    other = Store(store.directory)
    first, second = RateLimit("guesses", 3, 0.01), RateLimit("guesses", 3, 0.01)
    taken = [limit.take(each, "192.0.2.1") for limit, each in ((first, store), (second, other)) * 3]
    assert taken[:3] == [None, None, None]
    assert all(wait_s is not None and 0 < wait_s <= 100 for wait_s in taken[3:])
    assert second.take(other, "192.0.2.2") is None, "of each key apart"
    assert RateLimit("token", 3, 0.01).take(other, "192.0.2.1") is None, "and of each limit"
    assert store.control.version() == version
    other.close()
