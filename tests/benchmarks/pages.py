"""What a page costs beside an empty one, and the first time that somebody opens it: script runs in a process of their
own, which times itself (`python -m tests.benchmarks.pages`).

A run is what Streamlit's script runner does for a rerun: from the request to the end of the script. The frame is in
it, and the check of the session. Beside each page stands an empty one: as many widgets of the same kinds in a
navigation of as many pages, without anything to show. A widget is what Streamlit means by it, what answers to the user;
a table whose rows cannot be ticked, a chart, a text, a number and a container are none, so the empty page has none.
"""

from tests.benchmarks.audience import set_clock

if __name__ == "__main__":
    set_clock()

import argparse
import gc
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import context
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest, app_test, local_script_runner
from streamlit.testing.v1.element_tree import Block, Element
from streamlit.util import calc_hash

from pages.ui import session, store
from pages.ui.navigation import ENTRIES
from streamlit_app import load
from tests.benchmarks.audience import Audience, gather
from tests.benchmarks.measured import Measured, Scale
from tests.benchmarks.simulation import simulated

ROOT = Path(__file__).parents[2]
MOST_TIMES = 1.8
MOST_COLD_S, MOST_COLD_OF_ALL_S = 0.3, 0.9
PATIENCE_S = 120
EVERY_PAGE = tuple(ENTRIES)
WIDGETS = {  # how an empty page makes one of each kind that a page may have
    "button": "st.button('A', key='{key}')",
    "button_group": "st.segmented_control('A', ['a', 'b', 'c'], key='{key}')",
    "link_button": "st.link_button('A', '/{key}')",
    "menu_button": "st.menu_button('A', ['a', 'b'], key='{key}')",
    "download_button": "st.download_button('A', 'content', key='{key}')",
    "multiselect": "st.multiselect('A', ['a', 'b', 'c'], key='{key}')",
    "selectbox": "st.selectbox('A', ['a', 'b', 'c'], key='{key}')",
    "text_input": "st.text_input('A', key='{key}')",
    "text_area": "st.text_area('A', key='{key}')",
    "checkbox": "st.checkbox('A', key='{key}')",
    "toggle": "st.toggle('A', key='{key}')",
    "radio": "st.radio('A', ['a', 'b', 'c'], key='{key}')",
    "date_input": "st.date_input('A', key='{key}')",
    "number_input": "st.number_input('A', key='{key}')",
    "pagination": "st.pagination(9, key='{key}')",
    "dataframe": "st.dataframe(TABLE, key='{key}', on_select='rerun')",
    "vega_lite_chart": "st.vega_lite_chart(TABLE, POINTS, key='{key}', on_select='rerun')",
    "bidi_component": "st.components.v2.component('a', html='<p></p>')(key='{key}')",
    "file_uploader": "st.file_uploader('A', key='{key}')",
}


@dataclass(frozen=True, slots=True)
class PageRuns:
    """What was measured of a page; times in seconds, of the empty page of as many widgets too. `times_cpu`: how many
    times the processor time of the empty one a warm run takes, which other work on the machine does not change.
    """

    page: str
    cold_s: float
    warm_s: float
    empty_s: float
    times_cpu: float
    widgets: dict[str, int]


def pages(scale: Scale, directory: Path) -> list[Measured]:
    """Every page for the manager of one tenant; and how soon it opens for who manages all of them."""
    audience = gather(scale, directory / "db")
    with simulated(1) as github:  # which the page that adds repositories asks
        of_one = page_runs(audience, audience.manager, scale.page_runs, github.url)
        of_all = page_runs(audience, audience.manager_of_all, scale.page_runs, github.url)
    each = -(-scale.store_repositories // scale.tenants)
    return [
        *(_warm(every) for every in of_one),
        _cold(of_one, f"the first run of a page, {each:,} repositories", MOST_COLD_S),
        _cold(of_all, f"the first run of a page, {scale.store_repositories:,} repositories", MOST_COLD_OF_ALL_S),
    ]


def _times(run: PageRuns) -> float:
    return run.warm_s / run.empty_s


def _warm(run: PageRuns) -> Measured:
    count = sum(run.widgets.values())
    kinds = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in sorted(run.widgets.items()))
    took = f"{1000 * run.warm_s:.1f} ms; an empty one {1000 * run.empty_s:.1f} ms"
    note = f"{took}; of processor time {run.times_cpu:.1f} ×; {count} widgets: {kinds}"
    what, value = f"page {run.page}, warm, by an empty one", f"{_times(run):.1f} ×"
    return Measured(what, value, f"≤ {MOST_TIMES:g} ×", _times(run) <= MOST_TIMES, note)


def _cold(runs: list[PageRuns], what: str, most_s: float) -> Measured:
    slowest = max(runs, key=lambda run: run.cold_s)
    note = ", ".join(f"{run.page.rpartition('/')[2]} {1000 * run.cold_s:.0f}" for run in runs)
    target = f"≤ {1000 * most_s:.0f} ms"
    good = slowest.cold_s <= most_s
    return Measured(what, f"{1000 * slowest.cold_s:.0f} ms", target, good, f"in ms, the slowest of three: {note}")


def page_runs(audience: Audience, secret: str, times: int, github_url: str) -> list[PageRuns]:
    """Run every page that a session may see, cold and warm, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.pages", str(times)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=audience.environment | {"GITHUB_API_URL": github_url},
        input=secret,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return [PageRuns(**each) for each in json.loads(done.stdout)]


class Watch:
    """Times the script runs of this process. Scripts are compiled once, as by a server."""

    def __init__(self) -> None:
        self.seconds = self.cpu_s = 0.0
        compiled, run_script = ScriptCache(), ScriptRunner._run_script
        for module in (app_test, local_script_runner):
            module.ScriptCache = lambda: compiled  # type: ignore[attr-defined]

        def timed(runner: ScriptRunner, wanted: Any) -> None:
            began, used = time.perf_counter(), time.thread_time()
            run_script(runner, wanted)
            self.seconds, self.cpu_s = time.perf_counter() - began, time.thread_time() - used

        ScriptRunner._run_script = timed  # type: ignore[method-assign,assignment]

    def timed(self, run: AppTest) -> float:
        """The seconds of one more run."""
        run.run()
        problems = [str(each.value) for each in (*run.exception, *run.error)]
        if run.exception or any("Something went wrong" in each for each in problems):
            raise RuntimeError(f"the page failed: {problems[0]}")
        return self.seconds


def page_run(name: str) -> AppTest:
    run = AppTest.from_file(ROOT / "pages/ui/layout.py", default_timeout=PATIENCE_S)
    run._page_hash = calc_hash(name)
    return run


def _empty(widgets: Mapping[str, int], pages: int, folder: Path) -> AppTest:
    """An app of so many pages, of which the shown one has these widgets and nothing else."""
    places = [(kind, number) for kind, count in widgets.items() for number in range(count)]
    lines = [WIDGETS[kind].format(key=f"{kind}_{number}") for kind, number in places]
    points = {"mark": "point", "params": [{"name": "chosen", "select": "point"}]}
    (folder / "rows.py").write_text(f"import pyarrow as pa\n\nTABLE = pa.table({{'a': [1]}})\nPOINTS = {points}\n")
    (folder / "page.py").write_text("\n".join(["import streamlit as st", "from rows import POINTS, TABLE", *lines]))
    made = [f"st.Page('page.py', title='{n}', url_path='p{n}', default={n == 0})" for n in range(pages)]
    frame = ["import streamlit as st", "st.set_page_config(layout='wide')", f"st.navigation([{', '.join(made)}]).run()"]
    (folder / "frame.py").write_text("\n".join(frame))
    return AppTest.from_file(folder / "frame.py", default_timeout=PATIENCE_S)


def forget_everything() -> None:
    """Empty every cache of pages, and what the store keeps in memory; it stays open."""
    st.cache_data.clear()
    for module in [module for name, module in sys.modules.items() if name.startswith("pages.")]:
        if module is not store:
            for each in vars(module).values():
                getattr(each, "cache_clear", lambda: None)()
    store.the_store().cache.clear()


def _widgets(run: AppTest) -> dict[str, int]:
    """What answers to the user, on the page and in the sidebar, by kind."""
    nodes = [node for block in (run.main, run.sidebar) for node in block if not isinstance(node, Block)]
    ids = {str(getattr(node.proto, "id", "")): node for node in nodes if isinstance(node, Element)}
    kinds = [node.type for key, node in ids.items() if key.startswith("$$ID") and _answers(node)]
    return dict(Counter(kinds))


def _answers(node: Element) -> bool:
    """Whether it is a widget; a chart and a table are none unless rows or points can be chosen."""
    chosen = getattr(node.proto, "selection_mode", None)
    return bool(chosen) or node.type not in {"dataframe", "vega_lite_chart"}


def _measured(name: str, times: int, watch: Watch) -> PageRuns:
    cold = []
    for _ in range(min(3, times)):
        forget_everything()
        cold.append(watch.timed(page := page_run(name)))
    widgets = _widgets(page)
    with tempfile.TemporaryDirectory() as folder:
        empty = _empty(widgets, len(EVERY_PAGE) + 1, Path(folder))  # the first has a second address
        turns = [(watch.timed(page), watch.cpu_s, watch.timed(empty), watch.cpu_s) for _ in range(times + 2)]
    warm, warm_cpu, bare, bare_cpu = (median(each) for each in zip(*turns[2:], strict=True))
    return PageRuns(name, max(cold), warm, bare, warm_cpu / bare_cpu, widgets)


def _main() -> None:
    parser = argparse.ArgumentParser("tests.benchmarks.pages")
    parser.add_argument("times", type=int)
    times, secret = parser.parse_args().times, sys.stdin.read()
    session.session_secret = lambda: secret
    manifest_scanner.scan_component_manifests = list  # type: ignore[assignment] # AppTest reads all packages for it
    context._get_client_context = lambda: None  # AppTest makes mocks of it at every run, in a millisecond
    watch = Watch()
    logging.disable(logging.WARNING)  # Streamlit's, that no server runs here
    load()
    page_run("chart").run()  # imports are not what is measured
    gc.freeze()  # as the app does once it is loaded
    print(json.dumps([asdict(_measured(name, times, watch)) for name in EVERY_PAGE]))


if __name__ == "__main__":
    _main()
