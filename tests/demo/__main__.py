"""`python -m tests.demo`: makes the demo's data anew in data/demo, starts the app and the timer, until Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.progress import BarColumn, Progress, TextColumn

from tests.demo.history import live
from tests.demo.people import EVERYTHING, ONE_REPOSITORY, PASSWORD, add_people
from tests.demo.world import demo_world
from tests.fake_github import FakeGitHub

DIRECTORY = Path("data/demo")
GITHUB_PORT, APP_PORT = 8799, "8501"  # always the same, so that commands can be copied from here
UNLIMITED = 100_000_000
PATIENCE_S = 10


def main() -> int:
    """Run the demo; answers the exit code."""
    signal.signal(signal.SIGTERM, _end)
    try:
        with _github() as github:
            _replay(github)
            add_people(DIRECTORY)
            _tell(github.url)
            return _run(github.url)
    except KeyboardInterrupt:
        return 0


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _github() -> FakeGitHub:
    try:
        github = FakeGitHub(demo_world(datetime.now(UTC).date()), port=GITHUB_PORT)
    except OSError:
        sys.exit(f"The fake GitHub did not start. Is port {GITHUB_PORT} in use?")
    github.budgets.an_hour = UNLIMITED
    return github


def _replay(github: FakeGitHub) -> None:
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    until = datetime.now(UTC)
    columns = (TextColumn("Replaying recorded traffic"), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns) as bar:
        task = bar.add_task("", total=None)
        for done, total, now in live(DIRECTORY, github, until):
            bar.update(task, completed=done, total=total, description=f"{now:%d %B %Y}")
    github.clock.follow()


def _tell(url: str) -> None:
    print(
        f"""
The demo stands: http://127.0.0.1:{APP_PORT}

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
    """The timer and the app, until the app ends."""
    environment = {**os.environ, "TRAFFIC_DATA_DIR": str(DIRECTORY), "GITHUB_API_URL": url}
    app = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", APP_PORT]
    running = [
        subprocess.Popen([sys.executable, "-m", "collector", "schedule"], env=environment),
        subprocess.Popen(app, env=environment, stdout=subprocess.DEVNULL),
    ]
    try:
        return running[-1].wait()
    finally:
        for process in running:
            _stop(process)


def _stop(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
