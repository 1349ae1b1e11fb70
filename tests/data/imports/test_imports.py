"""Imports beside what GitHub told: in whichever order, twice, and taken back."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.imports.imports import undo_import
from data.imports.models import Options
from data.store import Store
from tests.data.collection.test_merge import answers, day
from tests.data.imports.importing import imported
from tests.data.writers import NOW, save

NUMBER = count(7000)
FEW = settings(
    derandomize=True,
    deadline=None,
    max_examples=5,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
Rows = list[tuple[Any, ...]]
Do = Callable[[int], object]


@pytest.fixture
def tenant_id(store: Store) -> int:
    return add_tenant(store, COMMAND_LINE, "acme", "daily", NOW).tenant_id


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A table of another tool: some days with views, clones or both, before, between and after GitHub's."""
    days = draw(st.lists(st.integers(-6, 16), min_size=1, max_size=8, unique=True))
    lines = ["date,views,unique_visitors,clones,unique_cloners"]
    for each in days:
        cells = []
        for _ in range(2):
            views = draw(st.none() | st.integers(0, 6))
            uniques = None if views is None else draw(st.integers(0, views))
            cells += ["" if number is None else str(number) for number in (views, uniques)]
        lines.append(",".join([str(day(each)), *cells]))
    return "\n".join(lines)


def tracked(store: Store, tenant_id: int, how_many: int) -> list[int]:
    """Repositories of their own for an example, all added at the same moment."""
    keys = [next(NUMBER) for _ in range(how_many)]
    with store.traffic.commit("test") as connection:
        connection.execute(
            "insert into repository (repository_id, tenant_id, owner, name, full_name, state, state_since, added_at) "
            "select key, $tenant_id, 'o', 'r' || key, 'o/r' || key, 'active', $now, $now "
            "from (select unnest($keys) as key)",
            {"keys": keys, "tenant_id": tenant_id, "now": NOW.replace(tzinfo=None)},
        )
    return keys


def kept(store: Store, key: int) -> dict[str, Rows]:
    """All that is stored of a repository, but the imports themselves."""
    found = {}
    with store.traffic.read() as cursor:
        names = "select table_name from duckdb_tables() where database_name = current_database()"
        for (name,) in cursor.execute(names).fetchall():
            columns = [each for each in cursor.table(name).columns if each != "repository_id"]
            if len(columns) < len(cursor.table(name).columns) and name not in {"repository", "endpoint_state"}:
                rows = f"select {', '.join(columns)} from {name} where repository_id = $key order by all"
                found[name] = cursor.execute(rows, {"key": key}).fetchall()
    return found


def told(store: Store, key: int) -> dict[str, Rows]:
    of_imports = {"imported_day", "collected_day", "collected_span", "collection_result"}
    return {name: rows for name, rows in kept(store, key).items() if name not in of_imports}


@FEW
@given(before=st.lists(answers(), max_size=4), after=st.lists(answers(), max_size=4), first=tables(), second=tables())
def test_the_order_of_imports_and_answers_does_not_matter_and_what_is_taken_back_was_never_there(
    store: Store, before: list[Any], after: list[Any], first: str, second: str
) -> None:
    tenant_id = tenant_of(store)
    late, early, never = tracked(store, tenant_id, 3)

    def collect(key: int, results: list[Any]) -> None:
        if results:
            save(store, *(replace(each, repository_id=key) for each in results))

    def bring(key: int, table: str) -> int | None:
        batch = imported(store, tenant_id, {"t.csv": table}, Options(repository=f"o/r{key}", trust_zeros=True))
        return batch.batch_id if batch else None

    collect(late, before)
    collect(late, after)
    bring(late, second)
    bring(late, first)
    first_of_early = bring(early, first)
    collect(early, before)
    second_of_early = bring(early, second)
    collect(early, after)
    assert told(store, late) == told(store, early)
    assert bring(early, first) is None, "an import twice changes nothing"
    collect(never, before)
    collect(never, after)
    for each in (first_of_early, second_of_early):
        if each is not None:
            undo_import(store, COMMAND_LINE, each, NOW)
    assert kept(store, early) | {"collection_result": []} == kept(store, never) | {"collection_result": []}


def tenant_of(store: Store) -> int:
    with store.traffic.read() as cursor:
        rows = cursor.execute("select tenant_id from tenant").fetchall()
    return rows[0][0] if rows else add_tenant(store, COMMAND_LINE, "acme", "daily", NOW).tenant_id
