"""The process of one query, seen from the server: started ahead of time, asked once, killed when it is late.

It runs sandbox_child.py, with nothing of the server's environment, in an empty directory, in a session of its own.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any

from data.sandbox.sandbox_failures import GENERAL, Failure, QueryFailed, QueryTooLong, out_of_memory

CHILD = Path(__file__).parent / "sandbox_child.py"
ENVIRONMENT = {
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve a gigabyte, more than the limit on memory allows
}
LENGTH = Struct("!Q")
LONGEST_HEAD = 100_000  # bytes of what is told beside the rows
WAIT_S = 0.5  # for a process to have ended that has closed its socket
STARTING_S = 15.0  # a process that does not take its question for so long is broken


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may have, and how many may run at once."""

    seconds: float = 20.0
    rows: int = 10_000
    megabytes: int = 16  # of the result
    memory_mb: int = 512
    at_once: int = 4
    at_once_a_user: int = 2
    warm: int = 1  # processes that wait for a question


class Process:
    """One process, good for one question."""

    def __init__(self) -> None:
        self._place = Path(tempfile.mkdtemp(prefix="query-"))
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own script, no shell, nothing of a user in it
                [sys.executable, "-I", str(CHILD)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._place,
                env=ENVIRONMENT,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def ask(self, asked: bytes, file: int, limits: Limits) -> tuple[dict[str, Any], bytes]:
        """The answer. Raises: QueryTooLong, QueryFailed."""
        self._channel.settimeout(STARTING_S)
        most = (limits.megabytes << 20) * 2 + (1 << 20)
        try:
            socket.send_fds(self._channel, [LENGTH.pack(len(asked))], [file])
            self._channel.sendall(asked)
            deadline = time.monotonic() + limits.seconds
            head = json.loads(self._frame(deadline, LONGEST_HEAD))
            return head, self._frame(deadline, most)
        except TimeoutError as late:
            raise QueryTooLong(
                f"The query was ended after {limits.seconds:g} seconds. Ask for fewer days or repositories."
            ) from late
        except (OSError, EOFError, ValueError) as broken:
            raise QueryFailed(self._death(limits)) from broken

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def end(self) -> None:
        """End the process and tidy up after it."""
        self.kill()
        self._process.wait()
        self._channel.close()
        with suppress(OSError):  # the process itself has removed it, if it came so far
            self._place.rmdir()

    def _frame(self, deadline: float, most: int) -> bytes:
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > most:
            raise ValueError("an answer that is longer than it may be")
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        content = bytearray()
        while len(content) < length:
            self._channel.settimeout(max(0.001, deadline - time.monotonic()))
            piece = self._channel.recv(min(length - len(content), 1 << 20))
            if not piece:
                raise EOFError
            content += piece
        return bytes(content)

    def _death(self, limits: Limits) -> Failure:
        """What is known of a process that ended without an answer: the system ends one that wants too much."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(WAIT_S)
        return Failure(out_of_memory(limits.memory_mb) if self._process.returncode != 0 else GENERAL)
