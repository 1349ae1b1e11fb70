"""What the operating system and the server stop: memory, time, size, number; each attack in a process of its own."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from data.accounts.models import Viewer
from data.sandbox.sandbox import (
    GENERAL,
    Answer,
    Limits,
    QueryCancelled,
    QueryFailed,
    QueryTooLong,
    Question,
    Run,
    Sandbox,
    SandboxBusy,
    SandboxError,
)
from data.sandbox.statement import LONGEST_STATEMENT
from data.store import Store
from tests.data.filled import ENGINE, TELESCOPE, TODAY

pytestmark = pytest.mark.skipif(
    duckdb.__version__.startswith("1."),
    reason="queries run in the server's own DuckDB, which is not of an older release",
)
SOMEBODY = Viewer(frozenset({ENGINE}), frozenset())
OF_ANOTHER_TENANT = Viewer(frozenset({TELESCOPE}), frozenset())
LIMITS = Limits(seconds=1.0, rows=50, megabytes=1, memory_mb=128)
MEMORY = (
    "select length(repeat('x', 2000000000))",
    "select string_agg(repeat('x', 1000000), '') from range(100000)",
    "select list(range) from range(1000000000)",
    "select length(lpad('', 2000000000, 'x'))",
    "select list_resize([1], 2000000000)",
    "select array_agg(a.range) from range(100000) a, range(100000) b",
    "select count(distinct hash(range, 'x')) from range(1000000000)",
    "select range from range(1000000000) order by hash(range) desc",
    "select len(generate_series(1, 1000000000))",
    "with recursive b as (select repeat('x', 1000) as x union all select x || x from b) select max(len(x)) from b",
    "select bitstring('1', 2000000000)",
    "select count(*) from (select unnest(range(1000000000)) as x)",
)
TIME = (
    "select levenshtein(repeat('a', 200000), repeat('b', 200000))",
    "select sum(a.range * b.range) from range(10000000) a, range(10000000) b",
    "with recursive loop as (select 1 as n union all select n + 1 from loop) select max(n) from loop",
    "select count(*) from generate_series(1, 1000000000000)",
    "select sleep_ms(60000)",
    "select count(*) from range(100000000) where regexp_matches(repeat('a', 3000) || range, '(a+)+(b|c)$')",
    "explain analyze select sum(a.range) from range(10000000) a, range(10000000) b",
)
DEEP = (
    "select " + "(" * 20000 + "1" + ")" * 20000,
    "select " + "-" * 1 + " - ".join(["1"] * 20000),
    "select " + "[" * 15000 + "]" * 15000,
    "select " + ", ".join(["1"] * 20000),
    "with "
    + ", ".join(f"c{n} as (select * from {f'c{n - 1}, c{n - 1} as d' if n else 'tenant'})" for n in range(25))
    + " select count(*) from c24",
)
POINTERS = (
    "from pandas_scan()",
    "from arrow_scan()",
    "from arrow_scan_dumb()",
    "from python_map_function((from tenant))",
)

OUR_FAULTS = (  # DuckDB tells where in its own code it stumbled
    "select reservoir_quantile(range, 0.5, 2000000000) from range(10)",
    "from destroy_external_resource('checkpoint', 'system')",
)


@pytest.fixture(scope="module")
def box(full: Store) -> Iterator[Sandbox]:
    found = Sandbox(full, LIMITS)
    yield found
    found.close()


@pytest.fixture(scope="module")
def patient(box: Sandbox) -> Iterator[Sandbox]:
    """One whose queries have time: for answers, however slow the machine is."""
    found = Sandbox(box._store, replace(LIMITS, seconds=60, at_once=4))
    yield found
    found.close()


def run(box: Sandbox, statement: str) -> Answer:
    started = box.start(SOMEBODY, Question(statement, TODAY), "somebody")
    assert started.wait(30)
    return started.answer()


def still_answers(box: Sandbox) -> bool:
    return bool(run(box, "select count(*) as n from repository").rows.to_pylist() == [{"n": 1}])


@pytest.mark.parametrize("statement", MEMORY, ids=lambda text: text[:50])
def test_a_query_gets_no_more_memory_than_it_may_have(box: Sandbox, statement: str) -> None:
    with pytest.raises(SandboxError) as refusal:
        run(box, statement)
    assert isinstance(refusal.value, QueryFailed | QueryTooLong)
    assert "memory" in str(refusal.value) or "after 1 seconds" in str(refusal.value)


@pytest.mark.parametrize("statement", TIME, ids=lambda text: text[:50])
def test_a_query_is_ended_at_the_deadline(box: Sandbox, statement: str) -> None:
    with pytest.raises(QueryTooLong, match=r"stopped after 1 seconds"):
        run(box, statement)


@pytest.mark.parametrize("statement", OUR_FAULTS)
def test_an_internal_error_tells_no_path_and_no_address(patient: Sandbox, statement: str) -> None:
    with pytest.raises(QueryFailed) as refusal:
        run(patient, statement)
    assert str(refusal.value) == GENERAL


@pytest.mark.parametrize("day", ["'infinity'::date", "'2000000-01-01'::date", "'infinity'::timestamptz"])
def test_a_day_that_nobody_can_tell_is_told_as_text(patient: Sandbox, day: str) -> None:
    found = run(patient, f"select unnest([{day}, '2020-01-02']) as day").rows.to_pylist()
    assert found[0] == {"day": "after year 9999"}
    assert found[1]["day"].startswith("2020-01-0")


def test_names_of_columns_are_cut(patient: Sandbox) -> None:
    assert run(patient, f"select 1 as {'x' * 5000}").rows.column_names == ["x" * 200]


@pytest.mark.parametrize("statement", [*DEEP, *POINTERS], ids=lambda text: f"{len(text)} {text[:30]}")
def test_what_breaks_a_process_breaks_its_own_only(box: Sandbox, statement: str) -> None:
    with pytest.raises(SandboxError) as refusal:
        run(box, statement)
    assert len(str(refusal.value)) < 700


def test_after_all_that_the_server_answers(patient: Sandbox) -> None:
    assert still_answers(patient)


@pytest.mark.parametrize(
    ("statement", "cut", "rows"),
    [
        ("select * from range(1000000000000)", "rows", 50),
        ("select repeat('x', 100000) as x from range(50)", "bytes", 10),
        ("select repeat('x', if(range = 0, 900000, 100000)) as x from range(3)", "bytes", 2),
        ("select repeat('x', 3000000) as x", "bytes", 0),
        ("select range as n from range(50)", None, 50),
    ],
)
def test_a_result_is_cut_at_the_first_limit_and_says_so(
    patient: Sandbox, statement: str, cut: str | None, rows: int
) -> None:
    found = run(patient, statement)
    assert (found.cut, found.rows.num_rows) == (cut, rows)
    assert found.rows.nbytes <= 1 << 20


def working(started: Run) -> int:
    """The process that works on a query, once there is one."""
    until = time.monotonic() + 30
    while started._child is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    return int(started._child._process.pid)


def test_cancelling_ends_the_process_at_once(patient: Sandbox) -> None:
    started = busy(patient, "ada")
    pid = working(started)
    started.cancel()
    assert started.wait(20)
    with pytest.raises(QueryCancelled):
        started.answer()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_query_cancelled_before_it_has_a_process_never_gets_an_answer(box: Sandbox) -> None:
    started = Run()
    started.cancel()
    with pytest.raises(QueryCancelled):
        started.use(None)  # type: ignore[arg-type]


def busy(box: Sandbox, user: str, viewer: Viewer = SOMEBODY) -> Run:
    return box.start(viewer, Question("select sleep_ms(50000)", TODAY), user)


def test_the_last_places_are_kept_for_those_who_have_none(patient: Sandbox) -> None:
    """Neither a user nor a tenant holds all of the four."""
    running = [busy(patient, "ada"), busy(patient, "ada")]
    with pytest.raises(SandboxBusy, match="You have 2 queries running"):
        busy(patient, "ada")
    running.append(busy(patient, "bob"))
    for user in ("bob", "eve"):
        with pytest.raises(SandboxBusy, match="busy with your tenant’s queries"):
            busy(patient, user)
    running.append(busy(patient, "zoe", OF_ANOTHER_TENANT))
    with pytest.raises(SandboxBusy, match="The server is busy"):
        busy(patient, "zoe", OF_ANOTHER_TENANT)
    for each in running:
        each.cancel()
    assert all(each.wait(20) for each in running)
    assert still_answers(patient)


def test_a_statement_may_be_only_so_long(box: Sandbox) -> None:
    with pytest.raises(QueryFailed, match="50,000 characters"):
        run(box, "select 1" + " " * LONGEST_STATEMENT)


def limits_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): line[26:].split()[1] for line in lines}


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="only Linux tells the limits of a process")
def test_the_operating_system_knows_the_limits_while_a_query_runs(patient: Sandbox) -> None:
    started = busy(patient, "ada")
    pid, until = working(started), time.monotonic() + 45
    while limits_of(pid)["Max data size"] == "unlimited":
        assert time.monotonic() < until
        time.sleep(0.02)
    found = limits_of(pid)
    started.cancel()
    assert {found[f"Max {kind}"] for kind in ("open files", "file size", "processes", "core file size")} == {"0"}
    assert int(found["Max cpu time"]) <= 61 * 2
    assert int(found["Max data size"]) < 600 << 20


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux tells the environment of a process")
def test_the_process_is_given_nothing_of_the_server(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAFFIC_SECRET_KEY", "sesame")
    fresh = Sandbox(box._store, LIMITS)
    fresh.warm()
    (child,) = fresh._spare
    proc = Path(f"/proc/{child._process.pid}")
    assert b"sesame" not in (proc / "environ").read_bytes()
    assert str(box._store.directory).encode() not in (proc / "environ").read_bytes() + (proc / "cmdline").read_bytes()
    fresh.close()
    assert not child.alive
    assert not child._directory.exists()
