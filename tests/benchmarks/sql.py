"""How soon a query of somebody's own starts to answer, for one tenant and for somebody who sees everything."""

import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from data.accounts import sessions
from data.accounts.grants import viewer_of
from data.accounts.models import Viewer
from data.calendar import DAY
from data.sandbox.sandbox import Limits, Question, Sandbox
from data.store import Store
from tests.benchmarks.audience import gather
from tests.benchmarks.measured import NEWEST_DAY, Measured, Scale

MOST_S = 0.7
REPEATS = 5
READY_S = 1.0  # in which a process gets ready: somebody writes for longer
PATIENCE_S = 60.0
QUERIES = {
    "a day's views of all": "select day, sum(views) as views from daily_traffic group by day order by day desc",
    "the ten largest": "select full_name, views, clones from v_repositories order by views desc limit 10",
    "one repository's days": "select * from v_daily where repository_id = 1 order by day desc limit 100",
}


def sql(scale: Scale, directory: Path) -> list[Measured]:
    """Cold (no process waits, no rows lie ready) and warm, beside what the sandbox itself takes of it."""
    audience, store = gather(scale, directory / "db"), Store(directory / "db")
    now = datetime.now(UTC) + audience.ahead
    one, everything = (_viewer(store, secret, now) for secret in (audience.manager, audience.manager_of_all))
    found = [
        *_answers(store, scale, one, f"{len(one.repository_ids):,} repositories"),
        *_answers(store, scale, everything, f"all {len(everything.repository_ids):,} repositories"),
    ]
    store.close()
    return found


def _viewer(store: Store, secret: str, now: datetime) -> Viewer:
    account = sessions.account_of_session(store, secret, now)
    assert account is not None
    return viewer_of(store, account)


def _answers(store: Store, scale: Scale, viewer: Viewer, who: str) -> list[Measured]:
    times_each, ready_s = range(min(REPEATS, scale.page_runs)), min(READY_S, scale.think_s)
    cold = Sandbox(store, Limits(warm=0, seconds=PATIENCE_S))
    first_s = _asked(cold, viewer, next(iter(QUERIES.values())))
    begun = [_asked(cold, viewer, "select 1 as one") for _ in times_each]
    warm = Sandbox(store, Limits(warm=1, seconds=PATIENCE_S))
    times = {
        name: [_warmly(warm, viewer, statement, ready_s) for _ in times_each] for name, statement in QUERIES.items()
    }
    alone = statistics.median(_warmly(warm, viewer, "select 1 as one", ready_s) for _ in times_each)
    warm.close()
    text = ", ".join(f"{name} {1000 * statistics.median(each):.0f}" for name, each in times.items())
    slowest = max(statistics.median(each) for each in times.values())
    started = f"nothing asked: {1000 * statistics.median(begun):.0f} ms"
    return [
        Measured(f"first answer to SQL, cold, {who}", f"{1000 * first_s:.0f} ms", "", None, started),
        Measured(
            f"first answer to SQL, warm, {who}",
            f"{1000 * slowest:.0f} ms",
            f"≤ {1000 * MOST_S:.0f} ms",
            slowest <= MOST_S,
            f"in ms, the slowest of three: {text}; nothing asked: {1000 * alone:.0f}",
        ),
    ]


def _warmly(box: Sandbox, viewer: Viewer, statement: str, ready_s: float) -> float:
    """With a process that has had the time to get ready."""
    box.warm()
    time.sleep(ready_s)
    return _asked(box, viewer, statement)


def _asked(box: Sandbox, viewer: Viewer, statement: str) -> float:
    began = time.monotonic()
    run = box.start(viewer, Question(statement, NEWEST_DAY + DAY), "somebody")
    run.wait(PATIENCE_S)
    run.answer()
    return time.monotonic() - began
