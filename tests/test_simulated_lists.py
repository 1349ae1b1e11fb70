"""The simulated lists: whose repositories are in them, their pages and links, and the star history."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.simulated_github import Lack, Release, Repository, SimulatedGitHub, Token
from tests.simulated_github.client import Client, Reply
from tests.test_simulated_repositories import lacks

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Ask = Callable[..., Reply]


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub with 250 repositories of an organization, each tenth private, and one of a person."""
    repositories = [Repository(n, "sample", f"r{n:03}", private=n % 10 == 0) for n in range(1, 251)]
    stars = {date(2026, 11, 15) + DAY * n: n + 1 for n in range(7)}
    born = datetime(2025, 11, 19, tzinfo=UTC)
    repositories.append(Repository(900, "solo", "one", stars=stars, created_at=born, owner_type="User"))
    with SimulatedGitHub.of(repositories, [Token("ghp_all")], FRIDAY) as github:
        yield github


@pytest.fixture
def ask(github: SimulatedGitHub) -> Ask:
    """Ask with a token that is first made known to GitHub."""

    def asked(target: str, token: Token | None = None) -> Reply:
        secret = github.world.add_token(token).secret if token else "ghp_all"
        with Client(github.url, secret) as client:
            return client.get(target)

    return asked


def every_page(client: Client, target: str) -> list[Any]:
    """All items, following nothing but rel=next."""
    items = []
    while target:
        reply = client.get(target)
        items += reply.json
        target = reply.links.get("next", "")
    return items


def test_next_leads_through_all_pages_to_the_end(github: SimulatedGitHub) -> None:
    with Client(github.url, "ghp_all") as client:
        found = every_page(client, "/user/repos?per_page=100&sort=full_name")
    assert [each["full_name"] for each in found[:2]] == ["sample/r001", "sample/r002"]
    assert len({each["id"] for each in found}) == len(found) == 251


def test_links_name_the_neighbours_and_the_ends(github: SimulatedGitHub, ask: Ask) -> None:
    first, middle, last = (ask(f"/user/repos?per_page=100&page={n}").links for n in (1, 2, 3))
    assert (set(first), set(middle), set(last)) == (
        {"next", "last"},
        {"prev", "next", "last", "first"},
        {"prev", "first"},
    )
    assert first["last"] == f"{github.url}/user/repos?per_page=100&page=3"


def test_a_list_of_one_page_has_no_links(ask: Ask) -> None:
    assert "link" not in ask("/users/solo/repos").headers


@pytest.mark.parametrize(("query", "size"), [("", 30), ("?per_page=7", 7), ("?per_page=500", 100), ("?per_page=x", 30)])
def test_a_page_has_30_items_or_as_many_as_asked_for_up_to_100(ask: Ask, query: str, size: int) -> None:
    assert len(ask(f"/user/repos{query}").json) == size


def test_a_page_beyond_the_last_is_empty(ask: Ask) -> None:
    assert ask("/user/repos?page=99").json == []


def test_a_page_that_is_too_deep_is_refused(github: SimulatedGitHub, ask: Ask) -> None:
    github.switches.deepest_page = 2
    assert ask("/user/repos?page=2").status == 200
    reply = ask("/user/repos?page=3")
    assert (reply.status, reply.message[:33]) == (422, "In order to keep the API fast for")


def test_a_token_lists_what_it_was_given(ask: Ask) -> None:
    token = Token("github_pat_a", kind="fine_grained", repositories=frozenset({3, 10, 900}))
    assert [each["id"] for each in ask("/user/repos", token).json] == [3, 10, 900]
    assert [each["id"] for each in ask("/user/repos?visibility=private", token).json] == [10]


def test_items_have_the_required_fields_and_tell_whether_push_is_allowed(ask: Ask) -> None:
    token = Token("ghp_a", repositories=frozenset({3, 4}), lacks={4: Lack.PUSH})
    may, may_not = ask("/user/repos", token).json
    assert not lacks("repository", may)
    assert (may["permissions"]["push"], may_not["permissions"]["push"]) == (True, False)
    assert "subscribers_count" not in may


def test_repositories_behind_single_sign_on_are_left_out_and_the_header_says_so(ask: Ask) -> None:
    reply = ask("/user/repos", Token("ghp_a", lacks=dict.fromkeys(range(1, 251), Lack.SAML)))
    assert [each["full_name"] for each in reply.json] == ["solo/one"]
    assert reply.headers["x-github-sso"].startswith("partial-results; organizations=")


def test_type_and_visibility_exclude_each_other(ask: Ask) -> None:
    assert ask("/user/repos?type=owner&visibility=all").status == 422


def test_an_organization_lists_private_ones_to_those_who_see_them(github: SimulatedGitHub) -> None:
    with Client(github.url, "ghp_all") as member, Client(github.url) as anyone:
        assert len(every_page(member, "/orgs/sample/repos?per_page=100")) == 250
        public = every_page(anyone, "/orgs/SAMPLE/repos?per_page=100")
    assert len(public) == 225
    assert not lacks("minimal-repository", public[0])


def test_a_user_lists_public_ones_and_nobody_nothing(ask: Ask) -> None:
    assert [each["id"] for each in ask("/users/solo/repos").json] == [900]
    assert ask("/users/nobody/repos").status == 404


def test_an_installation_lists_its_repositories_inside_an_object(ask: Ask) -> None:
    app = Token("ghs_a", kind="app", repositories=frozenset({1, 2, 3}))
    body = ask("/installation/repositories?per_page=2", app).json
    assert (body["total_count"], [each["id"] for each in body["repositories"]]) == (3, [1, 2])
    assert ask("/user/repos", app).status == 403
    assert ask("/installation/repositories").status == 403


def test_releases_have_pages(github: SimulatedGitHub, ask: Ask) -> None:
    releases = [Release(n, f"v{n}", FRIDAY - DAY * n) for n in range(1, 106)]
    github.world.repositories[900].releases = releases
    first = ask("/repos/solo/one/releases?per_page=100")
    assert [each["tag_name"] for each in first.json[:2]] == ["v1", "v2"]
    assert len(ask(first.links["next"].removeprefix(github.url)).json) == 5


def test_the_star_history_has_at_most_30_weeks_a_page_newest_first(github: SimulatedGitHub) -> None:
    with Client(github.url, "ghp_all") as client:
        first = client.get("/repos/solo/one/stargazers/history?per_page=100")
        weeks = every_page(client, "/repos/solo/one/stargazers/history")
    assert (len(first.json), len(weeks)) == (30, 53)
    moments = [week["week"] for week in weeks]
    assert moments == sorted(moments, reverse=True)
    assert datetime.fromtimestamp(moments[-1], UTC) == datetime(2025, 11, 16, tzinfo=UTC)


def test_a_star_week_begins_on_sunday_and_ends_with_today(ask: Ask) -> None:
    week = ask("/repos/solo/one/stargazers/history").json[0]
    assert datetime.fromtimestamp(week["week"], UTC) == datetime(2026, 11, 15, tzinfo=UTC)
    assert (week["days"], week["total"]) == ([1, 2, 3, 4, 5, 6, 0], 21)
    assert ask("/repos/solo/one/stargazers/count").json == {"count": 21}


def test_star_weeks_need_not_begin_at_midnight_utc(github: SimulatedGitHub, ask: Ask) -> None:
    github.switches.star_week_begins_s = 8 * 3600
    week = ask("/repos/solo/one/stargazers/history").json[0]
    assert datetime.fromtimestamp(week["week"], UTC) == datetime(2026, 11, 15, 8, tzinfo=UTC)
