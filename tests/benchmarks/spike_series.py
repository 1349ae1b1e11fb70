"""Series of which it is known on which days something happened: made ones, and recorded ones that were read by eye."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tests.recorded import recorded_series

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
    for name, told in READ_BY_EYE.items():
        series = recorded_series(name, "views")
        first, last = min(series), max(series)
        counts = np.zeros((last - first).days + 1)
        for day, reading in series.items():
            counts[(day - first).days] = reading[0]
        spans = [[(date.fromisoformat(word) - first).days for word in each.split()] for each in told]
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
