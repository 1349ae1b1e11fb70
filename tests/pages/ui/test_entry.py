"""The entry: whoever starts the server sees what it has to say, and nothing besides."""

import subprocess
import sys
from pathlib import Path


def test_the_entry_says_nothing_by_itself() -> None:
    """What runs before there is a page needs nothing of a page, which Streamlit would warn of, a line each."""
    command = [sys.executable, "-c", "import streamlit_app"]
    started = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)
    assert (started.stdout, started.stderr) == ("", "")
