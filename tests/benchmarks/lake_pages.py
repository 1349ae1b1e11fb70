"""What a page costs on a lake and on files, script runs in turns in a process of their own
(`python -m tests.benchmarks.lake_pages`), so that the machine's mood is in both.
"""

from tests.benchmarks.audience import set_clock

if __name__ == "__main__":
    set_clock()

import argparse
import json
import os
import sys
import time
from statistics import median

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from data.store.lake import KNOWN_FOR_S
from data.store.store import STORE_VARIABLE
from pages.ui import session
from pages.ui.store import DIRECTORY_VARIABLE
from tests.benchmarks.pages import Watch, forget_everything, page_run

PAGES = ("overview", "chart", "daily", "compare")


def _medians(turns: list[list[tuple[float, float]]]) -> list[float]:
    """Of each place the wall time, then of each the processor time."""
    return [median(turn[place][kind] for turn in turns) for kind in (0, 1) for place in (0, 1)]


def _main() -> None:
    """Prints of each page, cold and warm, the medians: wall in files and on the lake, then processor time of both."""
    parser = argparse.ArgumentParser("tests.benchmarks.lake_pages")
    parser.add_argument("times", type=int)
    parser.add_argument("files")
    parser.add_argument("lake")
    given, secret = parser.parse_args(), sys.stdin.read()
    settings = {given.files: "", given.lake: os.environ[STORE_VARIABLE]}
    session.session_secret = lambda: secret
    manifest_scanner.scan_component_manifests = list  # type: ignore[assignment] # AppTest reads all packages for it
    watch = Watch()

    def timed(place: str, run: AppTest, *, cold: bool) -> tuple[float, float]:
        os.environ |= {DIRECTORY_VARIABLE: place, STORE_VARIABLE: settings[place]}
        if cold:
            forget_everything()
        else:
            time.sleep(KNOWN_FOR_S)  # as people do: the number of the version is asked for in each run
        used = time.process_time()  # of DuckDB's threads, too
        return watch.timed(run), time.process_time() - used

    found = {}
    for name in ("chart", *PAGES):  # at first, to have both stores open
        runs = {place: page_run(name) for place in settings}
        cold = [[timed(place, page_run(name), cold=True) for place in settings] for _ in range(given.times)]
        warm = [[timed(place, runs[place], cold=False) for place in settings] for _ in range(2 * given.times + 2)]
        found[name] = {"cold": _medians(cold), "warm": _medians(warm[2:])}
    print(json.dumps(found))


if __name__ == "__main__":
    _main()
