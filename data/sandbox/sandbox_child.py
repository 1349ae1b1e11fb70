"""The process in which one untrusted query runs: it takes a file with a viewer's rows, locks itself in, answers, ends.

Started by sandbox.py as a script of its own (`python -I`, an empty directory, a clean environment), so it knows
nothing of the program: no store, no key, no token, no path. What it is handed comes through its standard input, a
socket, and the answer goes back the same way. Everything is loaded and every limit is set before the statement is seen.
"""

import ctypes
import errno
import json
import os
import re
import resource
import signal
import socket
import struct
import sys
import time
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

LENGTH = struct.Struct("!Q")
NO_NEW_PRIVILEGES, NOT_DUMPABLE = (38, 1), (4, 0)  # prctl: PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE
FILTER_CALLS = (1, 1)  # seccomp: SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC (in all threads that there are)
HANDED = 9  # the number under which the file is opened: by it, since DuckDB shows whoever asks the path of a database
THREADS = 2
MOST_COLUMNS = 500
LONGEST_NAME = 200  # characters of a column's name
BATCH = 2048
BASE_BYTES = 400 << 20  # what Python, DuckDB and Arrow reserve before they do anything (measured: 280 MB)
SETTINGS: dict[str, Any] = {
    "threads": THREADS,
    "temp_directory": "",
    "secret_directory": "",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "errors_as_json": "true",
}
EXPLAIN = re.compile(
    r"\s*explain(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:analy[sz]e\b)?(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:\([^()]*\))?(?P<inner>.*)",
    re.IGNORECASE | re.DOTALL,
)
OF_ALL_KINDS = "select 1 as one, 1::hugeint as two, interval 1 day as three, [now()] as four, 1.5::decimal as five"
READ_ONLY = "begin transaction read only"
WHOLE = pa.decimal128(38, 0)
KNOWN_DAYS = (-719_162, 2_932_897)  # from 1 January 1 to the day after 31 December 9999, counted from 1970
LOST = {"UHUGEINT", "BIGNUM", "VARINT"}  # Arrow gets something else


@dataclass(frozen=True)
class Calls:
    """The numbers that Linux has on a kind of processor: its own, of seccomp, of readlink and readlinkat, and of what
    reaches out by a name: open, creat, openat, openat2, open_by_handle_at, io_uring_setup, socket, execve, execveat.
    """

    processor: int
    seccomp: int
    read_links: tuple[int, ...]
    reach_out: tuple[int, ...]


CALLS = {  # where DuckDB has wheels for Linux
    "x86_64": Calls(0xC000003E, 317, (89, 267), (2, 85, 257, 437, 304, 425, 41, 59, 322)),
    "aarch64": Calls(0xC00000B7, 277, (78,), (56, 437, 265, 425, 198, 221, 281)),
}


class QueryRefused(Exception):
    """The text is not a statement that may run here; the sentence says why."""


def main() -> None:
    """Get ready, wait for one question, answer it. Ends silently when nobody asks."""
    with suppress(OSError):
        Path.cwd().rmdir()  # it was made for this process: now there is no place where anything could lie
    with socket.socket(fileno=0) as channel:
        _load_everything()
        asked = _question(channel)
        if asked is None:
            return
        question, file = asked
        os.dup2(file, HANDED)
        connection = _opened(question)
        os.close(file)
        os.close(HANDED)
        _lock_in(question)
        head, body = _answer(connection, question)
        encoded = json.dumps(head).encode()
        channel.sendall(LENGTH.pack(len(encoded)) + encoded + LENGTH.pack(len(body)))
        channel.sendall(body)
    os._exit(0)  # nothing to tidy up, and nothing that could take time


def _load_everything() -> None:
    """Have all that an answer needs in memory: afterwards no file can be opened any more."""
    with duckdb.connect(config=SETTINGS) as connection:
        _ipc(_plain(_rows(connection.sql(OF_ALL_KINDS), 1, 1 << 20)[0]))
    str(date(2000, 1, 1))
    "".encode("utf-8", "backslashreplace")


def _question(channel: socket.socket) -> tuple[dict[str, Any], int] | None:
    """What is asked, and the open file that may be read; None where the server has gone."""
    head, files, _, _ = socket.recv_fds(channel, LENGTH.size, 1)
    if len(head) < LENGTH.size or not files:
        return None
    (wanted,) = LENGTH.unpack(head)
    text = bytearray()
    while len(text) < wanted:
        piece = channel.recv(wanted - len(text))
        if not piece:
            return None
        text += piece
    return json.loads(text), files[0]


def _refuse_calls(name: str, answer: int) -> None:
    """Have the kernel answer these calls with an error, in all threads, for good; on Linux.

    The filter is a program of a few instructions: seccomp(2), linux/filter.h. Calls with another processor's numbers or
    with those of the x32 form of this one are refused too.
    """
    known = CALLS.get(os.uname().machine) if sys.platform == "linux" else None
    if known is None:
        return
    calls: tuple[int, ...] = getattr(known, name)
    instruction = struct.Struct("=HBBI")  # code, jump if true, jump if false, value
    program = instruction.pack(0x20, 0, 0, 4)  # load the processor
    program += instruction.pack(0x15, 0, len(calls) + 3, known.processor)  # another one: to the last instruction
    program += instruction.pack(0x20, 0, 0, 0)  # load the number of the call
    program += instruction.pack(0x35, len(calls) + 1, 0, 0x40000000)  # x32: to the last instruction
    for left, call in zip(range(len(calls), 0, -1), calls, strict=True):
        program += instruction.pack(0x15, left, 0, call)  # equal: to the last instruction
    program += instruction.pack(0x06, 0, 0, 0x7FFF0000)  # SECCOMP_RET_ALLOW
    program += instruction.pack(0x06, 0, 0, 0x00050000 | answer)  # SECCOMP_RET_ERRNO
    code = ctypes.create_string_buffer(program, len(program))
    filter_program = struct.pack("@HP", len(calls) + 6, ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    libc.prctl(*NO_NEW_PRIVILEGES, 0, 0, 0)
    libc.syscall(known.seccomp, *FILTER_CALLS, filter_program)


def _opened(question: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """An empty database in memory beside the rows, without access to anything else and with its settings locked."""
    # Since 2.0.1 DuckDB does not open /dev/fd/9 but the path that this link leads to, which is a name that is gone, and
    # would show it to whoever asks.
    _refuse_calls("read_links", errno.EINVAL)
    settings = {**SETTINGS, "memory_limit": f"{question['memory_mb']}MB"}
    connection = duckdb.connect(config=settings)
    connection.execute("attach '/dev/fd/9' as traffic (read_only)")
    connection.execute("use traffic")
    connection.execute("set variable today = $today::date", {"today": question["today"]})
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    connection.execute(READ_ONLY)
    return connection


def _lock_in(question: dict[str, Any]) -> None:
    """Have the operating system set the limits; none of them can be raised again by this process.

    DuckDB lets a query name what is attached, /dev/fd/9. So there are two walls, of which each would do: nothing more
    can be opened at all, and the kernel takes no name of anything.
    """
    _refuse_calls("reach_out", errno.EACCES)
    seconds = int(question["seconds"]) + 1
    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),  # what is open stays open, nothing else opens: no file, no pipe, no socket
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CPU, seconds * THREADS),
        (resource.RLIMIT_DATA, BASE_BYTES + (question["memory_mb"] << 20)),
    ]
    for limit, most in limits:
        resource.setrlimit(limit, (most, most))
    os.nice(10)  # pages come first
    if sys.platform == "linux":
        for number, value in (NO_NEW_PRIVILEGES, NOT_DUMPABLE):
            ctypes.CDLL(None).prctl(number, value, 0, 0, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds + 2)  # the server kills it at the deadline; this ends it where the server has gone


def _answer(connection: duckdb.DuckDBPyConnection, question: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What came of it, as JSON and as an Arrow stream. Every failure is an answer."""
    began = time.monotonic()
    try:
        statement = _allowed(connection, question["statement"])
        found = connection.sql(statement, params=_values(question["parameters"]) or None)
        rows, cut = _rows(found, question["rows"], question["bytes"])
        body = _ipc(_plain(rows))
    except QueryRefused as refusal:
        return {"failure": "Refused", "message": str(refusal)}, b""
    except MemoryError:
        return {"failure": "OutOfMemoryException", "message": ""}, b""
    except (duckdb.Error, pa.ArrowException, RuntimeError, ValueError, OverflowError, OSError) as error:
        return _failure(connection, question, error), b""
    return {"cut": cut, "seconds": round(time.monotonic() - began, 3)}, body


def _allowed(connection: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    """The one statement of the text, when it is one that only asks. Raises Refused."""
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise QueryRefused(f"Write one query; there are {len(statements)} here." if statements else "Write a query.")
    statement = statements[0]
    kind = _kind(statement)
    if any(name.isdigit() for name in statement.named_parameters):
        raise QueryRefused("Give each parameter a name: $first_day instead of ? or $1.")
    if kind == "EXPLAIN":
        found = EXPLAIN.fullmatch(statement.query)
        inner = [_kind(each) for each in connection.extract_statements(found["inner"])] if found else []
        if inner != ["SELECT"]:
            raise QueryRefused("EXPLAIN works with a query only.")
    elif kind == "MULTI":
        raise QueryRefused("PIVOT needs its columns named: on weekday in ('Monday', 'Tuesday').")
    elif kind != "SELECT":
        raise QueryRefused(f"Only queries run here: select, from, with, values, describe, explain. This is {kind}.")
    return statement


def _kind(statement: duckdb.Statement) -> str:
    """What kind of statement it is; DuckDB's own list lacks some."""
    try:
        return statement.type.name
    except ValueError:
        return "something else"


def _values(parameters: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The parameters as Python values; a day comes as text."""
    days = {name: date.fromisoformat(each["value"]) for name, each in parameters.items() if each["kind"] == "day"}
    return {name: each["value"] for name, each in parameters.items()} | days


def _rows(relation: duckdb.DuckDBPyRelation, most_rows: int, most_bytes: int) -> tuple[pa.Table, str | None]:
    """The first rows within both limits, and which limit has cut them, where one has."""
    for name, kind in zip(relation.columns, relation.types, strict=True):
        if str(kind) in LOST:
            raise QueryRefused(f"{name[:LONGEST_NAME]} is of a type that cannot be shown, {kind}: cast it to varchar.")
    reader = relation.to_arrow_reader(BATCH)
    if len(reader.schema) > MOST_COLUMNS:
        raise QueryRefused(f"A result has at most {MOST_COLUMNS} columns; this one has {len(reader.schema):,}.")
    batches: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in reader:
        if rows + batch.num_rows > most_rows:
            batches.append(batch.slice(0, most_rows - rows))
            return pa.Table.from_batches(batches, reader.schema), "rows"
        if size + batch.nbytes > most_bytes:
            fitting = bisect_right(range(1, batch.num_rows), most_bytes - size, key=lambda n: batch.slice(0, n).nbytes)
            batches.append(batch.slice(0, fitting))
            return pa.Table.from_batches(batches, reader.schema), "bytes"
        batches.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    return pa.Table.from_batches(batches, reader.schema), None


def _plain(rows: pa.Table) -> pa.Table:
    """Columns as every client reads them: numbers, texts, days, moments; whatever else there is, as text."""
    columns = [_plain_column(column) for column in rows.columns]
    return pa.table(columns, names=_distinct(rows.column_names))


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if pa.types.is_decimal(kind):
        return _number(column)
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    if _is_far(column):
        return _far_texts(column)
    simple = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string, pa.types.is_date)
    if any(is_kind(kind) for is_kind in (*simple, pa.types.is_timestamp, pa.types.is_time)):
        return column
    return pa.chunked_array([[_text(value) for value in chunk.to_pylist()] for chunk in column.chunks], pa.string())


def _is_far(column: pa.ChunkedArray) -> bool:
    """Whether a day or a moment lies outside the years 1 to 9999, which nothing after DuckDB can represent."""
    if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        return False
    limits = pc.min_max(_units(column)).as_py()
    least, most = (limit * _units_a_day(column.type) for limit in KNOWN_DAYS)
    return any(each is not None and not least <= each < most for each in limits.values())


def _far_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The days of such a column as text; those outside as what they are beyond."""
    least, most = (limit * _units_a_day(column.type) for limit in KNOWN_DAYS)
    units = _units(column)
    beyond = pc.if_else(pc.less(units, least), "before year 1", "after year 9999")
    near = pc.and_(pc.greater_equal(units, least), pc.less(units, most))
    plain = column if pa.types.is_date(column.type) else units.cast(pa.timestamp(column.type.unit))  # needs no zones
    known = pc.if_else(near, plain, pa.scalar(None, plain.type)).cast(pa.string())
    return pc.if_else(near, known, beyond)


def _units(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.int32()).cast(pa.int64()) if pa.types.is_date32(column.type) else column.cast(pa.int64())


def _units_a_day(kind: pa.DataType) -> int:
    if pa.types.is_date32(kind):
        return 1
    unit = kind.unit if pa.types.is_timestamp(kind) else "ms"
    return 86_400 * {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[unit]


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A decimal, and a sum of whole numbers, as the number that charts and spreadsheets take."""
    if column.type == WHOLE:
        limits = pc.min_max(column).as_py()
        if all(each is None or -(1 << 63) <= each < 1 << 63 for each in limits.values()):
            return column.cast(pa.int64())
    return column.cast(pa.float64())


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _distinct(names: list[str]) -> list[str]:
    """Names of which none stands twice."""
    seen: dict[str, int] = {}
    found = []
    for name in (name[:LONGEST_NAME] for name in names):
        number = seen[name] = seen.get(name, 0) + 1
        found.append(name if number == 1 and name else f"{name or 'column'}_{number}")
    return found if len(set(found)) == len(found) else [f"{name}_{n}" for n, name in enumerate(names, 1)]


def _ipc(rows: pa.Table) -> bytes:
    written = pa.BufferOutputStream()
    with pa.ipc.new_stream(written, rows.schema) as stream:
        stream.write_table(rows)
    content: bytes = written.getvalue().to_pybytes()
    return content


def _failure(connection: duckdb.DuckDBPyConnection, question: dict[str, Any], error: Exception) -> dict[str, Any]:
    """A failure of DuckDB: its class, what it says, and where in the text, counted in bytes from 0."""
    problem = _problem(error)
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException) and "position" not in problem:
        prefix = "explain "
        try:  # the same mistake once more, by a way on which DuckDB says where it is
            connection.execute("rollback")
            connection.execute(READ_ONLY)
            connection.execute(prefix + question["statement"], _values(question["parameters"]) or None)
        except duckdb.Error as again:
            more = _problem(again)
            if more["message"] == problem["message"] and "position" in more:
                problem["position"] = more["position"] - len(prefix)
    return {"failure": type(error).__name__, **problem}


def _problem(error: Exception) -> dict[str, Any]:
    text = str(error)
    place: dict[str, Any] = {}
    brace = text.find("{")
    try:
        parts = json.JSONDecoder().raw_decode(text[brace:])[0] if brace >= 0 else None
    except ValueError:
        parts = None
    if isinstance(parts, dict) and "exception_message" in parts:
        if str(parts.get("position", "")).isdigit():
            place["position"] = int(parts["position"])
        return {"message": str(parts["exception_message"]), **place}
    return {"message": text.partition(": ")[2] or text}


if __name__ == "__main__":
    main()
