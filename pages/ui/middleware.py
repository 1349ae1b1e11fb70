"""What stands around the whole app: security headers on every answer, refusals of who asks from elsewhere or for what
is nobody's, redirects from deeper addresses, and a page that says where there is none.

Streamlit answers every address that it does not know with its own page, as if it were one; its files are named from
there, so that below a second segment none of them is found, and the window stays white.
"""

import json
import logging
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.calendar import utc_now
from data.sharing.shares import share_of_secret
from data.store import StoreError
from pages.ui import addresses, session_routes
from pages.ui.document import plain_page
from pages.ui.navigation import ENTRIES, LINK, SHARED, START
from pages.ui.store import the_store

log = logging.getLogger(__name__)

# Streamlit starts with a script in the page and styles in elements, compiles charts' expressions, and loads components
# as blobs: so those stay allowed. What may be loaded, sent to or framed stays this server's own.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # an address may hold a link's secret or a query: none of it in a proxy's log
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}

FILES = "/media/"  # what pages give to be saved: a shared computer must not keep it
FOUND = {200, 206}
FAILED = b"Something went wrong. The error is in the server log."
MISSING = b"There is nothing here."
NO_PAGE = '<p>There is no page at this address. <a href="{home}/">Go to GitHub Traffic</a></p>'
REFUSED = b"You don't have access to this page."
PLAIN = b"text/plain"
READING = {"GET", "HEAD", "OPTIONS"}
HEALTH = {"/healthz", "/readyz", "/_stcore/health"}  # asked by machines, under whatever name and address
# metrics name the modules of the server and count its sessions; Streamlit's own sign-in: see sign_on_routes.py
CLOSED = {"/_stcore/metrics", "/auth/login", "/auth/logout"}
STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}
# what is below these first segments is not a page's: files, sockets, components, routes of sessions and identities
SERVED = {
    *("_stcore", "app", "assets", "auth", "component", "download", "media", "oauth2callback", "session", "static"),
    *("api", "github-app", "unsubscribe"),  # what else programs ask sends no HTML: what would be, there is no page
}
# whose secrets no browser sends by itself (those of mails are in the address): they need not say from where they come
PROGRAMS = ("/api/", "/mcp/", "/unsubscribe/")
FRAMED = f"/{SHARED}"  # what a share link shows may be framed by other sites' pages, where its maker has allowed it
SHOWN_ELSEWHERE = "/badge/"  # pictures for other sites' pages


class SecurityHeaders:
    """Adds the headers to each answer, a socket's too; over TLS also the order to keep to TLS.

    What nobody expected to fail is answered here, since whatever stands further out would answer without them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        started = False
        scope["state"] = {**scope.get("state", {}), "may_be_framed": await _may_be_framed(scope)}

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "websocket.close" and not started:  # a refusal: the server would answer it bare
                started = True
                await _answer(scope, send, 403, REFUSED)
                return
            if message["type"] in STARTS:
                started = True
                _add(scope, message)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            if started:
                raise
            log.exception("a request failed: %s", scope["path"])
            await _answer(scope, send, 500, FAILED)


async def _may_be_framed(scope: Scope) -> bool:
    """Whether it is the page of a share link whose maker has allowed it; its files and sockets need no more."""
    if scope["type"] != "http" or below_base(scope["path"]) != FRAMED:
        return False
    secrets = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get(LINK, [])
    if len(secrets) != 1:  # of several the page would take another than is looked at here
        return False

    def allowed() -> bool:
        share = share_of_secret(the_store(), secrets[0], utc_now())
        return share is not None and share.embeddable

    try:
        return await run_in_threadpool(allowed)
    except StoreError:
        return False


def middleware() -> list[Middleware]:
    """What wraps the whole app, the outermost first. Raises: addresses.PublicAddressRefused."""
    known_addresses = Middleware(KnownAddresses, public=addresses.public_addresses())
    return [Middleware(SecurityHeaders), known_addresses, Middleware(ClosedPaths), Middleware(Redirects)]


class KnownAddresses:
    """Refuses whoever asks under another server's name, or from another site's page.

    Of a socket that is let in, Streamlit gets the page's own host: so it never looks for further ones.
    """

    def __init__(self, app: ASGIApp, public: frozenset[addresses.Origin]) -> None:
        self.app = app
        self.public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or below_base(scope["path"]) in HEALTH:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        changes = scope["type"] == "http" and scope["method"] not in READING
        origins = headers.getlist("origin") if changes or scope["type"] == "websocket" else []
        must_tell = changes and not f"{below_base(scope['path'])}/".startswith(PROGRAMS)
        refusal = addresses.refusal(headers.getlist("host"), origins, must_tell=must_tell, public=self.public)
        if refusal is not None:
            await _answer(scope, send, refusal.status, refusal.sentence.encode())
            return
        if origins:
            scope["headers"] = [
                (name, origins[0].partition("://")[2].encode() if name == b"host" else value)
                for name, value in scope["headers"]
            ]
        await self.app(scope, receive, send)


class ClosedPaths:
    """Answers for what is nobody's as if it were not there, and so for a file of a page to any other session than that
    which it was made for, unless that is a guest's. Streamlit keeps no such thing, but hands on a file's media type: so
    that names the session.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = below_base(scope["path"]) if scope["type"] == "http" else ""
        if path in CLOSED:
            await _answer(scope, send, 404, MISSING)
            return
        await self.app(scope, receive, await _of_session(scope, send) if path.startswith(FILES) else send)


async def _of_session(scope: Scope, send: Send) -> Send:
    """`send` for a file: where it was not made for the session that asks, nor for guests, there is none."""
    asking = HTTPConnection(scope)
    tags = [session_routes.GUEST]
    if await run_in_threadpool(session_routes.account_of_request, asking) is not None:
        tags.append(session_routes.file_tag(asking.cookies[session_routes.COOKIE]))
    marks = [f"; {session_routes.FILE_OF}={tag}" for tag in tags]
    is_refused = False

    async def send_or_refuse(message: Message) -> None:
        nonlocal is_refused
        if message["type"] == "http.response.start" and message["status"] in FOUND:
            headers = MutableHeaders(scope=message)
            media_type = headers.get("content-type", "")
            mark = next((each for each in marks if each in media_type), None)
            is_refused = mark is None
            if mark is None:
                await _answer(scope, send, 404, MISSING)
            else:
                headers["content-type"] = media_type.replace(mark, "")
        if not is_refused:
            await send(message)

    return send_or_refuse


class Redirects:
    """Sends a browser that asks for a deeper address to the page of its last segment; 404 where there is no page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        asks_for_a_page = asks and "text/html" in Headers(scope=scope).get("accept", "")
        target = meant(scope["path"]) if asks_for_a_page else None
        if target is None:
            is_unknown = asks and not is_served(scope["path"])
            await self.app(scope, receive, _not_found(scope, send) if is_unknown else send)
            return
        query = scope["query_string"].decode("latin-1")
        answer = RedirectResponse(f"{target}?{query}" if query else target, 307, {"Cache-Control": "no-cache"})
        await answer(scope, receive, send)


def meant(path: str) -> str | None:
    """The address of the page that a deeper one stands for; None for one that stands for none."""
    segments = _segments(path)
    if len(segments) < 2 or segments[0] in SERVED or segments[-1] not in {START, *ENTRIES}:
        return None
    return f"{addresses.base_path()}/{segments[-1]}"


def is_served(path: str) -> bool:
    """Whether it is the address of a page, or of something that is none."""
    segments = _segments(path)
    return not segments or segments[0] in SERVED or (len(segments) == 1 and segments[0] in {START, SHARED, *ENTRIES})


def _segments(path: str) -> list[str]:
    return [segment for segment in below_base(path).split("/") if segment]


def _not_found(scope: Scope, send: Send) -> Send:
    """`send` for an address that is no page's: where Streamlit answers with its page all the same, ours stands in.

    Whatever else is found there (a route of a program, a file) is sent as it is.
    """
    is_replaced = False

    async def send_or_replace(message: Message) -> None:
        nonlocal is_replaced
        if message["type"] == "http.response.start" and message["status"] == 200:
            is_replaced = Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
            if is_replaced:
                page = plain_page("Page not found", NO_PAGE.format(home=addresses.base_path()))
                await _answer(scope, send, 404, bytes(page.body), b"text/html; charset=utf-8")
        if not is_replaced:
            await send(message)

    return send_or_replace


def below_base(path: str) -> str:
    """A path as it would be if the app lay at the root; nothing for one beside the app."""
    base = addresses.base_path()
    return path.removeprefix(base) if f"{path}/".startswith(f"{base}/") else ""


async def _answer(scope: Scope, send: Send, status: int, body: bytes, media: bytes = PLAIN) -> None:
    if media == PLAIN and f"{below_base(scope['path'])}/".startswith(PROGRAMS):
        phrase = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": phrase, "status": status, "detail": body.decode()}
        body, media = json.dumps(problem).encode(), b"application/problem+json"
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    start: Message = {"type": f"{kind}.start", "status": status, "headers": [(b"content-type", media)]}
    _add(scope, start)
    await send(start)
    await send({"type": f"{kind}.body", "body": body})


def _add(scope: Scope, message: Message) -> None:
    message.setdefault("headers", [])
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value
    if scope.get("state", {}).get("may_be_framed"):
        headers["Content-Security-Policy"] = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
        del headers["X-Frame-Options"]
    if form_places := scope.get("state", {}).get("form_places"):  # of a form that goes to GitHub, and nowhere else
        headers["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action {form_places}")
        headers["Referrer-Policy"] = "origin"  # without it, a browser sends a form to another site without its origin
    if scope.get("scheme") in {"https", "wss"}:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if below_base(scope["path"]).startswith(SHOWN_ELSEWHERE):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if below_base(scope["path"]).startswith(FILES):
        headers["Cache-Control"] = "no-store"
