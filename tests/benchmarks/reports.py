"""What reports promise: that one over all repositories is made in a moment, that many go out beside a collection which
keeps its pace, and that a kill at any moment loses none and repeats none but where only the channel can know.

As a program it makes one report and tells its cost.
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from collector.delivery import http
from collector.delivery.channels import checked_channel
from collector.delivery.sender import Sender
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import open_cipher
from data.accounts.tenants import operator
from data.calendar import stored
from data.reports import deliveries, subscriptions
from data.reports.message import Links
from data.reports.models import Period, newest_period
from data.reports.report import report
from data.reports.subscription_settings import ReportSettings
from data.store import Store
from data.traffic.models import Grain
from tests.benchmarks.collector_runs import CONCURRENCY, DEFAULT_A_MINUTE, KEPT, Cost, collecting
from tests.benchmarks.five_years import five_years
from tests.benchmarks.measured import NEWEST_DAY, Measured, Scale
from tests.benchmarks.simulation import followed, simulated
from tests.collector.delivery.servers import Receiver, receiver

MOST_S, MOST_MB = 1.0, 200.0
CHANNEL_S, ALL_SENT_S = 0.2, 60.0
OF_A_CHANNEL = 25  # subscriptions that go to one address
NOW = datetime(2026, 11, 18, 13, tzinfo=UTC)  # the report of the week before has waited for 48 hours
LINKS = Links("https://traffic.example.org")
TENANT = 1
SENDING = """
import sys
from datetime import datetime
from pathlib import Path
from collector.delivery.sender import Links, Sender
from data.store import Store
now = datetime.fromisoformat(sys.argv[2])
Sender(Store(Path(sys.argv[1])), Links(None), lambda _: None, lambda: now).look()
"""


def reports(scale: Scale, directory: Path) -> list[Measured]:
    os.environ[http.ALLOW_PRIVATE] = "1"
    return [*_made(scale), *_sent(scale, directory / "sent"), _killed(scale, directory / "killed")]


def _made(scale: Scale) -> list[Measured]:
    output = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.reports", str(five_years(scale))],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    cost = json.loads(output)
    what = f"a report over {scale.store_repositories:,} repositories"
    note = f"the first look at a week by a process; a month {cost['month_s']:.2f} s"
    taken = cost["peak_mb"] - cost["before_mb"]
    return [
        Measured(what, f"{cost['week_s']:.2f} s", f"≤ {MOST_S:g} s", cost["week_s"] <= MOST_S, note),
        Measured(
            f"memory of {what}",
            f"{taken:.0f} MB",
            f"≤ {MOST_MB:.0f} MB",
            taken <= MOST_MB,
            f"beside the {cost['before_mb']:.0f} MB of the program and its libraries",
        ),
    ]


def _sent(scale: Scale, directory: Path) -> list[Measured]:
    """All subscriptions to channels that take their time, while a collection goes on."""
    store = followed(directory, scale.rate_repositories)
    with receiver() as server, simulated(scale.rate_repositories, scale.latency_s) as github:
        server.delay_s = min(CHANNEL_S, 100 * scale.latency_s)
        _subscribe(store, server, scale.subscriptions)
        costs: list[Cost] = []
        args = (directory, github.url, scale.stretch_s, DEFAULT_A_MINUTE, CONCURRENCY)
        collection = threading.Thread(target=lambda: costs.append(collecting(*args)))
        collection.start()
        began = time.monotonic()
        found = Sender(store, LINKS, lambda _: None, lambda: NOW).look()
        took = time.monotonic() - began
        collection.join()
    store.close()
    (cost,) = costs
    sent = sum(each.outcome == "sent" for each in found)
    kept = 60 * (len(github.times) - 1) / (max(github.times) - min(github.times)) / DEFAULT_A_MINUTE
    note = cost.note or f"{sent:,} sent, to {len({each.path for each in server.requests})} addresses of one server"
    is_sent = sent == scale.subscriptions == len(server.requests)
    what = f"sending {scale.subscriptions:,} reports, {1000 * server.delay_s:.0f} ms each"
    pace = f"pace of a collection kept meanwhile, of {DEFAULT_A_MINUTE:,} a minute"
    return [
        Measured(what, f"{took:.1f} s", f"≤ {ALL_SENT_S:.0f} s", is_sent and took <= ALL_SENT_S, note),
        Measured(pace, f"{kept:.1%}", f"≥ {KEPT:.0%}", kept >= KEPT, f"{len(github.times):,} requests"),
    ]


def _killed(scale: Scale, directory: Path) -> Measured:
    """A program that sends is killed again and again at a moment of chance; then one is left to finish."""
    store = followed(directory, 2)
    with receiver() as server:
        _subscribe(store, server, 4 * scale.kills)
        chance, kills = Random(7), 0
        while kills < scale.kills and _left(store):
            process = _sending(directory)
            _wait(process, server, len(server.requests) + chance.randrange(1, 4))
            kills += process.poll() is None
            process.kill()
            process.wait()
        _sending(directory).wait()
        time.sleep(0.1)
        came = Counter(each.headers["webhook-id"] for each in server.requests)
    with store.traffic.read() as cursor:
        question = "select count(*) from delivery_attempt where reason = $reason"
        ((unknown,),) = cursor.execute(question, {"reason": deliveries.UNKNOWN}).fetchall()
    store.close()
    repeated = sum(came.values()) - len(came)
    is_whole = len(came) == 4 * scale.kills and repeated <= unknown
    all_of = 4 * scale.kills
    note = (
        f"{len(came):,} of {all_of:,} arrived; {repeated} twice, under the same id; {unknown} were left open by a kill"
    )
    return Measured(f"{kills} kills while sending", f"{4 * scale.kills - len(came)} lost", "none", is_whole, note)


def _subscribe(store: Store, server: Receiver, count: int) -> None:
    """So many subscriptions of the tenant, each to a webhook, in one commit."""
    cipher, settings = open_cipher(store.directory), ReportSettings(top=5)
    channel = checked_channel("webhook", server.url("/0"))
    first = subscriptions.add_subscription(
        store, COMMAND_LINE, "0", settings, [channel], tenant_id=TENANT, now=NOW - timedelta(days=30)
    )
    with store.control.commit("many subscriptions") as connection:
        for number in range(1, count):
            key = first + number
            copy = (
                "insert into subscription select $key, * exclude (subscription_id) from subscription "
                "where subscription_id = $first"
            )
            connection.execute(copy, {"key": key, "first": first})
            new = checked_channel("webhook", server.url(f"/{number // OF_A_CHANNEL}"))
            subscriptions._save_channel(connection, cipher, key, new, now=NOW - timedelta(days=30))
        named = "update subscription set name = subscription_id::text, added_at = $at"
        connection.execute(named, {"at": stored(NOW - timedelta(days=30))})


def _left(store: Store) -> int:
    with store.control.read() as cursor:
        ((left,),) = cursor.execute(
            "select (select count(*) from subscription_channel) - count(*) from delivery where state = 'sent'"
        ).fetchall()
    return int(left)


def _sending(directory: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SENDING, str(directory), NOW.isoformat()])


def _wait(process: "subprocess.Popen[bytes]", server: Receiver, requests: int) -> None:
    while process.poll() is None and len(server.requests) < requests:
        time.sleep(0.0005)


def _make(directory: Path) -> None:
    """Make a report of the newest week, then of the newest month, and tell what it took."""
    store = Store(directory)
    viewer = operator(store)
    now = datetime(NEWEST_DAY.year, NEWEST_DAY.month, NEWEST_DAY.day, 12, tzinfo=UTC)
    before = _peak_mb()

    def timed(period: Period) -> float:
        began = time.monotonic()
        report(viewer, store, period, subject="all", top=25, now=now, managed=viewer.tenant_ids)
        return time.monotonic() - began

    week = timed(newest_period(Grain.WEEK, now.date()))
    peak = _peak_mb()
    month = timed(newest_period(Grain.MONTH, now.date()))
    print(json.dumps({"week_s": week, "month_s": month, "before_mb": before, "peak_mb": peak}))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    _make(Path(sys.argv[1]))
