"""v_referrers, v_paths, v_stars and v_releases as whole rows; and what all views have in common."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from collector.endpoints.lists import ListingEntry, ListingObservation
from collector.endpoints.releases import AssetReading, ReleaseFacts, ReleaseObservation
from collector.endpoints.repository import StatsObservation
from collector.endpoints.stars import StarDay, StarObservation
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories
from data.store import Store
from tests.data.filled import TODAY, filled_store
from tests.data.writers import NOW, result, save

DAY = date(2026, 5, 10)
CLI = str(Path(sys.executable).with_name("duckdb"))
VIEWS = (
    "v_today",
    "v_gaps",
    "v_daily",
    "v_weekly",
    "v_referrers",
    "v_paths",
    "v_repositories",
    "v_stars",
    "v_releases",
    "v_notes",
    "v_deliveries",
)
FACTS = RepositoryFacts(7, "blue/engine", "public", False, False)
Rows = list[tuple[Any, ...]]


@pytest.fixture
def key(store: Store) -> int:
    """A repository that a tenant follows."""
    tenant = add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW)
    return add_repositories(store, COMMAND_LINE, tenant.tenant_id, [FACTS], NOW)[0].repository_id


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A filled store that is only read."""
    store = filled_store(tmp_path_factory.mktemp("filled") / "db")
    yield store
    store.close()


def rows(store: Store, view: str, columns: str) -> Rows:
    with store.traffic.read() as cursor:
        return cursor.sql(f"from {view}").project(columns).order("all").fetchall()


def test_referrers_are_ranked_by_views_then_uniques_then_name(store: Store, key: int) -> None:
    entries = (
        ListingEntry("b.example", None, 5, 2),
        ListingEntry("a.example", None, 5, 2),
        ListingEntry("c.example", None, 5, 4),
        ListingEntry("=HYPERLINK(1)", None, 9, 1),
    )
    save(store, result(key, "referrers", ListingObservation("referrers", entries)))
    head = (key, 1, "Blue", "blue/engine", DAY)
    expected = [(1, "=HYPERLINK(1)", 9, 1), (2, "c.example", 5, 4), (3, "a.example", 5, 2), (4, "b.example", 5, 2)]
    assert rows(store, "v_referrers", "*") == [(*head, *row, "14_days") for row in expected]


def test_each_snapshot_of_paths_is_ranked_by_itself(store: Store, key: int) -> None:
    before, now = ListingEntry("/x", "X", 5, 2), ListingEntry("/y", None, 8, 3)
    save(store, result(key, "paths", ListingObservation("paths", (before,)), NOW - timedelta(days=1)))
    save(store, result(key, "paths", ListingObservation("paths", (before, now))))
    in_view = rows(store, "v_paths", "observed_on, rank, path, title, views, view_uniques, full_name, tenant")
    name = ("blue/engine", "Blue")
    assert in_view == [
        (DAY - timedelta(days=1), 1, "/x", "X", 5, 2, *name),
        (DAY, 1, "/y", None, 8, 3, *name),
        (DAY, 2, "/x", "X", 5, 2, *name),
    ]


def test_a_list_that_was_empty_has_no_row(store: Store, key: int) -> None:
    save(store, result(key, "referrers", ListingObservation("referrers", ())))
    assert rows(store, "v_referrers", "*") == []
    assert rows(store, "snapshot", "entries") == [(0,)]


def test_stars_gained_and_counters_meet_on_their_day(store: Store, key: int) -> None:
    stars = StarObservation((StarDay(DAY - timedelta(days=1), 4), StarDay(DAY, 2)))
    save(store, result(key, "star_history", stars))
    counters = StatsObservation(FACTS, 90, 8, 5, None, 2048)
    save(
        store,
        result(key, "repository", counters),
        result(key, "repository", counters, NOW + timedelta(days=3)),
    )
    head = (key, 1, "Blue", "blue/engine")
    assert rows(store, "v_stars", "*") == [
        (*head, DAY - timedelta(days=1), 4, None, None, None, None, None),
        (*head, DAY, 2, 90, 8, 5, None, 2048),
        (*head, DAY + timedelta(days=3), None, 90, 8, 5, None, 2048),
    ]


def test_a_release_asset_tells_what_it_gained_since_the_reading_before(store: Store, key: int) -> None:
    release = ReleaseFacts(1, "v1", None, True, datetime(2026, 5, 1, tzinfo=UTC))
    for day, downloads in enumerate((10, 10, 25)):
        assets = (AssetReading(1, 11, "x.zip", downloads), AssetReading(1, 12, "y.zip", 3))
        seen = ReleaseObservation((release,), assets)
        save(store, result(key, "releases", seen, NOW + timedelta(days=day)))
    head = (key, 1, "Blue", "blue/engine", 1, "v1", None, True, datetime(2026, 5, 1))  # noqa: DTZ001 - as stored
    assert rows(store, "v_releases", "*") == [
        (*head, 11, "x.zip", DAY, 10, None),
        (*head, 11, "x.zip", DAY + timedelta(days=2), 25, 15),
        (*head, 12, "y.zip", DAY, 3, None),
    ]


def test_the_newest_counters_are_those_of_the_repository(store: Store, key: int) -> None:
    for age, stars in ((2, 10), (0, 12), (1, 11)):
        seen = StatsObservation(FACTS, stars, stars + 1, stars + 2, None, None)
        save(store, result(key, "repository", seen, NOW - timedelta(days=age)))
    assert rows(store, "v_repositories", "full_name, stars, forks, watchers") == [("blue/engine", 12, 13, 14)]


def test_two_tenants_that_follow_the_same_repository_have_a_row_each(store: Store, key: int) -> None:
    green = add_tenant(store, COMMAND_LINE, "Green", "daily", NOW)
    add_repositories(store, COMMAND_LINE, green.tenant_id, [FACTS], NOW)
    entries = (ListingEntry("a.example", None, 5, 2),)
    save(store, result(key, "referrers", ListingObservation("referrers", entries)))
    assert rows(store, "v_repositories", "tenant, full_name") == [("Blue", "blue/engine"), ("Green", "blue/engine")]
    assert rows(store, "v_referrers", "tenant") == [("Blue",)]


@pytest.mark.files
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_rows_and_tells_the_same_on_duckdb_1_5(filled: Store, view: str) -> None:
    question = f"set variable today = date '{TODAY}'; copy (from {view} order by all) to '/dev/stdout' (format csv)"
    command = [CLI, "-readonly", str(filled.directory / "traffic.duckdb"), question]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with duckdb.connect(str(filled.directory / "traffic.duckdb"), read_only=True) as client:
        client.execute(f"set variable today = date '{TODAY}'")
        texts = client.sql(f"from {view} order by all").project("cast(columns(*) as varchar)").fetchall()
    assert output.count("\n") == len(texts) + 1 > 1
    assert {word for row in texts for word in row if word and "," not in word and '"' not in word} <= words(output)


def words(content: str) -> set[str]:
    return {word.strip('"') for line in content.splitlines() for word in line.split(",")}
