"""From a path to an answer: which repository is meant, who may see it, which part of it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tests.simulated_github import access, answers, bodies, listings, windows
from tests.simulated_github.answers import Answer, json_answer
from tests.simulated_github.lists import Lists, Page
from tests.simulated_github.repositories import Repository, Series
from tests.simulated_github.switches import Switches
from tests.simulated_github.tokens import Token
from tests.simulated_github.wire import Request
from tests.simulated_github.world import World

VERSION_WITHOUT_OLD_FIELDS = "2026-03-10"
OLD_FIELDS = ("has_downloads", "master_branch", "use_squash_pr_title_as_default")


@dataclass(slots=True, eq=False)
class Call:
    """A request that was let in: who asks, when, and by which version of the API."""

    request: Request
    token: Token | None
    now: datetime
    version: str


class Routes:
    """The endpoints of the API."""

    def __init__(self, world: World, switches: Switches, api: str) -> None:
        self._world = world
        self._switches = switches
        self._api = api
        self._lists = Lists(world, switches, api)
        self._parts: dict[str, Callable[[Call, Repository], Answer]] = {
            "": self._repository,
            "traffic/views": lambda call, repository: self._traffic(call, repository, "views"),
            "traffic/clones": lambda call, repository: self._traffic(call, repository, "clones"),
            "traffic/popular/referrers": self._referrers,
            "traffic/popular/paths": self._paths,
            "stargazers/history": self._star_history,
            "stargazers/count": self._star_count,
            "releases": self._releases,
        }

    def answer(self, call: Call) -> Answer:
        """The answer to a call; the budget and the validators are the server's business."""
        words = self._words(call.request.path)
        if call.request.method != "GET" or words is None:
            return answers.not_found()
        match words:
            case ["repos", owner, name, *rest]:
                return self._by_name(call, f"{owner}/{name}", "/".join(rest))
            case ["repositories", number, *rest] if number.isdigit():
                found = self._world.repositories.get(int(number))
                return self._part(call, found, "/".join(rest)) if found else answers.not_found()
        return self._lists.answer(call.request, call.token, call.now, words) or answers.not_found()

    def _words(self, path: str) -> list[str] | None:
        if self._switches.enterprise_server:
            path = path.removeprefix("/api/v3")
        words = path.split("/")[1:]
        return words if all(words) else None

    def _by_name(self, call: Call, full_name: str, part: str) -> Answer:
        found = self._world.named(full_name)
        if found is not None:
            return self._part(call, found, part)
        moved = self._world.formerly(full_name)
        if moved is None or not access.is_visible(call.token, moved):
            return answers.not_found()
        _, mark, query = call.request.target.partition("?")
        return answers.moved(f"{self._api}/repositories/{moved.id}{'/' if part else ''}{part}{mark}{query}")

    def _part(self, call: Call, repository: Repository, part: str) -> Answer:
        refused = access.refuse_repository(call.token, repository)
        if refused is not None:
            return refused
        give = self._parts.get(part)
        is_traffic = part.startswith("traffic/")
        if give is None or (is_traffic and self._switches.enterprise_server):
            return answers.not_found()
        refused = access.refuse_traffic(call.token, repository) if is_traffic else None
        return refused or give(call, repository)

    def _repository(self, call: Call, repository: Repository) -> Answer:
        body = bodies.full_repository(self._api, repository, call.token, windows.utc_day(call.now))
        if call.version >= VERSION_WITHOUT_OLD_FIELDS:
            for name in OLD_FIELDS:
                body.pop(name, None)
        return json_answer(body)

    def _traffic(self, call: Call, repository: Repository, metric: str) -> Answer:
        per = call.request.query.get("per", "day")
        if per not in ("day", "week"):
            return answers.unprocessable("Invalid request.", answers.TRAFFIC_DOCS)
        rows = self._rows(repository, repository.views if metric == "views" else repository.clones, call.now)
        count, uniques = sum(row.requests for row in rows), windows.distinct(rows, repository.id)
        if per == "week":
            rows = windows.weeks(rows, repository.id)
        written = ",".join(
            f'{{"timestamp":"{row.day}T00:00:00Z","count":{row.requests},"uniques":{row.uniques}}}' for row in rows
        )
        body = f'{{"count":{count},"uniques":{uniques},"{metric}":[{written}]}}'
        return Answer(200, body.encode(), {"content-type": answers.JSON_TYPE})

    def _rows(self, repository: Repository, series: Series, now: datetime) -> list[windows.Row]:
        if self._switches.window_mode == windows.DENSE:
            return windows.dense_rows(repository, series, now)
        return windows.sparse_rows(series, now, self._switches.cut_off_row)

    def _referrers(self, call: Call, repository: Repository) -> Answer:
        return json_answer(listings.referrers(repository, call.now))

    def _paths(self, call: Call, repository: Repository) -> Answer:
        return json_answer(listings.paths(repository, call.now))

    def _star_history(self, call: Call, repository: Repository) -> Answer:
        boundary_s, today = self._switches.star_week_begins_s, windows.utc_day(call.now)
        sundays = bodies.star_weeks(repository, call.now, boundary_s)
        page = Page.of(call.request, 30, greatest=bodies.STAR_WEEKS)
        weeks = [bodies.star_week(repository.stars, sunday, today, boundary_s) for sunday in page.cut(sundays)]
        return json_answer(weeks, 200, page.links(self._api, call.request, len(sundays)))

    def _star_count(self, call: Call, repository: Repository) -> Answer:
        return json_answer({"count": repository.stars_until(windows.utc_day(call.now))})

    def _releases(self, call: Call, repository: Repository) -> Answer:
        refused = access.refuse_contents(call.token, repository)
        if refused is not None:
            return refused
        drafts = access.has_push(call.token, repository)
        shown = [r for r in repository.releases if r.published_at <= call.now and (drafts or not r.draft)]
        shown.sort(key=lambda r: r.published_at, reverse=True)
        page = Page.of(call.request)
        return self._lists.paged(
            call.request,
            page,
            [bodies.release(self._api, repository, r, call.now) for r in page.cut(shown)],
            len(shown),
        )
