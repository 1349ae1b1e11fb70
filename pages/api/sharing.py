"""What is shown without an account, by its address: badges, of one number each (`/badge/<id>.svg`, and `.json` for
shields.io), and `/share/<secret>`, which leads to the page of a share link in the theme that is asked for.
"""

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from data.calendar import utc_day, utc_now
from data.sharing.badges import Badge, badge_number, badge_of_address, badge_viewer
from data.store import Store
from data.store.cache import cached
from pages.api.authentication import address_of, answer_or_problem
from pages.api.limits import OF_GUESSES
from pages.api.problems import NotFound, TooMany
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.badge_picture import UNKNOWN_COLOUR, badge_svg, compact
from pages.ui.navigation import LINK, SHARED
from pages.ui.store import the_store

THEMES = {"light": "light_theme", "dark": "dark_theme"}
KEPT_S = 300


def routes() -> Sequence[BaseRoute]:
    pictures = [Route(f"{base_path()}/badge/{{name}}.{end}", badge) for end in ("svg", "json")]
    return [*pictures, Route(f"{base_path()}/share/{{secret}}", shared)]


async def shared(request: Request) -> Response:
    asked = {LINK: request.path_params["secret"], "embed": "true"}
    if theme := THEMES.get(request.query_params.get("theme", "")):
        asked["embed_options"] = theme
    if request.query_params.get("kiosk"):
        asked["kiosk"] = "1"
    return RedirectResponse(f"{base_path()}/{SHARED}?{urlencode(asked)}", 307, NO_STORE)


def badge(request: Request) -> Response:
    return answer_or_problem(lambda: _answer(request))


def _answer(request: Request) -> Response:
    store, address = the_store(), address_of(request)
    found = badge_of_address(store, request.path_params["name"])
    if found is None:
        wait_s = OF_GUESSES.take(store, address)
        if wait_s is not None:
            raise TooMany("Too many badges that are not there.", wait_s)
        raise NotFound("badge")
    headers = {"Cache-Control": f"public, max-age={KEPT_S}", "Access-Control-Allow-Origin": "*"}
    today = utc_day(utc_now())
    if request.url.path.endswith(".json"):
        return JSONResponse(_as_shields_has_it(store, found, today), headers=headers)
    return Response(_picture(store, found, today), 200, headers, "image/svg+xml")


def _as_shields_has_it(store: Store, badge: Badge, today: date) -> dict[str, object]:
    """Source: https://shields.io/badges/endpoint-badge"""
    number = _number(store, badge, today)
    return {
        "schemaVersion": 1,
        "label": badge.about.label,
        "message": compact(number),
        "color": UNKNOWN_COLOUR if number is None else badge.about.colour,
        "style": badge.about.style.value,
        "cacheSeconds": KEPT_S,
    }


@cached("traffic")
def _picture(store: Store, badge: Badge, today: date) -> bytes:
    number = _number(store, badge, today)
    colour = UNKNOWN_COLOUR if number is None else badge.about.colour
    return badge_svg(badge.about.label, compact(number), colour, badge.about.style).encode()


@cached("traffic")
def _number(store: Store, badge: Badge, today: date) -> int | None:
    viewer = badge_viewer(store, badge)
    return (
        badge_number(viewer, store, badge.about.measure, badge.about.period, today) if viewer.repository_ids else None
    )
