"""A store in which a launch is known day by day: who sent how many visitors, and what GitHub listed of it."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from collector.endpoints.lists import ListingEntry, ListingObservation
from collector.endpoints.releases import AssetReading, ReleaseFacts, ReleaseObservation
from collector.endpoints.stars import StarDay, StarObservation
from data.accounts.authority import COMMAND_LINE
from data.collection.models import EndpointResult
from data.insight.notes import NewNote, add_note
from data.insight.spikes import save_spikes
from data.store import Store
from data.traffic.models import Metric
from tests.data.reading import answer, follow
from tests.data.writers import result, save

FIRST = date(2024, 1, 1)  # long ago, so that every day is final whenever this runs
DAYS = 70
LAUNCH = 45
NEWS, SEARCH = "news.example", "Search"
PATH = "/red/rocket"


class Launched(NamedTuple):
    """The store, and the numbers of its repositories."""

    store: Store
    rocket: int
    boat: int


def day(place: int) -> date:
    """The day so many after the first."""
    return FIRST + timedelta(days=place)


def came(name: str, place: int) -> int:
    """How many views came from a referrer on a day."""
    if name == NEWS:
        return {LAUNCH: 300, LAUNCH + 1: 80, LAUNCH + 2: 9}.get(place, 0)
    return 12 + place % 3


def views(place: int) -> int:
    """All views of a day: more than the two referrers brought."""
    return came(NEWS, place) + came(SEARCH, place) + 15 + place * 5 % 7


def fill_launch(store: Store) -> tuple[int, int]:
    """Follow red/rocket, which is launched, and blue/boat, of another tenant, to which just the same happens."""
    rocket, boat = follow(store, "red/rocket"), follow(store, "blue/boat")
    for (key,) in (rocket, boat):
        save(store, *_answers(key))
    save_spikes(store, (), day(DAYS + 3))
    add_note(store, COMMAND_LINE, NewNote(day(LAUNCH), "We told the world", None, boat[0]), _at(DAYS))
    return rocket[0], boat[0]


def _answers(key: int) -> list[EndpointResult]:
    end = _at(DAYS)
    stars = tuple(StarDay(day(n), 30 if n == LAUNCH else 1) for n in range(LAUNCH - 20, LAUNCH + 15))
    release = ReleaseFacts(1, "v1.0", "One", False, _at(LAUNCH - 1))
    return [
        answer(key, Metric.VIEWS, [views(n) for n in range(DAYS)], end),
        answer(key, Metric.CLONES, [5 + n % 4 for n in range(DAYS)], end),
        *(_listing(key, n) for n in range(16, DAYS)),
        result(key, "star_history", StarObservation(stars), end),
        result(key, "releases", ReleaseObservation((release,), (AssetReading(1, 11, "a.zip", 3),)), end),
    ]


def _listing(key: int, place: int) -> EndpointResult:
    """The list of the 13 days before."""
    sums = {name: sum(came(name, n) for n in range(place - 13, place)) for name in (NEWS, SEARCH)}
    listed = sorted(((count, name) for name, count in sums.items() if count), reverse=True)
    entries = tuple(ListingEntry(name, None, count, count // 2) for count, name in listed)
    return result(key, "referrers", ListingObservation("referrers", entries), _at(place))


def _at(place: int) -> datetime:
    return datetime(day(place).year, day(place).month, day(place).day, 22, 15, tzinfo=UTC)
