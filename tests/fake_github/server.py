"""The server: a request on its way through connection, faults, tokens, limits, endpoint and validators."""

import hashlib
import itertools
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.fake_github.answers import (
    VERSIONS,
    Answer,
    Connection,
    Request,
    json_answer,
    message,
    refusal,
    refused,
    retired_version,
)
from tests.fake_github.api import Api, Call
from tests.fake_github.faults import FaultQueue
from tests.fake_github.limits import Budgets, Clock, Conduct, Told, without_tokens
from tests.fake_github.windows import DENSE
from tests.fake_github.world import Lack, Token, World

SEEN = "/fake/seen"  # what the server saw, for those who run it as a process
BAD_TOKENS, LOCKOUT_S = 5, 900


@dataclass(slots=True)
class Switches:
    """How GitHub behaves as a whole; each may be changed while it runs."""

    window_mode: str = DENSE
    latency_s: float = 0.0
    gzip: bool = True
    chunked: bool = False
    answers_not_modified: bool = True
    etag_changes_each_time: bool = False
    enterprise_server: bool = False
    deepest_page: int | None = None
    retired_versions: frozenset[str] = frozenset()


class Seen(NamedTuple):
    """A request with its answer; `at` is when it came, monotonic."""

    target: str
    login: str | None
    status: int
    at: float


class Requests(list[Seen]):
    """Those that were answered since the last `clear`, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.in_flight = 0
        self.greatest_concurrency = 0
        self._lock = Lock()

    @property
    def total(self) -> int:
        return len(self)

    @property
    def by_status(self) -> Counter[int]:
        return Counter(seen.status for seen in self)

    @property
    def by_login(self) -> Counter[str | None]:
        return Counter(seen.login for seen in self)

    def targets(self) -> list[str]:
        return [seen.target for seen in self]

    def clear(self) -> None:
        super().clear()
        self.greatest_concurrency = self.in_flight

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """A request that is being answered."""
        with self._lock:
            self.in_flight += 1
            self.greatest_concurrency = max(self.greatest_concurrency, self.in_flight)
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1


class FakeGitHub:
    """`with FakeGitHub(world, now=...) as github: github.url`; without `now` its clock follows the real time.

    Everything may be changed while it runs: `world`, `clock`, `switches`, `budgets`, `faults`. What clients did is in
    `requests` and, where it was impolite, in `violations`.
    """

    def __init__(self, world: World | None = None, *, now: datetime | None = None, port: int = 0) -> None:
        self.world, self.clock, self.switches = world or World(), Clock(now), Switches()
        self.faults, self.requests = FaultQueue(), Requests()
        self._stopping = Event()
        self._server = _Server(port, self)
        host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{host}"
        self._conduct = Conduct(host)
        self.violations = self._conduct.violations
        self.budgets = Budgets(self.clock, self._conduct)
        self._bad_tokens, self._locked_until = 0, 0.0
        self._lockout_told: Told | None = None
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End all connections and free the port."""
        self._stopping.set()
        self._server.shutdown()
        self._server.close_all()
        self._server.server_close()

    def exchange(self, request: Request, connection: socket.socket) -> bool:
        """Answer one request; says whether the connection goes on.

        A request is noted before its answer is sent, so that a client which has the answer finds it noted; and it is
        over before then, so that its next request is never counted as one at the same time.
        """
        if request.path == SEEN:
            seen = {"at": [each.at for each in self.requests], "violations": self.violations}
            connection.sendall(message(json_answer(seen)))
            return True
        at, fault = time.monotonic(), self.faults.take(request)
        with self.requests.one_more():
            answer, login = self._answer(request, conditional=fault is None)
            time.sleep(self.switches.latency_s)
            if fault is not None:
                answer = fault.apply(answer, request)
            self.requests.append(Seen(without_tokens(request.target), login, answer.status, at))
            if self.switches.gzip and "gzip" in request.headers.get("accept-encoding", ""):
                answer.compress()
            if fault is not None and fault.send is not None:
                return fault.send(connection, answer, self._stopping)
        connection.sendall(message(answer, self.switches.chunked))
        return True

    def _answer(self, request: Request, conditional: bool) -> tuple[Answer, str | None]:
        """The answer with all its headers, and who asked."""
        self._conduct.watch(request)
        token, answer = None, self._refuse_unread(request)
        if answer is None:
            token, answer = self._authenticate(request)
        owner_id = token.owner_id if token else None
        if answer is None:
            answer = self.budgets.admit(owner_id, request, counts=request.path != "/rate_limit")
        if answer is None:
            answer = self._answer_admitted(Call(request, token, self.clock.now), owner_id, conditional)
        headers = {
            "date": self.clock.date_header(),
            "server": "github.com",
            "x-github-request-id": f"C620:D8D4:{next(self._numbers):08X}",
        }
        if self.switches.enterprise_server:
            headers["x-github-enterprise-version"] = "3.19.2"
        else:
            headers |= self.budgets.of(owner_id).headers()
        answer.headers = headers | (token.headers() if token else {}) | answer.headers
        return answer, token.login if token else None

    def _refuse_unread(self, request: Request) -> Answer | None:
        if not request.headers.get("user-agent"):
            return refused("no_user_agent")
        if request.version in self.switches.retired_versions:
            return retired_version(request.version)
        return None if request.version in VERSIONS else refused("bad_api_version")

    def _authenticate(self, request: Request) -> tuple[Token | None, Answer | None]:
        """Whose token it is, or the refusal; after several bad ones good ones are refused as well, for a while."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            return None, None
        locked_out = refusal(403, "Maximum number of login attempts exceeded. Please try again later.")
        if self.clock.elapsed() < self._locked_until:
            if self._lockout_told and self._lockout_told.is_disregarded(request.connection):
                self._conduct.note(request, "a request during the lockout that bad tokens have caused")
            return None, locked_out
        token = self.world.tokens.get(secret.strip()) if scheme.lower() in ("bearer", "token") else None
        if token is not None and not token.is_over(self.clock.now):
            self._bad_tokens = 0
            return token, None
        self._bad_tokens += 1
        if self._bad_tokens > BAD_TOKENS:
            self._bad_tokens, self._locked_until = 0, self.clock.elapsed() + LOCKOUT_S
            self._lockout_told = Told(request.connection)
            return None, locked_out
        self._conduct.token_refused(request, secret)
        return None, refused("bad_credentials")

    def _answer_admitted(self, call: Call, owner_id: int | None, conditional: bool) -> Answer:
        request, token, switches = call.request, call.token, self.switches
        if token is not None and token.lack is Lack.SUSPENDED:
            return refused("installation_suspended")
        if request.path == "/rate_limit":
            headers = self.budgets.of(owner_id).headers()
            core = {name: int(headers[f"x-ratelimit-{name}"]) for name in ("limit", "used", "remaining", "reset")}
            return json_answer({"resources": {"core": core}, "rate": core})
        api = Api(self.world, self.url, switches.window_mode, switches.enterprise_server, switches.deepest_page)
        answer = api.answer(call)
        if answer.status != 200:
            return answer
        salt = next(self._numbers) if switches.etag_changes_each_time else 0
        made_of = f"{salt} {token.secret if token else ''} {request.target} ".encode() + answer.body
        etag = answer.headers["etag"] = f'W/"{hashlib.sha256(made_of).hexdigest()}"'
        known = request.headers.get("if-none-match", "").split(", ")
        if etag not in known or not conditional or not switches.answers_not_modified:
            return answer
        self.budgets.give_back(owner_id)
        return Answer(304, b"", {"etag": etag})


class _Server(ThreadingTCPServer):
    """A thread for each connection; all of them end with the server."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, github: FakeGitHub) -> None:
        self.github = github
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is nothing; an error of the fake itself must not stay unseen."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.github.violations.append(f"the fake GitHub itself failed: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.opened = Connection()

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, self.opened)
        if not self.server.github.exchange(request, self.connection):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        return
