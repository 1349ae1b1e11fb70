"""`python -m tests.pages.browser.pictures`: makes the pictures of README and docs anew, from the data of `make demo`.

The demo's store is copied; its users are those of tests/demo/people.py.
"""

import json
import re
import shutil
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

from collector.delivery import mail, slack
from collector.delivery.channels import Content
from collector.delivery.sender import report_content
from data.accounts.accounts import has_users
from data.accounts.authority import COMMAND_LINE, acting
from data.calendar import utc_day, utc_now
from data.reports.message import Links
from data.reports.models import newest_period
from data.reports.recipients import recipient_of
from data.reports.subscriptions import subscriptions
from data.store import Store
from data.traffic.models import Grain
from tests.demo.people import EVERYTHING, PASSWORD, add_people
from tests.pages.browser.chromium import launched
from tests.pages.browser.visitor import visiting
from tests.pages.ui.live import serving

DEMO, PICTURES = Path("data/demo"), Path("docs/pictures")
MOST_BYTES = 150_000
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
LAST_SEEN = '[data-testid="stVegaLiteChart"], [data-testid="stDataFrame"]'
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its file, the address that it shows, and the browser that shows it."""

    name: str
    address: str
    browser: dict[str, Any] = field(default_factory=lambda: dict(DESKTOP))
    at_the_end: bool = False  # where a phone shows what matters only after the numbers


MADE = (
    Picture("overview", "overview"),
    Picture("repository", "repository?of=Pythagora-io/pythagora&range=90+days"),
    Picture("dashboard-dark", "dashboards?dashboard=growth", DESKTOP | {"color_scheme": "dark"}),
    Picture("chart-phone", "chart?range=30+days&repository=Pythagora-io/pythagora", PHONE, at_the_end=True),
)


def main() -> int:
    """Make them all; answers the exit code."""
    if not DEMO.exists():
        print(f"There is no {DEMO}: run `make demo` once.", file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "db"
        copy_of_the_demo(directory)
        with serving(directory) as live, launched() as browser:
            for picture in MADE:
                with visiting(browser, live.url, **picture.browser) as visitor:
                    visitor.open(picture.address)
                    visitor.sign_in(EVERYTHING, PASSWORD)
                    visitor.drawn()
                    visitor.page.mouse.move(0, 0)
                    if picture.at_the_end:
                        visitor.page.locator(LAST_SEEN).last.scroll_into_view_if_needed()
                    save(picture.name, visitor.page.screenshot(animations="disabled"))
            draw_messages(browser, directory)
    return 0


def draw_messages(browser: Browser, directory: Path) -> None:
    """The demo's report of the week before the last as a mail and as Slack shows its blocks."""
    with closing(Store(directory)) as store:
        with store.control.read() as cursor:
            found = next(each for each in subscriptions(acting(cursor, COMMAND_LINE), store) if each.kind == "report")
        now = utc_now()
        week = newest_period(Grain.WEEK, utc_day(now - timedelta(days=7)))
        links = Links("https://traffic.example.org")
        content = report_content(store, recipient_of(store, found), found, week, links=links, now=now)
    page = browser.new_page(viewport={"width": 760, "height": 100})
    stop = links.page("unsubscribe/…")
    pages = {"report-mail": mail.html(content.message, stop), "report-slack": as_slack_shows(content)}
    for name, html in pages.items():
        page.set_content(html)
        save(name, page.screenshot(full_page=True))


def as_slack_shows(content: Content) -> str:
    """Slack's blocks in a message of an app, as its reference describes them, as near to its look as fonts allow."""
    body = json.loads(slack.body(content.message))
    parts = []
    for block in body["blocks"]:
        text = block["text"]["text"]
        if block["type"] == "header":
            parts.append(f"<h1>{escape(text)}</h1>")
            continue
        text = re.sub(r"<([^|>]+)\|([^>]+)>", r'<a href="\1">\2</a>', text)
        bold = re.sub(r"[*]([^*]+)[*]", r"<b>\1</b>", text)
        parts.append(f"<p>{bold}</p>")
    style = (
        "body {font: 15px/1.46 Lato, 'Noto Sans', sans-serif; margin: 16px 20px; color: #1d1c1d; padding-left: 44px} "
        "h1 {font-size: 18px; font-weight: 900; margin: 8px 0} p {margin: 8px 0; white-space: pre-line} "
        "a {color: #1264a3; text-decoration: none} header {margin-left: -44px; height: 22px} "
        "header i {float: left; width: 36px; height: 36px; border-radius: 8px; background: #2563eb; margin-right: 8px} "
        "small {font-size: 10px; background: #e8e8e8; color: #616061; padding: 1px 3px; border-radius: 2px} "
        "time {font-size: 12px; color: #616061}"
    )
    sender = "<header><i></i><b>GitHub Traffic</b> <small>APP</small> <time>12:00</time></header>"
    return f'<!doctype html><meta charset="utf-8"><style>{style}</style>{sender}{"".join(parts)}'


def copy_of_the_demo(directory: Path) -> None:
    """The demo's data, with its users where it has none yet."""
    shutil.copytree(DEMO, directory, symlinks=True, ignore=shutil.ignore_patterns(".*"))
    with closing(Store(directory)) as store:
        store.prepare()
        if not has_users(store):
            add_people(directory)


def save(name: str, screenshot: bytes) -> None:
    """Save a screenshot with as few colours as it needs to be small."""
    picture = Image.open(BytesIO(screenshot)).convert("RGB")
    path = PICTURES / f"{name}.png"
    for colours in (256, 128, 64):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < MOST_BYTES:
            print(f"{path}: {path.stat().st_size:,} bytes")
            return
    raise ValueError(f"{path} is larger than {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
