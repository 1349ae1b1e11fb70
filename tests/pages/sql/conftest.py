"""The sandbox of these tests: an answer is waited for, and no process is left behind."""

from collections.abc import Iterator

import pytest

from data.sandbox.sandbox import Limits, Sandbox
from pages.sql import view
from pages.ui.store import the_store
from tests.pages.app import App

LIMITS = Limits(seconds=60, rows=40, warm=0)


@pytest.fixture
def box(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The server's sandbox, without processes that wait."""
    found = Sandbox(the_store(), LIMITS)
    monkeypatch.setattr(view, "_sandbox", lambda directory, limits: found)
    monkeypatch.setattr(view, "limits", lambda: LIMITS)
    monkeypatch.setattr(view, "QUICK_S", 60)
    monkeypatch.setattr(view, "_prepare_rows", lambda viewer, store: None)  # it would outlive the store of the test
    yield found
    found.close()
