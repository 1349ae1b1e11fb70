"""`python -m tests.demo`: makes the demo's data anew in data/demo, starts the collector's timer, until Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.progress import BarColumn, Progress, TextColumn

from tests.demo.history import History
from tests.simulated_github.client import Client

DIRECTORY = Path("data/demo")
PORT = "8799"  # always the same, so that commands can be copied from here
UNLIMITED = "100000000"


def main() -> int:
    """Run the demo; answers the exit code of the timer."""
    signal.signal(signal.SIGTERM, _end)
    simulation = subprocess.Popen(
        [sys.executable, "-m", "tests.simulated_github", "--world", "demo", "--port", PORT, "--stop-with-parent"]
        + ["--requests-an-hour", UNLIMITED, "--requests-a-minute", UNLIMITED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert simulation.stdout
        url = simulation.stdout.readline().strip()
        if not url:
            print(f"The simulated GitHub did not start. Is port {PORT} in use?", file=sys.stderr)
            return 1
        _live(url)
        _tell(url)
        return _timer(url)
    except KeyboardInterrupt:
        return 0
    finally:
        simulation.terminate()
        simulation.wait()


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _live(url: str) -> None:
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    until = datetime.now(UTC)
    columns = (TextColumn("Replaying recorded traffic"), BarColumn(), TextColumn("{task.description}"))
    with Client(url) as github, Progress(*columns) as bar:
        task = bar.add_task("", total=None)
        for moment in History(DIRECTORY, github, url).live(until):
            bar.update(task, completed=moment.done, total=moment.of, description=f"{moment.now:%d %B %Y}")
        github.control("PUT", "clock", {"now": datetime.now(UTC).isoformat(), "follow": True})


def _tell(url: str) -> None:
    print(
        f"""
The demo stands. Its data is in {DIRECTORY}, its GitHub is simulated at {url}. In another terminal:

  export TRAFFIC_DATA_DIR={DIRECTORY} GITHUB_API_URL={url}
  .venv/bin/python -m collector status
  .venv/bin/python -m collector repo list
  .venv/bin/python -m collector collect
  .venv/bin/python -m collector export weekly --to weekly.csv
  .venv/bin/python -c "import duckdb; print(duckdb.connect('{DIRECTORY}/traffic.duckdb', read_only=True)
      .sql('select full_name, views, days_until_loss from v_repositories'))"

The timer runs here. Ctrl-C ends everything.
""",
        flush=True,
    )


def _timer(url: str) -> int:
    environment = {**os.environ, "TRAFFIC_DATA_DIR": str(DIRECTORY), "GITHUB_API_URL": url}
    timer = subprocess.Popen([sys.executable, "-m", "collector", "schedule"], env=environment)
    try:
        return timer.wait()
    finally:
        timer.terminate()
        timer.wait()


if __name__ == "__main__":
    sys.exit(main())
