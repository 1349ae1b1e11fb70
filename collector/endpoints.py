"""What each of the nine endpoints asks GitHub, and how its answer becomes an observation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from collector.client import GitHub, Response
from collector.errors import PagingLimited
from collector.parse import Parsed, parse_listing, parse_repository, parse_traffic, parse_weekly
from collector.parse_history import parse_releases, parse_star_history
from data.calendar import WINDOW_DAYS, utc_day
from data.collection.models import Endpoint, Observation
from data.traffic.models import Metric

CONDITIONAL = frozenset({Endpoint.REPOSITORY, Endpoint.VIEWS, Endpoint.CLONES})
RELEASE_PAGES = 40  # of 30 releases: a hundred with many assets make an answer of several megabytes
STAR_PAGES = 60  # 30 weeks a page: back to before GitHub began
RECENT_STAR_WEEKS = 5

_PATHS = {
    Endpoint.REPOSITORY: "",
    Endpoint.VIEWS: "/traffic/views",
    Endpoint.CLONES: "/traffic/clones",
    Endpoint.WEEKLY_VIEWS: "/traffic/views",
    Endpoint.WEEKLY_CLONES: "/traffic/clones",
    Endpoint.REFERRERS: "/traffic/popular/referrers",
    Endpoint.PATHS: "/traffic/popular/paths",
    Endpoint.STAR_HISTORY: "/stargazers/history",
    Endpoint.RELEASES: "/releases",
}
_METRICS = {
    Endpoint.VIEWS: Metric.VIEWS,
    Endpoint.WEEKLY_VIEWS: Metric.VIEWS,
    Endpoint.CLONES: Metric.CLONES,
    Endpoint.WEEKLY_CLONES: Metric.CLONES,
}


@dataclass(frozen=True, slots=True)
class Request:
    """An endpoint of a repository by its present name, the validator of the last answer, what is known of its stars."""

    full_name: str
    endpoint: Endpoint
    etag: str | None = None
    knows_stars: bool = False

    @property
    def path(self) -> str:
        """The path under the API's address."""
        return f"/repos/{quote(self.full_name)}{_PATHS[self.endpoint]}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer made an observation; `observation` is None where GitHub said that nothing changed."""

    observation: Observation | None
    as_of: datetime
    status: int
    warnings: tuple[str, ...] = ()
    etag: str | None = None
    led_to: str | None = None


def fetch_endpoint(github: GitHub, question: Request) -> Fetched:
    """Ask one endpoint of one repository.

    Raises: GitHubError as the client does, AnswerRefused where the answer is not what the endpoint should give.
    """
    if question.endpoint in {Endpoint.RELEASES, Endpoint.STAR_HISTORY}:
        return _fetch_history(github, question)
    first_look = question.endpoint in {Endpoint.REPOSITORY, Endpoint.VIEWS}
    answer = github.fetch(question.path, _query(question), etag=question.etag, confirm_missing=first_look)
    if answer.unchanged:
        return Fetched(None, answer.as_of, answer.status, answer.warnings, question.etag, answer.led_to)
    parsed = _parse(question.endpoint, answer)
    warnings = (*answer.warnings, *parsed.warnings)
    etag = answer.etag if _says_all(question.endpoint, answer, warnings) else None
    return Fetched(parsed.observation, answer.as_of, answer.status, warnings, etag, answer.led_to)


def _query(question: Request) -> Mapping[str, str | int]:
    match question.endpoint:
        case Endpoint.WEEKLY_VIEWS | Endpoint.WEEKLY_CLONES:
            return {"per": "week"}
        case Endpoint.STAR_HISTORY:
            return {"per_page": RECENT_STAR_WEEKS if question.knows_stars else 30}
        case Endpoint.RELEASES:
            return {"per_page": 30}
    return {}


def _parse(endpoint: Endpoint, answer: Response) -> Parsed[Observation]:
    match endpoint:
        case Endpoint.VIEWS | Endpoint.CLONES:
            return parse_traffic(_METRICS[endpoint], answer.body, answer.as_of)
        case Endpoint.WEEKLY_VIEWS | Endpoint.WEEKLY_CLONES:
            return parse_weekly(_METRICS[endpoint], answer.body, answer.as_of)
        case Endpoint.REFERRERS | Endpoint.PATHS:
            return parse_listing(endpoint.value, answer.body)
    return parse_repository(answer.body)


def _says_all(endpoint: Endpoint, answer: Response, warnings: tuple[str, ...]) -> bool:
    """Whether a later "not modified" would tell nothing that is not stored.

    True for the repository itself, and for a dense answer of finished days without an odd row. A sparse one covers
    other days on each day it is given, so it is always asked for in full.
    """
    if endpoint is Endpoint.REPOSITORY:
        return not warnings
    if endpoint not in CONDITIONAL or warnings or not isinstance(answer.body, Mapping):
        return False
    rows = answer.body.get(endpoint.value)
    newest = f"{utc_day(answer.as_of)}T00:00:00Z"
    return isinstance(rows, list) and len(rows) == WINDOW_DAYS and all(row["timestamp"] < newest for row in rows)


def _fetch_history(github: GitHub, question: Request) -> Fetched:
    """All pages of an endpoint that has several; a limit on deep pages ends them early and is told."""
    stars = question.endpoint is Endpoint.STAR_HISTORY
    pages, warnings = _pages(_answers(github, question))
    newest = pages[0]
    if newest.unchanged:
        return Fetched(None, newest.as_of, newest.status, newest.warnings, question.etag, newest.led_to)
    bodies = [page.body for page in pages]
    parsed: Parsed[Observation] = parse_star_history(bodies, newest.as_of) if stars else parse_releases(bodies)
    etag = newest.etag if not stars and len(pages) == 1 and not parsed.warnings else None
    warned = (*warnings, *newest.warnings, *parsed.warnings)
    return Fetched(parsed.observation, newest.as_of, newest.status, warned, etag, newest.led_to)


def _answers(github: GitHub, question: Request) -> Iterator[Response]:
    query = _query(question)
    if question.endpoint is Endpoint.STAR_HISTORY:
        limit = 1 if question.knows_stars else STAR_PAGES
        return github.fetch_pages(question.path, query, max_pages=limit)
    return github.fetch_pages(question.path, query, max_pages=RELEASE_PAGES, etag=question.etag)


def _pages(answers: Iterator[Response]) -> tuple[list[Response], tuple[str, ...]]:
    pages: list[Response] = []
    try:
        pages.extend(answers)
    except PagingLimited:
        if not pages:
            raise
        return pages, ("GitHub ended the list early; what it gave is kept",)
    return pages, ()
