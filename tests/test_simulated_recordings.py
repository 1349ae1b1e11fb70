"""The recorded answers and repositories, the generated ones, and the world of the demo."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulated_github import SimulatedGitHub, Token, World
from tests.simulated_github.client import Client
from tests.simulated_github.demo import MAINTAINER_TOKEN, VIEWER_TOKEN, demo_world
from tests.simulated_github.generated import generated_repositories, generated_repository
from tests.simulated_github.recordings import (
    NAMES,
    WITH_WINDOWS,
    recorded_answers,
    recorded_repository,
    recorded_series,
)

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 16, tzinfo=UTC)
DAY = timedelta(days=1)
RECORDED = Path(__file__).parent / "recorded"
PYTHAGORA = NAMES[0]


@pytest.mark.parametrize("name", WITH_WINDOWS)
def test_every_recorded_answer_is_given_in_order(name: str) -> None:
    answers = recorded_answers(name)
    assert len(answers) == {PYTHAGORA: 564}.get(name, 844)
    moments = [answer.fetched_at for answer in answers]
    assert moments == sorted(moments)
    assert all(moment.tzinfo == UTC for moment in moments)


def test_a_recorded_answer_is_the_body_that_github_gave() -> None:
    answer = recorded_answers(PYTHAGORA)[0]
    assert answer.views["views"][0] == {"timestamp": "2023-03-28T00:00:00Z", "count": 11, "uniques": 8}
    assert answer.clones["clones"][0] == {"timestamp": "2023-03-29T00:00:00Z", "count": 3, "uniques": 2}
    assert answer.views["count"] == sum(row["count"] for row in answer.views["views"])
    assert set(answer.views) == {"count", "views"}


def test_a_recorded_series_holds_the_greatest_reading_of_each_day() -> None:
    greatest: dict[str, tuple[int, int]] = {}
    for answer in recorded_answers(PYTHAGORA):
        for row in answer.views["views"]:
            reading = (row["count"], row["uniques"])
            greatest[row["timestamp"]] = max(greatest.get(row["timestamp"], reading), reading)
    series = recorded_series(PYTHAGORA, "views")
    assert {f"{day}T00:00:00Z": reading for day, reading in series.items()} == greatest


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_repository_is_whole_and_its_days_can_be_moved(name: str) -> None:
    whole, moved = recorded_repository(name), recorded_repository(name, timedelta(weeks=52))
    assert whole.full_name == name.replace("--", "/")
    assert sum(1 for count, _ in whole.views.values() if count) > 100
    assert {day + timedelta(weeks=52): reading for day, reading in whole.views.items()} == moved.views
    assert all(uniques <= count for count, uniques in [*whole.views.values(), *whole.clones.values()])


def test_days_are_moved_by_whole_days_only() -> None:
    with pytest.raises(ValueError, match="whole days"):
        recorded_repository(PYTHAGORA, timedelta(hours=5))


def test_recorded_lists_are_served_as_they_stood_at_the_clock() -> None:
    repository = recorded_repository(PYTHAGORA)
    now = datetime(2023, 4, 11, 10, 31, tzinfo=UTC)
    with SimulatedGitHub.of([repository], [Token("ghp_a")], now) as github, Client(github.url, "ghp_a") as client:
        base = "/repos/Pythagora-io/pythagora/traffic/popular"
        assert client.get(f"{base}/referrers").json[0] == {"referrer": "producthunt.com", "count": 191, "uniques": 131}
        title = client.get(f"{base}/paths").json[2]["title"]
    assert title == "pythagora/src at main · Pythagora-io/pythagora · GitHub"


def test_the_recordings_are_small_and_their_source_is_named() -> None:
    assert sum(path.stat().st_size for path in RECORDED.rglob("*") if path.is_file()) < 500_000
    told = (RECORDED / "README.md").read_text(encoding="utf-8")
    for folder in RECORDED.iterdir():
        if folder.is_dir():
            [line] = [line for line in told.splitlines() if line.startswith(f"| `{folder.name}/`")]
            assert any(licence in line for licence in ("Apache-2.0", "MIT", "BSD-3-Clause"))


def test_a_seed_always_gives_the_same_repository() -> None:
    one, other = generated_repository(5), generated_repository(5)
    assert (one.name, dict(one.views), dict(one.clones)) == (other.name, dict(other.views), dict(other.clones))
    assert dict(generated_repository(6).views) != dict(one.views)


def test_a_generated_repository_lives_for_its_days_and_no_longer() -> None:
    repository = generated_repository(5, days=30, until=TODAY)
    assert (min(repository.views), max(repository.views)) == (TODAY - 29 * DAY, TODAY)
    assert repository.created_at.date() == TODAY - 29 * DAY
    assert repository.views.get(TODAY + DAY, (0, 0)) == (0, 0)


def test_generated_readings_are_possible_ones() -> None:
    for repository in generated_repositories(60, days=100):
        for count, uniques in [*repository.views.values(), *repository.clones.values()]:
            assert 0 <= uniques <= count
            assert bool(uniques) == bool(count)


def test_generated_repositories_are_of_all_kinds() -> None:
    repositories = generated_repositories(100, days=100)
    totals = [sum(count for count, _ in repository.views.values()) for repository in repositories]
    zeros = [sum(1 for count, _ in repository.views.values() if not count) for repository in repositories]
    assert min(totals) < 50
    assert max(totals) > 10_000
    assert max(zeros) > 50
    assert min(zeros) == 0


def test_a_weekend_is_quieter_than_the_week() -> None:
    views = [generated_repository(seed, days=700).views for seed in range(1, 40)]
    by_weekday = [sum(v[day][0] for v in views for day in v if day.weekday() == n) for n in range(7)]
    assert max(by_weekday[5:]) < min(by_weekday[:5])


def test_generated_stars_add_up() -> None:
    stars = generated_repository(2, days=200, until=TODAY).stars
    assert all(gained >= 0 for gained in stars.values())
    assert generated_repository(2, days=200, until=TODAY).stars_until(TODAY - 50 * DAY) == sum(
        gained for day, gained in stars.items() if day <= TODAY - 50 * DAY
    )


def test_what_github_shows_is_what_was_generated() -> None:
    repository = generated_repository(2, until=TODAY + 9 * DAY)
    with SimulatedGitHub.of([repository], [Token("ghp_a")], NOON) as github, Client(github.url, "ghp_a") as client:
        rows = client.get("/repositories/2/traffic/views").json["views"]
    shown = {date.fromisoformat(row["timestamp"][:10]): (row["count"], row["uniques"]) for row in rows}
    assert shown == {day: repository.views[day] for day in shown}


@pytest.fixture(scope="module")
def demo() -> World:
    """The world of the demo."""
    return demo_world(TODAY)


def test_the_demo_holds_the_recordings_up_to_yesterday_on_their_weekdays(demo: World) -> None:
    for name in NAMES:
        last = max(max(recorded_series(name, metric)) for metric in ("views", "clones"))
        repository = demo.named(name.replace("--", "/"))
        assert repository
        moved = max(*repository.views, *repository.clones)
        assert TODAY - DAY <= moved < TODAY + 6 * DAY
        assert moved.weekday() == last.weekday()


@pytest.fixture
def clients(demo: World) -> Iterator[tuple[Client, Client]]:
    """The demo's two token owners."""
    with (
        SimulatedGitHub(demo, now=NOON) as github,
        Client(github.url, MAINTAINER_TOKEN) as maintainer,
        Client(github.url, VIEWER_TOKEN) as viewer,
    ):
        yield maintainer, viewer


def test_the_demo_has_two_owners_who_see_different_things(clients: tuple[Client, Client]) -> None:
    maintainer, viewer = clients
    seen = [{each["full_name"] for each in client.get("/user/repos?per_page=100").json} for client in clients]
    assert [client.get("/user").json["login"] for client in clients] == ["demo-maintainer", "demo-viewer"]
    assert "Pythagora-io/pythagora" in seen[0] - seen[1]
    assert seen[1] < seen[0]
    assert maintainer.get("/repos/demo-lab/closed-source/traffic/views").status == 200
    assert viewer.get("/repos/demo-lab/closed-source/traffic/views").status == 403


def test_the_demo_has_stars_and_a_release_around_the_launch(demo: World) -> None:
    repository = demo.named("Pythagora-io/pythagora")
    assert repository
    launch = max(repository.views, key=lambda day: repository.views[day][0])
    assert repository.stars[launch] == max(repository.stars.values())
    assert launch - DAY in {release.published_at.date() for release in repository.releases}


def test_the_simulation_knows_nothing_of_the_product() -> None:
    script = "import sys, tests.simulated_github.__main__; print(*{n.split('.')[0] for n in sys.modules})"
    told = subprocess.check_output([sys.executable, "-c", script], cwd=RECORDED.parents[1], text=True)
    loaded = set(told.split())
    assert "tests" in loaded
    assert not {each for each in loaded - sys.stdlib_module_names if not each.startswith("_")} - {
        "tests",
        "sitecustomize",
    }
