"""No reader of the traffic tells anything of a repository that the viewer may not see."""

import inspect
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.insight import compare
from data.store import Store
from data.store.arrow import frame
from data.traffic import traffic
from data.traffic.models import Grain, Paging, Selection
from tests.data.filled import ENGINE, NAMES, NEW, TELESCOPE, TODAY
from tests.data.reading import ago, plain

Reader = Callable[[Viewer, Store, Selection], Any]
READERS: dict[str, Reader] = {
    "daily_traffic": lambda v, s, c: as_text(traffic.daily_traffic(v, s, c, Paging("day", size=9_999))),
    "weekly_traffic": lambda v, s, c: as_text(traffic.weekly_traffic(v, s, c, Paging("week", size=9_999))),
    "series": lambda v, s, c: [
        traffic.series(v, s, c, grain, metric).to_csv()
        for grain in Grain
        for metric in (*traffic.COUNTED, *traffic.COUNTERS)
    ],
    "series_before": lambda v, s, c: [
        traffic.series_before(v, s, replace(c, before_days=30), grain).to_csv() for grain in Grain
    ],
    "repository_sums": lambda v, s, c: traffic.repository_sums(v, s, c).to_csv(),
    "sparklines": lambda v, s, c: repr(sorted(traffic.sparklines(v, s, c).items())),
    "selection_totals": lambda v, s, c: repr(traffic.selection_totals(v, s, c)),
    "repository_summaries": lambda v, s, c: traffic.repository_summaries(v, s, TODAY).to_csv(),
    "has_imports": lambda v, s, c: repr(traffic.has_imports(v, s)),
    "day_range": lambda v, s, c: repr(traffic.day_range(v, s)),
    "all_daily_traffic": lambda v, s, c: str(traffic.all_daily_traffic(v, s, c).to_pylist()),
    "all_weekly_traffic": lambda v, s, c: str(traffic.all_weekly_traffic(v, s, c).to_pylist()),
    "beside": lambda v, s, c: [compare.beside(v, s, c, measure, Grain.WEEK).to_csv() for measure in compare.Measure],
    "beside_groups": lambda v, s, c: [
        compare.beside_groups(v, s, c, measure, Grain.WEEK, groups=(("all", tuple(sorted(NAMES))),)).to_csv()
        for measure in compare.Measure
    ],
    "beside_before": lambda v, s, c: [
        frame(compare.beside_before(v, s, replace(c, before_days=30), measure, Grain.WEEK)).to_csv()
        for measure in compare.Measure
    ],
    "largest": lambda v, s, c: repr(compare.largest(v, s, c)),
    "launches": lambda v, s, c: repr(compare.launches(v, s, c.repository_ids or frozenset(NAMES), TODAY)),
    "aligned": lambda v, s, c: sorted(plain(compare.aligned(v, s, launches_of(c), 30, TODAY)), key=repr),
}
WITHOUT_SELECTION = {"repository_summaries", "day_range", "has_imports", "beside_groups"}
SELECTIVE = sorted(READERS.keys() - WITHOUT_SELECTION)
ONE = Viewer(frozenset({TELESCOPE}), frozenset({2}))
NOBODY = Viewer(frozenset(), frozenset({1, 2}))


def readers_in(module: Any) -> set[str]:
    """Its public functions that take the viewer first."""
    own = {name: each for name, each in inspect.getmembers(module, inspect.isfunction) if name[0] != "_"}
    first = {name: next(iter(inspect.signature(each).parameters), "") for name, each in own.items()}
    return {name for name, each in own.items() if each.__module__ == module.__name__ and first[name] == "viewer"}


def launches_of(selection: Selection) -> tuple[compare.Launch, ...]:
    keys = sorted(selection.repository_ids or NAMES, key=lambda n: n % 1000)
    return tuple(compare.Launch(key, "", ago(40)) for key in keys)


def as_text(page: Any) -> str:
    return f"{page.total} {page.rows.to_pylist()}"


def chosen(*keys: int, search: str = "") -> Selection:
    return Selection(ago(200), TODAY, TODAY, frozenset(keys) if keys else None, search)


@pytest.fixture(scope="module")
def alone(full: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Store]]:
    """Copies of the full store in which one repository is all that is left, or none: all that may be shown."""
    made: dict[int, Store] = {}

    def store_of(key: int) -> Store:
        if key not in made:
            directory = tmp_path_factory.mktemp("alone") / "db"
            shutil.copytree(full.directory, directory, symlinks=True)
            made[key] = Store(directory)
            keep_only(made[key], key)
        return made[key]

    yield store_of
    for each in made.values():
        each.close()


def keep_only(store: Store, key: int) -> None:
    question = """
        select table_name from duckdb_columns() inner join duckdb_tables() using (database_name, table_name)
        where column_name = 'repository_id' and database_name = current_database()
    """
    with store.traffic.commit("test") as connection:
        for (table,) in connection.execute(question).fetchall():
            connection.execute(f"delete from {table} where repository_id <> $key", {"key": key})


def test_every_public_reader_is_looked_at_here() -> None:
    asked = {name for module in (traffic, compare) for name in readers_in(module)}
    assert asked == set(READERS)


@pytest.mark.parametrize("name", READERS)
def test_one_repository_is_told_as_if_there_were_no_other(
    full: Store, alone: Callable[[int], Store], name: str
) -> None:
    seen, rest = READERS[name](ONE, full, chosen()), alone(TELESCOPE)
    assert operator(rest).repository_ids == ONE.repository_ids
    assert seen == READERS[name](ONE, rest, chosen())


@pytest.mark.parametrize("name", READERS)
def test_a_viewer_of_two_reads_another_text_than_a_viewer_of_one(full: Store, name: str) -> None:
    both = READERS[name](Viewer(frozenset({TELESCOPE, ENGINE}), frozenset({1, 2})), full, chosen())
    assert both != READERS[name](ONE, full, chosen()) or name in {"day_range", "has_imports"}


@pytest.mark.parametrize("name", READERS)
def test_no_name_of_another_tenant_is_told(full: Store, name: str) -> None:
    others = [NAMES[key] for key in NAMES if key != TELESCOPE] + ["green/new"]
    assert not [each for each in others if each in str(READERS[name](ONE, full, chosen()))]


@pytest.mark.parametrize("name", SELECTIVE)
@pytest.mark.parametrize("wish", [(ENGINE,), (TELESCOPE, ENGINE), (NEW, ENGINE, TELESCOPE)])
def test_another_tenants_id_is_as_a_missing_one(full: Store, name: str, wish: tuple[int, ...]) -> None:
    missing = tuple(key if key == TELESCOPE else 1000 + key for key in wish)
    assert READERS[name](ONE, full, chosen(*wish)) == READERS[name](ONE, full, chosen(*missing))


@pytest.mark.parametrize("name", SELECTIVE)
def test_a_search_finds_no_other_tenant(full: Store, name: str) -> None:
    found = READERS[name](ONE, full, chosen(search="blue/"))
    assert found == READERS[name](ONE, full, chosen(search="no such name"))


@pytest.mark.parametrize("name", READERS)
def test_who_sees_no_repository_is_told_nothing(full: Store, alone: Callable[[int], Store], name: str) -> None:
    empty = READERS[name](NOBODY, full, chosen())
    assert empty == READERS[name](NOBODY, alone(0), chosen())
    assert "/" not in str(empty)


@pytest.mark.parametrize("name", READERS)
def test_viewers_who_read_at_the_same_moment_get_their_own_rows_only(full: Store, name: str) -> None:
    """What a reader sets down for itself is its own, though all read from one open file."""
    viewers = [ONE, Viewer(frozenset({ENGINE}), frozenset({1})), NOBODY] * 4
    expected = [READERS[name](viewer, full, chosen()) for viewer in viewers[:3]] * 4
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda viewer: READERS[name](viewer, full, chosen()), viewers)) == expected
