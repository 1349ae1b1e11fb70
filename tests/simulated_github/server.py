"""The simulated GitHub as a server on this machine: a real one, with sockets, threads and all its moods."""

import socket
import time
from collections.abc import Iterable
from datetime import datetime
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from tests.simulated_github.budgets import Limits
from tests.simulated_github.clock import Clock
from tests.simulated_github.conduct import Conduct, without_tokens
from tests.simulated_github.control import PREFIX, Control
from tests.simulated_github.faults import FaultQueue
from tests.simulated_github.front_door import FrontDoor, Served
from tests.simulated_github.repositories import Repository
from tests.simulated_github.requests_seen import RequestsSeen, Seen
from tests.simulated_github.routes import Routes
from tests.simulated_github.switches import Switches
from tests.simulated_github.tokens import Token
from tests.simulated_github.wire import ConnectionHandler, Request, compress, message
from tests.simulated_github.world import World


class SimulatedGitHub:
    """GitHub's REST API as far as traffic needs it: `with SimulatedGitHub(world, now=...) as github: github.url`.

    Without `now` the clock follows the real time. Everything may be changed while it runs: `world`, `clock`,
    `switches`, `limits`, `faults`. What clients did is in `requests` and, where it was impolite, in `violations`.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        now: datetime | None = None,
        switches: Switches | None = None,
        limits: Limits | None = None,
        port: int = 0,
    ) -> None:
        self.world = world or World()
        self.clock = Clock(now)
        self.switches = switches or Switches()
        self.limits = limits or Limits()
        self.faults = FaultQueue()
        self.requests = RequestsSeen()
        self.violations: list[str] = []
        self._stopping = Event()
        self._server = _Server(port, self)
        host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{host}"
        self._door = FrontDoor(self.world, self.clock, self.switches, self.limits)
        self._routes = Routes(self.world, self.switches, self.url)
        self._conduct = Conduct(host, self.violations)
        self._control = Control(self)
        self.budgets = self._door.budgets

    @classmethod
    def of(cls, repositories: Iterable[Repository], tokens: Iterable[Token], now: datetime | None = None) -> Self:
        """One that holds just these."""
        return cls(World(repositories, tokens), now=now)

    def start(self) -> Self:
        """Begin to answer."""
        Thread(target=self._server.serve_forever, args=(0.02,), name="simulated-github", daemon=True).start()
        return self

    def stop(self) -> None:
        """End all connections and free the port."""
        self._stopping.set()
        self._server.shutdown()
        self._server.close_all()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def exchange(self, request: Request, connection: socket.socket) -> bool:
        """Answer one request; says whether the connection goes on.

        A request is noted before its answer is sent, so that a client which has the answer finds it noted; and it is
        over before then, so that its next request is never counted as one at the same time.
        """
        if request.path.startswith(PREFIX):
            connection.sendall(message(self._control.answer(request)))
            return True
        at = time.monotonic()
        fault = self.faults.take(request)
        with self.requests.one_more():
            served = self._served(request, conditional=fault is None)
            try:
                if self.switches.latency_s:
                    time.sleep(self.switches.latency_s)
                answer = fault.apply(served.answer, request) if fault is not None else served.answer
                login = served.token.login if served.token else None
                self.requests.note(Seen(request.method, without_tokens(request.target), login, at, answer.status))
                if self.switches.gzip:
                    compress(request, answer)
                if fault is not None and fault.send is not None:
                    return fault.send(connection, answer, self._stopping)
            finally:
                served.is_over(self.budgets)
        connection.sendall(message(answer, self.switches.chunked))
        return True

    def _served(self, request: Request, conditional: bool) -> Served:
        try:
            return self._door.answer(request, self._routes, self._conduct, conditional)
        except Exception as error:
            self.violations.append(f"the simulation itself failed at {request.path}: {error!r}")
            raise


class _Server(ThreadingHTTPServer):
    """A thread for each connection; all of them end with the server."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, github: SimulatedGitHub) -> None:
        self.exchange = github.exchange
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), ConnectionHandler)

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, as the library does: that may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        """End the connections that are open."""
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
