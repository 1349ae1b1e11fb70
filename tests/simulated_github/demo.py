"""The world of the demo: five recorded repositories moved to the present, and some that are made up.

Recorded (see tests/recorded/README.md): views, clones, referrers and paths of Pythagora-io/pythagora,
awslabs/aws-security-analytics-bootstrap, icesat2py/icepyx, debevv/nanoMODBUS and NCAR/i-wrf. Their days are moved by
whole weeks, so weekdays are kept; the last recorded day is yesterday or at most six days later.

Generated, never measured: all stars, releases, downloads, forks, watchers, issues and ids, also those of the recorded
repositories; everything of the owner demo-lab; both token owners. Stars follow the unique visitors, releases of
Pythagora are set shortly before the days on which most people came.
"""

from datetime import UTC, date, datetime, time, timedelta

from tests.simulated_github.generated import GeneratedSeries, generated_repository
from tests.simulated_github.recordings import NAMES, recorded_repository, recorded_series
from tests.simulated_github.repositories import Asset, Release, Repository, Series, Stats
from tests.simulated_github.tokens import Lack, Token
from tests.simulated_github.world import World

MAINTAINER_TOKEN = "ghp_demoMaintainer0000000000000000000000"
VIEWER_TOKEN = "github_pat_demoViewer00000000000000000000000000"
MAINTAINER_ID, VIEWER_ID = 9_900_001, 9_900_002
LAB = "demo-lab"
LAB_LIFE = {
    "release-train": (45.0, 9.0, 900),
    "night-build": (12.0, 240.0, 900),
    "quiet-corner": (0.4, 0.05, 700),
    "finished-work": (6.0, 0.6, 1500),
    "new-idea": (30.0, 4.0, 25),
    "closed-source": (20.0, 15.0, 500),
}
"""Name: views and clones a day at the beginning, days before today at which it began."""
STARS_PER_HUNDRED_VISITORS = 4
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
DAYS_AHEAD = 60
"""The made-up repositories go on for so long, for a demo whose clock is moved ahead."""


def demo_world(today: date) -> World:
    """Everything of the demo as if recorded until yesterday. `today` is the UTC date at which the demo begins."""
    recorded = [moved_repository(name, today) for name in NAMES]
    made_up = lab_repositories(today)
    world = World([*recorded, *made_up], ())
    seen_by_viewer = frozenset(each.id for each in (*recorded[2:], *made_up[:3]))
    private = next(each for each in made_up if each.private)
    world.add_token(Token(MAINTAINER_TOKEN, "demo-maintainer", MAINTAINER_ID))
    world.add_token(
        Token(
            VIEWER_TOKEN,
            "demo-viewer",
            VIEWER_ID,
            kind="fine_grained",
            scopes=(),
            repositories=seen_by_viewer | {private.id},
            lacks={private.id: Lack.ADMINISTRATION},
        )
    )
    return world


def moved_repository(name: str, today: date) -> Repository:
    """A recorded repository moved by whole weeks to the present, with generated stars and releases."""
    last = max(max(recorded_series(name, metric)) for metric in ("views", "clones"))
    moved_by = WEEK * -((last - (today - DAY)) // WEEK)
    repository = recorded_repository(name, moved_by)
    repository.stars = stars_of_visitors(repository.views)
    repository.stats = Stats(forks=40, subscribers=18, open_issues=23, size=5_200)
    repository.releases = releases_before_peaks(repository)
    repository.description = f"Recorded traffic of {repository.full_name}, moved by {moved_by.days} days"
    repository.language = {"debevv": "C", "Pythagora-io": "JavaScript"}.get(repository.owner, "Python")
    return repository


def stars_of_visitors(views: Series) -> dict[date, int]:
    """Of each hundred unique visitors of a day, some leave a star; fractions are carried to the next day."""
    stars, hundredths = {}, 0
    for day in sorted(views):
        hundredths += views[day][1] * STARS_PER_HUNDRED_VISITORS
        stars[day], hundredths = divmod(hundredths, 100)
    return stars


def releases_before_peaks(repository: Repository) -> list[Release]:
    """A release on the day before each of the five greatest days that are at least three weeks apart."""
    peaks: list[date] = []
    for day in sorted(repository.views, key=lambda each: -repository.views[each][0]):
        if len(peaks) < 5 and all(abs(day - other) >= 3 * WEEK for other in peaks):
            peaks.append(day)
    return [
        Release(
            repository.id * 100 + number,
            f"v0.{number}.0",
            datetime.combine(day - DAY, time(15), UTC),
            name=f"Demo release {number}",
            assets=[Asset(repository.id * 1000 + number, f"{repository.name}-0.{number}.0.tar.gz", a_day=1.5 + number)],
        )
        for number, day in enumerate(sorted(peaks), start=1)
    ]


def lab_repositories(today: date) -> list[Repository]:
    """Made-up repositories, each for something that the recorded ones do not show."""
    until = today + DAY * DAYS_AHEAD
    made = []
    for seed, (name, (views, clones, days)) in enumerate(LAB_LIFE.items(), start=980_000_001):
        first, lived = today - DAY * days, days + DAYS_AHEAD
        repository = generated_repository(seed, lived, until, LAB)
        repository.name, repository.fork = name, False
        repository.views = GeneratedSeries(seed, first, lived, views)
        repository.clones = GeneratedSeries(seed + 1000, first, lived, clones, share=0.1)
        repository.stars = stars_of_visitors(repository.views)
        repository.stats = Stats(forks=int(views) // 4, subscribers=3, open_issues=int(views) // 3, size=800)
        repository.archived, repository.private = name == "finished-work", name == "closed-source"
        repository.releases = monthly_releases(repository, days) if name == "release-train" else []
        made.append(repository)
    return made


def monthly_releases(repository: Repository, days: int) -> list[Release]:
    """A release every four weeks, with two files each."""
    number_of = repository.id * 100
    return [
        Release(
            number_of + number,
            f"v2.{number}",
            repository.created_at + 4 * WEEK * number,
            prerelease=number % 6 == 5,
            assets=[
                Asset((number_of + number) * 10 + place, f"train-2.{number}-{kind}", a_day=2.0 + number * place / 4)
                for place, kind in enumerate(("linux.tar.gz", "windows.zip"))
            ],
        )
        for number in range(days // 28)
    ]
