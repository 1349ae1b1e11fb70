"""A limit is counted by each process, and with the others where the store keeps buckets that they share."""

import pytest

from data.store import Store
from pages.api.limits import RateLimit
from tests.pages.app import App

KEY = "192.0.2.1"


@pytest.fixture
def shared(app: App, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[float, float]]]:
    """What was drawn from the buckets that all servers share, each of which is empty after twenty seconds' worth."""
    drawn: dict[str, list[tuple[float, float]]] = {}

    def draw(bucket: str, cost_s: float, size_s: float) -> float | None:
        before = drawn.setdefault(bucket, [])
        if sum(cost for cost, _ in before) + cost_s > 20:
            return 7.2
        before.append((cost_s, size_s))
        return 0.0

    monkeypatch.setattr(app.store.control, "draw", draw)
    return drawn


def taken(store: Store, limit: RateLimit, times: int) -> list[int | None]:
    return [limit.take(store, KEY) for _ in range(times)]


def test_a_second_s_worth_is_drawn_at_once(app: App, shared: dict[str, list[tuple[float, float]]]) -> None:
    limit = RateLimit("token", 300, 10)
    assert taken(app.store, limit, 21) == [None] * 21
    assert shared == {f"token {KEY}": [(1.0, 30.0)] * 3}


def test_of_what_is_slower_each_one_is_drawn_and_who_is_refused_asks_nobody_while_they_have_to_wait(
    app: App, shared: dict[str, list[tuple[float, float]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = RateLimit("guesses", 60, 0.1)
    assert taken(app.store, limit, 3) == [None, None, 8]
    assert shared == {f"guesses {KEY}": [(10.0, 600.0)] * 2}
    monkeypatch.setattr(app.store.control, "draw", lambda *_: 0.0)
    (again,) = taken(app.store, limit, 1)
    assert again in {7, 8}


def test_where_nothing_is_shared_or_who_keeps_it_does_not_answer_each_process_counts_by_itself(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.store.control.draw("guesses", 10.0, 20.0) is None, "in files"
    limit = RateLimit("guesses", 2, 0.1)
    first, second, refused = taken(app.store, limit, 3)
    assert (first, second) == (None, None)
    assert refused in {9, 10}
