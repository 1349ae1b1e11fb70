"""How long GitHub asks a token owner to wait is kept until it is over, a day at most."""

from datetime import UTC, datetime, timedelta

from data.repositories.pauses import LONGEST, OwnerPause, owner_pauses, save_pauses
from data.store import Store

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def pause(hours: int, key: str = "user 1") -> OwnerPause:
    return OwnerPause(key, NOW + hours * HOUR, "GitHub asks to slow down.")


def test_a_pause_is_kept_until_it_is_over(store: Store) -> None:
    save_pauses(store, [pause(2), pause(1, "user 2")], NOW)
    assert owner_pauses(store, NOW) == {"user 1": pause(2), "user 2": pause(1, "user 2")}
    assert owner_pauses(store, NOW + HOUR) == {"user 1": pause(2)}
    assert owner_pauses(store, NOW + 2 * HOUR) == {}


def test_the_newest_word_of_github_stands_and_what_is_over_is_forgotten(store: Store) -> None:
    save_pauses(store, [pause(5), pause(1, "user 2")], NOW)
    save_pauses(store, [pause(3)], NOW + 2 * HOUR)
    with store.control.read() as cursor:
        assert cursor.execute("select owner_key from owner_pause").fetchall() == [("user 1",)]
    assert owner_pauses(store, NOW + 2 * HOUR) == {"user 1": pause(3)}


def test_no_pause_is_longer_than_a_day(store: Store) -> None:
    save_pauses(store, [pause(24 * 400)], NOW)
    assert owner_pauses(store, NOW)["user 1"].paused_until == NOW + LONGEST


def test_a_pause_of_a_clock_that_was_set_back_since_is_not_believed(store: Store) -> None:
    save_pauses(store, [pause(2)], NOW)
    assert owner_pauses(store, NOW - timedelta(days=300)) == {}


def test_the_sentence_names_the_day_where_it_is_another() -> None:
    assert pause(2).sentence(NOW) == "GitHub asks to wait until 14:00 UTC. GitHub asks to slow down."
    assert "until 2026-05-11, 00:00 UTC" in pause(12).sentence(NOW)
