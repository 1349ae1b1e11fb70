"""The routes that no page can be: a browser gets or loses its session cookie here, which scripts cannot read.

A page that has checked a password makes a ticket, good once and for a minute; the browser brings it here by POST, so
it is in no address, no history and no log.
"""

import logging
import os
from collections.abc import Sequence
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from data.accounts import sessions
from data.accounts.models import Account
from data.calendar import utc_now
from data.store import StoreError
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.store import the_store

log = logging.getLogger(__name__)

COOKIE = "traffic_session"
REASON_COOKIE = "traffic_not_let_in"  # why the organization's sign-in has just failed, until one is in
OPEN_PATH, CLOSE_PATH, REACH_PATH = "/session/open", "/session/close", "/session/reach"
COOKIE_DAYS = 7
FILE_OF = "for"  # the parameter of a file's media type that names the session which it was made for
GUEST = "guest"  # instead of a session: whoever has a share link
LONGEST_FORM = 2000  # bytes
NO_DATA = "The data cannot be read just now. Try again in a minute, or tell whoever runs this server."
SECURE_VARIABLE = "TRAFFIC_SECURE_COOKIE"  # "1" behind a proxy that speaks TLS and does not say so


def routes() -> Sequence[BaseRoute]:
    base, found = base_path(), {OPEN_PATH: open_session, CLOSE_PATH: close_session, REACH_PATH: reach_server}
    return [Route(f"{base}{path}", answer, methods=["POST"]) for path, answer in found.items()]


async def open_session(request: Request) -> Response:
    """Give the session cookie for a ticket; 403 for one that is unknown, used or too old."""
    ticket = (await short_body(request) or b"").decode("ascii", "replace")
    answer = Response(status_code=204, headers=NO_STORE)
    try:
        await run_in_threadpool(set_session, answer, request, ticket)
    except sessions.TicketRefused:
        return PlainTextResponse("This sign-in has expired. Go back and sign in again.", status_code=403)
    except StoreError as error:
        return unavailable(error)
    return answer


def set_session(answer: Response, request: Request, ticket: str) -> None:
    """Start a session for a ticket, whose cookie the answer gives. Raises: TicketRefused, StoreError."""
    browser, address = request.headers.get("user-agent", ""), request.client.host if request.client else ""
    secret = sessions.redeem_ticket(the_store(), ticket, browser, address, utc_now())
    give_cookie(answer, request, COOKIE, secret)
    answer.delete_cookie(REASON_COOKIE, path=base_path() or "/")


def give_cookie(
    answer: Response, request: Request, name: str, value: str, *, max_age: int = COOKIE_DAYS * 86400, path: str = ""
) -> None:
    """Give the browser a cookie that no script can read, for a `path` of the app."""
    answer.set_cookie(
        name,
        value,
        max_age=max_age,
        path=f"{base_path()}{path}" or "/",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )


def close_session(request: Request) -> Response:
    secret = request.cookies.get(COOKIE)
    try:
        if secret:
            sessions.end_session(the_store(), secret)
    except StoreError as error:
        return unavailable(error)
    answer = Response(status_code=204, headers=NO_STORE)
    answer.delete_cookie(COOKIE, path=base_path() or "/", httponly=True, samesite="lax", secure=is_secure(request))
    return answer


async def reach_server(request: Request) -> Response:
    """Nothing, for a page that asks whether it is served: what stands around the app refuses it, with the reason."""
    return Response(status_code=204, headers=NO_STORE)


def file_tag(secret: str) -> str:
    """What names a session in the type of its files, and reveals nothing of its secret."""
    return sha256(f"file {secret}".encode()).hexdigest()[:32]


def account_of_request(request: HTTPConnection) -> Account | None:
    """Whose session the browser has that sent this. Raises: StoreError."""
    secret = request.cookies.get(COOKIE)
    return sessions.account_of_session(the_store(), secret, utc_now()) if secret else None


def is_secure(request: Request) -> bool:
    """Whether the browser speaks TLS, to this server or to a proxy before it."""
    return request.url.scheme == "https" or os.environ.get(SECURE_VARIABLE) == "1"


async def short_body(request: Request, longest: int = LONGEST_FORM) -> bytes | None:
    """What was sent; None where it is longer."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > longest:
            return None
    return bytes(body)


def unavailable(error: StoreError) -> Response:
    log.error("a route has no data: %s", error)
    return PlainTextResponse(NO_DATA, status_code=503, headers=NO_STORE)
