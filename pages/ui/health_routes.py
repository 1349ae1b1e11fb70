"""What machines ask: whether the process answers, and whether the collection is well. They report nothing more."""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from data.accounts.tenants import operator
from data.calendar import utc_now
from data.collection.health import health
from data.store import StoreError
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.store import the_store


def routes() -> Sequence[BaseRoute]:
    return [Route(f"{base_path()}/healthz", alive), Route(f"{base_path()}/readyz", ready)]


async def alive(request: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


async def ready(request: Request) -> Response:
    """200 where `status` would exit with 0, else 503: what is wrong, `status` and the overview show."""
    status = await run_in_threadpool(_status)
    return JSONResponse({"status": status}, 200 if status == "ok" else 503, headers=NO_STORE)


def _status() -> str:
    store = the_store()
    try:
        viewer = operator(store)
        return "failing" if health(viewer, store, viewer.tenant_ids, utc_now()).problems else "ok"
    except StoreError:
        return "unavailable"
