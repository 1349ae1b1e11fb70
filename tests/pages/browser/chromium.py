"""The browser of these tests: the machine's own Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # as in tests/browser.sh
ON_A_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
QUIET = (  # nothing of its own over the network, and no sandbox, which a container has no rights for
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is no browser on this machine."""


def executable() -> str:
    """Where Chromium is. Raises: NoChromium."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    found = found or next((path for path in ON_A_MAC if Path(path).exists()), None)
    if found is None:
        raise NoChromium(f"These tests need one of {', '.join(NAMES)}: run tests/browser.sh, it says how to get one.")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without windows. Raises: NoChromium."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()
