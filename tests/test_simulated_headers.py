"""The simulated headers: date, validators, packing, versions, and an Enterprise Server's own ways."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulated_github import Repository, SimulatedGitHub, Token
from tests.simulated_github.client import Client

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VIEWS = "/repos/sample/one/traffic/views"


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub with one repository and two tokens of one owner."""
    views = {NOON.date() - timedelta(days=n): (n, 1) for n in range(1, 99)}
    repository = Repository(1, "sample", "one", views=views)
    with SimulatedGitHub.of([repository], [Token("ghp_a"), Token("ghp_b")], NOON) as github:
        yield github


@pytest.fixture
def client(github: SimulatedGitHub) -> Iterator[Client]:
    """A client with a token."""
    with Client(github.url, "ghp_a") as client:
        yield client


def test_the_date_is_that_of_the_clock(github: SimulatedGitHub, client: Client) -> None:
    assert client.get(VIEWS).headers["date"] == "Fri, 20 Nov 2026 12:00:00 GMT"
    github.clock.advance(timedelta(days=1, seconds=1))
    assert client.get(VIEWS).headers["date"] == "Sat, 21 Nov 2026 12:00:01 GMT"


def test_a_clock_that_follows_goes_on_from_where_it_was_set(github: SimulatedGitHub, client: Client) -> None:
    github.clock.follow()
    assert NOON <= github.clock.now < NOON + timedelta(minutes=1)
    github.clock.now = NOON + timedelta(days=2)
    assert client.get(VIEWS).headers["date"].startswith("Sun, 22 Nov 2026 12:0")
    github.clock.stand_still()
    assert github.clock.now == github.clock.now


def test_a_client_that_sleeps_by_the_clock_waits_no_real_time(github: SimulatedGitHub) -> None:
    before = github.clock.monotonic()
    github.clock.sleep(3600)
    assert github.clock.now == NOON + timedelta(hours=1)
    assert github.clock.monotonic() >= before + 3600


def test_a_clock_without_a_zone_is_refused(github: SimulatedGitHub) -> None:
    with pytest.raises(ValueError, match="zone"):
        github.clock.now = NOON.replace(tzinfo=None)


def test_an_unchanged_answer_is_304_without_a_body_and_free(client: Client) -> None:
    first = client.get(VIEWS)
    again = client.get(VIEWS, if_none_match=first.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"] == "1"


def test_a_new_day_changes_the_etag(github: SimulatedGitHub, client: Client) -> None:
    etag = client.get(VIEWS).headers["etag"]
    github.clock.advance(timedelta(days=1))
    assert client.get(VIEWS, if_none_match=etag).status == 200


def test_an_etag_belongs_to_a_token_and_an_address(github: SimulatedGitHub, client: Client) -> None:
    etag = client.get(VIEWS).headers["etag"]
    assert client.get(f"{VIEWS}?per=day", if_none_match=etag).status == 200
    with Client(github.url, "ghp_b") as other:
        assert other.get(VIEWS, if_none_match=etag).status == 200


def test_an_etag_is_weak_and_quoted(client: Client) -> None:
    etag = client.get(VIEWS).headers["etag"]
    assert (etag[:3], etag[-1], len(etag)) == ('W/"', '"', 68)


def test_conditional_requests_may_be_ignored(github: SimulatedGitHub, client: Client) -> None:
    github.switches.answers_not_modified = False
    etag = client.get(VIEWS).headers["etag"]
    assert client.get(VIEWS, if_none_match=etag).status == 200


def test_the_etag_may_change_each_time(github: SimulatedGitHub, client: Client) -> None:
    github.switches.etag_changes_each_time = True
    first, second = client.get(VIEWS), client.get(VIEWS)
    assert first.body == second.body
    assert first.headers["etag"] != second.headers["etag"]


def test_refusals_have_no_etag(client: Client) -> None:
    assert "etag" not in client.get("/repos/sample/missing").headers


def test_the_body_is_packed_for_those_who_can_unpack_it(github: SimulatedGitHub, client: Client) -> None:
    plain, packed = client.get(VIEWS), client.get(VIEWS, accept_encoding="gzip, deflate")
    assert "content-encoding" not in plain.headers
    assert (packed.headers["content-encoding"], packed.body) == ("gzip", plain.body)
    assert int(packed.headers["content-length"]) < len(plain.body) == int(plain.headers["content-length"])
    github.switches.gzip = False
    assert "content-encoding" not in client.get(VIEWS, accept_encoding="gzip").headers


def test_the_body_may_come_in_chunks(github: SimulatedGitHub, client: Client) -> None:
    plain = client.get(VIEWS)
    github.switches.chunked = True
    chunked = client.get(VIEWS)
    assert (chunked.headers["transfer-encoding"], chunked.body) == ("chunked", plain.body)
    assert "content-length" not in chunked.headers
    assert client.get(VIEWS).status == 200


def test_the_older_version_is_the_default(client: Client) -> None:
    assert client.get(VIEWS).headers["x-github-api-version-selected"] == "2022-11-28"


def test_an_unknown_version_is_400_and_its_errors_are_a_text(client: Client) -> None:
    reply = client.get(VIEWS, x_github_api_version="2031-01-01")
    assert (reply.status, reply.message) == (400, "The version you specified is not a supported version.")
    assert isinstance(reply.json["errors"], str)


def test_a_retired_version_is_410(github: SimulatedGitHub, client: Client) -> None:
    github.switches.retired_versions = frozenset({"2022-11-28"})
    assert client.get(VIEWS).status == 410
    assert client.get(VIEWS, x_github_api_version="2026-03-10").status == 200


def test_without_a_user_agent_the_answer_is_a_page(client: Client) -> None:
    reply = client.get(VIEWS, user_agent=None)
    assert (reply.status, reply.headers["content-type"]) == (403, "text/html")
    assert b"Please make sure your request has a User-Agent header" in reply.body


def test_a_slash_at_the_end_is_not_found(client: Client) -> None:
    assert client.get("/repos/sample/one/").status == 404


def test_every_answer_has_a_request_id_of_its_own(client: Client) -> None:
    assert len({client.get(VIEWS).headers["x-github-request-id"] for _ in range(3)}) == 3


def test_an_enterprise_server_has_repositories_but_no_traffic_and_no_limits(github: SimulatedGitHub) -> None:
    github.switches.enterprise_server = True
    with Client(github.url, "ghp_a") as client:
        repository, views = client.get("/api/v3/repos/sample/one"), client.get(f"/api/v3{VIEWS}")
    assert (repository.status, views.status) == (200, 404)
    assert repository.headers["x-github-enterprise-version"] == "3.19.2"
    assert not [name for name in repository.headers if name.startswith("x-ratelimit")]


def test_the_limit_headers_may_be_missing(github: SimulatedGitHub, client: Client) -> None:
    github.switches.limit_headers = False
    assert "x-ratelimit-remaining" not in client.get(VIEWS).headers
