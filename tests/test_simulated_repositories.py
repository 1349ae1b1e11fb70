"""The simulated repositories: how they are found, renamed, closed, and what their bodies hold."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.simulated_github import Asset, Entry, Release, Repository, SimulatedGitHub, Snapshot, Stats, Token
from tests.simulated_github.client import Client

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SCHEMAS = Path(__file__).parent / "recorded" / "github--rest-api-description" / "required_fields.json"
Asked = tuple[SimulatedGitHub, Client]


def sample() -> Repository:
    asset = Asset(31, "one.tar.gz", downloads=5, a_day=2)
    release = Release(21, "v1", NOON - 10 * DAY, assets=[asset])
    views = {NOON.date() - DAY * n: (50 * n, 20 * n) for n in range(40)}
    stars = {date(2026, 11, 19): 3, date(2026, 11, 20): 2, date(2026, 11, 21): 9}
    stats = Stats(forks=4, subscribers=5, open_issues=6, size=77)
    return Repository(7, "Sample", "One", views=views, stars=stars, releases=[release], stats=stats)


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A GitHub with one public repository, and a client that has push access."""
    with (
        SimulatedGitHub.of([sample()], [Token("ghp_sample")], NOON) as github,
        Client(github.url, "ghp_sample") as client,
    ):
        yield github, client


def lacks(schema: str, body: Mapping[str, Any]) -> set[str]:
    """The fields that GitHub's own schema requires and the body does not have."""
    return set(json.loads(SCHEMAS.read_text())[schema]) - set(body)


def test_owner_and_name_are_found_in_any_case(asked: Asked) -> None:
    _, client = asked
    assert client.get("/repos/sAMPLE/oNE").json["full_name"] == "Sample/One"


def test_everything_is_found_by_id_as_well(asked: Asked) -> None:
    _, client = asked
    for part in ("", "/traffic/views", "/releases", "/stargazers/count"):
        assert client.get(f"/repositories/7{part}").json == client.get(f"/repos/Sample/One{part}").json


@pytest.mark.parametrize("path", ["/repos/sample/other", "/repositories/8", "/repos/sample/one/branches", "/nowhere"])
def test_what_is_not_there_is_not_found(asked: Asked, path: str) -> None:
    _, client = asked
    reply = client.get(path)
    assert (reply.status, reply.message, reply.json["status"]) == (404, "Not Found", "404")


def test_a_renamed_repository_answers_301_with_its_id(asked: Asked) -> None:
    github, client = asked
    github.world.rename(7, "Sample/Two")
    reply = client.get("/repos/Sample/One/traffic/views?per=week")
    assert reply.status == 301
    assert reply.headers["location"] == f"{github.url}/repositories/7/traffic/views?per=week"
    assert reply.json["url"] == reply.headers["location"]
    assert client.get("/repos/sample/two").json["id"] == 7
    assert client.get("/repositories/7").json["full_name"] == "Sample/Two"


def test_every_former_name_leads_to_the_repository(asked: Asked) -> None:
    github, client = asked
    github.world.rename(7, "Sample/Two")
    github.world.rename(7, "other/Two")
    assert [client.get(f"/repos/{name}").status for name in ("sample/one", "sample/two", "other/two")] == [
        301,
        301,
        200,
    ]


def test_a_name_that_is_used_again_belongs_to_the_new_repository(asked: Asked) -> None:
    github, client = asked
    github.world.rename(7, "Sample/Two")
    github.world.add(Repository(8, "Sample", "One"))
    assert client.get("/repos/sample/one").json["id"] == 8
    assert client.get("/repos/sample/two").json["id"] == 7


def test_a_deleted_repository_is_not_found_under_any_name(asked: Asked) -> None:
    github, client = asked
    github.world.rename(7, "Sample/Two")
    github.world.delete(7)
    assert {client.get(p).status for p in ("/repos/sample/one", "/repos/sample/two", "/repositories/7")} == {404}


def test_one_that_is_deleted_and_made_again_has_another_id(asked: Asked) -> None:
    github, client = asked
    github.world.delete(7)
    github.world.add(Repository(9, "Sample", "One"))
    assert client.get("/repos/sample/one").json["id"] == 9


@pytest.mark.parametrize(("reason", "status"), [("dmca", 451), ("tos", 403)])
def test_a_blocked_repository_says_why(asked: Asked, reason: str, status: int) -> None:
    github, client = asked
    github.world.block(7, reason)
    reply = client.get("/repos/sample/one/traffic/views")
    assert (reply.status, reply.message) == (status, "Repository access blocked")
    assert reply.json["block"]["reason"] == reason


def test_an_archived_repository_goes_on_and_says_so(asked: Asked) -> None:
    github, client = asked
    github.world.archive(7)
    assert client.get("/repos/sample/one").json["archived"] is True
    assert client.get("/repos/sample/one/traffic/views").status == 200


def test_the_repository_has_every_field_that_is_required(asked: Asked) -> None:
    _, client = asked
    body = client.get("/repos/sample/one").json
    assert not lacks("full-repository", body)
    assert not lacks("simple-user", body["owner"])


def test_watchers_are_stars_and_subscribers_are_watchers(asked: Asked) -> None:
    _, client = asked
    body = client.get("/repos/sample/one").json
    assert (body["stargazers_count"], body["watchers_count"], body["subscribers_count"]) == (5, 5, 5)
    assert (body["forks_count"], body["open_issues_count"], body["size"]) == (4, 6, 77)


def test_old_fields_are_gone_in_the_newer_version(asked: Asked) -> None:
    _, client = asked
    newer = client.get("/repos/sample/one", x_github_api_version="2026-03-10")
    assert newer.headers["x-github-api-version-selected"] == "2026-03-10"
    assert "has_downloads" not in newer.json
    assert "has_downloads" in client.get("/repos/sample/one").json


def test_traffic_and_lists_have_every_field_that_is_required(asked: Asked) -> None:
    _, client = asked
    found = {
        part: client.get(f"/repos/sample/one/traffic/{part}").json
        for part in ("views", "clones", "popular/referrers", "popular/paths")
    }
    assert not lacks("view-traffic", found["views"]) | lacks("traffic", found["views"]["views"][0])
    assert not lacks("clone-traffic", found["clones"])
    assert not lacks("referrer-traffic", found["popular/referrers"][0])
    assert not lacks("content-traffic", found["popular/paths"][0])


def test_made_lists_are_the_ten_greatest_sorted_and_within_the_views(asked: Asked) -> None:
    _, client = asked
    views = client.get("/repos/sample/one/traffic/views").json
    for listing in ("referrers", "paths"):
        entries = client.get(f"/repos/sample/one/traffic/popular/{listing}").json
        counts = [entry["count"] for entry in entries]
        assert len(entries) == 10
        assert counts == sorted(counts, reverse=True)
        assert all(0 < entry["uniques"] <= entry["count"] for entry in entries)
        assert sum(counts) <= views["count"]


def test_a_repository_without_visitors_has_empty_lists(asked: Asked) -> None:
    github, client = asked
    github.world.add(Repository(8, "sample", "quiet"))
    assert client.get("/repos/sample/quiet/traffic/popular/paths").json == []


def test_a_dated_list_holds_from_its_moment_until_the_next(asked: Asked) -> None:
    github, client = asked
    old, new = Snapshot(NOON - 9 * DAY, (Entry("t.co", 4, 2),)), Snapshot(NOON, (Entry("Google", 9, 3),))
    github.world.repositories[7].referrers = [new, old]
    target = "/repos/sample/one/traffic/popular/referrers"
    assert client.get(target).json == [{"referrer": "Google", "count": 9, "uniques": 3}]
    github.clock.now = NOON - DAY
    assert client.get(target).json == [{"referrer": "t.co", "count": 4, "uniques": 2}]
    github.clock.now = NOON - 10 * DAY
    assert client.get(target).json == []


def test_downloads_of_a_release_grow_from_day_to_day(asked: Asked) -> None:
    github, client = asked
    [release] = client.get("/repos/sample/one/releases").json
    assert not lacks("release", release) | lacks("release-asset", release["assets"][0])
    assert release["assets"][0]["download_count"] == 5 + 2 * 10
    github.clock.advance(DAY)
    assert client.get("/repos/sample/one/releases").json[0]["assets"][0]["download_count"] == 27


def test_drafts_are_for_those_with_push_and_future_releases_for_nobody(asked: Asked) -> None:
    github, client = asked
    repository = github.world.repositories[7]
    repository.releases += [Release(22, "v2", NOON - DAY, draft=True), Release(23, "v3", NOON + DAY)]
    assert [each["tag_name"] for each in client.get("/repos/sample/one/releases").json] == ["v2", "v1"]
    with Client(github.url) as stranger:
        assert [each["tag_name"] for each in stranger.get("/repos/sample/one/releases").json] == ["v1"]
