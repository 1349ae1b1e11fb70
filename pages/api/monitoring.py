"""What watches the server asks: whether the process answers, whether the collection is well, and `/metrics`, as
Prometheus reads it: how the collection stands and how long pages took.

The first two say nothing more, and need no token. Metrics name every tenant, so a token that is narrowed to one does
not get them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from collector.reach import overbooked, reaches
from data.accounts.api_tokens import ApiAccess
from data.accounts.tenants import operator
from data.calendar import utc_day, utc_now
from data.collection import log
from data.collection.health import collection_health
from data.repositories.health import repository_health
from data.repositories.pauses import owner_limits, owner_pauses
from data.store import Store, StoreError
from pages.api.authentication import authenticated
from pages.api.problems import Problem
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.page_times import PAGE_TIMES
from pages.ui.store import the_store

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LOOKED_BACK = timedelta(days=1)
NEAR_DAYS = 7  # until GitHub deletes a day
MOST_RUNS, MOST_FAILURES = 1_000, 10_000
PREFIX = "github_traffic_"


def routes() -> Sequence[BaseRoute]:
    answers = {"healthz": alive, "readyz": ready, "metrics": authenticated(metrics)}
    return [Route(f"{base_path()}/{path}", answer) for path, answer in answers.items()]


async def alive(request: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


def ready(request: Request) -> Response:
    """200 where `status` would exit with 0, else 503: what is wrong, `status` and the overview show."""
    try:
        store = the_store()
        viewer = operator(store)
        status = "failing" if collection_health(viewer, store, viewer.tenant_ids, utc_now()).problems else "ok"
    except StoreError:
        status = "unavailable"
    return JSONResponse({"status": status}, 200 if status == "ok" else 503, headers=NO_STORE)


def metrics(request: Request, access: ApiAccess) -> Response:
    if not access.account.may_collect_everything:
        raise Problem(
            HTTPStatus.FORBIDDEN, "Metrics are for maintainers and admins, and tokens for everything they see."
        )
    registry = CollectorRegistry()
    registry.register(_Findings(the_store(), utc_now()))
    text = generate_latest(registry) + generate_latest(PAGE_TIMES)
    return Response(text, 200, NO_STORE, MEDIA_TYPE)


class _Findings(Collector):
    """The state of the collection at a moment."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now
        self._viewer = operator(store)

    def collect(self) -> Iterator[Metric]:
        yield _gauge(
            "store_version",
            "The newest version of each database.",
            ["database"],
            {(name,): self._store.database(name).version() for name in ("traffic", "control")},
        )
        yield from self._runs()
        yield from self._failures()
        yield from self._repositories()
        yield from self._owners()
        yield from self._health()

    def _runs(self) -> Iterator[Metric]:
        runs = log.runs(self._viewer, self._store, MOST_RUNS)
        recent = [run for run in runs if run.started_at > self._now - LOOKED_BACK]
        states = Counter((run.state.value,) for run in recent)
        yield _gauge("runs_last_day", "Runs of the last 24 hours by state.", ["state"], states)
        requests = sum(run.requests or 0 for run in recent)
        yield GaugeMetricFamily(f"{PREFIX}requests_last_day", "Requests to GitHub of these runs.", requests)
        ended = [run.ended_at.timestamp() for run in runs if run.ended_at is not None]
        last = max(ended, default=0)
        yield GaugeMetricFamily(f"{PREFIX}last_run_end_timestamp_seconds", "When the newest run ended.", last)

    def _failures(self) -> Iterator[Metric]:
        found = log.results(self._viewer, self._store, failed_only=True, limit=MOST_FAILURES)
        recent = Counter((f.endpoint, f.outcome.value) for f in found if f.finished_at > self._now - LOOKED_BACK)
        about = "Failed answers of the last 24 hours by reason."
        yield _gauge("failures_last_day", about, ["endpoint", "reason"], recent)

    def _repositories(self) -> Iterator[Metric]:
        found = repository_health(self._viewer, self._store, utc_day(self._now))
        states = Counter((each.tenant, each.repository.state.value) for each in found)
        yield _gauge("repositories", "Repositories by state.", ["tenant", "state"], states)
        left: dict[tuple[str], list[int]] = {}
        for each in found:
            if each.days_until_loss is not None:
                left.setdefault((each.tenant,), []).append(each.days_until_loss)
        nearest = {tenant: 86_400 * min(days) for tenant, days in left.items()}
        near = {tenant: sum(each <= NEAR_DAYS for each in days) for tenant, days in left.items()}
        until = "Time until GitHub deletes the first day that is not stored."
        yield _gauge("until_loss_seconds", until, ["tenant"], nearest)
        in_days = f"Repositories of which that is in {NEAR_DAYS} days or less."
        yield _gauge("repositories_near_loss", in_days, ["tenant"], near)

    def _owners(self) -> Iterator[Metric]:
        found = reaches(self._viewer, self._store)
        names = {each.owner_key: each.owner for each in found}
        asked = {(each.owner,): each.requests_a_day for each in found}
        limits = {(names.get(each.owner_key, each.owner_key),): each for each in owner_limits(self._store)}
        an_hour = {owner: each.requests_an_hour for owner, each in limits.items()}
        left = {owner: each.requests_left for owner, each in limits.items()}
        resets = {owner: each.resets_at.timestamp() for owner, each in limits.items()}
        paused = {
            (names.get(each.owner_key, each.owner_key),): each.paused_until.timestamp()
            for each in owner_pauses(self._store, self._now).values()
        }
        about_left = "Requests left of that limit, as the same answer said; all of them once it is reset."
        for name, about, values in (
            ("requests_a_day", "Requests that a token owner's repositories take in a day, estimated.", asked),
            ("requests_limit", "Hourly limit of a token's owner, as GitHub's newest answer said.", an_hour),
            ("requests_left", about_left, left),
            ("requests_reset_timestamp_seconds", "When that limit is reset, as the same answer said.", resets),
            ("owner_paused_until_timestamp_seconds", "Until when GitHub asks an owner to wait.", paused),
        ):
            yield _gauge(name, about, ["owner"], values)

    def _health(self) -> Iterator[Metric]:
        budgets = overbooked(self._viewer, self._store)
        read = collection_health(self._viewer, self._store, self._viewer.tenant_ids, self._now, budgets)
        found = Counter((each.kind.value, "problem" if each.is_problem else "warning") for each in read.findings)
        yield _gauge("findings", "What is wrong, or soon will be.", ["kind", "severity"], found)


def _gauge(name: str, about: str, labels: Sequence[str], values: Mapping[Any, float]) -> Metric:
    """Numbers by what their labels are."""
    family = GaugeMetricFamily(PREFIX + name, about, labels=labels)
    for of, number in sorted(values.items()):
        family.add_metric(of, number)
    return family
