"""`schedule`: what the timer collects when, that nothing ends it but a signal, and that a signal ends it well."""

import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collector import run as runs
from collector.clock import SystemClock
from collector.commands.frame import Session
from collector.commands.schedule import Timer
from data.collection.ledger import Scope
from data.collection.run_requests import save_request, take_requests
from data.store import Store, StoreAway, StoreBusy
from data.store.version_files import exclusive
from tests.collector.conftest import CommandLine, refused, repository
from tests.fake_github import FakeGitHub

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
AFTERNOON = NOON.replace(hour=14, minute=16)


class Time:
    """The timer's clock and GitHub's, moved together."""

    def __init__(self, github: FakeGitHub) -> None:
        self._github = github
        self.at(NOON)

    def at(self, now: datetime) -> None:
        self.now = self._github.clock.now = now


@pytest.fixture
def time(github: FakeGitHub) -> Time:
    return Time(github)


@pytest.fixture
def timer(with_token: CommandLine, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Timer]:
    """A timer at noon over acme's store."""
    for name, value in with_token.environment.items():
        monkeypatch.setenv(name, value)
    session = Session(with_token.directory, as_json=False)
    yield Timer(session, SystemClock(), lambda: time.now)
    session.close()


def asked(github: FakeGitHub) -> list[str]:
    """The repositories whose views were asked for since the last look."""
    paths = [seen.target.split("?")[0] for seen in github.requests]
    github.requests.clear()
    return sorted(path.split("/")[3] for path in paths if path.endswith("/traffic/views"))


def test_a_new_repository_is_collected_without_the_others(timer: Timer, run: CommandLine, github: FakeGitHub) -> None:
    run.follow("octo/hello")
    timer.look()
    assert "hello" in asked(github)
    run.follow("octo/world")
    timer.look()
    assert set(asked(github)) == {"world"}


def test_a_tenant_is_collected_when_its_time_comes(
    timer: Timer, run: CommandLine, github: FakeGitHub, time: Time
) -> None:
    run.follow("octo/hello", "octo/world")
    timer.look()
    github.requests.clear()
    time.at(AFTERNOON)
    timer.look()
    assert set(asked(github)) == {"hello", "world"}
    timer.look()
    assert timer.runs == 2


def test_a_clock_that_was_set_back_does_not_silence_the_timer(
    timer: Timer, run: CommandLine, github: FakeGitHub, time: Time
) -> None:
    run.follow("octo/hello")
    time.now = NOON + timedelta(days=400)  # the machine's clock; GitHub's is right
    timer.look()
    github.requests.clear()
    for moment in (NOON, AFTERNOON):
        time.at(moment)
        timer.look()
    assert "hello" in asked(github)


def test_a_changed_schedule_counts_from_then_on(
    timer: Timer, run: CommandLine, time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    run.follow("octo/hello")
    run("tenant", "schedule", "acme", "weekly")
    timer.look()
    run("tenant", "schedule", "acme", "30 12 * * *")
    timer.look()
    assert "12:30 UTC" in capsys.readouterr().err.splitlines()[-1]
    time.at(NOON + timedelta(minutes=31))
    timer.look()
    assert timer.runs == 2


def test_what_is_due_next_is_told_once(timer: Timer, capsys: pytest.CaptureFixture[str]) -> None:
    timer.look()
    timer.look()
    assert capsys.readouterr().err.count("Next: acme at") == 1


@pytest.mark.parametrize(
    ("failure", "minutes"),
    [(StoreBusy("The store is busy."), 15), (StoreAway("Away."), 1), (ZeroDivisionError("nobody thought of it"), 15)],
)
def test_a_failure_is_told_and_tried_again_later(
    timer: Timer,
    run: CommandLine,
    time: Time,
    capsys: pytest.CaptureFixture[str],
    *,
    failure: Exception,
    minutes: int,
) -> None:
    run.follow("octo/hello")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "collect", raising(failure))
        timer.look()
    assert str(failure) in capsys.readouterr().err
    time.at(NOON + timedelta(minutes=minutes, seconds=-1))
    timer.look()
    assert timer.runs == 0
    time.at(NOON + timedelta(minutes=minutes))
    timer.look()
    assert timer.runs == 1


def raising(failure: Exception) -> object:
    def collect(*_: object, **__: object) -> None:
        raise failure

    return collect


def test_another_run_in_progress_is_waited_for(
    timer: Timer, run: CommandLine, github: FakeGitHub, time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    run.follow("octo/hello")
    save_request(run.store, Scope())
    with exclusive(run.directory / ".collecting", "collecting", 0):
        timer.look()
        timer.look()
        assert asked(github) == []
        assert take_requests(run.store) == [Scope()], "it is left to the other"
    assert capsys.readouterr().err.count("going on already") == 1
    time.at(NOON + timedelta(seconds=31))
    timer.look()
    assert timer.runs == 1


def test_a_store_that_went_away_is_told_once_and_ends_nothing(
    timer: Timer, run: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    timer.look()
    run.directory.rename(run.directory.with_name("elsewhere"))
    timer.look()
    timer.look()
    assert capsys.readouterr().err.count("collector init") == 1


def test_without_a_store_the_timer_does_not_start(run_nowhere: CommandLine) -> None:
    refused(run_nowhere("schedule"), "collector init")


@pytest.mark.parametrize(
    ("name", "value"), [("TRAFFIC_CONCURRENCY", "many"), ("TRAFFIC_SECRET_KEY", "short"), ("GITHUB_API_URL", "ftp://x")]
)
def test_a_setting_that_cannot_be_used_stops_the_timer_at_its_start(run: CommandLine, name: str, value: str) -> None:
    run.environment[name] = value
    refused(run("schedule"), name)


def read_until(process: subprocess.Popen[str], words: str) -> None:
    """Read what a process tells until these words come."""
    assert process.stderr is not None
    while words not in process.stderr.readline():
        assert process.poll() is None


def test_a_signal_ends_an_idle_timer(run: CommandLine) -> None:
    process = run.start("schedule", "--json")
    read_until(process, "Timer started")
    read_until(process, "Next: acme")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout.strip()) == (0, '{"ok": true, "runs": 0}')
    assert "Timer stopped" in stderr


def test_a_running_timer_notices_what_is_new_and_sigterm_in_its_run_keeps_what_is_committed(
    with_token: CommandLine, github: FakeGitHub
) -> None:
    process = with_token.start("schedule")
    read_until(process, "Next: acme")
    with_token.follow("octo/hello")
    read_until(process, "is complete")
    for key in range(10, 160):
        github.world.add(repository(key, f"r{key}"))
    github.switches.latency_s = 0.02
    with_token.follow(*(f"octo/r{key}" for key in range(10, 160)))
    read_until(process, "Saved")
    process.terminate()
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, "is stopped" in stderr, "Traceback" in stderr) == (0, True, False)
    with Store(with_token.directory).traffic.read() as cursor:
        states = cursor.execute("select state from collection_run order by run_id").fetchall()
        kept = cursor.execute("select count(distinct repository_id) as kept from daily_traffic").fetchall()
    assert states == [("complete",), ("stopped",)]
    assert kept[0][0] > 1
