"""What every endpoint is: where it is, when it is due, how its answer is fetched and becomes an observation.

One file of this folder is an endpoint or a family of them, found by being here.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from urllib.parse import quote

from collector.client import GitHub
from collector.endpoints.fields import Parsed
from collector.errors import PagingLimited
from collector.replies import Response
from data.calendar import utc_day
from data.collection.models import CollectableRepository, Observation

Query = Mapping[str, str | int]


class Phase(IntEnum):
    """In which order a run asks, all repositories in each phase: a budget that runs out costs stars, not days.

    Days are lost after two weeks, lists change daily, weeks come round, stars and releases stay. The repository itself
    is asked before its days, in every run: its id shows whether the name still means the same repository.
    """

    DAYS = 1
    LISTS = 2
    WEEKS = 3
    HISTORY = 4


@dataclass(frozen=True, slots=True)
class Request:
    """A repository by its present name, when it is asked for, the validator of the last answer, and how old the last
    good one is.
    """

    full_name: str
    now: datetime
    etag: str | None = None
    answered_ago: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer made an observation; `observation` is None where GitHub answered that nothing changed."""

    observation: Observation | None
    as_of: datetime
    status: int
    warnings: tuple[str, ...] = ()
    etag: str | None = None
    led_to: str | None = None


@dataclass(frozen=True)
class Endpoint(ABC):
    """An endpoint of a repository: its name in the log, its path below /repos/OWNER/NAME.

    A refusal of a `first_look` is one of the repository; a refusal of another endpoint is that endpoint's alone.
    """

    name: str
    path: str
    phase: Phase
    first_look: bool = False

    @abstractmethod
    def parse(self, body: object, as_of: datetime) -> Parsed[Observation]:
        """The observation that a body says, with what was odd about it. Raises: AnswerRefused."""

    def is_due(self, repository: CollectableRepository, now: datetime) -> bool:
        """Whether it is to be asked now: once a UTC day, and in the next run where what failed may be over by then."""
        state = repository.endpoints.get(self.name)
        if state is None:
            return True
        answered = state.last_good_at if state.last_outcome.passing else state.last_tried_at
        return answered is None or utc_day(answered) < utc_day(now)

    def query(self, request: Request) -> Query:
        return {}

    def says_all(self, response: Response, warnings: tuple[str, ...]) -> bool:
        """Whether a later "not modified" would mean nothing that is not stored, so that its validator may be kept."""
        return False

    def url_path(self, request: Request) -> str:
        return f"/repos/{quote(request.full_name)}{self.path}"

    def fetch(self, github: GitHub, request: Request) -> Fetched:
        """Ask for it. Raises: GitHubError; AnswerRefused where the answer is not what the endpoint should give."""
        response = github.fetch(
            self.url_path(request), self.query(request), etag=request.etag, confirm_missing=self.first_look
        )
        if response.unchanged:
            return _unchanged(response, request)
        parsed = self.parse(response.body, response.as_of)
        warnings = (*response.warnings, *parsed.warnings)
        etag = response.etag if self.says_all(response, warnings) else None
        return Fetched(parsed.observation, response.as_of, response.status, warnings, etag, response.led_to)


class PagedEndpoint(Endpoint):
    """An endpoint whose answer has several pages, parsed as the list of their bodies."""

    conditional = False  # whether its first page may be asked for with a validator

    @abstractmethod
    def max_pages(self, request: Request) -> int:
        """How many pages are asked for at most."""

    def fetch(self, github: GitHub, request: Request) -> Fetched:
        """Ask for all pages; a limit on deep pages ends them early. Raises: GitHubError, AnswerRefused."""
        pages: list[Response] = []
        ended_early: tuple[str, ...] = ()
        path, query, most = self.url_path(request), self.query(request), self.max_pages(request)
        try:
            for page in github.fetch_pages(path, query, most, request.etag if self.conditional else None):
                pages.append(page)
        except PagingLimited:
            if not pages:
                raise
            ended_early = ("GitHub ended the list early; what it gave is kept",)
        newest = pages[0]
        if newest.unchanged:
            return _unchanged(newest, request)
        parsed = self.parse([page.body for page in pages], newest.as_of)
        warnings = (*ended_early, *newest.warnings, *parsed.warnings)
        whole = self.conditional and len(pages) == 1 and not parsed.warnings
        etag = newest.etag if whole else None
        return Fetched(parsed.observation, newest.as_of, newest.status, warnings, etag, newest.led_to)


def _unchanged(response: Response, request: Request) -> Fetched:
    return Fetched(None, response.as_of, response.status, response.warnings, request.etag, response.led_to)


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Every endpoint that a module of this folder lists as its `ENDPOINTS`, the perishable first."""
    modules = [import_module(f"{__package__}.{found.name}") for found in iter_modules([str(Path(__file__).parent)])]
    listed = [endpoint for module in modules for endpoint in getattr(module, "ENDPOINTS", ())]
    return tuple(sorted(listed, key=lambda endpoint: endpoint.phase))
