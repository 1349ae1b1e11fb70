"""How many of the days that stand out are found, and how many of the found ones do, beside two simpler methods: in
series of which it is known on which days something happened, made ones, and recorded ones that were read by eye.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.accounts.models import Viewer
from data.insight.spike_causes import explained_spikes
from data.insight.spikes import CONTEXT_DAYS, RECENT_DAYS, UnusualDays, stretches
from data.reports.alerts import LOOKED_BACK_DAYS, TOGETHER_DAYS
from data.reports.subscription_settings import AlertSettings
from data.store import Store
from data.traffic.models import Selection
from tests.benchmarks.five_years import five_years
from tests.benchmarks.measured import NEWEST_DAY, Measured, Scale
from tests.recorded import recorded_series

MOST_SERIES_MS, MOST_BATCH_MS, MOST_READER_S = 50, 500, 1.0
MOST_ALARMS_A_YEAR = 1.0
ASKED_DAYS = 92
MOST_EXPLAINED = 5
MOST_FALSE_ALERTS, LEAST_REPORTED = 1.0, 0.75
SEEN_DAYS = RECENT_DAYS + CONTEXT_DAYS  # of a series, up to the day on which it is looked at
YEAR = timedelta(days=365)

DAYS = 400
LEVELS = {"quiet": (0.5, 5.0), "ordinary": (5.0, 60.0), "busy": (60.0, 900.0)}  # views a day
LEAST_ADDED = 12.0  # views a day: fewer are nothing that anybody would call a spike
SPREAD = (4.0, 25.0)  # of the negative binomial: the variance of a mean m is m + m² / spread

READ_BY_EYE = {
    "Pythagora-io/pythagora": (
        *("2023-04-26 2023-04-28", "2023-06-07 2023-06-23", "2023-06-28 2023-07-04", "2023-07-11 2023-07-14"),
        *("2023-11-23", "2023-11-28", "2023-12-24 2023-12-27", "2024-03-01", "2024-03-13 2024-03-31"),
        *("2024-08-12", "2024-09-06", "2024-09-10", "2024-10-01 2024-10-13"),
    ),
    "awslabs/aws-security-analytics-bootstrap": (
        *("2022-07-26 2022-07-27", "2022-10-16 2022-10-19", "2022-11-03 2022-11-05", "2023-01-10 2023-01-12"),
        *("2023-04-09", "2023-04-17", "2023-06-05 2023-06-12", "2023-07-16", "2023-09-11 2023-09-15", "2023-12-12"),
        *("2023-12-30", "2024-05-25", "2024-05-30", "2024-06-03", "2024-07-07", "2024-07-31", "2024-10-19"),
    ),
    "NCAR/i-wrf": (
        *("2026-01-09", "2026-01-12", "2026-02-02", "2026-02-20", "2026-02-23", "2026-02-26 2026-02-27"),
        *("2026-03-23", "2026-03-26", "2026-03-30 2026-04-03", "2026-04-07", "2026-04-17", "2026-04-23"),
        *("2026-05-01 2026-05-02", "2026-05-04", "2026-05-08", "2026-05-11"),
    ),
    "debevv/nanoMODBUS": (
        *("2023-03-24", "2023-05-16", "2023-05-25", "2023-06-24", "2024-03-10", "2025-04-12 2025-04-17"),
    ),
}
"""Events, first and last day: read off the views, printed a week a line, before any method had been tuned to them. An
event is a day, or a run of days, that has about three times what the same weekdays had some weeks before and after
it (or, where there are next to none, 20 views), with the days on which it died away. The threshold of the product was
chosen with these at hand: they are no independent test of it."""

Counts = NDArray[np.float64]
Mask = NDArray[np.bool_]
Method = Callable[[Counts], Mask]


@dataclass(frozen=True, slots=True)
class Known:
    """A series, a day each from the first on, and its events as places of first and last day."""

    name: str
    counts: Counts
    events: tuple[tuple[int, int], ...]

    def within(self) -> Mask:
        """For each day, whether it is in an event."""
        days = np.zeros(len(self.counts), dtype=bool)
        for first, last in self.events:
            days[first : last + 1] = True
        return days


def recorded() -> Iterator[Known]:
    """The recorded series with the events that were read by eye."""
    for name, events in READ_BY_EYE.items():
        series = recorded_series(name, "views")
        first, last = min(series), max(series)
        counts = np.zeros((last - first).days + 1)
        for day, reading in series.items():
            counts[(day - first).days] = reading[0]
        spans = [[(date.fromisoformat(word) - first).days for word in each.split()] for each in events]
        yield Known(name, counts, tuple((span[0], span[-1]) for span in spans))


def generated(series: int) -> Iterator[Known]:
    """So many series of each kind of level, always the same."""
    for place, kind in enumerate(LEVELS):
        chance = np.random.default_rng([2026, place])
        for number in range(series):
            yield _generated(f"{kind} {number}", LEVELS[kind], chance)


def _generated(name: str, levels: tuple[float, float], chance: np.random.Generator) -> Known:
    """A weekly pattern, a trend, sometimes a new level for good, and on some days several times the usual."""
    days = np.arange(DAYS)
    level = np.exp(chance.uniform(*np.log(levels)))
    usual = level * np.exp(chance.uniform(-1, 1) * days / DAYS)
    usual[(days + chance.integers(7)) % 7 >= 5] *= chance.uniform(0.25, 0.9)
    if chance.random() < 1 / 3:
        usual[chance.integers(60, DAYS - 60) :] *= chance.uniform(1.8, 3)
    mean, events = usual.copy(), []
    for begin in np.arange(20, DAYS - 30, 60) + chance.integers(0, 40, 6):
        added = _burst(chance) * np.maximum(usual[begin], LEAST_ADDED / 3)
        added = added[(added >= LEAST_ADDED) & (added >= 2 * usual[begin : begin + len(added)])]
        mean[begin : begin + len(added)] += added
        events.append((int(begin), int(begin) + len(added) - 1))
    spread = chance.uniform(*SPREAD)
    return Known(name, chance.poisson(chance.gamma(spread, mean / spread)).astype(np.float64), tuple(events))


def _burst(chance: np.random.Generator) -> Counts:
    """How many times the usual is added on each day of an event: the same for one to four days, or a launch that
    dies away.
    """
    if chance.random() < 0.3:
        return np.asarray(chance.uniform(10, 40) * 0.5 ** (np.arange(21) / chance.uniform(1.5, 4)))
    return np.full(chance.integers(1, 5), chance.uniform(3.5, 14))


def quiet(series: int) -> Iterator[Counts]:
    """Series of a few visitors a day, each of whom looks at one or several pages, to whom nothing happens."""
    chance = np.random.default_rng(14)
    for _ in range(series):
        visitors = chance.poisson(chance.uniform(0.1, 4), DAYS)
        yield np.array([(1 + chance.poisson(1.2, n)).sum() for n in visitors], dtype=np.float64)


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
        *_alerts(real),
        *_speed(),
        _reader(scale),
    ]


def ours(counts: Counts) -> Mask:
    """The product's own method, upwards only: the days of its stretches, which the pages tell."""
    days = np.zeros(len(counts), dtype=bool)
    for _, each in stretches(counts[np.newaxis]):
        if each.score > 0:
            days[each.first : each.last + 1] = True
    return days


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
    text = "; ".join([str(own), *(f"{name}: {found}" for name, found in others.items())])
    notes = {"both": f"{events} events in {days:,} days; {text}"}
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


def _alerts(series: Sequence[Known]) -> list[Measured]:
    """What alerts would have sent on the recorded years, each day's with what was known then. An alert is right that
    is of an event, or within a day of one; no drop is, as none was read by eye.
    """
    spikes = drops = false = met = 0
    quarters = sum(len(each.counts) for each in series) / 91
    rates = []
    for each in series:
        hit: set[int] = set()
        wrong = 0
        for one in _alerts_of(each.counts):
            near = {n for n, (start, end) in enumerate(each.events) if start - 1 <= one.last and one.first <= end + 1}
            right = near if one.score > 0 else set()
            spikes, drops = spikes + (one.score > 0), drops + (one.score < 0)
            wrong, hit = wrong + (not right), hit | right
        false, met = false + wrong, met + len(hit)
        rates.append(wrong / len(each.counts) * 91)
    events = sum(len(each.events) for each in series)
    note = f"{spikes} spikes and {drops} drops reported in {quarters:.0f} quarters of {len(series)} repositories"
    rate, share = false / quarters, met / max(events, 1)
    of_one = f"; of one {', '.join(f'{each:.2f}' for each in rates)}"
    return [
        Measured(
            "false alerts a repository and quarter, recorded",
            f"{rate:.2f}",
            f"≤ {MOST_FALSE_ALERTS:g}",
            rate <= MOST_FALSE_ALERTS,
            note + of_one,
        ),
        Measured(
            "events that an alert reported, recorded",
            f"{share:.0%}",
            f"≥ {LEAST_REPORTED:.0%}",
            share >= LEAST_REPORTED,
            f"{met} of {events}, up to {LOOKED_BACK_DAYS} days later",
        ),
    ]


def _alerts_of(counts: Counts) -> list[UnusualDays]:
    """The episodes that alerts of the default settings report, each day's of what is known on it."""
    settings, notable = AlertSettings(), list[UnusualDays]()
    unknown = np.full(SEEN_DAYS - 1, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([unknown, counts]), SEEN_DAYS)
    for today, seen in sorted(stretches(np.ascontiguousarray(windows)), key=lambda found: found[0]):
        shift = today - SEEN_DAYS + 1
        of = replace(seen, first=seen.first + shift, last=seen.last + shift, peak=seen.peak + shift)
        if of.peak < today - LOOKED_BACK_DAYS or not settings.is_notable(of.value, of.expected, of.score):
            continue
        if not any(one.score * of.score > 0 and _touch(one, of) for one in notable):
            notable.append(of)
    return notable


def _touch(one: UnusualDays, other: UnusualDays) -> bool:
    return other.first <= one.last + TOGETHER_DAYS and one.first <= other.last + TOGETHER_DAYS


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
    list(stretches(counts))
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
