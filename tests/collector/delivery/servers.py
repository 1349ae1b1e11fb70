"""Servers on loopback that behave like Slack, Teams, Discord, a receiver of webhooks, and a mail server with TLS."""

import http.server
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

AUTHORITY = trustme.CA()
USER, PASSWORD = "traffic", "a meadow"


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP server that keeps what it was sent. `answers` says how a path answers, otherwise with 200."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    delay_s: float = 0.0
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def to(self, path: str) -> list[Request]:
        return [each for each in self.requests if each.path == path]


@contextmanager
def receiver() -> Iterator[Receiver]:
    known = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(known.delay_s)
            status, words, headers = known.answers.get(self.path, (200, b"ok", {}))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(words)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who asked may have gone
                self.wfile.write(words)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.request_queue_size = 100
    known.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()


class _Mailbox:
    def __init__(self, mails: list[EmailMessage], refused: set[str]) -> None:
        self._mails, self._refused = mails, refused

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802
        if address in self._refused:
            return f"550 No such user here: {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self._mails.append(message_from_bytes(content, policy=policy.default))
        return "250 Taken"


@dataclass
class MailReceiver:
    url: str
    mails: list[EmailMessage]
    refused: set[str]


def _signed_in(_: SMTP, __: Session, ___: Envelope, ____: str, given: object) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def mail_receiver(*, starttls: bool) -> Iterator[MailReceiver]:
    """A mail server that takes mail by TLS only, and of those who sign in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    mails: list[EmailMessage] = []
    refused: set[str] = set()
    how: dict[str, Any] = {"tls_context": context, "require_starttls": True} if starttls else {"ssl_context": context}
    with socket.create_server(("localhost", 0)) as free:  # the controller takes no port of the system's choice
        port = free.getsockname()[1]
    controller = Controller(
        _Mailbox(mails, refused),
        hostname="localhost",
        port=port,
        authenticator=_signed_in,
        auth_require_tls=starttls,
        auth_required=True,
        **how,
    )
    controller.start()
    scheme = "smtp" if starttls else "smtps"
    yield MailReceiver(f"{scheme}://{USER}:{PASSWORD.replace(' ', '%20')}@localhost:{port}", mails, refused)
    controller.stop(no_assert=True)
