"""The app as a server in a process of its own, at the audience's time: `python -m tests.benchmarks.app_server`."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.audience import Audience, set_clock

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running one."""

    url: str
    process: "subprocess.Popen[str]"

    def cpu_s(self) -> float:
        """The processor time that it has used; 0 where the system does not tell (it is asked through /proc)."""
        status = Path(f"/proc/{self.process.pid}/stat")
        if not status.exists():
            return 0.0
        user, system = status.read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """The memory that it holds now; 0 where the system does not tell (it is asked through /proc)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return 0
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024


@contextmanager
def served(audience: Audience) -> Iterator[Server]:
    """The app over the audience's store."""
    log = audience.directory.parent / "server.log"
    command = [sys.executable, "-m", "tests.benchmarks.app_server"]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=audience.environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield Server(_address(process, log), process)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    """Where it listens, once it says so."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at and process.poll() is None:
        said = [line.split("URL: ")[1] for line in log.read_text(encoding="utf-8").splitlines() if "URL: http" in line]
        if said:
            return said[0].strip()
        time.sleep(0.1)
    raise RuntimeError(f"the app did not start: {log.read_text(encoding='utf-8')}")


def _main() -> None:
    set_clock()
    from streamlit.web import cli

    sys.argv = ["streamlit", "run", "streamlit_app.py", "--server.port", "0"]
    cli.main()


if __name__ == "__main__":
    _main()
