"""The API: the rows that a token may see, as JSON by pages or as CSV in one piece.

Columns, and their order, are those of exports and of the downloads of pages: see data/traffic/export.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from itertools import chain
from typing import Any

from pandas import DataFrame
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from collector.reach import overbooked
from data.accounts import grants
from data.accounts.api_tokens import ApiAccess
from data.accounts.models import Role, Viewer
from data.accounts.tenants import operator, tenants
from data.calendar import utc_now
from data.collection import log
from data.collection.health import collection_health
from data.collection.ledger import Scope
from data.store import Store
from data.store.cache import cached
from data.traffic.export import Column, ExportRequest, ExportTable, Key, csv_pieces, page_of_rows
from data.traffic.file_formats import csv_file, json_rows
from data.traffic.models import LARGEST_PAGE
from pages.api import parameters
from pages.api.authentication import access_of_request, answer_or_problem, authenticated
from pages.api.description import HEALTH_COLUMNS, RUN_COLUMNS, description
from pages.api.problems import Invalid, NotFound, Problem
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.collector_process import start_for_program
from pages.ui.navigation import ENTRIES
from pages.ui.session_routes import short_body
from pages.ui.store import the_store

ROOT = "/api/v1"
TABLES = {  # what each address has; traffic is by day, week or month
    "repositories": ExportTable.REPOSITORIES,
    "traffic": None,
    **{str(each): each for each in list(ExportTable) if each.grain is None and each is not ExportTable.REPOSITORIES},
}
FORMER = {"repositorystats": ExportTable.DAILY, "repositories": ExportTable.REPOSITORIES}
CSV = "text/csv; charset=utf-8"
LONGEST_BODY = 10_000
KEPT = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Accept"}


def routes() -> Sequence[BaseRoute]:
    base = f"{base_path()}{ROOT}"
    found = {**dict.fromkeys(TABLES, rows), "runs": runs, "health": health}
    tables = [
        Route(f"{base}/{name}{end}", authenticated(answer)) for name, answer in found.items() for end in ("", ".csv")
    ]
    former = [Route(f"{base}/data/{name}.csv", authenticated(formerly)) for name in FORMER]
    started = Route(f"{base}/runs", start_run, methods=["POST"])
    described = Route(f"{base}/openapi.json", description_of_all)
    known = [*tables, *former, started, described]
    others = [Route(f"{base_path()}/api{rest}", UnknownPath(known)) for rest in ("", "/{rest:path}")]
    return [*known, *others]


def rows(request: Request, access: ApiAccess) -> Response:
    """The rows of a table: a page of them, or as CSV all."""
    store, name = the_store(), _name(request)
    wanted = parameters.rows(request, access.viewer, store, TABLES[name])
    as_csv = wants_csv(request)
    headers = _tagged(store, wanted, as_csv=as_csv)
    if is_known(request, headers):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if as_csv and wanted.size is None and wanted.after is None:
        return streamed(wanted.viewer, wanted.request, name, headers)
    size = wanted.size or parameters.USUAL_PAGE
    content, last_key = _page(wanted.viewer, store, wanted.request, wanted.after, size, as_csv=as_csv)
    more = None if last_key is None else parameters.next_page(request, last_key)
    return sent(request, content, more, headers)


def _tagged(store: Store, wanted: parameters.RowsRequest, *, as_csv: bool) -> dict[str, str]:
    """The headers of rows: the tag is of the store's version, the day, and who sees them."""
    version = (store.traffic.version(), wanted.request.today, hash(wanted.viewer), as_csv)
    return KEPT | {"ETag": f'W/"{"-".join(str(each) for each in version)}"'}


@cached("traffic")
def _page(
    viewer: Viewer, store: Store, wanted: ExportRequest, after: Key | None, size: int, *, as_csv: bool
) -> tuple[bytes, Key | None]:
    """Rows as they are sent, and the key of the last one where more follow."""
    page = page_of_rows(viewer, store, wanted, after, size)
    return csv_file(page.rows) if as_csv else json_rows(page.rows).encode(), page.last_key


def runs(request: Request, access: ApiAccess) -> Response:
    """The newest runs of the collector first, for those who have the page of the system log, and as it shows them."""
    parameters.refuse_others(request, parameters.PAGING)
    if not any(access.account.has(role) for role in ENTRIES["log"].may):
        raise Problem(HTTPStatus.FORBIDDEN, "The log of runs is for admins, maintainers and tenant managers.")
    size, after = parameters.size(request) or parameters.USUAL_PAGE, parameters.key(request, (int,))
    found = log.runs(grants.log_viewer(access.account, the_store()), the_store(), LARGEST_PAGE)
    left = [each for each in found if after is None or each.run_id < after[0]]
    more = parameters.next_page(request, (left[size - 1].run_id,)) if len(left) > size else None
    return listed(request, RUN_COLUMNS, left[:size], more)


async def start_run(request: Request) -> Response:
    """Have the collector run now, for the tenants that the token's user manages; a maintainer's for all of them."""
    body = await short_body(request, LONGEST_BODY)
    if body is None:
        sentence = f"A request has at most {LONGEST_BODY:,} bytes."
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence).response()
    return await run_in_threadpool(answer_or_problem, lambda: _start(request, access_of_request(request), body))


def _start(request: Request, access: ApiAccess, body: bytes) -> Response:
    parameters.refuse_others(request, ())
    try:
        wanted = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        wanted = None
    is_known = isinstance(wanted, dict) and wanted.keys() <= {"tenant"}
    if not (is_known and all(isinstance(each, str) for each in wanted.values())):
        raise Invalid("tenant", 'Send nothing, or the name of a tenant as JSON: {"tenant": "acme"}.')
    name, account, store = wanted.get("tenant"), access.account, the_store()
    if access.token.target is not None:
        raise Problem(HTTPStatus.FORBIDDEN, "A data link only reads.")
    everything = account.may_collect_everything
    known = operator(store).tenant_ids if everything else access.viewer.tenant_ids
    managed = [
        each for each in tenants(Viewer(frozenset(), known), store) if everything or account.manages(each.tenant_id)
    ]
    if name is not None:
        chosen = [each for each in managed if each.name.casefold() == name.casefold()]
        if not chosen:
            raise NotFound("tenant", "tenant")
    elif not managed:
        raise Problem(HTTPStatus.FORBIDDEN, "Only tenant managers, maintainers and admins can start a run.")
    else:
        chosen = managed
    whole = everything and name is None
    scope = Scope() if whole else Scope(tenant_ids=tuple(each.tenant_id for each in chosen))
    start_for_program(account, scope)
    return JSONResponse({"tenants": [each.name for each in chosen]}, HTTPStatus.ACCEPTED, NO_STORE)


def health(request: Request, access: ApiAccess) -> Response:
    """What is wrong with the collection, or soon will be: problems first."""
    parameters.refuse_others(request, ())
    account = access.account
    managed = {grant.tenant_id for grant in account.grants if grant.role == Role.TENANT and grant.tenant_id}
    viewer = access.viewer.of_each_tenant()
    if account.may_collect_everything:
        viewer = operator(the_store())
        managed |= viewer.tenant_ids
    budgets = overbooked(Viewer(viewer.repository_ids, frozenset(managed)), the_store())
    read = collection_health(viewer, the_store(), frozenset(managed), utc_now(), budgets)
    return listed(request, HEALTH_COLUMNS, (*read.problems, *read.warnings))


def formerly(request: Request, access: ApiAccess) -> Response:
    """The files of the system that was replaced, for dashboards that were made for it."""
    name = _name(request)
    wanted = parameters.rows(request, access.viewer, the_store(), FORMER[name], paging=())
    headers = _tagged(the_store(), wanted, as_csv=True)
    if is_known(request, headers):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return streamed(wanted.viewer, replace(wanted.request, as_formerly=True), name, headers)


def description_of_all(request: Request) -> Response:
    """The description in the form of OpenAPI, for whoever asks: it holds nobody's rows."""
    return answer_or_problem(lambda: JSONResponse(description(the_store(), f"{base_path()}{ROOT}")))


class UnknownPath:
    """Whatever else is asked for below /api, by whichever method: never a page."""

    def __init__(self, known: Sequence[Route]) -> None:
        self._known = known

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        methods = {name for each in self._known if each.path == scope["path"] for name in each.methods or ()}
        if methods:
            allowed = ", ".join(sorted(methods))
            sentence = f"This address takes {allowed}."
            refusal = Problem(HTTPStatus.METHOD_NOT_ALLOWED, sentence, headers={"Allow": allowed})
        else:
            sentence = f"There is nothing here. {base_path()}{ROOT}/openapi.json lists what there is."
            refusal = Problem(HTTPStatus.NOT_FOUND, sentence)
        await refusal.response()(scope, receive, send)


def listed(request: Request, columns: Sequence[Column], rows: Sequence[object], more: str | None = None) -> Response:
    """Rows that come from no table, with a tag of their own content."""
    names = [each.name for each in columns]
    plain = [{name: _plain(getattr(each, name)) for name in names} for each in rows]
    if wants_csv(request):
        content = csv_file(DataFrame(plain, columns=names, dtype=object))
    else:
        content = json.dumps(plain, ensure_ascii=False).encode()
    headers = KEPT | {"ETag": f'W/"{sha256(content + str(more).encode()).hexdigest()[:32]}"'}
    if is_known(request, headers):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return sent(request, content, more, headers)


def streamed(viewer: Viewer, wanted: ExportRequest, name: str, headers: Mapping[str, str]) -> Response:
    """All rows as CSV, sent as they are read; the first piece is read here, while a failure can still be answered."""
    pieces = csv_pieces(viewer, the_store(), wanted)
    return StreamingResponse(chain([next(pieces)], pieces), 200, {**headers, **_file(name)}, CSV)


def sent(request: Request, content: bytes, more: str | None, headers: Mapping[str, str]) -> Response:
    """Rows, as CSV or JSON, with the address of the page after; only CSV has it in a header: proxies limit these."""
    if wants_csv(request):
        link = {} if more is None else {"Link": f'<{more}>; rel="next"'}
        return Response(content, 200, {**headers, **link, **_file(_name(request))}, CSV)
    body = b'{"data":' + content + b',"next":' + json.dumps(more).encode() + b"}"
    return Response(body, 200, headers, "application/json")


def is_known(request: Request, headers: Mapping[str, str]) -> bool:
    """Whether whoever asks has this very answer already."""
    return headers["ETag"] in request.headers.get("if-none-match", "")


def wants_csv(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return request.url.path.endswith(".csv") or ("text/csv" in accept and "json" not in accept)


def _name(request: Request) -> str:
    return request.url.path.rpartition("/")[2].removesuffix(".csv")


def _file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'inline; filename="{name}.csv"'}


def _plain(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
