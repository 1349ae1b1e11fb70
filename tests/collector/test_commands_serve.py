"""`serve`: whichever of app and timer ends is started again, a data directory is served once, and all end together."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from streamlit import config, net_util
from streamlit.web import bootstrap

from collector.commands.serve import environment_of
from tests.collector.conftest import CommandLine


@contextmanager
def free_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def second_serve_and_killed_timer(run: CommandLine, serving: "subprocess.Popen[str]") -> Result:
    """Kill the first timer, wait for the next one; what a second `serve` was answered meanwhile."""
    assert serving.stderr is not None
    started = (re.search(r"Timer started for .*, process (\d+)", line) for line in serving.stderr)
    timers = (int(found[1]) for found in started if found)
    os.kill(next(timers), signal.SIGKILL)
    refused = run("serve", "--port", 0)
    assert next(timers)
    return refused


def test_what_ends_is_started_again_and_a_signal_ends_all(run: CommandLine) -> None:
    with free_port() as port:
        pass
    with run.start("serve", "--port", port) as serving:
        refused = second_serve_and_killed_timer(run, serving)
        serving.terminate()
        _, rest = serving.communicate(timeout=60)
    assert (serving.returncode, "Stopping." in rest, "Timer stopped." in rest) == (0, True, True)
    assert refused.exit_code == 2
    assert f"is already being served by process {serving.pid} (serve)" in refused.output


def test_a_taken_port_is_told_before_anything_starts(run: CommandLine) -> None:
    with free_port() as port:
        refused = run("serve", "--port", port)
    assert (refused.exit_code, f"The app cannot listen at 127.0.0.1:{port}: " in refused.output) == (2, True)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "127.0.0.1"])
def test_the_address_that_streamlit_prints_is_told_to_it_so_that_it_asks_no_host_for_it(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(net_util, "get_external_ip", lambda: asked.append("the internet"))
    told = environment_of(tmp_path, address, 8501, "")
    options = {
        "server.address": "STREAMLIT_SERVER_ADDRESS",
        "browser.serverAddress": "STREAMLIT_BROWSER_SERVER_ADDRESS",
    }
    try:
        known = {option: told[name] for option, name in options.items() if name in told}
        config.get_config_options(force_reparse=True, options_from_flags=known)
        bootstrap._print_url(is_running_hello=False)
    finally:
        config.get_config_options(force_reparse=True)
    assert asked == []


def test_a_data_directory_is_made_only_when_asked_for(run: CommandLine) -> None:
    run.directory = run.directory / "new"
    refused = run("serve")
    assert (refused.exit_code, run.directory.exists()) == (2, False)
    with free_port() as port:
        assert "Created" in run("serve", "--create", "--port", port).output
