"""Lists and their pages: repositories of a token, an organization, a user or an installation; the token's owner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from tests.simulated_github import access, answers, bodies, windows
from tests.simulated_github.answers import DOCS, Answer, json_answer, refusal
from tests.simulated_github.repositories import Repository
from tests.simulated_github.switches import Switches
from tests.simulated_github.tokens import Lack, Token
from tests.simulated_github.wire import Request
from tests.simulated_github.world import World

GREATEST_PAGE = 100
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its number, from 1, and its size."""

    number: int
    size: int

    @classmethod
    def of(cls, request: Request, size: int = 30, greatest: int = GREATEST_PAGE) -> Self:
        """The page that is asked for; nonsense is the first page, a size too great the greatest."""
        return cls(_positive(request, "page", 1), min(_positive(request, "per_page", size), greatest))

    def cut(self, items: Sequence[Item]) -> Sequence[Item]:
        """The items of this page."""
        return items[(self.number - 1) * self.size : self.number * self.size]

    def links(self, api: str, request: Request, total: int) -> dict[str, str]:
        """The `link` header; none where one page is enough."""
        last = max(1, -(-total // self.size))
        pages = {"prev": self.number - 1, "next": self.number + 1, "last": last, "first": 1}
        if self.number >= last:
            del pages["next"], pages["last"]
        if self.number <= 1:
            del pages["prev"], pages["first"]
        links = [
            f'<{api}{request.path}?{urlencode({**request.query, "page": number})}>; rel="{name}"'
            for name, number in pages.items()
        ]
        return {"link": ", ".join(links)} if links else {}


def _positive(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else default


class Lists:
    """Everything that is about no single repository."""

    def __init__(self, world: World, switches: Switches, api: str) -> None:
        self._world = world
        self._switches = switches
        self._api = api
        self._sorted: tuple[int, list[Repository]] = (-1, [])

    def answer(self, request: Request, token: Token | None, now: datetime, words: list[str]) -> Answer | None:
        """The answer to a path of these, or None where it is another."""
        match words:
            case ["user"]:
                return self._user(token)
            case ["user", "repos"]:
                return self._user_repositories(request, token, now)
            case ["installation", "repositories"]:
                return self._installation_repositories(request, token, now)
            case ["orgs" | "users" as kind, login, "repos"]:
                return self._repositories_of(request, token, login, kind == "orgs")
        return None

    def paged(self, request: Request, page: Page, items: Sequence[Any], total: int) -> Answer:
        """A page of a list with its links, or the refusal of one that is too deep."""
        deepest = self._switches.deepest_page
        if deepest is not None and page.number > deepest:
            return answers.pages_limited()
        return json_answer(list(items), 200, page.links(self._api, request, total))

    def _user(self, token: Token | None) -> Answer:
        if token is None:
            return answers.requires_authentication()
        if token.kind == "app":
            return _not_for_apps()
        account = bodies.account(self._api, token.login, token.owner_id)
        return json_answer({**account, "name": None, "company": None, "email": None, "public_repos": 0})

    def _user_repositories(self, request: Request, token: Token | None, now: datetime) -> Answer:
        if token is None:
            return answers.requires_authentication()
        if token.kind == "app":
            return _not_for_apps()
        if "type" in request.query and {"visibility", "affiliation"} & request.query.keys():
            text = "If you specify visibility or affiliation, you cannot specify type."
            return answers.unprocessable(text, f"{DOCS}/repos/repos#list-repositories-for-the-authenticated-user")
        wanted = request.query.get("visibility", "all")
        own = self._own(token, lambda each: wanted == "all" or each.private == (wanted == "private"))
        day, page = windows.utc_day(now), Page.of(request)
        items = [bodies.listed_repository(self._api, each, token, day) for each in page.cut(own)]
        answer = self.paged(request, page, items, len(own))
        answer.headers.update(self._left_out(token))
        return answer

    def _installation_repositories(self, request: Request, token: Token | None, now: datetime) -> Answer:
        if token is None or token.kind != "app":
            text = "You must authenticate with an installation access token in order to list repositories for an "
            return refusal(403, text + "installation.", f"{DOCS}/apps/installations")
        own, day, page = self._own(token), windows.utc_day(now), Page.of(request)
        items = [bodies.listed_repository(self._api, each, token, day) for each in page.cut(own)]
        body = {"total_count": len(own), "repositories": items}
        return json_answer(body, 200, page.links(self._api, request, len(own)))

    def _repositories_of(self, request: Request, token: Token | None, login: str, with_private: bool) -> Answer:
        all_of_owner = [each for each in self._by_name() if each.owner.lower() == login.lower()]
        if not all_of_owner:
            return answers.not_found()
        found = [e for e in all_of_owner if not e.private or (with_private and access.is_visible(token, e))]
        page = Page.of(request)
        items = [bodies.minimal_repository(self._api, each, token) for each in page.cut(found)]
        return self.paged(request, page, items, len(found))

    def _own(self, token: Token, wanted: Callable[[Repository], bool] = lambda _: True) -> list[Repository]:
        hidden = (Lack.SAML, Lack.CLASSIC_FORBIDDEN, Lack.ADDRESS)
        return [
            each
            for each in self._by_name()
            if token.sees(each.id)
            and access.is_visible(token, each)
            and token.lacking(each.id) not in hidden
            and wanted(each)
        ]

    def _left_out(self, token: Token) -> dict[str, str]:
        """The organizations whose single sign-on keeps their repositories out of the list."""
        owners = {
            str(bodies.owner_id(each.owner))
            for each in self._by_name()
            if token.sees(each.id) and token.lacking(each.id) is Lack.SAML
        }
        return {"x-github-sso": f"partial-results; organizations={','.join(sorted(owners))}"} if owners else {}

    def _by_name(self) -> list[Repository]:
        generation = self._world.generation
        if self._sorted[0] != generation:
            ordered = sorted(self._world.repositories.values(), key=lambda each: each.full_name.lower())
            self._sorted = (generation, ordered)
        return self._sorted[1]


def _not_for_apps() -> Answer:
    return refusal(403, "Resource not accessible by integration", f"{DOCS}/users/users#get-the-authenticated-user")
