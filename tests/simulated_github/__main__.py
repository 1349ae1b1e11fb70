"""The simulated GitHub as a process: `python -m tests.simulated_github --port 0 --world demo`.

Its address is the first line that it prints; then it answers until SIGTERM or SIGINT, or, with --stop-with-parent,
until its standard input is closed. It is steered through /_simulation/ (see control.py).
"""

import argparse
import os
import signal
import sys
from datetime import UTC, date, datetime, timedelta
from threading import Thread

from tests.simulated_github.budgets import Limits
from tests.simulated_github.demo import demo_world
from tests.simulated_github.generated import generated_repositories
from tests.simulated_github.recordings import NAMES, recorded_repository
from tests.simulated_github.server import SimulatedGitHub
from tests.simulated_github.switches import Switches
from tests.simulated_github.tokens import Token
from tests.simulated_github.windows import DENSE, SPARSE
from tests.simulated_github.world import World

OWNERS_FIRST_ID = 9_800_001
STOPS = frozenset({signal.SIGTERM, signal.SIGINT})


def main(arguments: list[str] | None = None) -> None:
    """Start, print the address, answer until told to stop."""
    options = _options(arguments)
    now = datetime.fromisoformat(options.now) if options.now else None
    try:
        github = _github(options, now)
    except OSError as refusal:
        sys.exit(f"Port {options.port} cannot be used: {refusal.strerror}.")
    if options.follow:
        github.clock.follow()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # a handler could find the main thread inside a lock that it needs
    if options.stop_with_parent:
        Thread(target=_stop_at_end_of_input, daemon=True).start()
    with github:
        print(github.url, flush=True)
        signal.sigwait(STOPS)


def _github(options: argparse.Namespace, now: datetime | None) -> SimulatedGitHub:
    return SimulatedGitHub(
        world_of(options, (now or datetime.now(UTC)).astimezone(UTC).date()),
        now=now,
        switches=Switches(window_mode=options.window_mode, latency_s=options.latency, gzip=not options.no_gzip),
        limits=Limits(requests_an_hour=options.requests_an_hour, requests_a_minute=options.requests_a_minute),
        port=options.port,
    )


def world_of(options: argparse.Namespace, today: date) -> World:
    """The repositories and tokens that are asked for; `generated` has the owners ghp_simulated0, ghp_simulated1, ..."""
    if options.world == "demo":
        return demo_world(today)
    owners = [Token(f"ghp_simulated{n}", f"simulated-{n}", OWNERS_FIRST_ID + n) for n in range(options.owners)]
    if options.world == "recorded":
        return World([recorded_repository(name) for name in NAMES], owners)
    until = today + timedelta(days=options.days_ahead)
    days = options.days + options.days_ahead
    return World(generated_repositories(options.repositories, days, until, options.seed), owners)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("tests.simulated_github", description="GitHub's traffic API on this machine.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--world", choices=["demo", "generated", "recorded"], default="demo")
    parser.add_argument("--repositories", type=int, default=100, help="how many, for --world generated")
    parser.add_argument("--days", type=int, default=800, help="how long these have lived")
    parser.add_argument("--days-ahead", type=int, default=60, help="how long they will go on")
    parser.add_argument("--seed", type=int, default=1, help="the first repository's seed and id")
    parser.add_argument("--owners", type=int, default=1, help="token owners, all of whom see everything")
    parser.add_argument("--now", help="the moment at which the clock stands still; without it, the real time")
    parser.add_argument("--follow", action="store_true", help="let the clock run on from --now")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds a request takes")
    parser.add_argument("--window-mode", choices=[DENSE, SPARSE], default=DENSE)
    parser.add_argument("--requests-an-hour", type=int, default=5000)
    parser.add_argument("--requests-a-minute", type=int, default=900)
    parser.add_argument("--no-gzip", action="store_true")
    parser.add_argument("--stop-with-parent", action="store_true", help="stop when standard input is closed")
    return parser.parse_args(arguments)


def _stop_at_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 4096):  # not sys.stdin.read: its lock, held at the end, is a fatal error
        continue
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
