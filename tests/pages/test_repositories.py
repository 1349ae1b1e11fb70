"""The list of repositories: who sees which rows, and what the ticked ones can be made to do."""

from typing import Any

import pytest
from pyarrow.ipc import open_stream
from streamlit.testing.v1 import AppTest

from data.accounts import grants
from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Grant, Role
from data.accounts.tenants import operator
from data.calendar import utc_now
from data.collection.ledger import Scope
from data.repositories.groups import add_group, groups
from data.repositories.models import RepositoryFacts, RepositoryState
from data.repositories.repositories import add_repositories, repositories
from data.store import StoreNotWritten
from pages.ui.store import the_store
from tests.data.filled import DOCS, ENGINE, NAMES, TELESCOPE
from tests.fake_github import FakeGitHub
from tests.pages.app import BLUE, GREEN, App, confirmed, shown_text, store_token

PAGE = "repositories"
ACTS = ("pause", "resume", "remove", "collect", "add")


@pytest.fixture
def github(github: FakeGitHub, app: App) -> FakeGitHub:
    """The tenant Blue has a token for it."""
    store_token(app)
    github.requests.clear()
    return github


def listed(run: AppTest) -> list[str]:
    """The repositories in the table, in its order."""
    return [link.partition("=")[2] for link in column(run, "link")] if run.dataframe else []


def column(run: AppTest, name: str) -> list[Any]:
    """A column of the table as the browser gets it."""
    found: list[Any] = open_stream(run.dataframe[0].proto.arrow_data.data).read_all().column(name).to_pylist()
    return found


def ticked(run: AppTest, *names: str) -> AppTest:
    """The page after these rows were ticked."""
    rows = [listed(run).index(name) for name in names]
    run.session_state[str(run.dataframe[0].key)] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return run.run()


def pressed(run: AppTest, act: str) -> AppTest:
    return run.button(f"repositories_{act}").click().run()


def states(app: App) -> dict[str, RepositoryState]:
    return {each.full_name: each.state for each in repositories(operator(app.store), app.store)}


def has(run: AppTest, key: str) -> bool:
    return key in {each.key for each in run.button}


def test_a_manager_sees_the_tenants_repositories_and_may_act(app: App) -> None:
    run = app.opened("tenant", PAGE)
    assert listed(run) == ["blue/docs", "blue/engine", "blue/mirror"]
    assert all(has(run, f"repositories_{act}") for act in ACTS)
    assert not run.error


@pytest.mark.parametrize(
    ("username", "names"),
    [
        ("viewer", ["blue/docs", "blue/engine", "blue/mirror"]),
        ("single", ["blue/engine"]),
        ("both", ["blue/docs", "blue/engine", "blue/mirror", "green/telescope"]),
    ],
)
def test_a_viewer_reads_what_is_theirs_and_can_do_nothing(app: App, username: str, names: list[str]) -> None:
    run = app.opened(username, PAGE)
    assert listed(run) == names
    assert not any(has(run, f"repositories_{act}") for act in ACTS)
    assert not run.dataframe[0].proto.selection_mode


def test_ticked_repositories_are_paused_and_resumed_and_the_audit_log_says_so(app: App) -> None:
    run = pressed(ticked(app.opened("tenant", PAGE), "blue/docs", "blue/mirror"), "pause")
    assert states(app)["blue/docs"] == states(app)["blue/mirror"] == RepositoryState.PAUSED
    assert states(app)["blue/engine"] == RepositoryState.ACTIVE
    pressed(ticked(run, "blue/docs"), "resume")
    assert states(app)["blue/docs"] == RepositoryState.ACTIVE
    logged = entries(app.account("tenant"), app.store, AuditFilter("repositories", actor="tenant"))
    assert [(each.action, each.subject) for each in logged] == [
        ("repositories resumed", "blue/docs"),
        ("repositories paused", "2 repositories"),
    ]


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_an_act_uses_up_the_ticks(app: App, act: str) -> None:
    run = ticked(app.opened("tenant", PAGE), "blue/docs")
    before = run.dataframe[0].key
    pressed(run, act)
    assert run.dataframe[0].key != before
    assert "Select rows to act on them." in shown_text(run)


def test_a_removed_repository_keeps_its_history_by_default(app: App) -> None:
    run = pressed(ticked(app.opened("tenant", PAGE), "blue/docs"), "remove")
    run.button("repositories_remove_now").click().run()
    assert states(app)["blue/docs"] == RepositoryState.REMOVED
    assert listed(run) == ["blue/engine", "blue/mirror"]
    run.segmented_control("repositories_state").set_value("Removed").run()
    assert listed(run) == ["blue/docs"]


def test_a_history_is_deleted_only_after_the_name_was_typed(app: App) -> None:
    run = pressed(ticked(app.opened("tenant", PAGE), "blue/docs"), "remove")
    run.radio("repositories_removal").set_value("Delete the history forever").run()
    run.text_input("repositories_typed").input("blue/engine")
    run.button("repositories_remove_now").click().run()
    assert "Nothing was deleted" in shown_text(run)
    assert "blue/docs" in states(app)
    run.text_input("repositories_typed").input("blue/docs")
    run.button("repositories_remove_now").click().run()
    assert "blue/docs" not in states(app)
    assert {"blue/engine", "blue/mirror"} <= set(states(app))


def test_what_was_deleted_while_the_audit_log_cannot_be_written_is_told_as_deleted(app: App) -> None:
    run = pressed(ticked(app.opened("tenant", PAGE), "blue/docs"), "remove")
    run.radio("repositories_removal").set_value("Delete the history forever").run()
    run.text_input("repositories_typed").input("blue/docs")

    def refuse(*_: object) -> None:
        raise StoreNotWritten("The disk refused.")

    with app.monkeypatch.context() as full_disk:
        full_disk.setattr(the_store().control, "publish", refuse)
        run.button("repositories_remove_now").click().run()
    assert [each.value.replace("\\", "") for each in run.toast] == ["blue/docs: deleted with the history."]
    assert not run.error
    assert "blue/docs" not in states(app)
    audit = app.opened("tenant", "audit")
    assert "repositories deleted with the history" in set(audit.dataframe[0].value["action"])


@pytest.mark.parametrize("ids", [[TELESCOPE], [999], [ENGINE, TELESCOPE]])
def test_the_id_of_another_tenants_repository_is_answered_like_a_missing_one(app: App, ids: list[int]) -> None:
    run = app.opened("tenant", PAGE)
    run.session_state["repositories_removing"] = ids
    run.run()
    assert [each.value.replace("\\", "") for each in run.error] == ["There is no such repository."]
    assert not has(run, "repositories_remove_now")
    assert NAMES[TELESCOPE] not in shown_text(run)


def test_what_is_no_longer_yours_to_manage_is_refused_at_the_moment_of_acting(app: App) -> None:
    run = ticked(app.opened("tenant", PAGE), "blue/docs")
    run.button("repositories_pause").click()
    secret = app.signed_in("viewer")
    app.monkeypatch.setattr("pages.ui.session.session_secret", lambda: secret)
    run.run()
    assert states(app)["blue/docs"] == RepositoryState.ACTIVE


def test_what_one_may_only_read_cannot_be_changed(app: App) -> None:
    key = app.account("tenant").user_id
    grants.grant(app.store, COMMAND_LINE, key, Grant(Role.TENANT_VIEWER, GREEN), utc_now())
    run = pressed(ticked(app.opened("tenant", PAGE), "green/telescope"), "pause")
    assert "You can only read" in shown_text(run)
    assert states(app)["green/telescope"] == RepositoryState.ACTIVE


def test_a_tenant_without_a_token_is_told_of_to_its_manager_only(app: App) -> None:
    assert "**Blue** has no valid token" in shown_text(app.opened("tenant", PAGE))
    assert "token" not in shown_text(app.opened("viewer", PAGE))


def test_what_is_ticked_is_collected_and_without_ticks_all_tenants(app: App, started: list[Scope]) -> None:
    key = app.account("tenant").user_id
    grants.grant(app.store, COMMAND_LINE, key, Grant(Role.TENANT, GREEN), utc_now())
    run = pressed(ticked(app.opened("tenant", PAGE), "blue/docs", "green/telescope"), "collect")
    pressed(run, "collect")
    assert started == [Scope(repository_ids=(DOCS, TELESCOPE)), Scope(tenant_ids=(BLUE, GREEN))]
    logged = entries(app.account("admin"), app.store, AuditFilter(actor="tenant"))
    assert {each.subject for each in logged} >= {"blue/docs", "green/telescope", "tenant 1", "tenant 2"}


def test_search_and_order_are_obeyed(app: App) -> None:
    run = app.opened("both", PAGE)
    run.selectbox("repositories_sort").set_value("Views").run()
    views = column(run, "views_30")
    assert views == sorted(views, reverse=True)
    run.text_input("repositories_search").input("TELE").run()
    assert listed(run) == ["green/telescope"]


def test_a_name_leads_to_the_page_of_its_repository(app: App) -> None:
    assert column(app.opened("single", PAGE), "link") == ["/repository?of=blue/engine"]


def test_a_tick_does_not_pass_to_another_row_when_the_table_changes(app: App) -> None:
    run = ticked(app.opened("tenant", PAGE), "blue/docs")
    run.text_input("repositories_search").input("engine").run()
    assert run.button("repositories_pause").disabled


def test_a_repository_of_two_tenants_is_one_row_and_the_other_where_its_tenant_is_chosen(app: App) -> None:
    facts = [RepositoryFacts(100 + ENGINE, "blue/engine", "public", False, False)]
    (twin,) = add_repositories(app.store, COMMAND_LINE, GREEN, facts, utc_now())
    run = app.opened("both", PAGE)
    assert listed(run).count("blue/engine") == 1
    assert "Also tracked by Green; counted once." in column(run, "note")
    run.selectbox(key="repositories_tenant").select(GREEN).run()
    assert listed(run) == [f"blue/engine%20%C2%B7%20{twin.repository_id}", "green/telescope"]


def test_a_manager_groups_the_ticked_repositories_and_takes_the_group_away_again(app: App) -> None:
    run = ticked(app.opened("tenant", PAGE), NAMES[ENGINE], NAMES[DOCS])
    run.button("repositories_group_new").click().run()
    run.text_input("group_name").input("Web shop")
    run.button("repositories_group_new").click()  # a dialog runs with the whole page
    run = run.button("group_save").click().run()
    (made,) = groups(operator(app.store), app.store)
    assert (made.name, set(made.repository_ids)) == ("Web shop", {ENGINE, DOCS})
    assert "Web shop" in shown_text(run)
    run.selectbox("repositories_group").select(made.group_id).run()
    assert set(listed(run)) == {NAMES[ENGINE], NAMES[DOCS]}
    confirmed(run, f"group_delete_{made.group_id}")
    assert groups(operator(app.store), app.store) == ()


def test_a_viewer_sees_groups_of_what_they_see_and_changes_none(app: App) -> None:
    blue = add_group(app.store, COMMAND_LINE, BLUE, "Web shop", [ENGINE, DOCS], now=utc_now())
    add_group(app.store, COMMAND_LINE, GREEN, "Optics", [TELESCOPE], now=utc_now())
    run = app.opened("single", PAGE)
    assert "Web shop" in shown_text(run)
    assert "1 repository" in shown_text(run)
    assert "Optics" not in shown_text(run)
    keys = {each.key for each in run.button}
    assert f"group_open_{blue.group_id}" in keys
    assert not keys & {"groups_new", "repositories_group_new", f"group_edit_{blue.group_id}"}
