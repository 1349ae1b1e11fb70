"""Addresses that are no page's: what was typed or linked wrongly leads to the page that was meant, or to the first.

Streamlit answers every address that it does not know with its own page, whose files are named from there: below a
second segment none of them is found, and the window stays white.
"""

from pathlib import Path

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.ui.sections import SECTIONS

# what is below these first segments is not a page's: files, sockets, components, the doors of sessions and identities
SERVED = {"_stcore", "app", "auth", "component", "media", "oauth2callback", "session", "static"}
PAGES = {Path(entry.path).stem for entries in SECTIONS.values() for entry in entries} | {"start"}


class OneSegment:
    """Sends a browser that asks for a deeper address to the page of its last segment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with the way to the page."""
        target = meant(scope["path"]) if _asks_for_a_page(scope) else None
        if target is None:
            await self.app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        answer = RedirectResponse(f"{target}?{query}" if query else target, 307, {"Cache-Control": "no-cache"})
        await answer(scope, receive, send)


def meant(path: str) -> str | None:
    """The address that a deeper one stands for; None for one that is served as it is."""
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) < 2 or segments[0] in SERVED:
        return None
    return f"/{segments[-1]}" if segments[-1] in PAGES else "/"


def middleware() -> list[Middleware]:
    """What stands before the pages."""
    return [Middleware(OneSegment)]


def _asks_for_a_page(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] in {"GET", "HEAD"}
        and "text/html" in Headers(scope=scope).get("accept", "")
    )
