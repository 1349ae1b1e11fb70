"""The description of the API in the words of OpenAPI 3.1, made from the tables themselves."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data.collection.health import FindingKind
from data.collection.models import RunState
from data.store import Store
from data.traffic.export import Column, ExportTable, columns
from data.traffic.models import LARGEST_PAGE, Metric
from pages.api import parameters
from pages.api.problems import MEDIA_TYPE

TITLE = "GitHub Traffic"
ABOUT = (
    "The rows that a token may see, read only. Days are UTC dates; what is unknown is null in JSON and empty in CSV, "
    "never zero. Uniques are GitHub's own counts of the period; visitor_days and cloner_days are daily uniques added "
    "up, in which somebody who comes on three days is counted three times; view_uniques_kind and clone_uniques_kind "
    "say which are known: day, week, 14_days (GitHub's own) or sum_of_days."
)
WHAT = {
    "repositories": "Repositories, with totals and the state of their collection",
    "traffic": "Views and clones by day, week or month",
    "referrers": "Lists of the top 10 referrers",
    "paths": "Lists of the top 10 paths",
    "clones": "Clones by day, and how many machines have made at least",
    "spikes": "Spikes and drops",
    "stars": "Stars, forks, watchers and open issues by day",
    "releases": "Downloads of releases",
    "notes": "Notes",
    "runs": "Runs of the collector, the newest first",
    "health": "What is wrong with the collection, or soon will be",
}
KINDS: Mapping[str, dict[str, Any]] = {
    "day": {"type": ["string", "null"], "format": "date"},
    "time": {"type": ["string", "null"], "format": "date-time"},
    "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "text": {"type": ["string", "null"]},
}
RUN_COLUMNS = (
    Column("run_id", "integer", "The number of the run."),
    Column("trigger", "text", "What began it."),
    Column("started_at", "time", "When it began, UTC."),
    Column("ended_at", "time", "When it ended, UTC; null while it is going on."),
    Column("state", "text", f"One of {', '.join(RunState)}."),
    Column("repositories", "integer", "How many repositories it asked about, of those whose log you may read."),
    Column("requests", "integer", "How many requests it took; null unless you may read the whole log."),
    Column("message", "text", "What it said at its end; null unless you may read the whole log."),
)
HEALTH_COLUMNS = (
    Column("kind", "text", f"What it is about, one of {', '.join(FindingKind)}."),
    Column("is_problem", "boolean", "Whether somebody must act now; else it is a warning."),
    Column("tenant", "text", "The tenant, where it is about one."),
    Column("repository_id", "integer", "The repository, where it is about one."),
    Column("about", "text", "What it is about, by name."),
    Column("text", "text", "What is wrong."),
    Column("label", "text", "What the moment means."),
    Column("moment", "time", "When, UTC."),
)
A_DAY = {"type": "string", "format": "date", "pattern": r"^20(0[89]|[1-9]\d)-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"}
TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
PARAMETERS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "tenant": (TEXT, "The name of a tenant. Without one, a repository of several tenants counts once."),
    "group": (TEXT, "The name of a group of repositories."),
    "repository": (
        {"type": "array", "items": TEXT, "maxItems": parameters.MOST_REPOSITORIES},
        f"OWNER/NAME or the number of a repository; may be given up to {parameters.MOST_REPOSITORIES} times.",
    ),
    "from": (A_DAY, "The first day, UTC. A week or month has its days from it on only."),
    "to": (A_DAY, "The last day, UTC, itself included. A week or month has its days up to it only."),
    "days": (
        {"type": "integer", "minimum": 1, "maximum": parameters.MOST_DAYS},
        "Instead of from and to: the last so many days up to yesterday.",
    ),
    "by": (
        {"type": "string", "enum": list(parameters.BY)},
        "How long the periods are: day (the default), week or month.",
    ),
    "metric": ({"type": "string", "enum": [each.value for each in Metric]}, "Only the columns of this metric."),
    "compare": (
        {"type": "string", "enum": list(parameters.COMPARISONS)},
        "Adds columns that end in _before: of as many periods before (needs from and to, or days) or a year before.",
    ),
    "imports": (
        {"type": "string", "enum": list(parameters.IMPORTS)},
        "Days imported from other tools: included (the default), or left_out, as it would be without them.",
    ),
    "limit": (
        {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
        f"Rows of a page: {parameters.USUAL_PAGE:,} unless given. CSV has all rows unless it is given.",
    ),
    "cursor": ({"type": "string", "maxLength": 500}, "Where the page begins: from next of the page before."),
}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
REFUSALS = {
    "401": "No token, or one that is not valid (any more).",
    "403": "A data link that was made for another address, or what only others may read or start.",
    "404": "There is no such tenant, group or repository, or none that the token may see.",
    "422": "A parameter is not as it must be; `errors` names it.",
    "429": "Too often; Retry-After says how many seconds to wait.",
    "503": "The data cannot be read just now.",
}
FORMER_COLUMNS = {
    "repositorystats": "RID,ORGNAME,REPONAME,TDATE,VIEWCOUNT,VUNIQUES,CLONECOUNT,CUNIQUES",
    "repositories": "RID,ORGNAME,REPONAME",
}


A_TENANT = {"type": "object", "properties": {"tenant": TEXT}, "additionalProperties": False}
STARTING: dict[str, Any] = {
    "operationId": "start_run",
    "summary": "Start a run of the collector, for the tenants that you manage or one of them",
    "requestBody": {"required": False, "content": {"application/json": {"schema": A_TENANT}}},
    "responses": {"202": {"description": "It is requested; /runs shows its progress."}},
}


def columns_of(store: Store, name: str) -> list[Column]:
    """The columns of an address in the order of its rows; of traffic those of days, then what weeks and months add."""
    if name in {"runs", "health"}:
        return list(RUN_COLUMNS if name == "runs" else HEALTH_COLUMNS)
    if name != "traffic":
        return list(columns(store, ExportTable(name)))
    found: dict[str, dict[str, Column]] = {}
    for by, table in parameters.BY.items():
        for column in columns(store, table):
            found.setdefault(column.name, {})[by] = column
    return [_in_one(meanings) for meanings in found.values()]


def _in_one(meanings: Mapping[str, Column]) -> Column:
    """A column that days, weeks and months have, with what it means in each where that is not the same."""
    texts: dict[str, list[str]] = {}
    for by, column in meanings.items():
        texts.setdefault(column.comment, []).append(by)
    column = next(iter(meanings.values()))
    if len(texts) == 1:
        return column
    return replace(column, comment=" ".join(f"By {' or '.join(by)}: {text}" for text, by in texts.items()))


def parameters_of(name: str) -> list[str]:
    if name in {"runs", "health"}:
        return list(parameters.PAGING) if name == "runs" else []
    days = [] if name == "repositories" else list(parameters.DAYS)
    return [*days, *parameters.PLACE, *(parameters.OF_TRAFFIC if name == "traffic" else ()), *parameters.PAGING]


def description(store: Store, root: str) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for name, about in WHAT.items():
        names = parameters_of(name)
        paths[f"/{name}"] = {"get": _answers(name, about, names, _as_json(name))}
        paths[f"/{name}.csv"] = {"get": _answers(f"{name}_csv", about, names, _as_csv())}
    for name, header in FORMER_COLUMNS.items():
        about = f"As the system before this one had it: {header}"
        days = parameters.DAYS if "TDATE" in header else ()
        names = [*days, *parameters.PLACE]
        paths[f"/data/{name}.csv"] = {"get": _answers(f"former_{name}", about, names, _as_csv())}
    paths["/runs"]["post"] = STARTING | {"responses": STARTING["responses"] | _refusals()}
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1", "description": ABOUT},
        "servers": [{"url": root}],
        "security": [{"bearer": []}, {"basic": []}, {"link": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token: gta_ and 36 letters and digits.",
                },
                "basic": {"type": "http", "scheme": "basic", "description": "A token as the name or the password."},
                "link": {"type": "apiKey", "in": "query", "name": "link", "description": "The secret of a data link."},
            },
            "schemas": {"Problem": PROBLEM, **{_title(name): _row(store, name) for name in WHAT}},
        },
    }


def _answers(operation_id: str, about: str, names: list[str], content: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "summary": about,
        "parameters": [_parameter(each) for each in names],
        "responses": {
            "200": {"description": about, "content": content},
            "304": {"description": "As before."},
            **_refusals(but=() if names else ("404",)),
        },
    }


def _refusals(but: tuple[str, ...] = ()) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {code: {"description": about, "content": content} for code, about in REFUSALS.items() if code not in but}


def _parameter(name: str) -> dict[str, Any]:
    schema, about = PARAMETERS[name]
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": about}


def _as_json(name: str) -> dict[str, Any]:
    row = {"$ref": f"#/components/schemas/{_title(name)}"}
    page = {
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": {"type": "array", "items": row},
            "next": {"type": ["string", "null"], "description": "The address of the page after."},
        },
    }
    return {"application/json": {"schema": page}} | _as_csv()


def _as_csv() -> dict[str, Any]:
    return {"text/csv": {"schema": {"type": "string"}}}


def _row(store: Store, name: str) -> dict[str, Any]:
    found = {each.name: {**KINDS[each.kind], "description": each.comment} for each in columns_of(store, name)}
    return {"type": "object", "properties": found, "description": WHAT[name]}


def _title(name: str) -> str:
    return f"{name.capitalize()}Row"
