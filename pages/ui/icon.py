"""The app's icon as browsers take it."""

from base64 import b64encode
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "icon.svg"


@cache
def address() -> str:
    """The icon as an address that holds it: read once, not at every run of a page."""
    return f"data:image/svg+xml;base64,{b64encode(FILE.read_bytes()).decode()}"
