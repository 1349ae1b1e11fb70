"""The system log: down to endpoint and reason, for each role as far as it goes; and a collection at once."""

import pytest

from data.accounts import audit
from data.calendar import utc_now
from data.collection import ledger
from data.collection.ledger import Scope
from data.collection.models import EndpointResult, Outcome, RunState
from tests.data.filled import ENGINE, TELESCOPE
from tests.pages.app import BLUE, GREEN, App, shown_text

PAGE = "log"
LACKS = "This token lacks *Administration: read*."


@pytest.fixture
def failed(app: App) -> App:
    """The app after a run in which one question of each tenant was refused."""
    now = utc_now()
    run_id = ledger.start_run(app.store, "command", now)
    refusals = [
        EndpointResult(key, "views", now, Outcome.NO_PERMISSION, 12, 403, f"{LACKS} {key}")
        for key in (ENGINE, TELESCOPE)
    ]
    progress = ledger.RunProgress(RunState.PARTIAL, 2, 2)
    ledger.save_results(app.store, [ledger.Batch(run_id, refusals, progress)])
    ledger.finish_runs(app.store, {run_id: progress}, now)
    return app


@pytest.mark.parametrize("username", ["admin", "maintainer"])
def test_who_runs_the_server_reads_all_of_it(failed: App, username: str) -> None:
    run = failed.opened(username, PAGE)
    assert run.dataframe[0].value["requests"].iloc[0] == 2
    reasons = list(run.dataframe[1].value["reason"])
    assert sorted(reasons) == sorted(f"{LACKS} {key}" for key in (ENGINE, TELESCOPE))


def test_a_manager_reads_the_own_tenant_s(failed: App) -> None:
    run = failed.opened("tenant", PAGE)
    assert "requests" not in run.dataframe[0].proto.column_order
    assert list(run.dataframe[1].value["reason"]) == [f"{LACKS} {ENGINE}"]
    assert set(run.dataframe[1].value["tenant"]) == {"Blue"}


def test_only_what_failed_is_shown_when_asked_for(failed: App) -> None:
    run = failed.opened("admin", PAGE)
    run.toggle(key="log_failed").set_value(True).run()
    assert len(run.dataframe[0].value) == 1
    assert set(run.dataframe[1].value["outcome"]) == {"no permission"}


def test_the_log_is_narrowed_to_a_tenant_a_repository_and_a_state(failed: App) -> None:
    run = failed.opened("admin", PAGE)
    run.selectbox(key="log_repository").set_value(TELESCOPE).run()
    assert set(run.dataframe[1].value["repository"]) == {run.dataframe[1].value["repository"].iloc[0]}
    run.multiselect(key="log_states").set_value([RunState.PARTIAL]).run()
    assert set(run.dataframe[0].value["state"]) == {"Partly failed"}
    run.multiselect(key="log_states").set_value([RunState.STOPPED]).run()
    assert "No runs match" in shown_text(run)


@pytest.mark.parametrize(
    ("username", "what", "expected"),
    [
        ("admin", "All tenants", Scope()),
        ("maintainer", "Green", Scope((GREEN,))),
        ("tenant", "Blue", Scope((BLUE,))),
    ],
)
def test_a_collection_is_started_and_noted(
    app: App, started: list[Scope], username: str, what: str, expected: Scope
) -> None:
    run = app.opened(username, PAGE)
    run.button(key="log_collect").click().run()
    choices = run.selectbox(key="log_collect_what").options
    assert choices == (["Blue"] if username == "tenant" else ["All tenants", "Blue", "Green"])
    run.selectbox(key="log_collect_what").select(what)
    run.button(key="log_collect").click()
    run.button(key="log_collect_start").click().run()
    assert started == [expected]
    done = audit.entries(app.account("admin"), app.store, audit.AuditFilter(actor=username))
    assert done[0].action == "collection started"
