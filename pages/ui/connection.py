"""What a browser loads at the address of every page: Streamlit's document, and in it why it cannot connect, if so."""

from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit.file_util import get_static_dir

from pages.ui.addresses import base_path
from pages.ui.navigation import ENTRIES, START

SCRIPT = Path(__file__).with_name("connection.js")


def routes() -> Sequence[BaseRoute]:
    document = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    script = SCRIPT.read_text(encoding="utf-8")
    told = document.replace("<head>", f"<head><script>{script}</script>", 1)

    async def page(request: Request) -> Response:
        return HTMLResponse(told, headers={"Cache-Control": "no-cache"})

    return [Route(f"{base_path()}/{address}", page) for address in ("", START, *ENTRIES)]
