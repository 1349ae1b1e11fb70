"""How many of the days that stand out are found, and how many of the found ones do, beside two simpler methods."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from data.accounts.models import Viewer
from data.insight.spike_causes import explained_spikes
from data.insight.spikes import STANDS_OUT, expectation
from data.store import Store
from data.traffic.models import Selection
from tests.benchmarks.five_years import five_years
from tests.benchmarks.measured import NEWEST_DAY, Measured, Scale
from tests.benchmarks.spike_series import Counts, Known, Mask, generated, quiet, recorded

MOST_SERIES_MS, MOST_BATCH_MS, MOST_READER_S = 50, 500, 1.0
MOST_ALARMS_A_YEAR = 1.0
ASKED_DAYS = 92
MOST_EXPLAINED = 5
YEAR = timedelta(days=365)

Method = Callable[[Counts], Mask]


@dataclass(frozen=True, slots=True)
class Found:
    """What a method makes of some series: the share of found days that are within an event, the share of events of
    which a day is found, the share of their days.
    """

    precision: float
    recall: float
    recall_of_days: float

    @property
    def both(self) -> float:
        """F1, the harmonic mean of precision and the recall of days."""
        return 2 * self.precision * self.recall_of_days / max(self.precision + self.recall_of_days, 1e-9)

    def __str__(self) -> str:
        """Precision, events found, days found."""
        return f"{self.precision:.0%} right, {self.recall:.0%} of events, {self.recall_of_days:.0%} of their days"


def spikes(scale: Scale, directory: Path) -> list[Measured]:
    """Series with known truth, made and recorded; quiet repositories; the time of it all."""
    made, real = list(generated(scale.known_series)), list(recorded())
    return [
        *_compared(f"{len(made)} made series", made, ("both",)),
        *_compared(f"{len(real)} recorded series", real, ("both", "precision", "recall")),
        _alarms(scale),
        *_speed(),
        _reader(scale),
    ]


def ours(counts: Counts) -> Mask:
    """The product's own method, upwards only."""
    return np.asarray(expectation(counts[np.newaxis]).score[0] >= STANDS_OUT)


def above_the_mean(counts: Counts) -> Mask:
    """Three standard deviations above the mean of the whole series."""
    return np.asarray(counts > counts.mean() + 3 * counts.std())


def above_the_week(counts: Counts) -> Mask:
    """Three standard deviations above the mean, both of the seven days before."""
    found = np.zeros(len(counts), dtype=bool)
    before = np.lib.stride_tricks.sliding_window_view(counts, 7)[:-1]
    found[7:] = counts[7:] > before.mean(axis=1) + 3 * before.std(axis=1)
    return found


RIVALS: dict[str, Method] = {"mean + 3 σ": above_the_mean, "7 days + 3 σ": above_the_week}


def judge(method: Method, series: Sequence[Known]) -> Found:
    """Try a method on series whose truth is known."""
    found = right = days = events = met = 0
    for each in series:
        marked, within = method(each.counts), each.within()
        found += int(marked.sum())
        right += int((marked & within).sum())
        days += int(within.sum())
        events += len(each.events)
        met += sum(bool(marked[first : last + 1].any()) for first, last in each.events)
    return Found(right / max(found, 1), met / max(events, 1), right / max(days, 1))


def _compared(what: str, series: Sequence[Known], aims: Sequence[str]) -> list[Measured]:
    """A line for each aim, which is to be above what either rival reaches."""
    own, others = judge(ours, series), {name: judge(method, series) for name, method in RIVALS.items()}
    events, days = sum(len(each.events) for each in series), sum(len(each.counts) for each in series)
    told = "; ".join([str(own), *(f"{name}: {found}" for name, found in others.items())])
    notes = {"both": f"{events} events in {days:,} days; {told}"}
    words = {"both": "F1 of days", "precision": "found days that are right", "recall": "events found"}
    lines = []
    for aim in aims:
        reached, rival = getattr(own, aim), max(getattr(found, aim) for found in others.values())
        note = notes.get(aim, "; ".join(f"{name} {getattr(found, aim):.0%}" for name, found in others.items()))
        lines.append(
            Measured(f"spikes in {what}: {words[aim]}", f"{reached:.0%}", f"> {rival:.0%}", reached > rival, note)
        )
    return lines


def _alarms(scale: Scale) -> Measured:
    series = list(quiet(scale.known_series))
    years = sum(len(each) for each in series) / 365
    alarms = [sum(int(method(each).sum()) for each in series) / years for method in (ours, *RIVALS.values())]
    others = ", ".join(f"{name} {count:.1f}" for name, count in zip(RIVALS, alarms[1:], strict=True))
    note = f"{len(series)} series of up to 4 visitors a day, nothing happens in them; {others}"
    what = "false alarms a year of a quiet repository"
    reached = alarms[0] <= MOST_ALARMS_A_YEAR
    return Measured(what, f"{alarms[0]:.2f}", f"≤ {MOST_ALARMS_A_YEAR:g}", reached, note)


def _speed() -> list[Measured]:
    lines = []
    for shape, most in (((1, 1826), MOST_SERIES_MS), ((200, 92), MOST_BATCH_MS)):
        counts = np.random.default_rng(1).poisson(20, shape).astype(np.float64)
        took = min(_timed_ms(counts) for _ in range(3))
        what = f"finding spikes in {shape[0]} × {shape[1]:,} days"
        lines.append(Measured(what, f"{took:.0f} ms", f"≤ {most} ms", took <= most, "the fastest of 3"))
    return lines


def _timed_ms(counts: Counts) -> float:
    began = time.perf_counter()
    expectation(counts)
    return 1000 * (time.perf_counter() - began)


def _reader(scale: Scale) -> Measured:
    """A first look at some days; the store is open, as it is for every page, and has answered for other days."""
    store = Store(five_years(scale))
    everything = Viewer(frozenset(range(1, scale.store_repositories + 1)), frozenset({1}))
    asked = Selection(NEWEST_DAY - timedelta(days=ASKED_DAYS - 1), NEWEST_DAY, NEWEST_DAY)
    explained_spikes(everything, store, Selection(asked.first - YEAR, asked.last - YEAR, NEWEST_DAY), MOST_EXPLAINED)
    began = time.perf_counter()
    found = explained_spikes(everything, store, asked, MOST_EXPLAINED)
    took = time.perf_counter() - began
    store.close()
    what = f"spikes with causes, {scale.store_repositories:,} repositories, {ASKED_DAYS} days"
    note = f"the {len(found)} most notable"
    return Measured(what, f"{1000 * took:.0f} ms", f"≤ {1000 * MOST_READER_S:.0f} ms", took <= MOST_READER_S, note)
