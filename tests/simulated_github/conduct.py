"""What a polite client must not do, and who can know that it must not: everything seen ends in `violations`."""

import re
import time
from collections import Counter

from tests.simulated_github.wire import Connection, Request

VERSIONS = frozenset({"2022-11-28", "2026-03-10"})
ALREADY_ON_ITS_WAY_S = 0.2
MOST_VIOLATIONS = 10_000
_TOKEN = re.compile(r"gh[pousr]_[A-Za-z0-9_.]+|github_pat_[A-Za-z0-9_]+")
_ETAG = re.compile(r'(W/)?"[^"]*"(, (W/)?"[^"]*")*|\*')


class Told:
    """A refusal that some connections have seen; a request that was already on its way is excused.

    Excused is the first request of each other connection that was open by then, and one on a connection that was
    opened in the same moment.
    """

    def __init__(self, connection: Connection) -> None:
        self._at = time.monotonic()
        self._asked = {connection.number}

    def is_known_to(self, connection: Connection) -> bool:
        """Whether a request on this connection, now, disregards the refusal."""
        if connection.number in self._asked:
            return True
        self._asked.add(connection.number)
        return connection.opened_at > self._at + ALREADY_ON_ITS_WAY_S


class Conduct:
    """Watches every request before it is answered."""

    def __init__(self, host: str, violations: list[str]) -> None:
        self._host = host
        self._violations = violations
        self._refused_tokens: dict[str, Told] = {}
        self._insisted: Counter[str] = Counter()

    def note(self, request: Request, what: str) -> None:
        """Add a violation; no token is ever part of it."""
        if len(self._violations) < MOST_VIOLATIONS:
            self._violations.append(f"{request.method} {without_tokens(request.target)}: {what}")

    def watch(self, request: Request) -> None:
        """Note what is wrong with the request as such, whatever the answer to it is."""
        headers = request.headers
        if not headers.get("user-agent"):
            self.note(request, "no User-Agent")
        if len(request.path) > 1 and request.path.endswith("/"):
            self.note(request, "a slash at the end of the path")
        if headers.get("x-github-api-version", "2022-11-28") not in VERSIONS:
            self.note(request, "an unknown X-GitHub-Api-Version")
        if "access_token" in request.query or _TOKEN.search(request.target):
            self.note(request, "a token in the address")
        if "authorization" in headers and headers.get("host") != self._host:
            self.note(request, "a token was sent to another host")
        if not _ETAG.fullmatch(headers.get("if-none-match", "*")):
            self.note(request, "an etag without its quotation marks")

    def refused_token(self, request: Request, secret: str) -> None:
        """A token was answered with 401; one repetition is excused, as GitHub does err."""
        told = self._refused_tokens.get(secret)
        if told is None:
            self._refused_tokens[secret] = Told(request.connection)
        elif told.is_known_to(request.connection):
            self._insisted[secret] += 1
            if self._insisted[secret] > 1:
                self.note(request, "a token that was refused with 401 is tried again and again")


def without_tokens(text: str) -> str:
    """The text with everything that looks like a token taken out."""
    return re.sub(r"access_token=[^&]*", "access_token=...", _TOKEN.sub("...", text))
