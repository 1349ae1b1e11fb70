"""`python -m tests.demo`: puts the demo's data into data/demo, starts the timer and the app, until Ctrl-C."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from tests.demo.history import load
from tests.demo.people import EVERYTHING, ONE_REPOSITORY, PASSWORD, add_people
from tests.demo.world import demo_world
from tests.fake_github import FakeGitHub

DIRECTORY = Path("data/demo")
GITHUB_PORT, APP_PORT = 8799, "8501"  # always the same, so that commands can be copied from here
UNLIMITED = 100_000_000
PATIENCE_S = 10


def main() -> int:
    """Run the demo; answers the exit code."""
    argparse.ArgumentParser("tests.demo", description=__doc__).parse_args()  # any other word is refused
    signal.signal(signal.SIGTERM, _end)
    try:
        _say(1, f"A fake GitHub starts, which goes on from recorded traffic: port {GITHUB_PORT}")
        with _github() as github:
            _say(2, f"What was collected of it in the past comes into {DIRECTORY}")
            shutil.rmtree(DIRECTORY, ignore_errors=True)
            load(DIRECTORY, github, datetime.now(UTC).date()).close()
            add_people(DIRECTORY)
            _say(3, f"The timer starts and collects the days since then; the app starts: port {APP_PORT}")
            return _run(github.url)
    except KeyboardInterrupt:
        return 0


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(step: int, what: str) -> None:
    print(f"{step} of 3  {what} ...", flush=True)


def _github() -> FakeGitHub:
    try:
        github = FakeGitHub(demo_world(datetime.now(UTC).date()), port=GITHUB_PORT)
    except OSError:
        sys.exit(f"The fake GitHub did not start. Is port {GITHUB_PORT} in use?")
    github.budgets.an_hour = UNLIMITED
    return github


def _tell(url: str) -> None:
    print(
        f"""
The demo is ready: http://127.0.0.1:{APP_PORT}

  Sign in as {EVERYTHING}, password: {PASSWORD}    (sees and may do everything)
       or as {ONE_REPOSITORY}, password: {PASSWORD}   (sees one repository)

Its data is in {DIRECTORY}, its GitHub is a fake one at {url}. On the command line, in another terminal:

  export TRAFFIC_DATA_DIR={DIRECTORY} GITHUB_API_URL={url}
  .venv/bin/python -m collector status
  .venv/bin/python -m collector export weekly --to weekly.csv
  .venv/bin/python -c "import duckdb; duckdb.connect('{DIRECTORY}/traffic.duckdb', read_only=True)\\
      .sql('select full_name, views, days_until_loss from v_repositories').show()"

Ctrl-C ends everything.
""",
        flush=True,
    )


def _run(url: str) -> int:
    """The timer and the app, until the app ends; says where it is once it answers."""
    environment = {**os.environ, "TRAFFIC_DATA_DIR": str(DIRECTORY), "GITHUB_API_URL": url}
    app = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", APP_PORT]
    running = [
        subprocess.Popen([sys.executable, "-m", "collector", "schedule"], env=environment),
        subprocess.Popen(app, env=environment, stdout=subprocess.DEVNULL),
    ]
    try:
        if _answers(running[-1]):
            _tell(url)
        return running[-1].wait()
    finally:
        for process in running:
            _stop(process)


def _answers(app: subprocess.Popen[bytes]) -> bool:
    """Wait until the app answers; False where it ends before."""
    while app.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", int(APP_PORT)), timeout=1):
            return True
        time.sleep(0.1)
    return False


def _stop(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
