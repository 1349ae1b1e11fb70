"""The repository itself: its identity, and its counters at that moment.

Source: https://docs.github.com/en/rest/repos/repos#get-a-repository
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from collector.endpoints import fields
from collector.endpoints.endpoint import Endpoint, Phase
from collector.errors import AnswerRefused
from collector.replies import Response
from data.calendar import stored, utc_day
from data.collection.models import CollectableRepository, Row, Save
from data.repositories.models import RepositoryFacts

FULL_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/(?!\.\.?$)[A-Za-z0-9_.-]{1,100}")
SAVE = Save(
    {
        "incoming_stats": (
            "repository_id integer, day date, observed_at timestamp, stars bigint, forks bigint, "
            "watchers bigint, open_issues_and_pull_requests bigint, size_kb bigint"
        ),
        "incoming_facts": (
            "repository_id integer, observed_at timestamp, github_id bigint, owner text, name text, "
            "full_name text, visibility text, archived boolean, fork boolean"
        ),
    },
    ((__name__, "save"),),
    {"accepted_stats": "'repository'"},
)


@dataclass(frozen=True, slots=True)
class StatsObservation:
    """One answer of the repository itself: who it is, and its counters at that moment."""

    facts: RepositoryFacts
    stars: int | None
    forks: int | None
    watchers: int | None
    open_issues_and_pull_requests: int | None
    size_kb: int | None

    save = SAVE

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        at, facts = stored(observed_at), self.facts
        owner, _, name = facts.full_name.partition("/")
        counters = (self.stars, self.forks, self.watchers, self.open_issues_and_pull_requests, self.size_kb)
        yield "incoming_stats", (repository_id, utc_day(observed_at), at, *counters)
        identity = (facts.github_id, owner, name, facts.full_name)
        yield "incoming_facts", (repository_id, at, *identity, facts.visibility, facts.archived, facts.fork)


class RepositoryItself(Endpoint):
    """Asked in every run, before its days; GitHub does not count the call where nothing has changed (304)."""

    def is_due(self, repository: CollectableRepository, now: datetime) -> bool:
        return True

    def parse(self, body: object, as_of: datetime) -> fields.Parsed[StatsObservation]:
        return parse_repository(body)

    def says_all(self, response: Response, warnings: tuple[str, ...]) -> bool:
        return not warnings


REPOSITORY = RepositoryItself("repository", "", Phase.DAYS, first_look=True)
ENDPOINTS = (REPOSITORY,)


def parse_repository(body: object) -> fields.Parsed[StatsObservation]:
    """The repository's identity and counters. Raises: AnswerRefused.

    `watchers` is `subscribers_count`; what GitHub calls `watchers_count` counts stars.
    """
    top = fields.mapping(body)
    github_id, full_name = fields.id_field(top, "id"), fields.text_field(top, "full_name")
    if not FULL_NAME.fullmatch(full_name):
        raise AnswerRefused("full_name is not OWNER/NAME")
    visibility = fields.optional_text(top, "visibility")
    if visibility is None and fields.optional_flag(top, "private") is not None:
        visibility = "private" if top["private"] else "public"
    facts = RepositoryFacts(
        github_id, full_name, visibility, fields.optional_flag(top, "archived"), fields.optional_flag(top, "fork")
    )
    warnings = fields.Warnings()
    names = ("stargazers_count", "forks_count", "subscribers_count", "open_issues_count", "size")
    counters = (fields.count_or_warning(top, name, warnings) for name in names)
    return fields.Parsed(StatsObservation(facts, *counters), warnings.sentences())
