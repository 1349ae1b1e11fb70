"""Ways to write an answer badly: cut off, reset, dripping, silent, endless."""

import socket
from functools import cache
from threading import Event
from zlib import DEFLATED, MAX_WBITS, compressobj

from tests.simulated_github.answers import Answer
from tests.simulated_github.faults import Send
from tests.simulated_github.wire import head, message, reset

MEGABYTE = 1 << 20


def closed_before_answer(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    """Nothing is sent; the connection ends."""
    return False


def reset_in_body(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    """Half of the body, then a reset."""
    whole = message(answer)
    connection.sendall(whole[: len(whole) - (len(answer.body) + 1) // 2])
    stopping.wait(0.02)  # a reset discards what the other side has not read yet
    reset(connection)
    return False


def truncated(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    """Half of the body, as if it were all that `content-length` promised."""
    whole = message(answer)
    connection.sendall(whole[: len(whole) - (len(answer.body) + 1) // 2])
    return False


def chunked_without_end(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
    """The body in a chunk, without the last, empty chunk."""
    connection.sendall(message(answer, chunked=True)[: -len(b"0\r\n\r\n")])
    return False


def dripping(interval_s: float) -> Send:
    """The head at once, the body a byte at a time."""

    def send(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
        answer.headers["content-length"] = str(len(answer.body))
        connection.sendall(head(answer))
        for byte in answer.body:
            if stopping.wait(interval_s):
                return False
            connection.sendall(bytes([byte]))
        return True

    return send


def silent_after_head(for_s: float) -> Send:
    """The head, and then nothing."""

    def send(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
        answer.headers["content-length"] = str(len(answer.body))
        connection.sendall(head(answer))
        stopping.wait(for_s)
        return False

    return send


def silent(for_s: float) -> Send:
    """Nothing at all, for so long."""

    def send(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
        stopping.wait(for_s)
        return False

    return send


def huge(megabytes: int) -> Send:
    """A body that is one great list of numbers; written piece by piece, until the client has enough of it."""

    def send(connection: socket.socket, answer: Answer, stopping: Event) -> bool:
        piece = b"12345678," * (MEGABYTE // 9)
        answer.headers.pop("content-encoding", None)
        answer.headers["content-length"] = str(len(piece) * megabytes + 3)
        connection.sendall(head(answer) + b"[")
        for _ in range(megabytes):
            connection.sendall(piece)
        connection.sendall(b"0]")
        return True

    return send


@cache
def bomb(megabytes: int) -> bytes:
    """A small gzip file of that many megabytes of zeros in a JSON list."""
    packer = compressobj(6, DEFLATED, MAX_WBITS | 16)
    pieces = [packer.compress(b"[")]
    pieces += [packer.compress(b"0," * (MEGABYTE // 2)) for _ in range(megabytes)]
    return b"".join([*pieces, packer.compress(b"0]"), packer.flush()])
