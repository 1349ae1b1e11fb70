"""The server: a request on its way through connection, faults, tokens, limits, endpoint and validators."""

import gzip
import hashlib
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Any, NamedTuple, Self

from tests.fake_github import api, apps
from tests.fake_github.answers import Answer, Request, json_answer, message, refused
from tests.fake_github.faults import RESET, FaultQueue, Send
from tests.fake_github.limits import Budgets, Clock, impolite
from tests.fake_github.world import NOBODY, Lack, Token, World

BAD_TOKENS, LOCKOUT_S = 5, 900
LOCKED_OUT = "Maximum number of login attempts exceeded. Please try again later."


class Seen(NamedTuple):
    """A request with its answer; `at` is when it came, monotonic."""

    target: str
    status: int
    at: float


class Requests(list[Seen]):
    """Those that were answered since the last `clear`, in their order."""

    in_flight = greatest_concurrency = 0
    _lock = Lock()

    @property
    def by_status(self) -> Counter[int]:
        return Counter(seen.status for seen in self)

    def targets(self) -> list[str]:
        return [seen.target for seen in self]

    def __enter__(self) -> None:
        """One more is being answered."""
        with self._lock:
            self.in_flight += 1
            self.greatest_concurrency = max(self.greatest_concurrency, self.in_flight)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.in_flight -= 1


class FakeGitHub:
    """`with FakeGitHub(world, now=...) as github: github.url`; without `now` its clock follows the real time.

    Everything may be changed while it runs: `world`, `clock`, `switches`, `budgets`, `faults`. What clients did is in
    `requests` and, where it was impolite, in `violations`.
    """

    def __init__(self, world: World | None = None, *, now: datetime | None = None, port: int = 0) -> None:
        self.world, self.clock, self.switches = world or World(), Clock(now), api.Switches()
        self.faults, self.requests, self.violations = FaultQueue(), Requests(), list[str]()
        self.budgets = Budgets(self.clock, self.violations)
        self._stopping = Event()
        self._server = _Server(port, self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._bad_tokens, self._locked_until = 0, 0.0

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all connections and free the port."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in self._server.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def exchange(self, request: Request, connection: socket.socket) -> bool:
        """Answer one request; says whether the connection goes on.

        A request is noted before its answer is sent, so that a client which has the answer finds it noted; and it is
        over before then, so that its next request is never counted as one at the same time.
        """
        at, fault = time.monotonic(), self.faults.take(request)
        with self.requests:
            answer = self._answer(request, conditional=fault is None)
            time.sleep(self.switches.latency_s)
            if fault is not None:
                answer = fault.apply(answer, request)
            self.requests.append(Seen(request.target, answer.status, at))
            packs = self.switches.gzip and "gzip" in request.headers.get("accept-encoding", "")
            if packs and answer.body and "content-encoding" not in answer.headers:
                answer.body = gzip.compress(answer.body, 1, mtime=0)
                answer.headers["content-encoding"] = "gzip"
            if fault is not None and fault.send is not None:
                self._spoil(fault.send, answer, connection)
                return False
        connection.sendall(message(answer, self.switches.chunked))
        return True

    def _spoil(self, send: Send, answer: Answer, connection: socket.socket) -> None:
        for part in send(answer):
            if part == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                connection.close()
            elif isinstance(part, bytes):
                connection.sendall(part)
            elif self._stopping.wait(float(part)):
                return

    def _answer(self, request: Request, conditional: bool) -> Answer:
        self.violations += impolite(request, self.url) if request.body is None else []
        date = {"date": format_datetime(self.clock.now.astimezone(UTC), usegmt=True)}
        of_app = apps.answer(request, self.world, self.clock.now, self.url)
        if of_app is not None:
            of_app.headers |= date
            return of_app
        token, answer = self._authenticate(request)
        if answer is None:
            answer = self.budgets.admit(token.owner_id, request, counts=request.path != "/rate_limit")
        if answer is None:
            answer = self._answer_admitted(request, token, conditional)
        headers = date | {"server": "github.com"}
        if self.switches.enterprise_server:
            headers["x-github-enterprise-version"] = "3.19.2"
        else:
            numbers = self.budgets.of(token.owner_id).numbers()
            headers |= {f"x-ratelimit-{name}": str(number) for name, number in numbers.items()}
        answer.headers = headers | token.headers() | answer.headers
        return answer

    def _authenticate(self, request: Request) -> tuple[Token, Answer | None]:
        """Whose token it is, or the refusal; after several bad ones good ones are refused as well, for a while."""
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = self.world.tokens.get(secret)
        if not secret:
            return NOBODY, None
        if self.clock.elapsed() >= self._locked_until:
            if token and not token.revoked and (token.expires_at is None or token.expires_at > self.clock.now):
                self._bad_tokens = 0
                return token, None
            self._bad_tokens += 1
            if self._bad_tokens <= BAD_TOKENS:
                return NOBODY, refused("bad_credentials")
            self._bad_tokens, self._locked_until = 0, self.clock.elapsed() + LOCKOUT_S
        return NOBODY, json_answer({"message": LOCKED_OUT}, 403)

    def _answer_admitted(self, request: Request, token: Token, conditional: bool) -> Answer:
        if token.lack is Lack.SUSPENDED:
            return refused("installation_suspended")
        if request.path == "/rate_limit":
            core = self.budgets.of(token.owner_id).numbers()
            return json_answer({"resources": {"core": core}, "rate": core})
        answer = api.answer(api.Call(request, token, self.clock.now, self.world, self.switches, self.url))
        if answer.status != 200:
            return answer
        salt = time.monotonic_ns() if self.switches.etag_changes_each_time else 0
        made_of = f"{salt} {token.secret} {request.target} ".encode() + answer.body.replace(self.url.encode(), b"")
        etag = answer.headers["etag"] = f'W/"{hashlib.sha256(made_of).hexdigest()}"'
        is_known = etag in request.headers.get("if-none-match", "").split(", ")
        if not is_known or not conditional or not self.switches.answers_not_modified:
            return answer
        self.budgets.give_back(token.owner_id)
        return Answer(304, b"", {"etag": etag})


class _Server(ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, github: FakeGitHub) -> None:
        self.github = github
        self.connections: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, *_: object) -> None:
        """A client that has gone is nothing; an error of the fake itself must not stay unseen."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.github.violations.append(f"the fake GitHub itself failed: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection; its number is the client's port."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self, body: bytes | None = None) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, self.client_address[1], body=body)
        self.close_connection |= not self.server.github.exchange(request, self.connection)

    def do_POST(self) -> None:
        self.do_GET(self.rfile.read(int(self.headers.get("content-length", 0))))

    def log_message(self, *_: object) -> None:
        return
