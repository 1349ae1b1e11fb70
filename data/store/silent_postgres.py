"""Has nobody wait for a silent PostgreSQL: ends the connections to it, and asks it in threads of their own.

A server that ended says so, and what is cut off from the network TCP notices. One that was stopped (SIGSTOP, a paused
machine behind a proxy) does neither: its kernel takes what is sent, and DuckDB waits in libpq for the answer, where
neither a timeout nor an interrupt reaches it. But a connection that is shut fails at once, as it does when the server
ends, and everything that happens then happens here, too.

Whether a server is silent is asked on a connection of its own: it answers the question for TLS with a byte however much
it has to do, without a name or a password, and without a line in its log.
"""

import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

DESCRIPTORS = Path("/dev/fd")
# Source: https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)

Answer = TypeVar("Answer")
_Work = SimpleQueue[tuple[Callable[[], Any], Future[Any]]]

_idle: list[_Work] = []  # of threads that wait for something to ask


def asked_aside(ask: Callable[[], Answer]) -> Future[Answer]:
    """What a thread of its own asks, so that nobody has to wait for it as long as it takes."""
    future: Future[Any] = Future()
    try:
        work = _idle.pop()
    except IndexError:
        work = SimpleQueue()
        threading.Thread(target=_ask_for_others, args=(work,), name="asking PostgreSQL", daemon=True).start()
    work.put((ask, future))
    return future


def _ask_for_others(work: _Work) -> None:
    """A thread that was used once asks again: to begin one takes as long as the question for the versions."""
    while True:
        ask, future = work.get()
        try:
            future.set_result(ask())
        except BaseException as failure:  # noqa: BLE001 - it is raised to whoever wants the answer
            future.set_exception(failure)
        del ask, future  # or they would be kept until the next comes
        _idle.append(work)


def ports_of(conninfo: str) -> frozenset[int]:
    """The ports that a connection's words name."""
    hosts = conninfo.partition("://")[2].partition("/")[0].rpartition("@")[2]
    listed = ",".join(re.findall(r"\bport\s*=\s*'?([\d,]+)", conninfo) + re.findall(r":(\d+)(?=,|$)", hosts))
    return frozenset(map(int, filter(None, (listed or os.environ.get("PGPORT") or "5432").split(","))))


def end_silent_connections(ports: frozenset[int], patience_s: float) -> int:
    """Shut the connections to each PostgreSQL that twice in succession takes longer for one byte; how many these were.

    Whoever waits for an answer on one of them has a failure.
    """
    peers: dict[Any, int] = {}
    _for_each_connection(ports, lambda connection, peer: peers.update({peer: connection.family}))
    silent = {peer for peer, family in peers.items() if all(_is_silent(family, peer, patience_s) for _ in range(2))}
    shut = 0

    def shut_silent(connection: socket.socket, peer: Any) -> None:
        nonlocal shut
        if peer in silent:
            connection.shutdown(socket.SHUT_RDWR)
            shut += 1

    if silent:
        _for_each_connection(ports, shut_silent)
    return shut


def _for_each_connection(ports: frozenset[int], act: Callable[[socket.socket, Any], object]) -> None:
    """DuckDB tells nobody which descriptors are its connections, so they are known by where they lead."""
    descriptors: list[Path] = []
    with suppress(OSError):  # where a system has no such folder, or this process too many files open
        descriptors = [each for each in DESCRIPTORS.iterdir() if each.is_socket()]
    for each in descriptors:
        with suppress(OSError), socket.socket(fileno=os.dup(int(each.name))) as connection:
            peer = connection.getpeername()
            if _is_postgres(peer, ports):
                act(connection, peer)


def _is_postgres(peer: Any, ports: frozenset[int]) -> bool:
    if isinstance(peer, tuple):
        return peer[1] in ports
    return Path(os.fsdecode(peer)).name.startswith(".s.PGSQL.")


def _is_silent(family: int, address: Any, patience_s: float) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as asking:
            asking.settimeout(patience_s)
            asking.connect(address)
            asking.sendall(_SSL_REQUEST)
            asking.recv(1)
    except TimeoutError:
        return True
    except BlockingIOError:  # so many wait at its socket that no more may
        time.sleep(patience_s)
        return True
    except OSError:  # it refuses, or is gone: whoever waits for it learns that, too
        return False
    return False
