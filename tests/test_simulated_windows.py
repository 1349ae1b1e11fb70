"""The simulated windows: what is shown of a repository's full series at a moment, in both forms GitHub has had."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.simulated_github import DENSE, SPARSE, Repository, SimulatedGitHub, Token
from tests.simulated_github.client import Client

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
VIEWS = {FRIDAY - DAY * n: (100 + n, 40 + n) for n in range(30) if n % 5 != 3}
Asked = tuple[SimulatedGitHub, Client]


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A GitHub with one repository, at noon, and a client of it."""
    repository = Repository(7, "sample", "one", views=VIEWS, publish_hour=9, late_days=frozenset({date(2026, 11, 21)}))
    with (
        SimulatedGitHub.of([repository], [Token("ghp_sample")], NOON) as github,
        Client(github.url, "ghp_sample") as client,
    ):
        yield github, client


def rows(client: Client, per: str = "day") -> list[dict[str, Any]]:
    reply = client.get(f"/repos/sample/one/traffic/views?per={per}")
    assert reply.status == 200
    return list(reply.json["views"])


def days(client: Client) -> list[str]:
    return [row["timestamp"][:10] for row in rows(client)]


def test_the_dense_window_is_14_days_up_to_yesterday_zeros_included(asked: Asked) -> None:
    _, client = asked
    assert days(client) == [str(FRIDAY - DAY * n) for n in range(14, 0, -1)]
    assert {"timestamp": "2026-11-17T00:00:00Z", "count": 0, "uniques": 0} in rows(client)
    assert {"timestamp": "2026-11-19T00:00:00Z", "count": 101, "uniques": 41} in rows(client)


def test_yesterday_appears_at_the_hour_of_its_repository(asked: Asked) -> None:
    github, client = asked
    github.clock.now = NOON.replace(hour=8, minute=59)
    assert days(client)[-1] == "2026-11-18"
    github.clock.advance(timedelta(minutes=1))
    assert days(client)[-1] == "2026-11-19"


def test_a_late_day_appears_a_day_later(asked: Asked) -> None:
    github, client = asked
    github.clock.now = NOON + 2 * DAY
    assert days(client)[-1] == "2026-11-20"
    github.clock.advance(DAY)
    assert days(client)[-2:] == ["2026-11-21", "2026-11-22"]


def test_the_window_is_always_14_rows_however_early_it_is(asked: Asked) -> None:
    github, client = asked
    for hour in range(24):
        github.clock.now = NOON.replace(hour=hour)
        assert len(days(client)) == 14


def test_days_outside_the_series_are_zeros_in_the_dense_window(asked: Asked) -> None:
    github, client = asked
    github.clock.now = NOON + 60 * DAY
    body = client.get("/repos/sample/one/traffic/views").json
    assert (body["count"], body["uniques"], len(body["views"])) == (0, 0, 14)


def test_the_sparse_window_ends_with_today_and_leaves_quiet_days_out(asked: Asked) -> None:
    github, client = asked
    github.switches.window_mode = SPARSE
    expected = [str(FRIDAY - DAY * n) for n in range(13, -1, -1) if n % 5 != 3]
    assert days(client) == expected


def test_today_grows_over_the_day_in_the_sparse_window(asked: Asked) -> None:
    github, client = asked
    github.switches.window_mode = SPARSE
    github.clock.now = NOON.replace(hour=0)
    assert days(client)[-1] == "2026-11-19"
    seen = []
    for hour in (1, 12, 23):
        github.clock.now = NOON.replace(hour=hour)
        seen.append((rows(client)[-1]["count"], rows(client)[-1]["uniques"]))
    assert seen == [(4, 1), (50, 20), (95, 38)]


def test_the_15th_row_of_the_sparse_window_shrinks_over_the_day(asked: Asked) -> None:
    github, client = asked
    github.switches.window_mode, github.switches.cut_off_row = SPARSE, True
    assert rows(client)[0] == {"timestamp": "2026-11-06T00:00:00Z", "count": 57, "uniques": 27}
    github.clock.advance(timedelta(hours=6))
    assert rows(client)[0]["count"] == 28


@pytest.mark.parametrize("mode", [DENSE, SPARSE])
def test_the_total_is_the_sum_of_the_days_and_its_uniques_are_not(asked: Asked, mode: str) -> None:
    github, client = asked
    github.switches.window_mode = mode
    body = client.get("/repos/sample/one/traffic/views").json
    assert body["count"] == sum(row["count"] for row in body["views"])
    uniques = [row["uniques"] for row in body["views"]]
    assert max(uniques) < body["uniques"] < sum(uniques)


def test_weeks_begin_on_monday_and_the_outer_ones_are_partial(asked: Asked) -> None:
    _, client = asked
    by_day, by_week = rows(client), rows(client, "week")
    assert [row["timestamp"][:10] for row in by_week] == ["2026-11-02", "2026-11-09", "2026-11-16"]
    first = [row["count"] for row in by_day if row["timestamp"] < "2026-11-09"]
    assert by_week[0]["count"] == sum(first)
    assert sum(row["count"] for row in by_week) == sum(row["count"] for row in by_day)


def test_uniques_of_a_week_lie_between_its_greatest_day_and_their_sum(asked: Asked) -> None:
    _, client = asked
    in_week = [row["uniques"] for row in rows(client) if "2026-11-09" <= row["timestamp"] < "2026-11-16"]
    assert max(in_week) < rows(client, "week")[1]["uniques"] < sum(in_week)


def test_the_window_has_at_least_the_visitors_of_each_week_and_fewer_than_all_weeks_together(asked: Asked) -> None:
    _, client = asked
    body = client.get("/repos/sample/one/traffic/views?per=week").json
    weekly = [row["uniques"] for row in body["views"]]
    assert max(weekly) <= body["uniques"] <= sum(weekly)


def test_the_same_question_has_the_same_answer(asked: Asked) -> None:
    _, client = asked
    assert rows(client) == rows(client)
    assert rows(client, "week") == rows(client, "week")


def test_clones_are_a_series_of_their_own(asked: Asked) -> None:
    _, client = asked
    body = client.get("/repos/sample/one/traffic/clones").json
    assert body["count"] == 0
    assert len(body["clones"]) == 14


def test_another_span_than_day_or_week_is_refused(asked: Asked) -> None:
    _, client = asked
    assert client.get("/repos/sample/one/traffic/views?per=month").status == 422
