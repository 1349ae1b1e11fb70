"""`serve`: the app and the timer under one supervisor, for one terminal, one unit or one container."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from collector.clock import Stopped, SystemClock
from collector.commands.collect import stopping_on_signals
from collector.commands.frame import Command, CommandRefused, CommandResult, Session, pass_session
from collector.commands.store import create, keep_the_key
from data.accounts.encryption import open_cipher
from data.store.version_files import LockHeld, exclusive

ROOT = Path(__file__).parents[2]
LOCK = ".serve.lock"  # in the data directory: held while its app and its timer run under a supervisor
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - nothing is bound to it by that
LOOK_EVERY_S = 0.5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
LASTED_S = 60.0  # who ran so long begins again with the first pause
STOPS_WITHIN_S = 30.0  # what is committed is safe at any moment; no run needs longer to end
DIES_WITH_PARENT = 1, signal.SIGTERM  # prctl: PR_SET_PDEATHSIG
_libc = ctypes.CDLL(None)


@click.command(cls=Command)
@click.option(
    "--address",
    envvar="STREAMLIT_SERVER_ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Where the app listens.",
)
@click.option(
    "--port",
    envvar="STREAMLIT_SERVER_PORT",
    type=click.IntRange(0, 65535),
    default=8501,
    show_default=True,
    help="Its port.",
)
@click.option(
    "--base-path", envvar="STREAMLIT_SERVER_BASE_URL_PATH", default="", metavar="PATH", help="Serve it below this path."
)
@click.option(
    "--create", "creates", is_flag=True, help="Create the data directory where it is missing, as `init` does."
)
@pass_session
def serve(session: Session, address: str, port: int, base_path: str, *, creates: bool) -> CommandResult:
    """Run the app and the timer until stopped, and start again whichever of them ends.

    One data directory is served once: a second `serve` is refused. SIGTERM or Ctrl-C stops both; what is committed
    stays. Several apps on one data directory need a proxy: docs/operator.md.

    \b
    Example:
      python -m collector serve
      python -m collector serve --data /srv/traffic --port 8080
    """
    if creates and create(session):
        session.terminal.log(f"Created {session.directory}. {keep_the_key(session)}")
    session.store.traffic.version()
    open_cipher(session.directory)
    try:
        with exclusive(session.directory / LOCK, "serve", 0), stopping_on_signals() as clock:
            _refuse_taken(address, port)
            return CommandResult({"restarts": _supervise(session, clock, address, port, base_path)})
    except LockHeld as holder:
        raise CommandRefused(f"{session.directory} is already being served by {holder}.") from holder


def _refuse_taken(address: str, port: int) -> None:
    """Raises: CommandRefused, where another program listens there: the app would end again and again."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as refusal:
            raise CommandRefused(f"The app cannot listen at {address}:{port}: {refusal}.") from refusal


def environment_of(directory: Path, address: str, port: int, base_path: str) -> dict[str, str]:
    """In what the app and the timer run. With an address to print, Streamlit does not ask a host on the internet what
    this machine's is, as it does where it listens at all addresses.
    """
    return {
        "STREAMLIT_BROWSER_SERVER_ADDRESS": "localhost" if address in EVERYWHERE else address,
        **os.environ,
        "TRAFFIC_DATA_DIR": str(directory.resolve()),
        "STREAMLIT_SERVER_ADDRESS": address,
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_BASE_URL_PATH": base_path,
    }


def _supervise(session: Session, clock: SystemClock, address: str, port: int, base_path: str) -> int:
    environment = environment_of(session.directory, address, port, base_path)
    log, since = session.terminal.log, clock.monotonic()
    programs = (
        Program("app", ("-m", "streamlit", "run", "streamlit_app.py"), environment, since),
        Program("timer", ("-m", "collector", "schedule"), environment, since),
    )
    log(f"Serving {session.directory} at {address}:{port}, process {os.getpid()}. SIGTERM or Ctrl-C stops it.")
    with _ended(programs, clock):
        try:
            while True:
                for program in programs:
                    for sentence in program.look(clock.monotonic()):
                        log(sentence)
                clock.sleep(LOOK_EVERY_S)
        except Stopped:
            log("Stopping.")
    return sum(program.restarts for program in programs)


@dataclass
class Program:
    """A child process that is started again, after a pause that grows, whenever it ends."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    starts_at: float
    pause_s: float = FIRST_PAUSE_S
    restarts: int = -1
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def look(self, now: float) -> Iterator[str]:
        """Start it where its time has come; what is worth a line in the log."""
        if self.process is None:
            if now >= self.starts_at:
                self._start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        pause_s = FIRST_PAUSE_S if now - self.starts_at > LASTED_S else self.pause_s
        self.process, self.starts_at, self.pause_s = None, now + pause_s, min(2 * pause_s, LONGEST_PAUSE_S)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        yield f"The {self.name} ended ({how}). Starting it again in {pause_s:.0f} s."

    def _start(self, now: float) -> None:
        # A terminal's Ctrl-C reaches the supervisor alone, which ends the others; they end where it is killed, too.
        self.process = subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, *self.arguments],
            cwd=ROOT,
            env=dict(self.environment),
            start_new_session=True,
            preexec_fn=lambda: _libc.prctl(*DIES_WITH_PARENT),  # noqa: PLW1509 - there is no other thread
        )
        self.starts_at, self.restarts = now, self.restarts + 1


@contextmanager
def _ended(programs: tuple[Program, ...], clock: SystemClock) -> Iterator[None]:
    """Ends what was started, whatever happens: asked first, killed after a while."""
    try:
        yield
    finally:
        running = [program.process for program in programs if program.process]
        for process in running:
            process.terminate()
        give_up_at = clock.monotonic() + STOPS_WITHIN_S
        for process in running:
            try:
                process.wait(max(0.0, give_up_at - clock.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
