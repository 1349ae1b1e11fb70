"""`python -m tests.pages.browser.pictures`: makes the pictures of the README anew, from the data of `make demo`.

The demo's store is copied; its users are those of tests/demo/people.py.
"""

import shutil
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from data.accounts.accounts import has_users
from data.store import Store
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
    return 0


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
