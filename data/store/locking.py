"""The one write lock of a data directory: waits for its turn, and says who holds it when it gives up."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data.store.files import keep_owner

RETRY_EVERY_S = 0.02


class LockHeld(Exception):
    """The lock did not come free in time; `holder` says whose it is."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextmanager
def exclusive(path: Path, purpose: str, timeout_s: float) -> Iterator[None]:
    """Hold the lock file `path`. The system frees it when the process ends, however that comes.

    Raises: LockHeld after `timeout_s` seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    keep_owner(path)
    try:
        _acquire(descriptor, timeout_s)
        with suppress(OSError):  # a full disk may refuse the signature; the lock is held all the same
            _sign(descriptor, purpose)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, timeout_s: float) -> None:
    give_up_at = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                raise LockHeld(_holder(descriptor)) from None
            time.sleep(RETRY_EVERY_S)
        else:
            return


def _sign(descriptor: int, purpose: str) -> None:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    signature = json.dumps({"process": os.getpid(), "purpose": purpose, "since": since})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, signature.encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        signature = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {signature['process']} ({signature['purpose']}) since {signature['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
