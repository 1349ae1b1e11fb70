"""What a benchmark gives, and the sizes that it is made with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)  # on the fake GitHub's clock: a Friday, when the day before is published
LIVED_DAYS = 100  # of generated repositories: one page of star history
NEWEST_DAY = date(2026, 11, 5)  # in the five years' store: GitHub shows the two weeks after it
UNLIMITED = 100_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A line of the table. `reached` is None where there is no target: it is only shown."""

    what: str
    value: str
    target: str
    reached: bool | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the parts are; the defaults are what the promises speak of."""

    rate_repositories: int = 500
    latency_s: float = 0.05
    requests_a_minute: int = 3000
    stretch_s: float = 45.0
    cpu_repositories: int = 300
    store_repositories: int = 10_000
    store_days: int = 1826
    commits: int = 9
    batch: int = 200
    again_repositories: int = 100
    new_repositories: tuple[int, ...] = (11, 30, 100)
    tools_beside_us: tuple[str, ...] = ("gitlytics==0.6.3", "git-clone-stats==1.0.6")
    run_s: float = 330.0
    tenants: int = 50
    page_runs: int = 45
    browsers: int = 30
    browsers_of_many: int = 100
    think_s: float = 4.0
    visit_s: float = 75.0
    reruns: int = 1000
    known_series: int = 40
    recorded_days: int = 480
    subscriptions: int = 500
    kills: int = 50
    import_repositories: int = 1000
    import_days: int = 3650
    import_commits: int = 1400


TINY = Scale(
    rate_repositories=3,
    latency_s=0.001,
    requests_a_minute=60_000,
    stretch_s=0.5,
    cpu_repositories=3,
    store_repositories=40,
    store_days=30,
    commits=2,
    batch=10,
    again_repositories=3,
    new_repositories=(2,),
    tools_beside_us=(),
    run_s=10.0,
    tenants=3,
    page_runs=1,
    browsers=2,
    browsers_of_many=2,
    think_s=0.05,
    visit_s=0.5,
    reruns=10,
    known_series=2,
    recorded_days=30,
    subscriptions=3,
    kills=1,
    import_repositories=3,
    import_days=20,
    import_commits=3,
)
"""Nothing is proved by it but that the parts work."""
