"""What the headers of an answer say, and where an address leads. Pure; what cannot be read is unknown."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

YEARS = range(2008, 2200)  # GitHub's clock is never outside of them
_VALIDATOR = re.compile(r'(W/)?"[\x21\x23-\x7e]{0,200}"')


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The moment of the answer by GitHub's clock; None where it says none that can be."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.year in YEARS else None


def expiry_of(headers: Mapping[str, str]) -> datetime | None:
    """When the token expires, from either form that GitHub writes; None where it never does, or says it oddly."""
    text = headers.get("github-authentication-token-expiration", "").strip().replace(" UTC", " +0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def validator_of(headers: Mapping[str, str]) -> str | None:
    """The `etag`, quotation marks and all; None where it is none that could be sent back."""
    given = headers.get("etag", "")
    return given if _VALIDATOR.fullmatch(given) else None


def place_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port as the connection will be made: read by the same parser, else the two might disagree."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme or "")
    if not parts.host or not port or parts.auth is not None:
        return None
    return parts.scheme or "", parts.host, port
