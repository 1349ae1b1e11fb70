"""Whether collecting again with nothing new leaves every stored fact as it is."""

from pathlib import Path

from collector.clock import SystemClock
from collector.run import Progress, RunReport, RunRequest, collect
from collector.settings import Settings
from data.collection.ledger import Scope
from data.schema import migrate as schema
from data.store import Store
from tests.benchmarks.measured import UNLIMITED, Measured, Scale
from tests.benchmarks.simulation import followed, simulated

LOGS = {"collection_run", "collection_result", "endpoint_state", "identity_counter"}
"""What a run writes of itself, its number included. Every other table holds facts, or is bookkeeping of the store."""


def again(scale: Scale, directory: Path) -> list[Measured]:
    """The same moment collected three times: at first, as a run does it, and with every answer given in full anew."""
    with simulated(scale.again_repositories) as github:
        store = followed(directory, scale.again_repositories)
        settings = Settings(github.url, UNLIMITED)
        first = _collected(store, settings)
        usual = _compared(store, settings, "collecting again, most answers 304")
        with store.traffic.commit("forgetting what was asked") as connection:
            connection.execute("delete from endpoint_state")
        whole = _compared(store, settings, "collecting again, all answers in full")
    store.close()
    assert first.rows_changed, "the first run has brought nothing"
    return [usual, whole]


def _compared(store: Store, settings: Settings, what: str) -> Measured:
    facts, logged = _contents(store), _logged(store)
    report = _collected(store, settings)
    changed = [table for table, content in _contents(store).items() if content != facts[table]]
    good = not changed and not report.rows_changed and report.state.value == "complete"
    rows = sum(count for count, _ in facts.values())
    note = f"{report.requests:,} requests; {rows:,} rows of facts compared by hash; {_logged(store) - logged} log rows"
    value = f"{report.rows_changed} rows" + "".join(f", {table} differs" for table in changed)
    return Measured(what, value, "nothing written", good, note)


def _collected(store: Store, settings: Settings) -> RunReport:
    return collect(store, settings, RunRequest(Scope(), "command"), SystemClock(), Progress())


def _contents(store: Store) -> dict[str, tuple[int, int]]:
    """Of each table of facts, the number of rows and a sum of their hashes."""
    with store.traffic.read() as cursor:
        return {
            table: cursor.execute(
                f"select count(*) as rows_there, coalesce(sum(hash(every)), 0) as hashes from {table} as every"
            ).fetchall()[0]
            for table in schema.tables(cursor)
            if table not in LOGS
        }


def _logged(store: Store) -> int:
    """The lines of the system log: one a run, one a question. The state of an endpoint is replaced, not added."""
    with store.traffic.read() as cursor:
        tables = ("collection_run", "collection_result")
        counts = [cursor.execute(f"select count(*) as lines from {table}").fetchall() for table in tables]
    return sum(int(lines) for ((lines,),) in counts)
