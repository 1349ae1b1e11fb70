"""From a path to an answer: which repository is meant, who may see it, which part of it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.fake_github import windows
from tests.fake_github.answers import Answer, Request, json_answer, refused
from tests.fake_github.world import Lack, Release, Repository, Token, World

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
GITHUB = "https://github.com"
GREATEST_PAGE, STAR_WEEKS = 100, 30
ADMINISTRATION = {"x-accepted-github-permissions": "administration=read"}
_URLS = (
    *("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents"),
    *("contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks"),
    *("issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "pulls"),
    *("notifications", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees"),
)
"""Fields of a repository that end in _url: so many that its body is as long as a real one."""
Item = TypeVar("Item")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in: who asks, and when."""

    request: Request
    token: Token | None
    now: datetime


@dataclass(slots=True)
class Api:
    """The endpoints."""

    world: World
    url: str
    window_mode: str = windows.DENSE
    enterprise_server: bool = False
    deepest_page: int | None = None

    def answer(self, call: Call) -> Answer:
        """The answer to a call; limits and validators are the server's business."""
        match call.request.path.split("/")[1:]:
            case ["repos", owner, name, *rest]:
                return self._named(call, f"{owner}/{name}", "/".join(rest))
            case ["repositories", number, *rest] if number.isdecimal():
                return self._part(call, self.world.repositories.get(int(number)), "/".join(rest))
            case ["orgs" | "users" as kind, login, "repos"]:
                return self._repositories_of(call, login, with_private=kind == "orgs")
            case ["user"] | ["user", "repos"] | ["installation", "repositories"]:
                return self._of_token(call)
        return refused("not_found")

    def _named(self, call: Call, full_name: str, part: str) -> Answer:
        found = self.world.named(full_name)
        if found is None or found.full_name.lower() == full_name.lower() or not _is_visible(call.token, found):
            return self._part(call, found, part)
        _, mark, query = call.request.target.partition("?")
        place = f"{self.url}/repositories/{found.id}{'/' if part else ''}{part}{mark}{query}"
        return refused("moved", {"location": place}, **{"https://api.github.com/repositories/146139403": place})

    def _part(self, call: Call, repository: Repository | None, part: str) -> Answer:
        parts: dict[str, Callable[[Call, Repository], Answer]] = {
            "": lambda call, repository: json_answer(self._body(call, repository, whole=True)),
            "traffic/views": lambda call, repository: self._traffic(call, repository, "views"),
            "traffic/clones": lambda call, repository: self._traffic(call, repository, "clones"),
            "traffic/popular/referrers": _referrers,
            "traffic/popular/paths": _paths,
            "stargazers/history": self._star_history,
            "releases": self._releases,
        }
        is_traffic = part.startswith("traffic/")
        if repository is None or part not in parts or (is_traffic and self.enterprise_server):
            return refused("not_found")
        answer = _refuse(call.token, repository) or (_refuse_traffic(call.token, repository) if is_traffic else None)
        return answer or parts[part](call, repository)

    def _traffic(self, call: Call, repository: Repository, metric: str) -> Answer:
        series = repository.views if metric == "views" else repository.clones
        if self.window_mode == windows.DENSE:
            rows = windows.dense_rows(repository, series, call.now)
        else:
            rows = windows.sparse_rows(series, call.now)
        top = {"count": sum(row.requests for row in rows), "uniques": windows.distinct(rows, repository.id)}
        if call.request.query.get("per") == "week":
            rows = windows.weeks(rows, repository.id)
        days = [{"timestamp": f"{row.day}T00:00:00Z", "count": row.requests, "uniques": row.uniques} for row in rows]
        return json_answer({**top, metric: days})

    def _star_history(self, call: Call, repository: Repository) -> Answer:
        """Weeks of gained stars, Sunday first, from the present one back to that of creation."""
        today = windows.utc_day(call.now)
        sunday, oldest = _sunday(today), _sunday(windows.utc_day(repository.created_at))
        sundays = [sunday - WEEK * n for n in range((sunday - oldest) // WEEK + 1)]
        return self._page(
            call, sundays, lambda sunday: _star_week(repository.stars, sunday, today), greatest=STAR_WEEKS
        )

    def _releases(self, call: Call, repository: Repository) -> Answer:
        drafts = call.token is not None and call.token.may_push(repository)
        shown = [r for r in repository.releases if r.published_at <= call.now and (drafts or not r.draft)]
        shown.sort(key=lambda release: release.published_at, reverse=True)
        return self._page(call, shown, lambda release: _release(repository, release, call.now))

    def _of_token(self, call: Call) -> Answer:
        token, path = call.token, call.request.path
        if token is None:
            return refused("requires_authentication")
        if (token.kind == "app") != path.startswith("/installation"):
            return refused("app_missing_permission")
        if path == "/user":
            return json_answer(_account(token.login, token.owner_id))
        own = [each for each in self._by_name() if token.is_given(each) and token.sees(each)]
        hidden = {each.id for each in own if token.lacking(each) in (Lack.SAML, Lack.CLASSIC_FORBIDDEN, Lack.ADDRESS)}
        answer = self._repositories(call, [each for each in own if each.id not in hidden])
        if any(token.lacking(each) is Lack.SAML for each in own):
            answer.headers["x-github-sso"] = "partial-results; organizations=21955855"
        return answer

    def _repositories_of(self, call: Call, login: str, with_private: bool) -> Answer:
        all_of_owner = [each for each in self._by_name() if each.owner.lower() == login.lower()]
        if not all_of_owner:
            return refused("not_found")
        shown = [each for each in all_of_owner if not each.private or (with_private and _is_visible(call.token, each))]
        return self._repositories(call, shown)

    def _repositories(self, call: Call, repositories: Sequence[Repository]) -> Answer:
        name = "repositories" if call.request.path == "/installation/repositories" else None
        return self._page(call, repositories, lambda each: self._body(call, each, whole=False), name)

    def _by_name(self) -> list[Repository]:
        return sorted(self.world.repositories.values(), key=lambda each: each.full_name.lower())

    def _page(
        self,
        call: Call,
        items: Sequence[Item],
        body: Callable[[Item], Body],
        name: str | None = None,
        greatest: int = GREATEST_PAGE,
    ) -> Answer:
        """A page of a list with its links; under a name it is in an object, with the number of all."""
        request = call.request
        number, size = request.number("page", 1), min(request.number("per_page", 30), greatest)
        if self.deepest_page is not None and number > self.deepest_page:
            return refused("pagination_limited")
        last = max(1, -(-len(items) // size))
        pages = {"prev": number - 1, "next": number + 1} if 1 < number < last else {}
        pages = pages or ({"next": number + 1} if number < last else {"prev": number - 1} if number > 1 else {})
        links = [
            f'<{self.url}{request.path}?{urlencode({**request.query, "page": page})}>; rel="{rel}"'
            for rel, page in pages.items()
        ]
        page = [body(item) for item in items[(number - 1) * size : number * size]]
        value = page if name is None else {"total_count": len(items), name: page}
        return json_answer(value, 200, {"link": ", ".join(links)} if links else {})

    def _body(self, call: Call, repository: Repository, whole: bool) -> Body:
        """A repository as it answers itself, or with fewer counters as a list gives it."""
        base, push = f"{self.url}/repos/{repository.full_name}", _may_push(call.token, repository)
        today, created_at = windows.utc_day(call.now), stamp(repository.created_at)
        stars = sum(gained for day, gained in repository.stars.items() if day <= today)
        return {
            "id": repository.id,
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
            "visibility": "private" if repository.private else "public",
            "owner": _account(repository.owner, _owner_id(repository.owner)),
            "html_url": f"{GITHUB}/{repository.full_name}",
            "description": None,
            "fork": repository.fork,
            "archived": repository.archived,
            "disabled": False,
            "url": base,
            **{f"{name}_url": f"{base}/{name}" for name in _URLS},
            **dict.fromkeys(("created_at", "updated_at", "pushed_at"), created_at),
            "default_branch": "main",
            "language": repository.language,
            **dict.fromkeys(("stargazers_count", "watchers_count", "watchers"), stars),
            **dict.fromkeys(("forks_count", "forks"), repository.forks),
            **dict.fromkeys(("open_issues_count", "open_issues"), repository.open_issues),
            "size": 108,
            "permissions": {"admin": push, "maintain": push, "push": push, "triage": push, "pull": True},
            **({"subscribers_count": repository.watchers, "network_count": repository.forks} if whole else {}),
        }


def _is_visible(token: Token | None, repository: Repository) -> bool:
    return not repository.private or (token is not None and token.sees(repository))


def _may_push(token: Token | None, repository: Repository) -> bool:
    return token is not None and token.may_push(repository)


def _refuse(token: Token | None, repository: Repository) -> Answer | None:
    """The refusal that any part of the repository meets, if there is one."""
    if not _is_visible(token, repository):
        return refused("not_found")
    if repository.blocked is not None:
        return refused(f"blocked_{repository.blocked}")
    match token.lacking(repository) if token is not None else None:
        case Lack.SAML:
            place = f"{GITHUB}/orgs/{repository.owner}/sso?authorization_request=ABC"
            return refused("saml", {"x-github-sso": f"required; url={place}"})
        case Lack.CLASSIC_FORBIDDEN:
            return refused("classic_pat_forbidden", ORG=repository.owner)
        case Lack.ADDRESS:
            return refused("ip_allow_list", ORG=repository.owner)
    return None


def _refuse_traffic(token: Token | None, repository: Repository) -> Answer | None:
    """The refusal of views, clones, referrers and paths, if there is one."""
    if token is None:
        return refused("requires_authentication")
    if token.kind == "classic":
        may = token.may_push(repository) and {"repo", "public_repo"} & set(token.scopes)
        return None if may else refused("traffic_no_push")
    if token.may_push(repository) and token.lacking(repository) is not Lack.ADMINISTRATION:
        return None
    kind = "app" if token.kind == "app" else "fine_grained"
    return refused(f"{kind}_missing_permission", ADMINISTRATION)


def _referrers(call: Call, repository: Repository) -> Answer:
    rows = windows.top_list(repository, "referrers", call.now)
    return json_answer([{"referrer": name, "count": count, "uniques": uniques} for name, count, uniques in rows])


def _paths(call: Call, repository: Repository) -> Answer:
    rows = windows.top_list(repository, "paths", call.now)
    titles = {name: "/".join(name.split("/")[3:]) or repository.full_name for name, _, _ in rows}
    return json_answer(
        [{"path": name, "title": titles[name], "count": count, "uniques": uniques} for name, count, uniques in rows]
    )


def _account(login: str, account_id: int) -> Body:
    return {"login": login, "id": account_id, "html_url": f"{GITHUB}/{login}", "type": "User", "site_admin": False}


def _owner_id(login: str) -> int:
    return 10_000_000 + int.from_bytes(login.lower().encode()) % 89_999_999


def _release(repository: Repository, release: Release, now: datetime) -> Body:
    days = max(timedelta(), now - release.published_at) / DAY
    assets = [
        {
            "id": asset.id,
            "name": asset.name,
            "state": "uploaded",
            "size": 1024,
            "download_count": asset.downloads + int(asset.a_day * days),
            "created_at": stamp(release.published_at),
            "browser_download_url": f"{GITHUB}/{repository.full_name}/releases/download/{release.tag}/{asset.name}",
        }
        for asset in release.assets
    ]
    return {
        "id": release.id,
        "tag_name": release.tag,
        "name": release.name or release.tag,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "created_at": stamp(release.published_at),
        "published_at": None if release.draft else stamp(release.published_at),
        "html_url": f"{GITHUB}/{repository.full_name}/releases/tag/{release.tag}",
        "assets": assets,
    }


def _star_week(stars: Mapping[date, int], sunday: date, today: date) -> Body:
    days = [stars.get(day, 0) if day <= today else 0 for day in (sunday + DAY * n for n in range(7))]
    start = datetime.combine(sunday, time(), UTC)
    return {"week": int(start.timestamp()), "total": sum(days), "days": days}


def _sunday(day: date) -> date:
    return day - DAY * ((day.weekday() + 1) % 7)


def stamp(moment: datetime) -> str:
    """A moment as GitHub writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
