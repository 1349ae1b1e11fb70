"""The client: one token's calls to GitHub's REST API. Says what GitHub answered, or raises an error of the tree
in `collector/errors.py`. Knows nothing of days, repositories or the store.

Every call sends the token to GitHub's own host only, waits for its rate limiter, has a deadline and a greatest size,
and is tried again where that may help.
"""

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import IncompleteRead
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies, parse_header_links
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential
from urllib3.connection import HTTPConnection

from collector import errors
from collector.clock import Clock, GitHubTime
from collector.rate_limit import RateLimiter
from collector.redaction import HIDDEN
from collector.replies import (
    API_VERSION,
    ENTERPRISE_SERVER,
    MESSAGE_LIMIT,
    Response,
    date_of,
    error_of,
    expiry_of,
    limit_of,
    place_of,
    validator_of,
)
from collector.settings import Settings

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 20.0  # without a byte
DEADLINE_S = 30.0  # for the whole answer: a byte every few seconds would keep a call alive for ever
GREATEST_BODY = 10_000_000  # bytes, unpacked; a page of releases with many assets has about two million
TRIES = 4
TRY_FOR_S = 90
CONFIRM_MISSING_AFTER_S = 3  # GitHub's replicas lag: one 404 between successes means nothing
MOST_REDIRECTS = 5
DOUBTED_FROM = timedelta(days=1)  # a date so far from the run's time is that of a clock gone wrong
USER_AGENT = "github-traffic-analytics"
PIECE = 16384

_KINDS = {
    "ghp_": "classic",
    "github_pat_": "fine-grained",
    "gho_": "OAuth",
    "ghu_": "app user",
    "ghs_": "app installation",
}
_REDIRECTS = {301, 302, 303, 307, 308}
_ANSWERS = {200, 201}


class GitHub:
    """GitHub's API as one token sees it. Safe across threads: each has a connection of its own."""

    def __init__(self, settings: Settings, secret: "str | Authorization", limiter: RateLimiter, clock: Clock) -> None:
        self._authorization = Authorization(secret) if isinstance(secret, str) else secret
        self.limiter = limiter
        self.kind = self._authorization.kind
        self.token_expires_at: datetime | None = None
        self.token_refused: str | None = None  # GitHub's words, once it has refused the token
        self.time: GitHubTime | None = None  # a run's, once it knows: dates that disagree with it are doubted
        self._api_url = settings.api_url
        self._clock = clock
        self._sessions: list[_Session] = []
        self._of_thread = threading.local()

    def fetch(
        self,
        path: str,
        query: Mapping[str, str | int] | None = None,
        etag: str | None = None,
        confirm_missing: bool = False,
    ) -> Response:
        """Ask for `path`. With `etag`, GitHub may answer that nothing has changed since.

        With `confirm_missing` a 404 is believed only when it is repeated after a few seconds.
        Raises: GitHubError, Stopped.
        """
        url = self._url(path, query)
        try:
            return self._retrying(url, etag)
        except errors.Missing:
            if not confirm_missing:
                raise
            self._clock.sleep(CONFIRM_MISSING_AFTER_S)
            return self._retrying(url, etag)

    def fetch_pages(
        self, path: str, query: Mapping[str, str | int] | None = None, max_pages: int = 100, etag: str | None = None
    ) -> Iterator[Response]:
        """Ask for `path` and the pages that follow it, `max_pages` at most; `etag` is for the first one.

        Raises: as `fetch`; PagingLimited where GitHub gives no further page, after those that it gave.
        """
        answer = self.fetch(path, query, etag)
        seen = {self._url(path, query)}
        while True:
            yield answer
            following = _next_link(answer)
            if answer.unchanged or following is None or following in seen or len(seen) >= max_pages:
                return
            seen.add(following)
            self._refuse_other_host(following, "The next page of a list")
            answer = self._retrying(following, None)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Response:
        """Have something made at `path`. Raises: as `fetch`."""
        return self._retrying(self._url(path, None), None, body or {})

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def _url(self, path: str, query: Mapping[str, str | int] | None) -> str:
        return self._api_url + path + (f"?{urlencode(query)}" if query else "")

    def _retrying(self, url: str, etag: str | None, body: Mapping[str, object] | None = None) -> Response:
        retrying = Retrying(
            retry=retry_if_exception_type(errors.Transient),
            stop=stop_after_attempt(TRIES) | stop_after_delay(TRY_FOR_S),
            wait=wait_random_exponential(multiplier=1, max=20),
            sleep=self._clock.sleep,
            reraise=True,
        )
        return retrying(self._follow, url, etag, body)

    def _follow(self, url: str, etag: str | None, body: Mapping[str, object] | None) -> Response:
        """Ask, and go where GitHub sends us, on its own host only."""
        target, seen = url, {url}
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._ask(target, etag, body)
            if reply.status not in _REDIRECTS:
                return _answer(reply, etag, None if target == url else urlsplit(target).path)
            target = self._redirected(target, reply)
            if target in seen:
                raise errors.RequestRefused("GitHub redirects in a circle.", reply.status)
            seen.add(target)
        raise errors.RequestRefused(f"GitHub redirects more than {MOST_REDIRECTS} times.", reply.status)

    def _redirected(self, url: str, reply: Response) -> str:
        location = reply.headers.get("location")
        if not location:
            raise errors.RequestRefused("GitHub redirects without saying where to.", reply.status)
        try:
            target = urljoin(url, location)
        except ValueError:
            raise errors.RequestRefused("GitHub redirects to what is no address.", reply.status) from None
        self._refuse_other_host(target, "A redirect")
        return target

    def _refuse_other_host(self, url: str, what: str) -> None:
        if place_of(url) is None or place_of(url) != place_of(self._api_url):
            raise errors.RequestRefused(f"{what} leads away from GitHub's own address. It was not followed.")

    def _ask(self, url: str, etag: str | None, body: Mapping[str, object] | None) -> Response:
        """One answer that is no limit and no error, waiting for limits as long as the owner bears it."""
        asked_again = False
        while True:
            number = self._authorization.ready()
            with self.limiter.acquire() as turn:
                reply = self._dated(self._send(url, etag, body))
                self.limiter.observe(reply.headers, reply.as_of, turn)
                limit = limit_of(reply)
                if limit is not None:
                    self.limiter.back_off(limit, turn.sent_at)
            self.token_expires_at = expiry_of(reply.headers) or self.token_expires_at
            if limit is not None:
                continue
            self.limiter.succeeded(turn.sent_at)
            if ENTERPRISE_SERVER in reply.headers:  # its good answers too: a token was stored that collects nothing
                raise error_of(reply)
            if reply.status in {200, 201, 204} | _REDIRECTS or (reply.status == 304 and etag):
                return reply
            if reply.status == 304:
                raise errors.BadAnswer("GitHub says that nothing changed, and was not asked that.", reply.status)
            error = error_of(reply, of_app=self.kind.startswith("app"))
            if isinstance(error, errors.TokenRefused) and reply.message != "Bad credentials" and not asked_again:
                asked_again = True  # a sporadic 401 with another text happens
                continue
            if isinstance(error, errors.TokenRefused) and self._authorization.renewed(number, reply.as_of):
                continue
            if isinstance(error, errors.TokenRefused):
                self.token_refused = str(error)
            raise error

    def _dated(self, reply: Response) -> Response:
        """The answer as of the run's time where its own `Date` cannot be: one wrong clock must not move our days."""
        if self.time is None or not self.time.is_set:
            return reply
        given, now = date_of(reply.headers), self.time.now()
        if given is not None and abs(given - now) <= DOUBTED_FROM:
            return reply
        return replace(reply, as_of=now)

    def _send(self, url: str, etag: str | None, body: Mapping[str, object] | None) -> Response:
        headers = {"If-None-Match": etag} if etag else None
        timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        method = "GET" if body is None else "POST"
        session, failure = self._session(), None
        try:
            with (
                session.calls.within(DEADLINE_S),
                session.request(
                    method, url, headers=headers, json=body, stream=True, allow_redirects=False, timeout=timeout
                ) as response,
            ):
                raw = _read(response)
        except errors.GitHubError:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            failure = _transport_error(error, urlsplit(url).hostname or url)
        if session.calls.is_late:
            failure = errors.BadAnswer(f"The answer was not complete after {DEADLINE_S:g} s.")
        if failure is not None:
            raise failure  # here and not above: the cause would carry the request along, and with it the token
        return _reply(response, raw if response.status_code in _ANSWERS else self._authorization.hide(raw))

    def _session(self) -> "_Session":
        session: _Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = _Session(self._api_url, self._authorization)
            self._sessions.append(session)
        return session


class Authorization(requests.auth.AuthBase):
    """Puts the token into a request, and keeps it out of every representation and out of .netrc's reach.

    This one is the same for ever; those of a GitHub App are renewed: `collector/github_app.py`.
    Raises: TokenRefused for what is no token.
    """

    def __init__(self, secret: str) -> None:
        if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
            raise errors.TokenRefused("The token is empty, or has characters that no token of GitHub has.")
        if secret.startswith("ghr_"):
            raise errors.TokenRefused("This is a refresh token: it cannot read anything. Make a personal access token.")
        self._secret = secret

    @property
    def kind(self) -> str:
        return next((kind for prefix, kind in _KINDS.items() if self._secret.startswith(prefix)), "unknown")

    def ready(self) -> int:
        """Have a token for the next call, and say its number. Raises: GitHubError where one had to be asked for."""
        return 1

    def renewed(self, refused: int, as_of: datetime) -> bool:
        """Whether there is another token, after GitHub has refused that one at that moment of its clock."""
        return False

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._secret}"
        return request

    def hide(self, raw: bytes) -> bytes:
        """A body without the token: what stands between us and GitHub may repeat the request in its refusal."""
        return raw.replace(self._secret.encode(), HIDDEN.encode())


class _Calls(requests.adapters.HTTPAdapter):
    """The connection of one thread, whose calls it can end: urllib3 bounds each read, but not the answer as a whole.

    So a byte now and then would keep a call alive for ever. A timer shuts the socket down, and the read that waits
    for it ends, be it of the headers or of the body.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_late = False
        self._connection: HTTPConnection | None = None
        self._answer: urllib3.HTTPResponse | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        self.is_late, self._answer = False, None
        timer = threading.Timer(seconds, self._end)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _end(self) -> None:
        self.is_late = True
        with suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
            if self._connection is not None and self._connection.sock is not None:
                self._connection.sock.shutdown(socket.SHUT_RDWR)
            elif self._answer is not None:  # a connection that closes after its answer has let go of its socket
                self._answer.shutdown()

    def send(self, *arguments: Any, **settings: Any) -> requests.Response:
        response = super().send(*arguments, **settings)
        self._answer = response.raw
        return response

    def get_connection_with_tls_context(self, *arguments: Any, **settings: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*arguments, **settings)
        make: Callable[..., HTTPConnection] = type(pool).ConnectionCls

        def noted(*arguments: Any, **settings: Any) -> HTTPConnection:
            self._connection = make(*arguments, **settings)
            return self._connection

        pool.ConnectionCls = noted
        return pool


class _Session(requests.Session):
    """A session that has read the environment's proxies and certificates once, not at every call.

    A proxy is used for https only: it sees no more than GitHub's name. Without TLS it would see the token.
    """

    def __init__(self, api_url: str, authorization: Authorization) -> None:
        super().__init__()
        self.calls = _Calls()
        self.mount("https://", self.calls)
        self.mount("http://", self.calls)
        self.auth = authorization
        self.proxies = get_environ_proxies(api_url) if api_url.startswith("https://") else {}
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self.trust_env = False
        self.headers.update(
            {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION, "User-Agent": USER_AGENT}
        )

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, always: the library would read a redirect's address, follow the same host to http, or fail at it."""
        return None


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    while piece := response.raw.read1(PIECE, decode_content=True):
        body += piece
        if len(body) > GREATEST_BODY:
            raise errors.RequestRefused(f"The answer has more than {GREATEST_BODY:,} bytes.", response.status_code)
    return bytes(body)


def _reply(response: requests.Response, raw: bytes) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    body: object
    try:
        body = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        if response.status_code in _ANSWERS:
            kind = headers.get("content-type", "no content type")[:40]
            raise errors.BadAnswer(f"The answer is not JSON ({kind}).", 200) from None
        body = raw[: MESSAGE_LIMIT * 2].decode("utf-8", "replace")
    if response.status_code in _ANSWERS and body is None:
        raise errors.BadAnswer("The answer is empty.", 200)
    return Response(response.status_code, headers, body, date_of(headers) or datetime.now(UTC))


def _answer(reply: Response, etag: str | None, led_to: str | None) -> Response:
    kind = reply.headers.get("content-type", "")
    odd = reply.status == 200 and "json" not in kind
    warnings = (f"JSON came as {kind[:40] or 'no type'}",) if odd else ()
    given = date_of(reply.headers)
    if given is None:
        warnings = (*warnings, "the answer had no Date; ours was taken")
    elif given != reply.as_of:
        warnings = (*warnings, f"the answer's Date ({given:%Y-%m-%d}) cannot be; the time of the run was taken")
    unchanged = reply.status == 304
    return replace(
        reply,
        body=[] if reply.status == 204 else reply.body,
        warnings=warnings,
        etag=etag if unchanged else validator_of(reply.headers),
        unchanged=unchanged,
        led_to=led_to,
    )


def _next_link(answer: Response) -> str | None:
    links = parse_header_links(answer.headers.get("link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next" and link.get("url")), None)


def _transport_error(error: Exception, host: str) -> errors.GitHubError:
    """What a failure of the connection means. The library's own text is left out: it repeats the whole request."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__ or _reason(chain[-1])) and cause not in chain:
        chain.append(cause)
    kinds = tuple(type(each) for each in chain)
    cut = any(issubclass(kind, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError) for kind in kinds)
    if not cut and any(issubclass(kind, ssl.SSLError | urllib3.exceptions.SSLError) for kind in kinds):
        return errors.RunStopped(f"The TLS certificate of {host} is not trusted, or TLS failed. Nothing was sent.")
    if any(issubclass(kind, urllib3.exceptions.NewConnectionError) for kind in kinds):  # to urllib3 a timeout too
        return errors.HostDown(f"Could not connect to GitHub ({host}).")
    if any(issubclass(kind, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError) for kind in kinds):
        return errors.Unreachable(f"GitHub ({host}) did not answer within {READ_TIMEOUT_S:g} s.")
    if any(issubclass(kind, urllib3.exceptions.DecodeError) for kind in kinds):
        return errors.BadAnswer("GitHub’s answer could not be decompressed.")
    if any(issubclass(kind, IncompleteRead) for kind in kinds):
        return errors.BadAnswer("GitHub’s answer was cut short.")
    return errors.Unreachable(f"The connection to GitHub ({host}) broke ({kinds[0].__name__}).")


def _reason(error: BaseException) -> BaseException | None:
    """The cause that urllib3 carries as an argument instead of chaining it."""
    found = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    return found if isinstance(found, BaseException) else None
