"""Imports beside what GitHub reported: in whichever order, twice, and taken back."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant, operator
from data.imports.imports import save_import, undo_import
from data.imports.models import ImportRefused, Options, Unknown
from data.insight import compare, lists, repository
from data.insight.compare import Launch
from data.repositories.models import Repository, RepositoryFacts, RepositoryState
from data.repositories.repositories import add_repositories, repositories
from data.store import Store
from data.traffic.corrections import Reading, correct_reading
from data.traffic.export import ExportRequest, ExportTable, export
from data.traffic.models import Grain, Metric, Selection
from data.traffic.traffic import series
from tests.data.collection.test_merge import answers, day
from tests.data.imports.importing import imported, staged
from tests.data.reading import viewer_of
from tests.data.writers import NOW, save, views

NUMBER = count(7000)
FEW = settings(max_examples=3, phases=[Phase.generate])
Rows = list[tuple[Any, ...]]


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


def traffic_kept(store: Store, key: int) -> dict[str, Rows]:
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
        return batch.batch_id if batch.counts.wins else None

    collect(late, before)
    collect(late, after)
    bring(late, second)
    bring(late, first)
    first_of_early = bring(early, first)
    collect(early, before)
    second_of_early = bring(early, second)
    collect(early, after)
    assert traffic_kept(store, late) == traffic_kept(store, early)
    assert bring(early, first) is None, "an import twice changes nothing"
    collect(never, before)
    collect(never, after)
    assert seen_without_imports(store, early) == seen_without_imports(store, never)
    for each in (first_of_early, second_of_early):
        if each is not None:
            undo_import(store, COMMAND_LINE, each, NOW)
    assert kept(store, early) | {"collection_result": []} == kept(store, never) | {"collection_result": []}


def seen_without_imports(store: Store, key: int) -> Rows:
    """The days and weeks as pages have them that leave imported days out."""
    with store.traffic.read(today=NOW.date(), with_imports=False) as cursor:
        days = (
            "select columns(* exclude (repository_id, full_name)) from v_daily where repository_id = $key order by day"
        )
        weeks = (
            "select week, views, views_state, imported_views_days from v_weekly where repository_id = $key order by 1"
        )
        return [*cursor.execute(days, {"key": key}).fetchall(), *cursor.execute(weeks, {"key": key}).fetchall()]


def days_of(store: Store, key: int) -> Rows:
    columns = "day, views, view_uniques, views_source, clones, clone_uniques, clones_source"
    with store.traffic.read() as cursor:
        days = f"select {columns} from daily_traffic where repository_id = $key order by day"
        return cursor.execute(days, {"key": key}).fetchall()


def test_gaps_stay_gaps_counts_and_uniques_of_two_files_meet_and_the_greater_reading_says_where_it_is_from(
    store: Store,
) -> None:
    tenant_id = tenant_of(store)
    (key,) = tracked(store, tenant_id, 1)
    save(store, views(key, {day(0): (5, 2), day(1): (9, 4)}))
    files = {"views.csv": "date,views\n2026-04-01,7\n2026-04-02,3\n", "uvs.csv": '"2026-03-30",4\n"2026-04-01",6\n'}
    batch = imported(store, tenant_id, files, Options(repository=f"o/r{key}"))
    assert batch
    assert (batch.counts.new, batch.counts.greater, batch.counts.smaller) == (1, 1, 1)
    unknown = (None, None, None)
    assert days_of(store, key)[:4] == [
        (date(2026, 3, 30), None, 4, None, *unknown),
        (date(2026, 3, 31), None, None, None, *unknown),
        (day(0), 7, 6, "import", *unknown),
        (day(1), 9, 4, "import", *unknown),
    ]


def test_weeks_and_months_tell_that_they_hold_imported_days(store: Store) -> None:
    tenant_id = tenant_of(store)
    (key,) = tracked(store, tenant_id, 1)
    save(store, views(key, {date(2026, 3, 30): (5, 2), date(2026, 3, 31): (9, 4)}))
    imported(
        store, tenant_id, {"views.csv": "date,views\n2026-04-01,7\n2026-04-06,3\n"}, Options(repository=f"o/r{key}")
    )
    viewer, days = viewer_of(key), Selection(date(2026, 3, 30), date(2026, 4, 12), NOW.date())
    kinds = {}
    for selection in (days, replace(days, imports=False)):
        rows = series(viewer, store, selection, Grain.WEEK, "views")
        of_views = rows[rows["repository_id"].notna()]
        kinds[selection.imports] = [
            (value, kind) for value, kind in zip(of_views["value"], of_views["kind"], strict=True)
        ]
    assert kinds[True] == [(21, "import"), (3, "import")]
    assert kinds[False][0][0] == 14


def told(store: Store, key: int, *, imports: bool = True) -> dict[str, str]:
    """What exports and the pages of one repository tell, by their names."""
    viewer, today = viewer_of(key), NOW.date()
    days = Selection(today - timedelta(days=90), today - timedelta(days=1), today, frozenset({key}), imports=imports)
    texts = {
        "true uniques": repository.true_uniques(viewer, store, days).to_csv(),
        "counters": repository.counters(viewer, store, days).to_csv(),
        "records": repr(repository.records(viewer, store, days)),
        "history": repr(lists.history(viewer, store, days, "paths")),
        "bounds": lists.listing_bounds(viewer, store, days, "referrers").to_csv(),
        "launches": compare.aligned(viewer, store, (Launch(key, "", day(0)),), 7, today, imports=imports).to_csv(),
    }
    for name in ("daily", "weekly", "repositories", "referrers", "paths", "stars", "clones"):
        target = BytesIO()
        export(viewer, store, ExportRequest(ExportTable(name), today=today, imports=imports), target)
        texts[name] = target.getvalue().decode()
    return texts


def test_an_import_of_everything_is_left_out_and_undone_to_the_byte(store: Store) -> None:
    """Days, lists, stars, a window, and a repository that was added for its history."""
    tenant_id = tenant_of(store)
    (key,) = tracked(store, tenant_id, 1)
    save(store, views(key, {day(0): (5, 2)}))
    before, rows = told(store, key), kept(store, key)
    place = f"o/r{key}/ghrs-data"
    files = {
        "o/gone/ghrs-data/stargazers.csv": "time_iso8601,stars_cumulative\n2025-01-01,5\n",
        f"{place}/stargazers.csv": "time_iso8601,stars_cumulative\n2026-04-01,5\n",
        f"{place}/snapshots/2026-04-02_080000_top_referrers_snapshot.csv": (
            "referrer,views_total,views_unique\nGoogle,9,3\n"
        ),
        f"{place}/snapshots/2026-04-02_080000_top_paths_snapshot.csv": "url_path,views_total,views_unique\n/o/r,9,3\n",
        "views.txt": f"gh api repos/o/r{key}/traffic/views\n"
        '{"count": 10, "uniques": 4, "views": [{"timestamp": "2026-03-21T00:00:00Z", "count": 1, "uniques": 1}, '
        '{"timestamp": "2026-04-01T00:00:00Z", "count": 9, "uniques": 3}]}',
        "clones.txt": f"gh api repos/o/r{key}/traffic/clones\n"
        '{"count": 9, "uniques": 3, "clones": [{"timestamp": "2026-04-01T00:00:00Z", "count": 9, "uniques": 3}]}',
    }
    with staged(files) as read:
        unknown = Unknown.ADD
        batch = save_import(store, COMMAND_LINE, tenant_id, read, NOW, aliases={}, unknown=unknown, mappings={})
    assert batch
    assert (batch.counts.greater, batch.counts.lists, batch.counts.windows, batch.counts.counters) == (1, 2, 2, 2)
    assert [name for name, text in told(store, key).items() if text == before[name]] == []
    assert told(store, key, imports=False) == before
    undo_import(store, COMMAND_LINE, batch.batch_id, NOW)
    assert told(store, key) == before
    assert kept(store, key) == rows
    with pytest.raises(ImportRefused, match="There is no import"):
        undo_import(store, COMMAND_LINE, batch.batch_id, NOW)


def test_what_a_correction_took_away_is_not_brought_back(store: Store) -> None:
    tenant_id = tenant_of(store)
    (key,) = tracked(store, tenant_id, 1)
    repository = Repository(key, tenant_id, None, f"o/r{key}", RepositoryState.ACTIVE)
    first, second = ({"views.csv": f"date,views,unique_visitors\n{day(0)},{n},1\n"} for n in (900, 950))
    options = Options(repository=repository.full_name)
    batch = imported(store, tenant_id, first, options)
    assert batch
    correct_reading(store, COMMAND_LINE, repository, Reading(day(0), Metric.VIEWS, 9, 3), NOW)
    assert not imported(store, tenant_id, first, options).counts.wins
    save(store, views(key, {day(0): (8, 8)}))
    assert days_of(store, key)[0][1:3] == (9, 3)
    assert imported(store, tenant_id, second, options).counts.wins, "what is more than was corrected is taken"
    undo_import(store, COMMAND_LINE, batch.batch_id, NOW)
    assert days_of(store, key)[0][1:3] == (950, 1)


def test_a_repository_that_was_added_for_its_history_can_be_tracked(store: Store) -> None:
    tenant_id = tenant_of(store)
    with staged({"views.csv": "date,views,repo\n2025-01-01,3,o/New\n"}) as read:
        save_import(store, COMMAND_LINE, tenant_id, read, NOW, aliases={}, unknown=Unknown.ADD, mappings={})
    facts = RepositoryFacts(4242, "o/new", "public", False, False)
    (added,) = add_repositories(store, COMMAND_LINE, tenant_id, [facts], NOW)
    assert [row[1] for row in days_of(store, added.repository_id)] == [3]
    (found,) = [each for each in repositories(operator(store), store) if each.full_name.lower() == "o/new"]
    assert (found.github_id, found.state) == (4242, RepositoryState.ACTIVE)


def tenant_of(store: Store) -> int:
    with store.traffic.read() as cursor:
        rows = cursor.execute("select tenant_id from tenant").fetchall()
    return rows[0][0] if rows else add_tenant(store, COMMAND_LINE, "acme", "daily", NOW).tenant_id
