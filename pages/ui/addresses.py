"""By which addresses this server is reached: the path below which it lies, and who may speak to it from where.

Streamlit takes any Host, and for a socket from elsewhere it asks the outside for its own address while everybody waits.
So whoever asks is looked at here before.

PublicAddressRefused     what the environment names is no address; the server does not start
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import streamlit as st

PUBLIC_VARIABLE = "TRAFFIC_PUBLIC_ADDRESS"
NO_STORE = {"Cache-Control": "no-store"}  # the header of what neither a browser nor a proxy may keep
_AUTHORITY = r"(?P<name>[a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
_HOST = re.compile(_AUTHORITY, re.IGNORECASE)
_ORIGIN = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]*)://{_AUTHORITY}", re.IGNORECASE)
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]")
_PORTS = {"http": 80, "https": 443}


class PublicAddressRefused(SystemExit):
    """What the environment names is no address: the server does not start, and prints the sentence."""


@dataclass(frozen=True, slots=True)
class Origin:
    """From where a page was opened, or (as far as the scheme goes) under which name the server was asked."""

    scheme: str
    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    sentence: str


def base_path() -> str:
    """The path below which the app lies, as `--server.baseUrlPath` has it: nothing, or for instance /traffic."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def full_address(path: str) -> str:
    """The address of a page, as this browser knows the server."""
    here = urlsplit(str(st.context.url or ""))
    return f"{here.scheme or 'http'}://{here.netloc}{base_path()}/{path}"


def link_target(path: str, parameters: Sequence[tuple[str, str]]) -> str:
    """What a data link answers: a path and its filters, in one spelling whatever their order."""
    query = urlencode(sorted(parameters))
    return f"{path}?{query}" if query else path


def public_addresses(environ: Mapping[str, str] = os.environ) -> frozenset[Origin]:
    """The addresses that people type, where they are not loopback's. Raises: PublicAddressRefused."""
    named = [text.strip() for text in environ.get(PUBLIC_VARIABLE, "").split(",") if text.strip()]
    found = {text: _origin(text.rstrip("/")) for text in named}
    for text, origin in found.items():
        if origin is None or origin.scheme not in _PORTS:
            raise PublicAddressRefused(
                f"{PUBLIC_VARIABLE} must be an address like https://traffic.example.org or http://10.0.0.5:8501, "
                f"several with commas and none with a path, not {text[:100]!r}."
            )
    return frozenset(origin for origin in found.values() if origin is not None)


def refusal(
    hosts: Sequence[str], origins: Sequence[str], *, must_tell: bool, public: frozenset[Origin]
) -> Refusal | None:
    """Why a request with these headers Host and Origin is not served; None for one that is.

    `must_tell` is for what changes something: it is served only to who says from where it comes.
    """
    host = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if host is None or not _is_port(host["port"]):
        return Refusal(400, "The header Host is not the name of a server.")
    name = _name(host)
    if not _LOOPBACK.fullmatch(name) and all(name != each.name for each in public):
        return Refusal(
            403,
            f"This server does not know that it is called {name}. Whoever runs it names the address that people type "
            f"in {PUBLIC_VARIABLE}.",
        )
    if not origins:
        return Refusal(403, "The header Origin is missing, which every browser sends.") if must_tell else None
    if len(origins) > 1 or (origins[0] != "null" and _origin(origins[0]) is None):
        return Refusal(400, "The header Origin is not the address of a page.")
    origin = _origin(origins[0])
    if origin is not None and (origin in public or _is_same(origin, host)):
        return None
    return Refusal(
        403,
        f"The page was opened at {origins[0]}, but the server was asked as {hosts[0]}. The proxy in between must "
        f"hand on the header Host as the browser sent it (nginx: proxy_set_header Host $http_host), or "
        f"{PUBLIC_VARIABLE} must name the address of the page.",
    )


def _is_same(origin: Origin, host: re.Match[str]) -> bool:
    """Whether a page comes from the server's own name and port; a proxy alone knows about TLS."""
    port = int(host["port"] or _PORTS.get(origin.scheme, 0))
    return origin.scheme in _PORTS and (origin.name, origin.port) == (_name(host), port)


def _origin(text: str) -> Origin | None:
    found = _ORIGIN.fullmatch(text)
    if found is None or not _is_port(found["port"]):
        return None
    scheme = found["scheme"].lower()
    return Origin(scheme, _name(found), int(found["port"] or _PORTS.get(scheme, 0)))


def _name(found: re.Match[str]) -> str:
    return found["name"].lower().removesuffix(".")


def _is_port(text: str | None) -> bool:
    return text is None or int(text) <= 65535
