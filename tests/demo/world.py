"""The world of the demo: five recorded repositories moved to the present, and some that are made up.

Recorded (see tests/recorded/README.md) are views, clones, referrers and paths. Their days are moved by whole weeks, so
weekdays are kept; the last recorded day is this week's Sunday or at most six days later. So on all days of a week the
world is the same one, and in the next week it is the same a week later. All stars, releases, downloads and
ids, everything of the owner demo-lab and both token owners are made up. Stars follow the unique visitors, releases of
a recorded repository are set shortly before the days on which most people came.
"""

from datetime import UTC, date, datetime, time, timedelta

from data.calendar import monday
from tests.benchmarks.simulation import GeneratedSeries
from tests.fake_github import Asset, Lack, Release, Repository, Series, Token, World
from tests.fake_github.world import Listing
from tests.recorded import NAMES, recorded_lists, recorded_series

MAINTAINER_TOKEN = "ghp_demoMaintainer0000000000000000000000"
VIEWER_TOKEN = "github_pat_demoViewer00000000000000000000000000"
LAB_LIFE = {
    "release-train": (45.0, 9.0, 900),
    "night-build": (12.0, 240.0, 900),
    "quiet-corner": (0.4, 0.05, 700),
    "finished-work": (6.0, 0.6, 1500),
    "new-idea": (30.0, 4.0, 25),
    "closed-source": (20.0, 15.0, 500),
}
"""Name: views and clones a day at the beginning, days before this week at which it began."""
SITES = {"Google": 31, "github.com": 24, "reddit.com": 9, "news.ycombinator.com": 7, "DuckDuckGo": 5, "t.co": 4}
PAGES = {"": 44, "/blob/main/README.md": 9, "/issues": 8, "/tree/main/src": 7, "/releases": 6, "/pulls": 4}
"""Percent of the views in top-10 lists that were not recorded."""
STARS_PER_HUNDRED_VISITORS = 4
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
DAYS_AHEAD = 60
"""The made-up repositories go on for so long, for a demo that stays on."""


def demo_world(today: date) -> World:
    """Everything of the demo, in the week of the UTC date at which it begins."""
    recorded = [_moved_repository(name, 990_000_001 + n, monday(today)) for n, name in enumerate(NAMES)]
    lab = [_lab_repository(name, 980_000_001 + n, monday(today)) for n, name in enumerate(LAB_LIFE)]
    shown = frozenset(each.id for each in (*recorded[2:], *lab[:3], lab[-1]))
    viewer = Token(
        VIEWER_TOKEN, "demo-viewer", 9_900_002, "fine_grained", (), shown, lacks={lab[-1].id: Lack.ADMINISTRATION}
    )
    return World([*recorded, *lab], [Token(MAINTAINER_TOKEN, "demo-maintainer", 9_900_001), viewer])


def _moved_repository(full_name: str, number: int, week: date) -> Repository:
    """A recorded repository moved by whole weeks to the present, with made-up stars and releases."""
    views, clones = recorded_series(full_name, "views"), recorded_series(full_name, "clones")
    moved_by = WEEK * -((max(*views, *clones) - (week + 6 * DAY)) // WEEK)
    views, clones = ({day + moved_by: reading for day, reading in series.items()} for series in (views, clones))
    owner, name = full_name.split("/")
    referrers, paths = (
        [(since + moved_by, entries) for since, entries in lists] if lists else None
        for lists in (recorded_lists(full_name, "referrers"), recorded_lists(full_name, "paths"))
    )
    return Repository(
        number,
        owner,
        name,
        views=views,
        clones=clones,
        stars=_stars(views),
        releases=_releases(number, name, _days_before_peaks(views)),
        referrers=referrers or _weekly_lists(views, SITES),
        paths=paths or _weekly_lists(views, {f"/{full_name}{page}": share for page, share in PAGES.items()}),
        created_at=datetime.combine(min(views), time(12), UTC),
        forks=40,
        watchers=18,
        open_issues=23,
        publish_hour=None,
    )


def _lab_repository(name: str, number: int, week: date) -> Repository:
    """A made-up repository, each for something that the recorded ones do not show."""
    views, clones, days = LAB_LIFE[name]
    first, lived = week - DAY * days, days + DAYS_AHEAD
    series = GeneratedSeries(number, first, lived, views)
    cloned = GeneratedSeries(number + 1000, first, lived, clones, share=0.1)
    built = [day for day in cloned if name == "night-build"]  # most of its clones are made by its builds
    return Repository(
        number,
        "demo-lab",
        name,
        views=series,
        clones=cloned,
        runs={day: cloned[day][0] * 2 // 5 for day in built},
        checkouts=(1, 2, 1, 3),
        stars=_stars(series),
        releases=_releases(number, name, [first + 4 * WEEK * n for n in range(days // 28)])
        if name == "release-train"
        else [],
        created_at=datetime.combine(first, time(12), UTC),
        private=name == "closed-source",
        archived=name == "finished-work",
        forks=int(views) // 4,
        watchers=3,
        open_issues=int(views) // 3,
        publish_hour=None,
    )


def _weekly_lists(views: Series, shares: dict[str, int]) -> list[Listing]:
    """Each Monday's list of the 14 days before: the same share of the views always has the same name."""
    lists = []
    for day in (day for day in sorted(views) if not day.weekday()):
        window = [views.get(day - DAY * n, (0, 0)) for n in range(1, 15)]
        count, uniques = sum(count for count, _ in window), max(uniques for _, uniques in window)
        rows = [(name, count * share // 100, max(1, uniques * share // 100)) for name, share in shares.items()]
        lists.append((datetime.combine(day, time(), UTC), [row for row in rows if row[1] >= row[2]]))
    return lists


def _stars(views: Series) -> dict[date, int]:
    """Of each hundred unique visitors of a day, some leave a star; fractions are carried to the next day."""
    stars, hundredths = {}, 0
    for day in sorted(views):
        hundredths += views[day][1] * STARS_PER_HUNDRED_VISITORS
        stars[day], hundredths = divmod(hundredths, 100)
    return stars


def _days_before_peaks(views: Series) -> list[date]:
    """The day before each of the five greatest days that are at least three weeks apart."""
    peaks: list[date] = []
    for day in sorted(views, key=lambda each: -views[each][0]):
        if len(peaks) < 5 and all(abs(day - other) >= 3 * WEEK for other in peaks):
            peaks.append(day)
    return [day - DAY for day in sorted(peaks)]


def _releases(number: int, name: str, days: list[date]) -> list[Release]:
    """A release on each of these days, with two files."""
    return [
        Release(
            number * 100 + n,
            f"v0.{n}.0",
            datetime.combine(day, time(15), UTC),
            assets=[
                Asset((number * 100 + n) * 10 + place, f"{name}-0.{n}.0-{kind}", a_day=2.0 + n * place / 4)
                for place, kind in enumerate(("linux.tar.gz", "windows.zip"))
            ],
        )
        for n, day in enumerate(days, start=1)
    ]
