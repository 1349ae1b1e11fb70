"""Requests to addresses that people typed in: https to public ones, resolved once, never redirected, never for long.

A name is resolved here, every address of it is looked at, and the connection goes to one of these: a name that leads
elsewhere a moment later changes nothing (DNS rebinding). TRAFFIC_ALLOW_PRIVATE_ADDRESSES=1 lets an operator's own
network be reached, and by http there.

AddressRefused         the address may not be asked
ReceiverUnreachable    it was asked and did not answer
"""

import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import certifi

from data.refusals import Refused

ALLOW_PRIVATE = "TRAFFIC_ALLOW_PRIVATE_ADDRESSES"
CONNECT_S, DEADLINE_S = 5.0, 20.0  # for the connection; for all of it
ANSWER_LIMIT = 2000  # bytes that are read of an answer
LONGEST_ADDRESS = 2000
_ADDRESS = re.compile(r"[!-~]+")
_NAT64, _GLOBAL_UNICAST = ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2000::/3")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Answer = TypeVar("Answer")


class AddressRefused(Refused):
    """An address may not be asked; the sentence says why, and does not repeat it."""


class ReceiverUnreachable(Refused):
    """Nothing answered there in time; the sentence says what happened."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the name for TLS and the header Host, and what it was resolved to."""

    is_tls: bool
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    text: str
    retry_after: str | None


def allows_private() -> bool:
    return os.environ.get(ALLOW_PRIVATE) == "1"


def target(url: str) -> Target:
    """Raises: AddressRefused, ReceiverUnreachable where the name does not resolve."""
    parts = _parts(url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_tls, host, port, path, resolved(host, port))


def _parts(url: str) -> SplitResult:
    try:
        if not _ADDRESS.fullmatch(url) or len(url) > LONGEST_ADDRESS:
            raise ValueError("a character that no address has")
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressRefused("This is not an address. It begins with https:// and has no spaces.") from error
    if parts.scheme not in ({"https", "http"} if allows_private() else {"https"}) or not parts.hostname:
        raise AddressRefused("Only addresses that begin with https:// are asked.")
    if "@" in parts.netloc or parts.fragment:
        raise AddressRefused("An address has no user and no fragment (#) here.")
    return parts


def resolved(host: str, port: int) -> tuple[str, ...]:
    """What a name leads to, each of it public, unless the operator allows more.

    Raises: AddressRefused, ReceiverUnreachable.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ReceiverUnreachable(f"The name {host[:100]} could not be resolved.") from error
    addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    if not allows_private() and not all(_is_public(each) for each in addresses):
        raise AddressRefused(
            f"{host[:100]} is not on the public internet. Whoever runs this server can allow its own network "
            f"({ALLOW_PRIVATE}=1)."
        )
    return addresses


def _is_public(text: str) -> bool:
    address: IPAddress = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return _is_public(str(inner))
        if address in _NAT64:
            return _is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at, under the name that it was resolved from."""

    def __init__(self, where: Target) -> None:
        super().__init__(where.host, where.port, timeout=CONNECT_S)
        self._where = where
        self._open: socket.socket | None = None  # `sock` is None as soon as the answer has begun

    def connect(self) -> None:
        failure: OSError | None = None
        for address in self._where.addresses:
            try:
                self.sock = socket.create_connection((address, self._where.port), CONNECT_S)
            except OSError as error:
                failure = error
                continue
            if self._where.is_tls:
                self.sock = tls_context().wrap_socket(self.sock, server_hostname=self._where.host)
            self.sock.settimeout(DEADLINE_S)
            self._open = self.sock
            return
        raise failure or OSError("no address")

    def end(self) -> None:
        """Have whoever reads from it stop at once."""
        if self._open is not None:
            with suppress(OSError):
                self._open.shutdown(socket.SHUT_RDWR)


@cache
def tls_context() -> ssl.SSLContext:
    """What this machine trusts, and what browsers trust."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """The answer to a POST, of which a redirect is one. Raises: AddressRefused, ReceiverUnreachable."""
    where = target(url)
    connection = _Connection(where)
    late = threading.Timer(DEADLINE_S, connection.end)  # also of one that answers byte by byte
    late.daemon = True
    began = time.monotonic()  # before the timer's beginning: what it ends is late
    late.start()
    try:
        sent = {"User-Agent": "github-traffic-analytics", "Connection": "close", **headers}
        connection.request("POST", where.path, body, sent)
        answer = connection.getresponse()
        words = b""
        with suppress(
            OSError, http.client.HTTPException, ValueError
        ):  # the status is an answer, however long its words
            words = answer.read(ANSWER_LIMIT)
        return Reply(answer.status, words.decode("utf-8", "replace"), answer.getheader("Retry-After"))
    except ssl.SSLCertVerificationError as error:
        raise ReceiverUnreachable(f"Its certificate is not trusted: {error.verify_message.rstrip('.')}.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        is_late = isinstance(error, TimeoutError) or time.monotonic() - began >= DEADLINE_S
        raise ReceiverUnreachable(
            "It did not answer in time." if is_late else f"It did not answer ({_reason(error)})."
        ) from error
    finally:
        late.cancel()
        connection.close()


def in_time(ask: Callable[[], Answer]) -> Answer:
    """What is asked by a library that knows no deadline; whatever takes longer is left behind. Raises:
    ReceiverUnreachable.
    """
    future: Future[Answer] = Future()

    def answer() -> None:
        try:
            future.set_result(ask())
        except Exception as error:  # noqa: BLE001 - is the caller's
            future.set_exception(error)

    threading.Thread(target=answer, name="asking", daemon=True).start()
    try:
        return future.result(DEADLINE_S)
    except TimeoutError as error:
        raise ReceiverUnreachable("It did not answer in time.") from error


def _reason(error: Exception) -> str:
    """What the system says, in a few words: never the address."""
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else type(error).__name__
