"""`/share/<secret>`: the address of a share link, which leads to its page in the theme that is asked for."""

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pages.ui.addresses import NO_STORE, base_path
from pages.ui.navigation import LINK, SHARED

THEMES = {"light": "light_theme", "dark": "dark_theme"}


def routes() -> Sequence[BaseRoute]:
    return [Route(f"{base_path()}/share/{{secret}}", shared)]


async def shared(request: Request) -> Response:
    asked = {LINK: request.path_params["secret"], "embed": "true"}
    if theme := THEMES.get(request.query_params.get("theme", "")):
        asked["embed_options"] = theme
    if request.query_params.get("kiosk"):
        asked["kiosk"] = "1"
    return RedirectResponse(f"{base_path()}/{SHARED}?{urlencode(asked)}", 307, NO_STORE)
