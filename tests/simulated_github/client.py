"""A small client of the standard library: asks the simulated GitHub, and steers one that runs as a process."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.simulated_github.control import PREFIX


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """What GitHub says in an error."""
        return str(self.json["message"])

    @property
    def links(self) -> dict[str, str]:
        """The pages named in the `link` header: rel -> address."""
        parts = [part.split(">; rel=") for part in self.headers.get("link", "").split(", ") if part]
        return {name.strip('"'): address.lstrip("<") for address, name in parts}


class Client:
    """One connection, kept open, with the headers that a polite client sends."""

    def __init__(self, url: str, secret: str | None = None) -> None:
        self._url = url
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"user-agent": "simulation-client", "accept": "application/vnd.github+json"}
        if secret is not None:
            self._headers["authorization"] = f"Bearer {secret}"

    def get(self, target: str, **headers: str | None) -> Reply:
        """Ask for a path, or an address of the same server; follows no redirect.

        `if_none_match="..."` sets a header for this request, None takes one away.
        """
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask("GET", target.removeprefix(self._url), {**self._headers, **changed})

    def control(self, method: str, what: str, told: object = None) -> Any:
        """Use the simulation's own endpoint. Raises: ValueError with what it says against the order."""
        body = None if told is None else json.dumps(told).encode()
        reply = self._ask(method, PREFIX + what, {}, body)
        if reply.status != 200:
            raise ValueError(reply.message)
        return reply.json

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ask(self, method: str, target: str, headers: Mapping[str, str | None], body: bytes | None = None) -> Reply:
        sent = {name: value for name, value in headers.items() if value is not None}
        self._connection.request(method, target, body=body, headers=sent)
        response = self._connection.getresponse()
        read = response.read()
        if response.headers.get("content-encoding") == "gzip":
            read = gzip.decompress(read)
        return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, read)
