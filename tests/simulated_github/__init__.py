"""GitHub's traffic API as a real HTTP server on this machine, for tests, the demo and the benchmarks.

Uses the standard library only and knows nothing of the product. Start with `SimulatedGitHub`.
"""

from tests.simulated_github.budgets import Limits, Trigger
from tests.simulated_github.faults import FOR_EVER, Fault
from tests.simulated_github.repositories import Asset, Block, Entry, Release, Repository, Snapshot, Stats
from tests.simulated_github.server import SimulatedGitHub
from tests.simulated_github.switches import Switches
from tests.simulated_github.tokens import Lack, Token
from tests.simulated_github.windows import DENSE, SPARSE
from tests.simulated_github.world import World

__all__ = [
    "DENSE",
    "FOR_EVER",
    "SPARSE",
    "Asset",
    "Block",
    "Entry",
    "Fault",
    "Lack",
    "Limits",
    "Release",
    "Repository",
    "SimulatedGitHub",
    "Snapshot",
    "Stats",
    "Switches",
    "Token",
    "Trigger",
    "World",
]
