"""All rows that somebody may see, as one file that is sent as it is read: it never lies in memory whole.

Streamlit makes the files of its buttons in memory and keeps them there while the page is open.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from data.accounts import grants
from data.store import StoreError
from data.traffic.export import ExportRequest, ExportTable, csv_pieces
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.session_routes import account_of_request, unavailable
from pages.ui.store import the_store

FOLDER = "/download/"


def routes() -> Sequence[BaseRoute]:
    return [Route(address(table), everything) for table in ExportTable]


def address(table: ExportTable) -> str:
    return f"{base_path()}{FOLDER}{table}.csv"


def everything(request: Request) -> Response:
    """The rows that the signed-in user may see at this moment; 403 for anybody else, and for another site's page."""
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return PlainTextResponse("Open this file from its page.", status_code=403)
    table = ExportTable(request.url.path.rpartition("/")[2].removesuffix(".csv"))
    try:
        pieces = _begun(request, table)
    except StoreError as error:
        return unavailable(error)
    if pieces is None:
        return PlainTextResponse("Sign in to get this file.", status_code=403)
    name = f"{table}-everything.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **NO_STORE}
    return StreamingResponse(pieces, headers=headers, media_type="text/csv; charset=utf-8")


def _begun(request: Request, table: ExportTable) -> Iterator[bytes] | None:
    """The file from its first piece on, which is read here, while a failure can still be answered."""
    account = account_of_request(request)
    if account is None:
        return None
    pieces = csv_pieces(grants.viewer_of(the_store(), account), the_store(), ExportRequest(table))
    return chain([next(pieces)], pieces)
