"""The app as a server of its own on this machine: asked over HTTP, and by the socket that runs pages."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from data.store import Store

ROOT = Path(__file__).parents[3]
PATIENCE_S = 90


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers with names in lower case, the cookies, the body."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    body: str


@dataclass(frozen=True, slots=True)
class Live:
    """A server that runs (or a proxy before it), with its store and what it printed at its start."""

    url: str
    store: Store
    printed: str

    @property
    def origin(self) -> str:
        return "://".join(urlsplit(self.url)[:2])

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """An answer; a header is named with _ for -."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"{parts.path}{path}", body.encode() or None, sent)
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        cookies = answer.headers.get_all("set-cookie") or []
        found = Answer(answer.status, fields, cookies, answer.read().decode("utf-8", "replace"))
        connection.close()
        return found

    def run_page(self, name: str, cookie: str = "") -> str:
        """What a browser is sent that opens a page's address, with a session cookie or with none, as text."""
        headers = {"Cookie": cookie} if cookie else {}
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        spoken, own = [Subprotocol("streamlit")], Origin(self.origin)
        with connect(
            address, subprotocols=spoken, origin=own, additional_headers=headers, max_size=None, proxy=None
        ) as socket:
            wanted = BackMsg()
            wanted.rerun_script.page_name = name
            socket.send(wanted.SerializeToString())
            return "\n".join(_until_finished(socket))


def _until_finished(socket: object) -> Iterator[str]:
    while True:
        message = ForwardMsg()
        message.ParseFromString(socket.recv(timeout=PATIENCE_S))  # type: ignore[attr-defined]
        if message.WhichOneof("type") == "script_finished":
            return
        yield str(message)


@contextmanager
def serving(directory: Path, *options: str) -> Iterator[Live]:
    """A fresh server over a data directory."""
    argv = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", "0", *options]
    environment = {**os.environ, "TRAFFIC_DATA_DIR": str(directory)}
    log = directory.parent / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        url = _address(server, log)
        yield Live(url, Store(directory, lock_timeout_s=30), log.read_text())
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _address(server: "subprocess.Popen[bytes]", log: Path) -> str:
    """Where the server listens, once it says so."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at and server.poll() is None:
        for line in log.read_text().splitlines():
            if "URL: http" in line and _answers(line.split("URL: ")[1].strip()):
                return line.split("URL: ")[1].strip()
        time.sleep(0.2)
    raise AssertionError(f"the server did not start: {log.read_text()}")


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
        connection.request("GET", f"{parts.path}/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
