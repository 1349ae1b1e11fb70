"""Machines that share a lake, and everything that happens to machines: `python -m tests.chaos` (make chaos).

Three collectors and two app servers over 200 repositories of five token owners, for ten simulated days. On each day
processes are killed (SIGKILL), stopped for longer than a lease (SIGSTOP) and started anew, PostgreSQL is restarted as
after a crash, and the bucket refuses one request in five. Then it is quiet until the day is collected, if it ever is.

Time is the real one, so that leases, paces and GitHub's limits are what they are; between two days all clocks jump.
A day that is not collected when the patience with it is over is told, with what it lacks; that loses nothing as long as
it is made up for within GitHub's two weeks, which is asked at the end: is each day right, is any row there twice, was
any budget exceeded, was a report sent twice?
"""

import argparse
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

from collector.delivery.channels import checked_channel
from collector.delivery.http import ALLOW_PRIVATE
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import KEY_VARIABLE
from data.accounts.tenants import add_tenant
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import DAY, stored
from data.reports.subscription_settings import ReportSettings
from data.reports.subscriptions import add_subscription
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store, StoreError
from data.store.lake import ASK_AGAIN_S
from data.store.store import LAKE_DATA_VARIABLE, STORE_VARIABLE
from tests import lake
from tests.chaos.machine import CLOCK, LEASE, ahead_of_real
from tests.collector.delivery.servers import receiver
from tests.fake_github import FakeGitHub, Repository, Token, World
from tests.fake_github.limits import Clock

ROOT = Path(__file__).parents[2]
BEGIN = datetime(2026, 5, 4, 6, 14, 55, tzinfo=UTC)  # a Monday, five seconds before its time
TICK = "15 6 * * *"
ALLOWED_A_MINUTE = 900
SIZES = {
    **{"days": 10, "owners": 5, "repositories": 200, "collectors": 3, "apps": 2},
    "bucket": 5,  # one request in so many fails; 0: a folder instead
    "disturbed": 25,  # seconds of each day
    "patience": 240,  # seconds, until the next day comes all the same; the last one has twice as many
}
BUSIEST = "most requests of an owner in a minute"
START_AND_END_S = 900
UNTOLD = "repeated without a note in the log"
AGAIN = "select count(*) from delivery_attempt where outcome = 'again'"
WRONG = ("wrong days", "duplicate rows", "complaints of GitHub", "reports with more than one id", UNTOLD)


@dataclass
class Program:
    """A process that is started again whenever it ends, as by a service manager."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    ends: Counter[int] = field(default_factory=Counter)
    process: subprocess.Popen[bytes] | None = None
    stopped_until: float = 0.0

    def look(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            self.ends[self.process.returncode] += 1
            self.process = None
        if self.process is None:
            with self.log.open("ab") as output:
                command = lake.tied(self.command)
                self.process = subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT
                )
        if self.stopped_until and time.monotonic() >= self.stopped_until:
            self.process.send_signal(signal.SIGCONT)
            self.stopped_until = 0.0

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.stopped_until = 0.0

    def stop(self, seconds: float) -> None:
        if self.process is not None and not self.stopped_until:
            self.process.send_signal(signal.SIGSTOP)
            self.stopped_until = time.monotonic() + seconds


@contextmanager
def unreliable(url: str, one_in: int) -> Iterator[str]:
    """Before an S3 server: one that refuses a part of all requests, as an overloaded one does."""
    random, target = Random(1), url.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else None
            if random.randrange(one_in) == 0:
                self._answer(503, {}, b"<Error><Code>SlowDown</Code></Error>")
                return
            connection = http.client.HTTPConnection(target, timeout=20)
            try:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in {"connection", "expect"}:
                        connection.putheader(name, value)  # the host, too: it is signed
                connection.endheaders(body)
                answer = connection.getresponse()
                self._answer(answer.status, dict(answer.getheaders()), answer.read())
            except OSError:
                self._answer(503, {}, b"")
            finally:
                connection.close()

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                    self.send_header(name, value)
            is_head = self.command == "HEAD"
            self.send_header("content-length", headers.get("Content-Length", "0") if is_head else str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(b"" if is_head else body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


class ClockAhead(Clock):
    """GitHub's clock, which jumps with all others."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + ahead_of_real()

    @now.setter
    def now(self, moment: datetime) -> None:
        raise NotImplementedError


class Chaos:
    """The world, the machines, and what is done to them."""

    def __init__(self, place: Path, running: ExitStack, sizes: argparse.Namespace) -> None:

        self.random = Random(int(os.environ.get("CHAOS_SEED", "1")))
        self.place = place
        self.clock_file = place / "clock"
        os.environ |= {CLOCK: str(self.clock_file), "PYTHONFAULTHANDLER": "1"}
        self.jump_to(BEGIN)
        self.postgres = running.enter_context(lake.postgres())
        os.environ[STORE_VARIABLE] = f"ducklake:postgres:{self.postgres.words} dbname=postgres"
        os.environ[LAKE_DATA_VARIABLE] = str(place / "lake")
        if sizes.bucket:
            keys = running.enter_context(lake.bucket())
            url = running.enter_context(unreliable(keys["AWS_ENDPOINT_URL"], sizes.bucket))
            os.environ.update(keys | {"AWS_ENDPOINT_URL": url, LAKE_DATA_VARIABLE: "s3://lake/chaos"})
        self._begin_world(running, sizes.owners, sizes.repositories // sizes.owners)
        self.ports: list[int] = []
        self.programs = [*self._collectors(sizes.collectors), *self._app_servers(sizes.apps)]
        self.disturbances: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()

    def jump_to(self, moment: datetime) -> None:
        """Have all clocks show this moment now."""
        ahead = (moment - datetime.now(UTC)).total_seconds()
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(str(ahead), encoding="ascii")
        fresh.replace(self.clock_file)

    def _begin_world(self, running: ExitStack, owners: int, of_an_owner: int) -> None:

        os.environ[KEY_VARIABLE] = base64.urlsafe_b64encode(os.urandom(32)).decode()
        os.environ[ALLOW_PRIVATE] = "1"
        days, today = range(-40, 40), BEGIN.date()
        self.world = World()
        self.store = Store(self.place / "home")
        self.store.prepare()
        self.receiver = running.enter_context(receiver())
        for owner in range(1, owners + 1):
            secret = f"ghp_owner{owner:02}0123456789abcdefghijklmnopqrs"
            self.world.add_token(Token(secret, f"owner{owner}", owner))
            tenant_id = add_tenant(self.store, COMMAND_LINE, f"tenant{owner}", TICK, BEGIN - DAY).tenant_id
            facts = TokenFacts("classic", f"owner{owner}", owner, "repo", None)
            save_token(self.store, COMMAND_LINE, tenant_id, secret, facts, now=BEGIN - DAY)
            made = []
            for key in range(1000 * owner, 1000 * owner + of_an_owner):
                views = {today + DAY * n: (self.random.randrange(9, 500), self.random.randrange(1, 9)) for n in days}
                clones = {today + DAY * n: (self.random.randrange(5, 90), self.random.randrange(1, 5)) for n in days}
                made.append(Repository(key, f"owner{owner}", f"r{key}", views=views, clones=clones))
            for each in made:
                self.world.add(each)
            found = [RepositoryFacts(each.id, each.full_name, "public", False, False) for each in made]
            add_repositories(self.store, COMMAND_LINE, tenant_id, found, BEGIN - DAY)
            for number in range(8):
                hook = checked_channel("webhook", self.receiver.url(f"/{owner}/{number}/hook"))
                report = ReportSettings(day=1 + number % 7)
                add_subscription(
                    self.store, COMMAND_LINE, f"report {number}", report, [hook], tenant_id=tenant_id, now=BEGIN - DAY
                )
        self.github = running.enter_context(FakeGitHub(self.world))
        self.github.clock.__class__ = ClockAhead
        os.environ["GITHUB_API_URL"] = self.github.url

    def _collectors(self, number: int) -> Iterator[Program]:
        for name in (f"collector-{n}" for n in range(1, number + 1)):
            command = [sys.executable, "-m", "tests.chaos.machine", "--data", str(self.place / name), "schedule"]
            (self.place / name).mkdir()
            yield Program(name, command, dict(os.environ), self.place / f"{name}.log")

    def _app_servers(self, number: int) -> Iterator[Program]:
        for name in (f"app-{n}" for n in range(1, number + 1)):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.ports.append(free.getsockname()[1])
            command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={self.ports[-1]}"]
            command += ["--server.address=127.0.0.1", "--server.headless=true"]
            environment = os.environ | {"TRAFFIC_DATA_DIR": str(self.place / name)}
            (self.place / name).mkdir()
            yield Program(name, command, environment, self.place / f"{name}.log")

    def disturb(self) -> None:
        """Something happens to some machine."""
        kind = self.random.choices(("kill", "stop", "postgres"), (5, 4, 1))[0]
        if kind == "postgres":
            self.postgres.stop(signal.SIGQUIT)
            self.postgres.start()
        else:
            program = self.random.choice(self.programs)
            kind = f"{kind} {program.name.partition('-')[0]}"
            if kind.startswith("kill"):
                program.kill()
            else:
                program.stop(LEASE.total_seconds() * 1.5)
        self.disturbances[kind] += 1

    def ask_the_apps(self, stop: threading.Event) -> None:
        """As their users do: how each answers, once a second."""
        while not stop.wait(1):
            for port in self.ports:
                for path in ("/healthz", "/readyz"):
                    try:
                        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                            self.answers[f"{path} {answer.status}"] += 1
                    except urllib.error.HTTPError as refusal:
                        self.answers[f"{path} {refusal.code}"] += 1
                    except OSError:
                        self.answers[f"{path} no answer"] += 1

    def day(self, number: int, disturbed_s: float, patience_s: float) -> tuple[float, str]:
        """A day with its disturbances: how many seconds it took, and what it lacks."""
        began, tick = time.monotonic(), BEGIN.replace(second=0) + timedelta(minutes=1) + number * DAY
        self.jump_to(BEGIN + number * DAY)
        next_at = began
        while time.monotonic() - began < patience_s:
            for program in self.programs:
                program.look()
            is_over = time.monotonic() - began > disturbed_s
            if not is_over and time.monotonic() >= next_at:
                next_at = time.monotonic() + self.random.uniform(0.5, 3)
                self.disturb()
            if is_over and not self._lacks(tick):
                break
            time.sleep(0.1 if not is_over else 0.5)
        return time.monotonic() - began, self._lacks(tick)

    def _lacks(self, tick: datetime) -> str:
        """What is missing of a day; nothing where it is collected."""
        sql = "select count(*) from endpoint_state where endpoint in ('views', 'clones') and last_good_at >= $tick"
        running = "select count(*) from collection_run where state = 'running'"
        with suppress(StoreError), self.store.traffic.read() as cursor:
            ((asked,),) = cursor.execute(sql, {"tick": stored(tick)}).fetchall()
            ((going_on,),) = cursor.execute(running).fetchall()
            missing = 2 * len(self.world.repositories) - asked
            return f"{missing} answers missing, {going_on} runs going on" if missing or going_on else ""
        return "the store does not answer"

    def verdict(self, days: int) -> dict[str, Any]:
        """What is wrong, and what happened."""
        return {
            "wrong days": self._wrong_days(days),
            "duplicate rows": self._duplicates(),
            BUSIEST: self._busiest_minute(),
            "complaints of GitHub": sorted(set(self.github.violations)),
            "reports with more than one id": self._reports()[0],
            "reports": self._reports()[1],
            "repeated under the same id": self._reports()[2],
            UNTOLD: max(0, self._reports()[2] - self._rows(AGAIN)[0][0]),
            "views asked for, of a repository and day": round(self._asked() / len(self.world.repositories) / days, 2),
            "runs": self._rows("select state, count(*) from collection_run group by state order by state"),
            "disturbances": dict(self.disturbances),
            "ends": {each.name: dict(each.ends) for each in self.programs},
            "answers of the apps": dict(sorted(self.answers.items())),
        }

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The bucket still refuses one request in five, which may be one too many in a row."""
        for _ in range(10):
            with suppress(StoreError), self.store.traffic.read() as cursor:
                return cursor.execute(sql).fetchall()
            time.sleep(ASK_AGAIN_S)
        sys.exit("The store does not answer.")

    def _wrong_days(self, days: int) -> list[str]:
        """Days of which GitHub has shown a number that is not stored, and stored ones that it never showed."""
        first, last = (BEGIN - 13 * DAY).date(), (BEGIN + (days - 2) * DAY).date()
        stored = {
            (name, day): counts
            for name, day, *counts in self._rows(
                "select full_name, day, views, view_uniques, clones, clone_uniques "
                "from daily_traffic join repository using (repository_id)"
            )
        }
        wrong = []
        for each in self.world.repositories.values():
            for day in (first + DAY * n for n in range((last - first).days + 1)):
                if stored.get((each.full_name, day)) != [*each.views[day], *each.clones[day]]:
                    wrong.append(f"{each.full_name} {day}: {stored.get((each.full_name, day))}")
        return wrong

    def _duplicates(self) -> dict[str, int]:
        keys = {
            "daily_traffic": "repository_id, day",
            "weekly_traffic": "repository_id, week",
            "traffic_window": "repository_id, metric, observed_at",
            "endpoint_state": "repository_id, endpoint",
            "repository_stats": "repository_id, day",
            "repository": "repository_id",
            "collection_run": "run_id",
            "delivery_attempt": "attempt_id",
        }
        found = {}
        for table, key in keys.items():
            sql = f"select count(*) from (select {key} from {table} group by {key} having count(*) > 1)"
            if (count := self._rows(sql)[0][0]) != 0:
                found[table] = count
        return found

    def _busiest_minute(self) -> int:
        by_owner: dict[str, list[float]] = defaultdict(list)
        for seen in self.github.requests:
            parts = seen.target.split("/")
            if parts[1] in {"repos", "repositories"} and len(parts) > 3:
                by_owner[parts[2]].append(seen.at)
        most = 0
        for moments in by_owner.values():
            moments.sort()
            first = 0
            for last, at in enumerate(moments):
                while at - moments[first] >= 60:
                    first += 1
                most = max(most, last - first + 1)
        return most

    def _reports(self) -> tuple[list[str], int, int]:
        ids: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for each in self.receiver.requests:
            if each.json["type"] == "report":
                ids[each.path, each.json["data"]["period"]["name"]][each.headers["webhook-id"]] += 1
        twice = [" ".join(key) for key, of_key in ids.items() if len(of_key) > 1]
        return twice, len(ids), sum(sum(of_key.values()) - len(of_key) for of_key in ids.values())

    def _asked(self) -> int:
        targets = [seen.target for seen in self.github.requests]
        return sum("/traffic/views" in each and "per=week" not in each for each in targets)

    def end(self) -> None:
        for program in self.programs:
            program.kill()


def end_on_signals(after_s: int) -> None:
    """Have Ctrl-C and whatever else asks for an end, at the latest the alarm, end what was started, too."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)

    def end(number: int, _: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(f"Stopped by {signal.Signals(number).name}.")

    for each in signals:
        signal.signal(each, end)
    signal.alarm(after_s)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    end_on_signals(START_AND_END_S + (asked.days + 1) * asked.patience)
    place = Path(tempfile.mkdtemp(prefix="chaos-"))
    with ExitStack() as running:
        chaos = Chaos(place, running, asked)
        running.callback(chaos.end)
        stop = threading.Event()
        running.callback(stop.set)
        threading.Thread(target=chaos.ask_the_apps, args=[stop], daemon=True).start()
        late: dict[int, str] = {}
        lacks = ""
        for number in range(1, asked.days + 1):
            patience = asked.patience * (1 if number < asked.days else 2)
            took, lacks = chaos.day(number - 1, asked.disturbed, patience)
            print(f"Day {number}: {took:.0f} s" + (f", {lacks}" if lacks else ""), flush=True)
            late |= {number: lacks} if lacks else {}
        verdict = {"late days": late, **chaos.verdict(asked.days)}
        print(json.dumps(verdict, indent=1, default=str))
    is_good = not lacks and not any(verdict[name] for name in WRONG) and verdict[BUSIEST] <= ALLOWED_A_MINUTE
    if is_good:
        shutil.rmtree(place)
    else:
        print("Logs:", place)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
