"""What GitHub answered, how its rows become Arrow tables that SQL merges, and how the log shows it.

Moments are aware and UTC; None means unknown, never zero. Knows no endpoint: each says itself what its rows are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from data.repositories.models import Repository, RepositoryState
from data.traffic.models import Metric

if TYPE_CHECKING:  # commands that save nothing start without Arrow
    import pyarrow as pa

ROW_REFUSED = "row refused: "  # begins what a result reports of each row that could not be used
Row = tuple[Any, ...]
ARROW_TYPES = {"integer": "int32", "bigint": "int64", "text": "string", "boolean": "bool"}
ARROW_TYPES |= {"date": "date32", "timestamp": "timestamp[us]"}


@dataclass(frozen=True, slots=True, eq=False)
class Save:
    """How rows are stored: the tables that they come in, with their columns, and the SQL (module, function) that merges
    these. `changed`: the tables in which that leaves the rows that bring something new, each with what its endpoint is.
    """

    tables: Mapping[str, str]
    statements: tuple[tuple[str, str], ...]
    changed: Mapping[str, str] = field(default_factory=dict)

    def tables_of(self, rows: Iterable[tuple[str, Row]]) -> dict[str, "pa.Table"]:
        """The rows as Arrow tables by name, each with its columns even where there is no row for it."""
        by_table: dict[str, list[Row]] = {name: [] for name in self.tables}
        for name, row in rows:
            by_table[name].append(row)
        return {name: _arrow_table(self.tables[name], of_table) for name, of_table in by_table.items()}


class Observation(Protocol):
    """What an endpoint's answer says: its rows by table, and how they are stored."""

    @property
    def save(self) -> Save: ...

    def rows(self, repository_id: int, observed_at: datetime) -> Iterable[tuple[str, Row]]: ...


def _arrow_table(columns: str, rows: list[Row]) -> "pa.Table":
    """The rows under columns written as in SQL: `repository_id integer, day date`."""
    import pyarrow as pa  # noqa: PLC0415

    named = (column.split() for column in columns.split(","))
    schema = pa.schema([(name, pa.type_for_alias(ARROW_TYPES[kind])) for name, kind in named])
    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(column, type=field.type) for column, field in zip(values, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


class Outcome(StrEnum):
    OK = "ok"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    UNREACHABLE = "unreachable"
    BAD_ANSWER = "bad_answer"
    SERVER_FAILED = "server_failed"
    NOT_READY = "not_ready"
    PRIMARY_LIMIT = "primary_limit"
    SECONDARY_LIMIT = "secondary_limit"
    LOCKOUT = "lockout"
    MISSING = "missing"
    NO_PERMISSION = "no_permission"
    NOT_GRANTED = "not_granted"  # what is asked for by choice is not for this token
    BLOCKED = "blocked"
    NAME_REUSED = "name_reused"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - no token
    REFUSED = "refused"
    BAD_ROWS = "bad_rows"
    STOPPED = "stopped"
    FAILED = "failed"

    @classmethod
    def _missing_(cls, value: object) -> "Outcome":
        return cls.FAILED  # what another release has written

    @property
    def good(self) -> bool:
        """Whether GitHub answered with what was asked, or said that nothing changed."""
        return self in {Outcome.OK, Outcome.UNCHANGED}

    @property
    def failed(self) -> bool:
        return not self.good and self not in {Outcome.SKIPPED, Outcome.NOT_GRANTED}

    @property
    def passing(self) -> bool:
        """Whether the endpoint is asked again in the next run; after a refusal it is on the next day."""
        return self in _PASSING


_PASSING = {
    *(Outcome.OK, Outcome.UNCHANGED, Outcome.UNREACHABLE, Outcome.BAD_ANSWER, Outcome.SERVER_FAILED),
    *(Outcome.NOT_READY, Outcome.PRIMARY_LIMIT, Outcome.SECONDARY_LIMIT),
}
GOOD_OUTCOMES = [outcome.value for outcome in Outcome if outcome.good]
HARMLESS_OUTCOMES = [outcome.value for outcome in Outcome if not outcome.failed]


class RunState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class StateChange:
    state: RepositoryState
    reason: str | None


@dataclass(frozen=True, slots=True)
class EndpointResult:
    """What came of asking one endpoint of one repository; `observation` is None where nothing is to be stored."""

    repository_id: int
    endpoint: str
    finished_at: datetime
    outcome: Outcome
    elapsed_ms: int
    status: int | None = None
    message: str | None = None
    observation: Observation | None = None
    etag: str | None = None
    etag_token_id: int | None = None
    state_change: StateChange | None = None


@dataclass(frozen=True, slots=True)
class EndpointState:
    """When an endpoint was last asked and last answered well, and the validator of that answer."""

    last_tried_at: datetime
    last_good_at: datetime | None
    last_outcome: Outcome
    etag: str | None = None
    etag_token_id: int | None = None


@dataclass(frozen=True, slots=True)
class CollectableRepository:
    repository: Repository
    endpoints: dict[str, EndpointState] = field(default_factory=dict)
    newest_whole_week: dict[Metric, date | None] = field(default_factory=dict)
    reads_actions: bool = False  # whether its tenant has workflow runs counted


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A collection run as the system log shows it.

    For a viewer who does not see every repository, `repositories` counts their own only, and `requests`
    and `message` are None.
    """

    run_id: int
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    state: RunState
    requests: int | None
    repositories: int
    message: str | None


@dataclass(frozen=True, slots=True)
class LastLook:
    """When a repository's views were last asked for, and those of 14 days in the newest good answer (None: no such)."""

    full_name: str
    tried_at: datetime
    views: int | None


@dataclass(frozen=True, slots=True)
class LoggedResult:
    run_id: int
    tenant: str
    full_name: str
    endpoint: str
    finished_at: datetime
    outcome: Outcome
    status: int | None
    message: str | None
    rows_changed: int
    elapsed_ms: int

    @property
    def has_trouble(self) -> bool:
        """Whether it failed, or some rows of its answer could not be used."""
        return self.outcome.failed or ROW_REFUSED in (self.message or "")
