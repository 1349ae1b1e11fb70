"""Adding repositories: names are checked with GitHub before any is added, and what cannot be is shown with its fix."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import grants
from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.calendar import utc_now
from data.collection.ledger import Scope
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories
from data.traffic.traffic import repository_summaries
from pages.ui import collecting
from tests.fake_github import FakeGitHub
from tests.pages.app import App, go_to, shown_text, store_token

PAGE = "add"
Begun = list[Scope]


@pytest.fixture
def github(github: FakeGitHub, app: App) -> FakeGitHub:
    """The tenant Blue has a token for it."""
    store_token(app)
    github.requests.clear()
    return github


def followed(app: App) -> set[str]:
    """The names that are actively followed, in whichever tenant."""
    every = repositories(operator(app.store), app.store)
    return {each.full_name for each in every if each.state is RepositoryState.ACTIVE}


def begun(app: App, started: Begun) -> set[str]:
    """The names of the repositories that the one collection is about that was started."""
    (scope,) = started
    every = repositories(operator(app.store), app.store)
    return {each.full_name for each in every if each.repository_id in (scope.repository_ids or ())}


def overview(app: App, viewer: Viewer) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = repository_summaries(viewer, app.store, utc_now().date()).to_dict("records")
    return rows


def submitted(app: App, text: str) -> AppTest:
    run = app.opened("tenant", PAGE)
    run.segmented_control("add_way").set_value("By name or address").run()
    run.text_area("add_names").input(text)
    return run.button("add_track").click().run()


def looked(app: App, pattern: str) -> AppTest:
    run = app.opened("tenant", PAGE)
    return run.text_input("add_pattern").input(pattern).run()


def test_names_and_addresses_are_followed_and_collected_at_once(app: App, github: FakeGitHub, started: Begun) -> None:
    run = submitted(app, "octo/hello, https://github.com/octo/world/tree/main\nocto/HELLO")
    assert {"octo/hello", "octo/world"} <= followed(app)
    assert begun(app, started) == {"octo/hello", "octo/world"}
    assert run.title[0].value == "Overview"
    rows = overview(app, grants.viewer_of(app.store, app.account("tenant")))
    new = {row["full_name"]: row for row in rows if row["full_name"].startswith("octo/")}
    assert [new[name]["stars"] for name in ("octo/hello", "octo/world")] == [5, 0]
    assert all(row["views_30"] >= 100 and row["clones_30"] >= 20 for row in new.values()), "at once"
    assert "2 repositories tracked now" in run.toast[0].value


def test_the_collection_that_begins_brings_the_first_days(app: App, github: FakeGitHub) -> None:
    run = submitted(app, "octo/hello")
    assert run.session_state[collecting.STATE].process.wait(timeout=300) == 0
    assert "The collection is complete" in shown_text(go_to(run, "overview").run())
    seen = grants.viewer_of(app.store, app.account("tenant"))
    (row,) = [row for row in overview(app, seen) if row["full_name"] == "octo/hello"]
    assert row["views_30"] >= 100


def test_what_github_answers_with_a_clock_gone_wrong_is_left_to_the_collection(
    app: App, github: FakeGitHub, started: Begun
) -> None:
    github.clock.advance(timedelta(days=3))
    submitted(app, "octo/hello")
    assert begun(app, started) == {"octo/hello"}
    (row,) = [each for each in overview(app, operator(app.store)) if each["full_name"] == "octo/hello"]
    assert row["last_collected_at"] is None or row["last_collected_at"] is pd.NaT


def test_each_refused_name_is_told_with_githubs_reason(app: App, github: FakeGitHub, started: Begun) -> None:
    run = submitted(app, "octo/hello\nocto/gone\nocto/closed")
    shown = shown_text(run).replace("\\", "")
    assert "octo/hello" in followed(app)
    assert not {"octo/gone", "octo/closed"} & followed(app)
    assert "octo/gone**: GitHub answers 404" in shown
    assert "must be able to push" in shown
    assert begun(app, started) == {"octo/hello"}


def test_a_bad_line_is_told_and_does_not_block_the_others(app: App, github: FakeGitHub, started: Begun) -> None:
    run = submitted(app, "octo/hello\n<b>bold</b>/x\nhttps://gitlab.com/a/b")
    shown = shown_text(run).replace("\\", "")
    assert "1 repository tracked now, 2 not added" in shown
    assert "is not github.com" in shown
    assert "octo/hello" in followed(app)
    assert begun(app, started) == {"octo/hello"}


def test_words_of_which_none_is_a_name_are_no_question_to_github(app: App, github: FakeGitHub, started: Begun) -> None:
    run = submitted(app, "octo, hello")
    assert "Nothing was added" in shown_text(run)
    assert not [each for each in github.requests if each.target.startswith("/repos/")]
    assert not started


def test_ten_thousand_names_are_refused_before_github_is_asked(app: App, github: FakeGitHub, started: Begun) -> None:
    run = submitted(app, "\n".join(f"octo/r{number}" for number in range(10_000)))
    assert "10,000 names; 500 are checked at a time" in shown_text(run).replace("\\", "")
    assert not [each for each in github.requests if each.target.startswith("/repos/")]
    assert not started


def test_without_a_token_the_next_step_is_said(app: App) -> None:
    run = submitted(app, "octo/hello")
    assert "Blue has no token yet" in shown_text(run)
    assert "octo/hello" not in followed(app)


@pytest.mark.parametrize("secret", ["ghp_revoked00000000000000000000000000000", "not a token"])
def test_a_token_that_github_refuses_adds_nothing(app: App, github: FakeGitHub, started: Begun, secret: str) -> None:
    store_token(app, secret=secret)
    run = submitted(app, "octo/hello")
    assert "Store another token" in shown_text(run)
    assert secret not in shown_text(run)
    assert "octo/hello" not in followed(app)
    assert not started


def test_what_the_token_sees_is_there_at_once_the_most_popular_first(app: App, github: FakeGitHub) -> None:
    run = app.opened("tenant", PAGE)
    rows = run.dataframe[0].value
    assert list(rows["full_name"]) == ["octo/new", "octo/hello", "octo/world", "octo/closed"]
    assert list(rows["stars"]) == [12, 5, 0, 90]
    assert [list(each) for each in rows["marks"]] == [[], [], ["Fork"], []]
    assert [list(each) for each in rows["here"]] == [["New"], ["New"], ["New"], ["No push access"]]
    assert str(rows["pushed_at"][1])[:10] == "2020-01-01"
    assert run.button("add_track_selected").label == "Track 2 repositories"


def test_a_refusal_of_github_is_kept_until_one_tries_again(app: App, github: FakeGitHub) -> None:
    store_token(app, secret="ghp_nobody0000000000000000000000000000000")
    run = app.opened("tenant", PAGE)
    asked = len(github.requests)
    run.run()
    assert (asked > 0, len(github.requests)) == (True, asked)
    run.button("add_again").click().run()
    assert len(github.requests) > asked
    store_token(app)
    assert len(run.run().dataframe) == 1, "another token is asked with at once"


@pytest.mark.parametrize(
    ("typed", "found"), [("wor", ["octo/world"]), ("octo/*, !fork, !closed", ["octo/new", "octo/hello"]), ("zzz", [])]
)
def test_the_list_is_filtered_by_a_part_of_a_name_or_a_pattern(
    app: App, github: FakeGitHub, typed: str, found: list[str]
) -> None:
    run = looked(app, typed)
    assert [list(each.value["full_name"]) for each in run.dataframe] == [found][: len(found)]
    assert ("No repository matches" in shown_text(run)) == (not found)


def test_the_ticked_ones_are_followed(app: App, github: FakeGitHub, started: Begun) -> None:
    run = app.opened("tenant", PAGE)
    row = list(run.dataframe[0].value["full_name"]).index("octo/world")
    run.session_state[str(run.dataframe[0].key)] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    run.run().button("add_track_selected").click().run()
    assert "octo/world" in followed(app)
    assert "octo/hello" not in followed(app)
    assert begun(app, started) == {"octo/world"}


def test_a_pattern_that_is_none_says_what_is_wrong(app: App, github: FakeGitHub) -> None:
    assert "is no part of a pattern" in shown_text(looked(app, "octo/[a]")).replace("\\", "")


def test_another_tenants_manager_adds_to_their_own_tenant_only(app: App, github: FakeGitHub) -> None:
    run = app.opened("green-tenant", PAGE)
    assert "Green has no token yet" in shown_text(run)
    assert "octo/hello" not in followed(app)
