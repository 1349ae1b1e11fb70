"""A collection that a page starts: a process of its own, whose words and end are shown."""

import pytest

from data.accounts.tenants import operator
from data.calendar import utc_now
from data.collection import ledger
from data.collection.ledger import Scope
from data.collection.log import runs
from data.collection.models import EndpointResult, Outcome, RunState
from data.collection.run_requests import take_requests
from data.store.backup import COLLECTING
from data.store.leases import take_leases
from data.store.version_files import exclusive
from pages.ui import collecting
from tests.data.filled import ENGINE, traffic
from tests.fake_github import FakeGitHub, Token, World
from tests.pages.app import BLUE, SECRET, App, shown_text, store_token

PAGE = "tenants"


@pytest.fixture
def collectable(app: App) -> App:
    """The app, with a token of Blue that a GitHub without repositories accepts."""
    store_token(app, BLUE)
    return app


def test_a_collection_runs_as_a_process_of_its_own_and_its_end_is_told(collectable: App) -> None:
    with FakeGitHub(World([], [Token(SECRET)])) as github:
        collectable.monkeypatch.setenv("GITHUB_API_URL", github.url)
        collectable.monkeypatch.setenv("TRAFFIC_REQUESTS_A_MINUTE", "60000")
        run, other = collectable.opened("tenant", PAGE), collectable.opened("tenant", PAGE)
        for tab in (run, other):
            tab.button(key="tenant_collect").click().run()
        started = run.session_state[collecting.STATE]
        assert other.session_state[collecting.STATE].process is None, "the second press joins the first"
        assert SECRET not in " ".join(started.process.args)
        started.process.wait(120)
        newest = runs(operator(collectable.store), collectable.store, 1)[0]
        assert newest.state in {RunState.PARTIAL, RunState.FAILED}
        assert "system log has the reasons" in shown_text(run.run()).replace("\\", "")


def test_where_a_collection_goes_on_it_takes_up_what_is_asked_for(collectable: App) -> None:
    run = collectable.opened("tenant", PAGE)
    with exclusive(collectable.store.directory / COLLECTING, "collecting", 0):
        run.button(key="tenant_collect").click().run()
        assert run.session_state[collecting.STATE].process is None
        assert "Collecting from GitHub" in shown_text(run.run())
        run_id = ledger.start_run(collectable.store, "app", utc_now())
        looked = list(traffic(ENGINE, utc_now()))
        progress = ledger.RunProgress(RunState.RUNNING, 2, 1)
        ledger.save_results(collectable.store, [ledger.Batch(run_id, looked, progress)])
        (bar,) = run.run().get("progress")
        assert bar.proto.text.replace("\\", "").startswith("1 of 3, blue/engine: ")
        assert bar.proto.value == 33
        ledger.finish_runs(collectable.store, {run_id: ledger.RunProgress(RunState.COMPLETE, 2, 1)}, utc_now())
    assert take_requests(collectable.store) == [Scope(tenant_ids=(BLUE,))]
    assert not run.run().warning


def test_one_that_cannot_begin_says_why_to_who_may_know_of_every_tenant(collectable: App) -> None:
    collectable.monkeypatch.setenv("GITHUB_API_URL", "ftp://nowhere")
    run = collectable.opened("tenant", PAGE)
    run.button(key="tenant_collect").click().run()
    started = run.session_state[collecting.STATE]
    started.process.wait(120)
    shown = shown_text(run.run())
    assert "The collection failed" in shown
    assert "GITHUB" not in shown, "the process may have collected for others, too, and speaks of all"
    admin = collectable.opened("admin", PAGE)
    admin.session_state[collecting.STATE] = started
    assert "GITHUB" in shown_text(admin.run())


def test_a_run_that_was_killed_is_not_going_on_and_does_not_disable_collect_now(app: App) -> None:
    (lease,), _ = take_leases(app.store, ["owner user 1"])
    run_id = ledger.start_run(app.store, "schedule", utc_now(), [lease.fence])
    answers = [EndpointResult(ENGINE, "paths", utc_now(), Outcome.SKIPPED, 1)]
    progress = ledger.RunProgress(RunState.RUNNING, 1, 1)
    ledger.save_results(app.store, [ledger.Batch(run_id, answers, progress, lease.fence)])
    with exclusive(app.store.directory / COLLECTING, "collecting", 0):
        assert "Collecting from GitHub" in shown_text(app.opened("tenant", PAGE))
        assert app.opened("tenant", "log").button(key="log_collect").disabled
    assert "Collecting from GitHub" not in shown_text(app.opened("tenant", PAGE))
    log = app.opened("tenant", "log")
    assert not log.button(key="log_collect").disabled
    assert "The process ended before the run did" in shown_text(log)
