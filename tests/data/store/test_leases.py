"""A lease has one holder at a time, is taken over only when it has run out, and fences off who held it before."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from data.calendar import utc_now
from data.store import Store
from data.store.leases import LASTS, Lease, give_back, held_fences, lost_fences, noted_leases, renew_leases, take_leases

SECOND = timedelta(seconds=1)


class Machine:
    """A machine of its own on the same store, and the store's clock."""

    def __init__(self, directory: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = Store(directory)
        self.store.machine = name
        self.name, self._patch = name, monkeypatch

    def at(self, moment: datetime) -> "Machine":
        self._patch.setattr(self.store.control, "now", lambda: moment)
        return self

    def take(self, name: str = "reports") -> Lease | str:
        """The lease, or who has it."""
        taken, elsewhere = take_leases(self.store, [name])
        return taken[0] if taken else elsewhere[name]

    def is_fenced_off(self, lease: Lease) -> bool:
        with self.store.traffic.commit("a test"), self.store.control.read() as cursor:
            return lost_fences(cursor, [lease.fence]) == {lease.fence}


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, Machine]:
    Store(tmp_path).prepare()
    one, two = (Machine(tmp_path, name, monkeypatch) for name in ("one", "two"))
    return one, two


def test_a_lease_is_anothers_only_when_it_has_run_out_and_then_the_former_holder_saves_nothing(
    machines: tuple[Machine, Machine],
) -> None:
    (one, two), now = machines, utc_now()
    lease = one.at(now).take()
    assert isinstance(lease, Lease)
    assert not lease.is_handed_on
    assert two.at(now + LASTS - SECOND).take() == "one"
    assert renew_leases(one.at(now + LASTS - SECOND).store, [lease]) == set()
    assert two.at(now + LASTS).take() == "one", "it was renewed"
    assert not two.is_fenced_off(lease)
    later = two.at(now + 2 * LASTS).take()
    assert isinstance(later, Lease)
    assert (later.fence > lease.fence, later.is_handed_on, one.is_fenced_off(lease)) == (True, True, True)
    assert renew_leases(one.at(now + 2 * LASTS).store, [lease]) == {lease.fence}
    assert one.take() == "two"
    assert not two.is_fenced_off(later)


def test_one_that_ran_out_and_nobody_took_goes_on_and_one_given_back_is_free_at_once(
    machines: tuple[Machine, Machine],
) -> None:
    (one, two), now = machines, utc_now()
    lease = one.at(now).take()
    assert isinstance(lease, Lease)
    assert renew_leases(one.at(now + 3 * LASTS).store, [lease]) == set()
    assert two.at(now + 3 * LASTS).take() == "one"
    give_back(one.store, [lease])
    mine = two.take()
    assert isinstance(mine, Lease)
    assert mine.is_handed_on, "what the other has asked within this minute counts"
    give_back(two.store, [mine])
    again = one.at(now + 4 * LASTS).take()
    assert isinstance(again, Lease)
    assert not again.is_handed_on


def test_a_machine_takes_its_own_anew_and_what_nobody_holds_its_lock_for_is_of_a_killed_process(
    machines: tuple[Machine, Machine],
) -> None:
    (one, two), now = machines, utc_now()
    killed, alive = one.at(now).take("owner a"), two.at(now).take("owner b")
    assert isinstance(killed, Lease)
    assert isinstance(alive, Lease)
    both = noted_leases(one.store)
    assert held_fences(both, one.store, "owner a", now, is_locked=True) == (killed.fence,)
    assert held_fences(both, one.store, "owner ", now, is_locked=False) == (alive.fence,)
    assert held_fences(both, two.store, "owner ", now + LASTS, is_locked=True) == ()
    anew = one.take("owner a")
    assert isinstance(anew, Lease)
    assert one.is_fenced_off(killed)


def test_a_clock_that_was_set_back_silences_nobody_for_longer_than_a_lease(machines: tuple[Machine, Machine]) -> None:
    (one, two), now = machines, utc_now()
    one.at(now).take()
    assert two.at(now - 30 * SECOND).take() == "one"
    assert isinstance(two.at(now - timedelta(hours=1)).take(), Lease)
