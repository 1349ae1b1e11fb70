"""How the tests of the readers ask the views, and take a table apart."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
from pandas import DataFrame

from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Viewer
from data.accounts.tenants import add_tenant
from data.collection.models import EndpointResult
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store
from data.traffic.models import Metric, Page, Selection
from tests.data.filled import TODAY, fill
from tests.data.writers import NOW, result

NUMBER = count(1)
Rows = list[tuple[Any, ...]]


@contextmanager
def filled(template: Path, directory: Path) -> Iterator[Store]:
    """A full store, for tests that only read to share: to fill one takes a second or two."""
    shutil.copytree(template, directory, symlinks=True)
    store = Store(directory, lock_timeout_s=30)
    fill(store)
    yield store
    store.close()


def plain(table: DataFrame | Page) -> Rows:
    """The rows of a table with None for what is unknown."""
    rows = table.rows if isinstance(table, Page) else pa.Table.from_pandas(table, preserve_index=False)
    return [tuple(row.values()) for row in rows.to_pylist()]


def viewer_of(*keys: int) -> Viewer:
    """Whoever sees these repositories, and no tenant as a whole."""
    return Viewer(frozenset(keys), frozenset())


def of_one(repository_id: int, first: date, last: date, today: date) -> Selection:
    """The days of one repository."""
    return Selection(first, last, today, frozenset({repository_id}))


def ask(store: Store, question: str, **values: Any) -> Rows:
    """The rows of a question to the views, on the day TODAY; weeks and months are of `first` to `last`, if given."""
    with store.traffic.read(today=TODAY, first_day=values.get("first"), last_day=values.get("last")) as cursor:
        return cursor.execute(question, values).fetchall()


def follow(store: Store, *names: str) -> list[int]:
    """Follow new repositories of these names in a new tenant."""
    numbers = [next(NUMBER) for _ in names]
    tenant = add_tenant(store, COMMAND_LINE, f"Tenant {numbers[0]}", "daily", NOW)
    facts = [RepositoryFacts(5000 + n, name, "public", False, False) for n, name in zip(numbers, names, strict=True)]
    return [each.repository_id for each in add_repositories(store, COMMAND_LINE, tenant.tenant_id, facts, NOW)]


def answer(key: int, metric: Metric, counts: list[int], at: datetime = NOW) -> EndpointResult:
    """An answer up to the day before it, oldest first, that covers exactly its days; uniques are half of the counts."""
    first = at.date() - timedelta(days=len(counts))
    days = tuple(DayReading(first + timedelta(days=n), each, each // 2) for n, each in enumerate(counts))
    window = TrafficWindow(days[0].day, days[-1].day, sum(counts), None)
    return result(key, metric.value, TrafficObservation(metric, days, window), at)


def ago(days: int) -> date:
    """The day so many days before TODAY."""
    return TODAY - timedelta(days=days)
