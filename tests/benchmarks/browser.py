"""What a browser says to the app and hears from it: Streamlit's protocol over a websocket, without drawing anything."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from pages.ui.session_routes import COOKIE


class Browser:
    """A browser session: knows the app's pages and the widgets of the page that it shows."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._pages: dict[str, str] = {}
        self._page_hash = ""
        self._widgets: dict[str, str] = {}
        self._chosen: dict[str, list[str]] = {}

    async def open(self, page: str) -> float:
        """Go to a page by its address ("daily"); the seconds until its script has finished."""
        self._page_hash = self._pages.get(page, "")
        return await self._rerun("" if self._pages else page)

    async def choose(self, key: str, word: str) -> float:
        """Choose a word of the widget with that key; the seconds until the script has finished."""
        if key not in self._widgets:
            raise RuntimeError(f"the page has no widget {key}, only {', '.join(self._widgets)}")
        self._chosen[key] = [word]
        return await self._rerun()

    async def _rerun(self, page_name: str = "") -> float:
        message = BackMsg()
        message.rerun_script.page_name = page_name
        message.rerun_script.page_script_hash = self._page_hash
        message.rerun_script.context_info.timezone = "Europe/Berlin"
        for key, words in self._chosen.items():
            if key in self._widgets:
                state = message.rerun_script.widget_states.widgets.add()
                state.id = self._widgets[key]
                state.string_array_value.data[:] = words
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        while not self._heard(await self._socket.recv(decode=False)):
            pass
        return time.perf_counter() - began

    def _heard(self, content: bytes) -> bool:
        """Take a message in; whether it says that the script has finished."""
        message = ForwardMsg.FromString(content)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page_hash = message.new_session.page_script_hash
        elif kind == "navigation":
            self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            self._page_hash = message.navigation.page_script_hash
        elif kind == "delta":
            element = message.delta.new_element
            shape = element.WhichOneof("type")
            if shape == "exception" or (shape == "alert" and "Something went wrong" in element.alert.body):
                raise RuntimeError(f"the page failed: {element}")
            name = str(getattr(getattr(element, shape), "id", "")) if shape else ""
            if name.startswith("$$ID-"):
                self._widgets[name.split("-", 2)[2]] = name
        return bool(kind == "script_finished")


@asynccontextmanager
async def browsing(url: str, secret: str) -> AsyncIterator[Browser]:
    """A browser with a session's cookie."""
    cookie = {"Cookie": f"{COOKIE}={secret}"}
    address, spoken = url.replace("http", "ws", 1) + "/_stcore/stream", [Subprotocol("streamlit")]
    async with connect(
        address, subprotocols=spoken, origin=Origin(url), additional_headers=cookie, max_size=None, proxy=None
    ) as socket:
        yield Browser(socket)
