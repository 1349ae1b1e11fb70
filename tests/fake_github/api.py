"""From a path to an answer: which repository is meant, who may see it, which part of it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from tests.fake_github import windows
from tests.fake_github.answers import Answer, Request, json_answer, refused
from tests.fake_github.world import NOBODY, Lack, Listing, Release, Repository, Token, World

DAY = timedelta(days=1)
STAMP = "%Y-%m-%dT%H:%M:%SZ"
CLOSED = {Lack.SAML: "saml", Lack.CLASSIC_FORBIDDEN: "classic_pat_forbidden", Lack.ADDRESS: "ip_allow_list"}
"""Lacks of a token that close a repository to it, and leave it out of lists."""
Body = dict[str, Any]


@dataclass(slots=True)
class Switches:
    """How GitHub behaves as a whole; each may be changed while it runs."""

    window_mode: str = windows.DENSE
    latency_s: float = 0.0
    gzip: bool = True
    chunked: bool = False
    answers_not_modified: bool = True
    etag_changes_each_time: bool = False
    enterprise_server: bool = False
    deepest_page: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in: who asks, when, and of what."""

    request: Request
    token: Token
    now: datetime
    world: World
    switches: Switches
    url: str


def answer(call: Call) -> Answer:
    match call.request.path.split("/")[1:]:
        case ["repos", owner, name, *rest]:
            return _named(call, f"{owner}/{name}", "/".join(rest))
        case ["repositories", number, *rest] if number.isdecimal():
            return _part(call, call.world.repositories.get(int(number)), "/".join(rest))
        case ["orgs" | "users" as kind, login, "repos"]:
            return _repositories_of(call, login, with_private=kind == "orgs")
        case ["user"] | ["user", "repos"] | ["installation", "repositories"]:
            return _of_token(call)
    return refused("not_found")


def _named(call: Call, full_name: str, part: str) -> Answer:
    repository = call.world.named(full_name)
    if repository is None or repository.full_name.lower() == full_name.lower() or not call.token.sees(repository):
        return _part(call, repository, part)
    _, mark, query = call.request.target.partition("?")
    place = f"{call.url}/repositories/{repository.id}{'/' if part else ''}{part}{mark}{query}"
    return refused("moved", {"location": place})


def _part(call: Call, repository: Repository | None, part: str) -> Answer:
    is_traffic = part.startswith("traffic/")
    if repository is None or (is_traffic and call.switches.enterprise_server):
        return refused("not_found")
    refusal = _refuse(call, repository) or (_refuse_traffic(call, repository) if is_traffic else None)
    if refusal is not None:
        return refusal
    match part.split("/"):
        case [""]:
            return json_answer(_repository(call, repository) | {"subscribers_count": repository.watchers})
        case ["traffic", "views" | "clones" as metric]:
            return _traffic(call, repository, metric)
        case ["traffic", "popular", "referrers"]:
            return _top_list(call, repository.referrers, "referrer")
        case ["traffic", "popular", "paths"]:
            return _top_list(call, repository.paths, "path")
        case ["stargazers", "history"]:
            return _star_history(call, repository)
        case ["releases"]:
            return _releases(call, repository)
        case ["actions", "runs", *rest]:
            return _actions(call, repository, rest)
    return refused("not_found")


def _refuse(call: Call, repository: Repository) -> Answer | None:
    """The refusal that any part of the repository meets, if there is one."""
    if not call.token.sees(repository):
        return refused("not_found")
    if repository.blocked is not None:
        return refused(f"blocked_{repository.blocked}")
    lack = call.token.lacking(repository)
    place = f"https://github.com/orgs/{repository.owner}/sso?authorization_request=ABC"
    sign_on = {"x-github-sso": f"required; url={place}"} if lack is Lack.SAML else {}
    return refused(CLOSED[lack], sign_on) if lack in CLOSED else None


def _refuse_traffic(call: Call, repository: Repository) -> Answer | None:
    """The refusal of views, clones, referrers and paths, if there is one."""
    token = call.token
    if token is NOBODY:
        return refused("requires_authentication")
    if token.kind == "classic":
        may = token.may_push(repository) and {"repo", "public_repo"} & set(token.scopes)
        return None if may else refused("traffic_no_push")
    if token.may_push(repository) and token.lacking(repository) is not Lack.ADMINISTRATION:
        return None
    return refused(f"{token.kind}_missing_permission", {"x-accepted-github-permissions": "administration=read"})


def _traffic(call: Call, repository: Repository, metric: str) -> Answer:
    series = repository.views if metric == "views" else repository.clones
    if call.switches.window_mode == windows.DENSE:
        rows = windows.dense_rows(repository, series, call.now)
    else:
        rows = windows.sparse_rows(series, call.now)
    top = {"count": sum(row.requests for row in rows), "uniques": windows.distinct(rows, repository.id)}
    if call.request.query.get("per") == "week":
        rows = windows.weeks(rows, repository.id)
    days = [{"timestamp": f"{row.day}T00:00:00Z", "count": row.requests, "uniques": row.uniques} for row in rows]
    return json_answer({**top, metric: days})


def _top_list(call: Call, lists: list[Listing], name: str) -> Answer:
    _, rows = max((each for each in lists if each[0] <= call.now), default=(call.now, []))
    titles = {row[0]: {"title": row[0].split("/", 3)[-1]} if name == "path" else {} for row in rows}
    return json_answer([{name: row[0], **titles[row[0]], "count": row[1], "uniques": row[2]} for row in rows])


def _star_history(call: Call, repository: Repository) -> Answer:
    """Weeks of gained stars, Sunday first, from the present one back to that of creation."""
    today, created_on = windows.utc_day(call.now), windows.utc_day(repository.created_at)
    newest = today - DAY * (today.isoweekday() % 7)

    def week(sunday: date) -> Body:
        days = [sunday + DAY * n for n in range(7)]
        stars = [repository.stars.get(day, 0) if day <= today else 0 for day in days]
        return {"week": int(datetime.combine(sunday, time(), UTC).timestamp()), "total": sum(stars), "days": stars}

    return _page(call, [newest - DAY * n for n in range(0, (newest - created_on).days + 7, 7)], week)


def _releases(call: Call, repository: Repository) -> Answer:
    def body(release: Release) -> Body:
        facts = {"id": release.id, "tag_name": release.tag, "name": release.tag, "draft": False}
        days = (call.now - release.published_at) / DAY
        assets = [
            {"id": asset.id, "name": asset.name, "download_count": asset.downloads + int(asset.a_day * days)}
            for asset in release.assets
        ]
        return {**facts, "published_at": f"{release.published_at:{STAMP}}", "assets": assets}

    published = [release for release in repository.releases if release.published_at <= call.now]
    return _page(call, sorted(published, key=lambda release: release.published_at, reverse=True), body)


def _actions(call: Call, repository: Repository, rest: list[str]) -> Answer:
    """The runs of a day, the newest first, of which 1,000 can be listed; or the jobs of one: its number tells which."""
    if call.token.lacking(repository) is Lack.ACTIONS:
        return refused(f"{call.token.kind}_missing_permission", {"x-accepted-github-permissions": "actions=read"})
    if rest:
        number = int(rest[0])
        names = ["Set up job", *["Run actions/checkout@v4"] * repository.checkouts[number % len(repository.checkouts)]]
        steps = [{"name": name, "conclusion": "success"} for name in (*names, "Post Run actions/checkout@v4")]
        return json_answer({"total_count": 1, "jobs": [{"id": number, "steps": steps}]})
    day = date.fromisoformat(call.request.query["created"])
    count, page = repository.runs.get(day, 0), int(call.request.query.get("page", 1))
    ids = [day.toordinal() * 10_000 + count - page] if page <= min(count, 1000) else []
    return json_answer({"total_count": count, "workflow_runs": [{"id": each} for each in ids]})


def _of_token(call: Call) -> Answer:
    token, path = call.token, call.request.path
    if token is NOBODY:
        return refused("requires_authentication")
    if (token.kind == "app") != path.startswith("/installation"):
        return refused("app_missing_permission")
    if path == "/user":
        return json_answer({"login": token.login, "id": token.owner_id, "type": "User"})
    own = [each for each in call.world.repositories.values() if token.is_given(each) and token.sees(each)]
    answer = _repositories(call, [each for each in own if token.lacking(each) not in CLOSED])
    if any(token.lacking(each) is Lack.SAML for each in own):
        answer.headers["x-github-sso"] = "partial-results; organizations=21955855"
    return answer


def _repositories_of(call: Call, login: str, with_private: bool) -> Answer:
    own = [each for each in call.world.repositories.values() if each.owner.lower() == login.lower()]
    shown = [each for each in own if not each.private or (with_private and call.token.sees(each))]
    return _repositories(call, shown) if own else refused("not_found")


def _repositories(call: Call, repositories: Sequence[Repository]) -> Answer:
    return _page(call, sorted(repositories, key=lambda each: each.full_name.lower()), partial(_repository, call))


def _repository(call: Call, repository: Repository) -> Body:
    """A repository as a list gives it: without its watchers."""
    base, push = f"{call.url}/repos/{repository.full_name}", call.token.may_push(repository)
    stars = sum(gained for day, gained in repository.stars.items() if day <= windows.utc_day(call.now))
    published = [each for each in repository.releases if each.published_at <= call.now]
    return {
        **{"id": repository.id, "name": repository.name, "full_name": repository.full_name},
        **{"private": repository.private, "fork": repository.fork, "archived": repository.archived},
        "visibility": "private" if repository.private else "public",
        "owner": {"login": repository.owner, "type": "Organization"},
        **{f"part_{n}_url": f"{base}/part-{n}" for n in range(40)},  # as long as a real one
        "created_at": f"{repository.created_at:{STAMP}}",
        "pushed_at": f"{max([repository.created_at, *(each.published_at for each in published)]):{STAMP}}",
        **{"stargazers_count": stars, "watchers_count": stars, "size": 108},
        **{"forks_count": repository.forks, "open_issues_count": repository.open_issues},
        "permissions": {"admin": push, "push": push, "pull": True},
    }


def _page(call: Call, items: Sequence[Any], body: Callable[[Any], Body]) -> Answer:
    """A page of a list with its links; that of an installation is in an object, with the number of all."""
    query, path = call.request.query, call.request.path
    number, size = int(query.get("page", 1)), min(int(query.get("per_page", 30)), 30 if "/stargazers/" in path else 100)
    if call.switches.deepest_page is not None and number > call.switches.deepest_page:
        return refused("pagination_limited")
    last = -(-len(items) // size)
    pages = {"next": number + 1, "last": last} if number < last else {}
    links = [f'<{call.url}{path}?{urlencode({**query, "page": page})}>; rel="{rel}"' for rel, page in pages.items()]
    page = [body(item) for item in items[(number - 1) * size : number * size]]
    value = {"total_count": len(items), "repositories": page} if path.startswith("/installation") else page
    return json_answer(value, 200, {"link": ", ".join(links)} if links else {})
