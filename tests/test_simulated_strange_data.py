"""The simulated answers with strange data: each is made from the real answer and strange in just one way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulated_github import Fault, Repository, SimulatedGitHub, Token, fault_cases
from tests.simulated_github.client import Client

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VIEWS = "/repos/sample/one/traffic/views"
Rows = list[dict[str, Any]]
Asked = tuple[SimulatedGitHub, Client]


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A GitHub with one repository, and a client of it."""
    views = {NOON.date() - timedelta(days=n): (100 - n, 9) for n in range(1, 40)}
    repository = Repository(1, "sample", "one", views=views)
    with SimulatedGitHub.of([repository], [Token("ghp_a")], NOON) as github, Client(github.url, "ghp_a") as client:
        yield github, client


def before_and_after(asked: Asked, fault: Fault) -> tuple[Rows, Rows]:
    """The rows without and with the fault."""
    github, client = asked
    real = client.get(VIEWS).json["views"]
    github.faults.add(fault)
    return real, client.get(VIEWS).json["views"]


def test_days_may_come_twice_or_backwards(asked: Asked) -> None:
    real, twice = before_and_after(asked, fault_cases.every_day_twice())
    assert (twice[:14], len(twice)) == (real, 28)
    assert twice[14] == {"timestamp": real[0]["timestamp"], "count": real[0]["count"] // 2, "uniques": 0}
    assert before_and_after(asked, fault_cases.backwards())[1] == real[::-1]


@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("%Y-%m-%dT02:00:00+02:00", "2026-11-06T02:00:00+02:00"),
        ("%Y-%m-%d", "2026-11-06"),
        ("%Y-%m-%dT00:00:00.000Z", "2026-11-06T00:00:00.000Z"),
        ("%Y-%m-%dT07:30:00Z", "2026-11-06T07:30:00Z"),
    ],
)
def test_timestamps_may_have_another_form(asked: Asked, form: str, first: str) -> None:
    assert before_and_after(asked, fault_cases.timestamps(form))[1][0]["timestamp"] == first


def test_days_may_lie_outside_any_window(asked: Asked) -> None:
    _, future = before_and_after(asked, fault_cases.days_moved(40))
    _, past = before_and_after(asked, fault_cases.days_moved(-90))
    assert (future[-1]["timestamp"], past[0]["timestamp"]) == ("2026-12-29T00:00:00Z", "2026-08-08T00:00:00Z")


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("text", "86"),
        ("float", 86.0),
        ("half", 86.5),
        ("bool", True),
        ("null", None),
        ("negative", -87),
        ("huge", 18446744073709551616),
    ],
)
def test_numbers_may_be_none(asked: Asked, kind: str, count: object) -> None:
    given = before_and_after(asked, fault_cases.numbers_as(kind))[1][0]["count"]
    assert (given, type(given)) == (count, type(count))


def test_there_may_be_more_uniques_than_requests(asked: Asked) -> None:
    _, rows = before_and_after(asked, fault_cases.more_uniques_than_requests())
    assert all(row["uniques"] == row["count"] + 1 for row in rows)


def test_single_fields_may_be_replaced_added_or_missing(asked: Asked) -> None:
    real, rows = before_and_after(asked, fault_cases.each_row(uniques=..., bots=7))
    assert rows == [{"timestamp": row["timestamp"], "count": row["count"], "bots": 7} for row in real]
    _, smaller = before_and_after(asked, fault_cases.oldest_row(count=1, uniques=1))
    assert smaller == [{**real[0], "count": 1, "uniques": 1}, *real[1:]]


def test_all_may_be_zero_or_gone(asked: Asked) -> None:
    github, client = asked
    _, zeros = before_and_after(asked, fault_cases.everything_zero())
    assert {(row["count"], row["uniques"]) for row in zeros} == {(0, 0)}
    github.faults.add(fault_cases.no_rows(), fault_cases.array_missing())
    assert client.get(VIEWS).json == {"count": 0, "uniques": 0, "views": []}
    assert set(client.get(VIEWS).json) == {"count", "uniques"}


def test_the_total_may_not_fit_the_rows(asked: Asked) -> None:
    github, client = asked
    github.faults.add(fault_cases.totals_wrong())
    body = client.get(VIEWS).json
    assert body["count"] == sum(row["count"] for row in body["views"]) + 1000


@pytest.mark.parametrize(("listing", "key"), [("referrers", "referrer"), ("paths", "path")])
def test_names_may_be_hostile(asked: Asked, listing: str, key: str) -> None:
    github, client = asked
    github.faults.add(fault_cases.hostile_names())
    entries = client.get(f"/repos/sample/one/traffic/popular/{listing}").json
    assert len(entries) == 11
    assert {"", "<script>alert(1)</script>", "x" * 10_000} < {entry[key] for entry in entries}


def test_the_next_page_may_be_elsewhere_or_the_same(asked: Asked) -> None:
    github, client = asked
    github.faults.add(fault_cases.next_page_elsewhere(), fault_cases.next_page_is_the_same())
    links = [client.get("/user/repos?page=1").links["next"] for _ in range(3)]
    assert links == ["http://localhost:1/user/repos?page=1", *[f"{github.url}/user/repos?page=1"] * 2]


def test_every_case_without_a_function_can_be_had_by_name() -> None:
    assert all(isinstance(case(), Fault) for case in fault_cases.CASES.values())
    assert len(fault_cases.CASES) > 50
