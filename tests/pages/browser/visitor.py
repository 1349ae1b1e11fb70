"""Somebody at a browser: opens pages, reads tables, saves files; waits for what is to come, never for a time."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Download, Locator, Page, Request, Response, WebSocket, expect
from playwright.sync_api import TimeoutError as NotInTime

PATIENCE_MS = 45_000
USER_MENU = ".st-key-frame_menu"
ROW_PIXELS, TICK_PIXELS = 35, 18
TOO_WIDE = """() => [document.scrollingElement, document.querySelector('[data-testid="stMain"]')]
    .filter(each => each && (each.scrollWidth > each.clientWidth || each.clientWidth > window.screen.width))
    .map(each => `${each.tagName}: ${each.scrollWidth} in ${each.clientWidth}`)"""
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser of one's own, with its cookies, over a server.

    `asked` are the addresses that it has asked for, `answers` what came back, `received` what came by the socket.
    """

    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def open(self, path: str = "") -> None:
        """Open an address of the server, and wait until its page is there."""
        self.page.goto(f"{self.url}/{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until the page has run and nothing on it is of the run before."""
        expect(self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached()
        expect(self.page.locator('[data-testid="stMain"] [data-stale="true"]')).to_have_count(0)

    def drawn(self) -> None:
        """Wait until every table and chart that the page has is drawn."""
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)  # stands for what is still being loaded
        for kind, inside in (("stDataFrame", "table[role=grid] td"), ("stVegaLiteChart", "svg, canvas")):
            for each in self.page.get_by_test_id(kind).all():
                expect(each.locator(inside).first).to_be_attached()
        self.settle()

    def too_wide(self) -> list[str]:
        """What scrolls sideways. Tables and charts follow a new width a moment after the page does."""
        with suppress(NotInTime):
            self.page.wait_for_function(f"() => ({TOO_WIDE})().length === 0", timeout=PATIENCE_MS)
        found: list[str] = self.page.evaluate(TOO_WIDE)
        return found

    def sign_in(self, username: str, password: str) -> None:
        """By the form that is open."""
        self.fill("Username", username)
        self.fill("Password", password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.is_signed_in()
        self.settle()

    def is_signed_in(self) -> None:
        """Wait until the user's menu is there."""
        expect(self.page.locator(USER_MENU)).to_be_attached()

    def choose_in_menu(self, name: str) -> None:
        """Choose something in the user's menu."""
        self.page.locator(f"{USER_MENU} button").click()
        self.page.get_by_role("menuitem", name=name).click()

    def bring(self, cookie: str) -> None:
        """Have a session cookie ("name=value") from now on."""
        name, _, value = cookie.partition("=")
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.url}])

    def fill(self, label: str, text: str) -> None:
        """Type into the field with that label."""
        self.page.get_by_role("textbox", name=label, exact=True).fill(text)

    def button(self, name: str) -> Locator:
        """A button by its words; its icon is part of the name that Streamlit gives it."""
        return self.page.locator('button, [data-testid="stLinkButton"] a', has_text=name)

    def press(self, name: str) -> None:
        """Press the first button with that name."""
        self.button(name).first.click()

    def choose(self, name: str) -> None:
        """Choose one of several words that stand side by side."""
        self.page.get_by_role("radio", name=name, exact=True).or_(
            self.page.get_by_test_id("stButtonGroup").locator("button", has_text=name)
        ).first.click()

    def pick(self, label: str, option: str) -> None:
        """Pick an option of a list that opens."""
        self.page.get_by_role("combobox", name=label).last.click()
        self.page.get_by_role("option", name=option, exact=True).click()
        if self.page.get_by_role("listbox").count():  # else Escape takes the choice back
            self.page.keyboard.press("Escape")

    def heading(self, text: str) -> Locator:
        """A heading of the page."""
        return self.page.get_by_role("heading", name=text, exact=True)

    def follow(self, title: str) -> None:
        """Go to a page by the navigation."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        expect(self.heading(title)).to_be_visible()
        self.settle()

    def rows(self) -> list[list[str]]:
        """What the table on the page shows at sight, its header first: as it tells a screen reader."""
        grid = self.page.get_by_test_id("stDataFrame").locator("table[role=grid]").first
        expect(grid.locator("tbody tr").first).to_be_attached()
        cells = "rows => rows.map(row => [...row.querySelectorAll('th, td')].map(each => each.innerText))"
        found: list[list[str]] = grid.locator("tr").evaluate_all(cells)
        return found

    def tick(self, row: int) -> None:
        """Tick a row of the table, counted from 0."""
        table = self.page.locator(".dvn-scroller").first  # it lies over the canvas that the table is drawn on
        table.click(position={"x": TICK_PIXELS, "y": ROW_PIXELS * (row + 1) + ROW_PIXELS / 2})

    def save(self, name: str, directory: Path) -> str:
        """Press a download button; the text of the file, of one for Excel that of its cells."""
        self.drawn()
        download = self._download(name)
        path = directory / download.suggested_filename
        download.save_as(path)
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                return parts.read("xl/worksheets/sheet1.xml").decode()
        return path.read_text(encoding="utf-8")

    def _download(self, name: str) -> Download:
        """What a press brings. On a busy machine the page may be drawn anew just then: one presses once more."""
        for patience_ms in (10_000, 20_000, PATIENCE_MS):
            with suppress(NotInTime):
                with self.page.expect_download(timeout=patience_ms) as found:
                    self.press(name)
                return found.value
        raise AssertionError(f"{name} brings no file")

    def foreign_addresses(self) -> list[str]:
        """The addresses on other hosts that the browser has asked for."""
        own = urlsplit(self.url).netloc
        return [each for each in self.asked if urlsplit(each).netloc not in {own, ""}]


@contextmanager
def visiting(browser: Browser, url: str, **of_context: object) -> Iterator[Visitor]:
    """A new visitor, with no cookie yet; British unless told otherwise, so that days are as day_text writes them."""
    usual = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
    context = browser.new_context(**usual | of_context)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(context.new_page(), url)

    def note(request: Request) -> None:
        visitor.asked.append(request.url)

    def hear(answer: Response) -> None:
        visitor.answers.append(answer)

    def listen(socket: WebSocket) -> None:
        visitor.asked.append(socket.url)
        socket.on("framereceived", lambda frame: visitor.received.append(readable(frame)))

    visitor.page.on("request", note)
    visitor.page.on("response", hear)
    visitor.page.on("websocket", listen)
    yield visitor
    context.close()


def readable(frame: str | bytes) -> str:
    """What a message by the socket says to whoever looks for a word in it: its texts are in it as they are."""
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
