"""Workflow runs a day, and how often a few of them, chosen by chance, have checked the repository out.

A checkout is a clone to GitHub. Asked only where the tenant has chosen it; a refusal means that it is unknown.
Source: https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository (of those `created` on
a day 1,000 can be listed), https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run
"""

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.client import GitHub
from collector.endpoints.endpoint import Endpoint, Fetched, Phase, Request
from collector.endpoints.fields import FieldRefused, Parsed, count_field, id_field, json_list, mapping
from collector.errors import AccessRefused, Missing, NotGranted
from collector.replies import Response
from data.calendar import DAY, WINDOW_DAYS, stored, utc_day
from data.collection.models import CollectableRepository, Outcome, Row, Save

LISTED = 1_000
SAMPLED_A_DAY, SAMPLED_AT_ONCE = 2, 10  # runs whose jobs are looked at
ASKED_AGAIN_AFTER = timedelta(days=7)  # where it was refused
REQUESTS_A_DAY = 2 + 2 * SAMPLED_A_DAY
REFUSED = (
    "Workflow runs are unknown: GitHub does not let this token or app read them. Give it the repository permission "
    "Actions: read, or do not count workflow runs. All else is collected as before."
)
_CHECKOUT = re.compile(r"(Run )?actions/checkout@\S+|check ?out( the| this)?( source)?( code| repository| repo)?", re.I)
SAVE = Save(
    {
        "incoming_workflow_day": "repository_id integer, day date, observed_at timestamp, runs bigint",
        "incoming_sampled_run": "repository_id integer, run_id bigint, day date, checkouts bigint",
    },
    ((__name__, "save"),),
    {"accepted_runs": "'workflow_runs'"},
)


@dataclass(frozen=True, slots=True)
class DayOfRuns:
    """How many runs were begun on a day (UTC), and the checkouts of some of them by their ids."""

    day: date
    runs: int
    checkouts: dict[int, int]


@dataclass(frozen=True, slots=True)
class DayAnswer:
    """What GitHub answered of a day: its list of runs, and the jobs of some of them by their ids."""

    day: date
    runs: object
    jobs: dict[int, object]


@dataclass(frozen=True, slots=True)
class RunsObservation:
    days: tuple[DayOfRuns, ...]

    save = SAVE

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        for each in self.days:
            yield "incoming_workflow_day", (repository_id, each.day, stored(observed_at), each.runs)
            for run_id, checkouts in each.checkouts.items():
                yield "incoming_sampled_run", (repository_id, run_id, each.day, checkouts)


class WorkflowRuns(Endpoint):
    """Asked once a day, of the days since the last answer and the one before: at first, of those that clones are of."""

    def is_due(self, repository: CollectableRepository, now: datetime) -> bool:
        state = repository.endpoints.get(self.name)
        if state is not None and state.last_outcome is Outcome.NOT_GRANTED:
            return repository.reads_actions and now - state.last_tried_at >= ASKED_AGAIN_AFTER
        return repository.reads_actions and super().is_due(repository, now)

    def parse(self, body: object, as_of: datetime) -> Parsed[RunsObservation]:
        """From a list of answers, one a day. Raises: AnswerRefused."""
        answers = [each for each in body if isinstance(each, DayAnswer)] if isinstance(body, list) else []
        days = (
            DayOfRuns(each.day, _count(each.runs), {key: checkouts(jobs) for key, jobs in each.jobs.items()})
            for each in answers
        )
        return Parsed(RunsObservation(tuple(days)))

    def fetch(self, github: GitHub, request: Request) -> Fetched:
        """Ask of each day, the newest first. Raises: as of any endpoint; NotGranted where the token may not read it."""
        yesterday = utc_day(request.now) - DAY
        first = yesterday - DAY * (WINDOW_DAYS - 1)
        new = first if request.answered_ago is None else utc_day(request.now - request.answered_ago)
        left, answers, newest = SAMPLED_AT_ONCE, [], None
        for back in range((yesterday - max(first, new - DAY)).days + 1):
            day = yesterday - DAY * back
            newest = self._runs(github, request, day, 1)
            chosen = _chosen(request.full_name, day, _count(newest.body))[: left if day >= new else 0]
            jobs = self._jobs(
                github, request, [newest if n == 1 else self._runs(github, request, day, n) for n in chosen]
            )
            left -= len(chosen)
            answers.append(DayAnswer(day, newest.body, jobs))
        assert newest is not None, "at least one day is over"
        observation = self.parse(answers, newest.as_of).observation
        return Fetched(observation, newest.as_of, newest.status, led_to=newest.led_to)

    def _runs(self, github: GitHub, request: Request, day: date, number: int) -> Response:
        """One run of a day, counted from the newest, with how many there are."""
        try:
            return github.fetch(self.url_path(request), {"created": str(day), "per_page": 1, "page": number})
        except (AccessRefused, Missing) as error:
            raise NotGranted(REFUSED, error.status) from error

    def _jobs(self, github: GitHub, request: Request, runs: list[Response]) -> dict[int, object]:
        jobs = {}
        for run in runs:
            for each in json_list(mapping(run.body), "workflow_runs")[:1]:
                key = id_field(mapping(each), "id")
                with suppress(Missing):  # deleted meanwhile
                    jobs[key] = github.fetch(f"{self.url_path(request)}/{key}/jobs", {"per_page": 100}).body
        return jobs


WORKFLOW_RUNS = WorkflowRuns("workflow_runs", "/actions/runs", Phase.HISTORY)
ENDPOINTS = (WORKFLOW_RUNS,)


def _count(runs: object) -> int:
    return count_field(mapping(runs), "total_count")


def _chosen(name: str, day: date, count: int) -> list[int]:
    """By chance, and the same whenever it is asked: which runs of a day, counted from the newest."""
    listed = range(1, min(count, LISTED) + 1)
    return sorted(random.Random(f"{name} {day}").sample(listed, min(len(listed), SAMPLED_A_DAY)))  # noqa: S311


def checkouts(jobs: object) -> int:
    """The checkouts of a run: its steps that succeeded and have the name that GitHub gives to one, or a usual one."""
    steps = [step for job in json_list(mapping(jobs), "jobs") for step in _steps(mapping(job).get("steps"))]
    return sum(
        isinstance(name := step.get("name"), str)
        and step.get("conclusion") == "success"
        and _CHECKOUT.fullmatch(name.strip()) is not None
        for step in steps
    )


def _steps(given: object) -> list[Mapping[str, object]]:
    if given is None:
        return []  # of a job that never ran
    if not isinstance(given, list):
        raise FieldRefused("the steps of a job are no list")
    return [mapping(each) for each in given]
