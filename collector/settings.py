"""What the environment sets: where GitHub is, where the data lies, how fast we may ask."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from collector.errors import SettingsRefused
from collector.redaction import redacted

DEFAULT_API_URL = "https://api.github.com"
DEFAULT_WEB_URL = "https://github.com"
DEFAULT_DATA_DIR = Path("data/db")
_ADDRESS = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash: parsers disagree on all else


@dataclass(frozen=True, slots=True)
class Settings:
    """Requests a minute and requests at once are for one token owner: GitHub counts them together."""

    api_url: str = DEFAULT_API_URL
    requests_a_minute: int = 600
    concurrency: int = 8
    web_url: str = DEFAULT_WEB_URL  # where people make the GitHub App


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the environment. Raises: SettingsRefused."""
    return Settings(
        _api_url(environ.get("GITHUB_API_URL") or DEFAULT_API_URL),
        _number(environ, "TRAFFIC_REQUESTS_A_MINUTE", 600, 1_000_000),
        _number(environ, "TRAFFIC_CONCURRENCY", 8, 100),
        _web_url(environ.get("GITHUB_WEB_URL") or DEFAULT_WEB_URL),
    )


def _number(environ: Mapping[str, str], name: str, default: int, greatest: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not 1 <= int(text) <= greatest:
        raise SettingsRefused(f"{name} must be a whole number from 1 to {greatest}, not {text[:40]!r}.")
    return int(text)


def _web_url(url: str) -> str:
    """GitHub's website, or that of a simulated GitHub on this machine."""
    parts = urlsplit(url)
    if url != DEFAULT_WEB_URL and (parts.scheme != "http" or not _is_loopback(parts.hostname or "") or parts.path):
        raise SettingsRefused(f"GITHUB_WEB_URL is {DEFAULT_WEB_URL}, or an address http:// of this machine.")
    return url


def _api_url(url: str) -> str:
    try:
        if not _ADDRESS.fullmatch(url):
            raise ValueError("a character that no address has")
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise SettingsRefused(f"GITHUB_API_URL is not an address. The default is {DEFAULT_API_URL}.") from error
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingsRefused("GITHUB_API_URL must be a plain address, without a user, a token or a query.")
    if host in {"github.com", "www.github.com"}:
        raise SettingsRefused(f"{host} is GitHub's website. Its API, which GITHUB_API_URL names, is {DEFAULT_API_URL}.")
    if host == "ghe.com" or host.endswith(".ghe.com"):
        raise SettingsRefused(
            f"{host} is GitHub Enterprise Cloud with data residency: it gives no traffic through its API. "
            f"Only {DEFAULT_API_URL} does."
        )
    if parts.path.rstrip("/").endswith(("/api/v3", "/api")):
        raise SettingsRefused(
            f"{host} is a GitHub Enterprise Server: it has no traffic API. Only {DEFAULT_API_URL} gives traffic."
        )
    if not host or parts.scheme not in {"http", "https"} or (parts.scheme == "http" and not _is_loopback(host)):
        raise SettingsRefused(
            f"GITHUB_API_URL must begin with https:// (http:// for this machine only), not {redacted(url)[:100]!r}. "
            f"The default is {DEFAULT_API_URL}."
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
