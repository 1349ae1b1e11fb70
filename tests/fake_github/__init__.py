"""GitHub's traffic API as a real HTTP server on this machine, for tests, the demo and the benchmarks.

It knows nothing of the product. Start with `FakeGitHub` in server.py.
"""

from tests.fake_github.answers import Answer, Request, message
from tests.fake_github.api import Switches
from tests.fake_github.apps import App, Installation
from tests.fake_github.faults import FOR_EVER, Fault
from tests.fake_github.limits import Trigger
from tests.fake_github.server import FakeGitHub
from tests.fake_github.windows import DENSE, SPARSE
from tests.fake_github.world import Asset, Lack, Release, Repository, Series, Token, World

__all__ = ["DENSE", "FOR_EVER", "SPARSE", "Answer", "Asset", "FakeGitHub", "Fault", "Lack", "Release", "Repository"]
__all__ += ["App", "Installation", "Request", "Series", "Switches", "Token", "Trigger", "World", "message"]
