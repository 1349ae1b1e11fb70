"""What a browser loads at the address of every page: Streamlit's document, with the product's name, our style, and
scripts for what no page can do: say why it cannot connect, follow links without loading everything anew, hear keys.
What a share link shows has the first of these only: it leads nowhere. And a page without Streamlit, for routes.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit.file_util import get_static_dir

from pages.ui.addresses import NO_STORE, base_path
from pages.ui.navigation import ENTRIES, PRODUCT, SHARED, START

STYLE, CONNECTION, FRAME = "frame.css", "connection.js", "frame.js"
PLAIN = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} · {product}</title>
<style>
body {{ font: 1rem/1.5 sans-serif; color-scheme: light dark; margin: 15vh auto; width: {width} }}
button {{ font: inherit; padding: .4em 1em }}
</style>
<h1>{heading}</h1>
{html}
"""


def routes() -> Sequence[BaseRoute]:
    document = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    addresses = f"window.pageAddresses = {json.dumps(['', START, *ENTRIES])};"
    document = document.replace("<title>Streamlit</title>", f"<title>{PRODUCT}</title>", 1)

    def serving(*scripts: str) -> Callable[[Request], Awaitable[Response]]:
        head = f"<head>{''.join(f'<script>{text}</script>' for text in scripts)}<style>{_text(STYLE)}</style>"
        html = document.replace("<head>", head, 1)

        async def page(request: Request) -> Response:
            return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

        return page

    page = serving(addresses, _text(CONNECTION), _text(FRAME))
    pages = [Route(f"{base_path()}/{address}", page) for address in ("", START, *ENTRIES)]
    return [*pages, Route(f"{base_path()}/{SHARED}", serving(_text(CONNECTION)))]


def plain_page(title: str, html: str, status: int = 200, *, heading: str = "", width: str = "20rem") -> HTMLResponse:
    """A page without Streamlit, of what is HTML already; its heading is its title unless it has another one."""
    text = PLAIN.format(title=title, heading=heading or title, html=html, width=width, product=PRODUCT)
    return HTMLResponse(text, status, NO_STORE)


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
