"""Boards of days: it does not matter on how many of them the repositories are, nor what is committed meanwhile."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.accounts.models import Viewer
from data.insight import overview
from data.store import Store
from data.traffic import traffic, traffic_days
from data.traffic.models import DAILY_SORTS, WEEKLY_SORTS, Grain, Paging, Selection
from tests.data.filled import ENGINE, TODAY
from tests.data.reading import ago, filled, plain

EVERYTHING = Viewer(frozenset(range(1, 6)), frozenset({1, 2}))
CHOSEN = Selection(ago(100), ago(3), today=TODAY)


@pytest.fixture(scope="module")
def full(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with filled(template, tmp_path_factory.mktemp("full") / "db") as store:
        yield store


def told(store: Store) -> list[Any]:
    tables = traffic.daily_traffic, traffic.weekly_traffic
    return [
        traffic.totals(EVERYTHING, store, CHOSEN),
        overview.repositories(EVERYTHING, store, CHOSEN).to_csv(),
        *(traffic.series(EVERYTHING, store, CHOSEN, grain).to_csv() for grain in Grain),
        *(plain(read(EVERYTHING, store, CHOSEN, Paging("views", page=2, size=30))) for read in tables),
    ]


def test_many_boards_tell_what_one_does(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    of_one = told(full)
    monkeypatch.setattr(traffic_days, "MOST_CELLS", 1)
    assert told(full) == of_one


@pytest.mark.parametrize("sort_by", [*DAILY_SORTS, "week", "whole"])
def test_all_pages_are_the_rows_of_the_file_in_its_order(full: Store, sort_by: str) -> None:
    weekly = sort_by in WEEKLY_SORTS and sort_by not in DAILY_SORTS
    read, write = (traffic.weekly_traffic, traffic.weekly_csv) if weekly else (traffic.daily_traffic, traffic.daily_csv)
    pages = [read(EVERYTHING, full, CHOSEN, Paging(sort_by, page=n, size=200)) for n in (1, 2, 3)]
    rows = pd.concat([page.rows for page in pages])
    in_file = pd.read_csv(StringIO(write(EVERYTHING, full, CHOSEN, Paging(sort_by)).decode()))
    assert len(rows) == pages[0].total == len(in_file)
    assert list(map(str, rows["full_name"])) == list(in_file["full_name"])
    assert rows["views"].fillna(-1).tolist() == in_file["views"].fillna(-1).tolist()


def test_a_commit_between_two_looks_is_in_both_or_in_neither(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled(template, tmp_path / "db") as store:
        look, forgetting = traffic_days._known, iter([f"delete from coverage where repository_id = {ENGINE}"])

        def known(*asked: Any) -> traffic_days.Known:
            found = look(*asked)
            for statement in forgetting:
                with store.traffic.commit("forgetting") as connection:
                    connection.execute(statement)
            return found

        monkeypatch.setattr(traffic_days, "_known", known)
        assert told(store) == [*told(store)]
        assert traffic.totals(EVERYTHING, store, CHOSEN).gap_days >= 90
