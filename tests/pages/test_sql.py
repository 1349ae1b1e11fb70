"""The SQL page: for readers with their rows only, a link that starts nothing, limits, errors, saved queries."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from data.calendar import utc_now
from data.sandbox.sandbox import Limits, Sandbox
from data.sandbox.saved_queries import QUERIES, NewQuery
from data.sandbox.statement import Parameter, ParameterKind
from pages.sql import view
from pages.ui import query_sandbox
from pages.ui.store import the_store
from tests.pages.app import BLUE, App, confirmed, go_to, shown_text

LIMITS = Limits(seconds=60, rows=40, warm=0)
NAMES = "select full_name from v_repositories order by full_name"
READERS: dict[str, list[str]] = {
    "tenant": ["blue/docs", "blue/engine", "blue/mirror"],
    "single": ["blue/engine"],
    "both": ["blue/docs", "blue/engine", "blue/mirror", "green/telescope"],
}
LIKE = NewQuery(
    "Names",
    "select full_name from v_repositories where full_name like $like",
    (Parameter("like", ParameterKind.TEXT, "%"),),
)
pytestmark = pytest.mark.usefixtures("box")


@pytest.fixture
def box(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The server's sandbox: an answer is waited for, and no process is left behind."""
    found = Sandbox(the_store(), LIMITS)
    monkeypatch.setattr(view, "the_sandbox", lambda: found)
    for module in (view, query_sandbox):
        monkeypatch.setattr(module, "limits", lambda: LIMITS)
    monkeypatch.setattr(view, "QUICK_S", 60)
    monkeypatch.setattr(view, "_prepare_rows", lambda viewer, store: None)  # it would outlive the store of the test
    yield found
    found.close()


def run_query(run: AppTest, statement: str) -> AppTest:
    """The page after that statement was run."""
    run.text_area(key="sql_statement").set_value(statement)
    return run.button(key="sql_run").click().run()


def names(run: AppTest) -> list[str]:
    return list(run.dataframe[0].value["full_name"])


def statement(run: AppTest) -> str:
    return str(run.text_area(key="sql_statement").value)


def buttons(run: AppTest) -> set[str]:
    return {str(each.key) for each in run.button}


def saved(app: App, username: str, *, shared: bool = False) -> str:
    query_id = QUERIES.add(app.store, username, LIKE, utc_now())
    if shared:
        QUERIES.share(app.store, username, query_id, BLUE, utc_now())
    return str(query_id)


@pytest.mark.parametrize(("username", "expected"), READERS.items())
def test_a_reader_asks_their_own_rows(app: App, username: str, expected: list[str]) -> None:
    run = run_query(app.opened(username, "sql"), NAMES)
    assert names(run) == expected
    assert f"cover your {len(expected)} repositories" in shown_text(run)


@pytest.mark.parametrize("username", ["admin", "maintainer", "nobody", None])
def test_whoever_reads_no_traffic_has_no_such_page(app: App, username: str | None) -> None:
    run = app.opened(username, "sql", sql=NAMES)
    assert run.title[0].value != "SQL"
    assert not run.text_area


def test_a_link_shows_its_query_and_starts_nothing(app: App) -> None:
    run = app.opened("single", "sql", sql=NAMES)
    assert statement(run) == NAMES
    assert "came with a link" in run.info[0].value
    assert not run.dataframe
    assert names(run.button(key="sql_run").click().run()) == READERS["single"]


def test_what_is_run_stands_in_the_address_and_opens_again(app: App) -> None:
    run = run_query(app.opened("tenant", "sql"), "select $name as name, '" + "x" * 900 + "' as text")
    run.text_input(key="sql_value_name_text").set_value("blue/%")
    run.button(key="sql_run").click().run()
    assert len(str(run.query_params["sql"])) < 300
    again = app.opened("single", "sql", **run.query_params)
    assert statement(again) == statement(run)
    assert again.text_input(key="sql_value_name_text").value == "blue/%"


@pytest.mark.parametrize("link", ["z.", "z.!!!!", "z.eJzLSM3JyQ", "z." + "A" * 6000])
def test_a_broken_link_says_so(app: App, link: str) -> None:
    assert "damaged" in app.opened("single", "sql", sql=link).info[0].value


def test_parameters_are_asked_for_and_are_never_a_part_of_the_text(app: App) -> None:
    run = run_query(app.opened("tenant", "sql"), "select $name as full_name, $since as since, $most + 1 as more")
    assert "has no value yet" in run.error[0].value
    run.text_input(key="sql_value_name_text").set_value("'; drop table note --")
    run.date_input(key="sql_value_since_day").set_value(date(2026, 5, 10))
    run.text_input(key="sql_value_most_number").set_value("ten")
    run.button(key="sql_run").click().run()
    assert "is a number" in run.error[0].value
    run.text_input(key="sql_value_most_number").set_value("41")
    run.button(key="sql_run").click().run()
    (row,) = run.dataframe[0].value.to_dict("records")
    assert (row["full_name"], str(row["since"]), row["more"]) == ("'; drop table note --", "2026-05-10", 42)


def test_a_mistake_is_told_with_its_place(app: App) -> None:
    run = run_query(app.opened("single", "sql"), "select full_name,\n  vieews\nfrom v_daily")
    assert "vieews" in run.error[0].value
    assert "line 2, character 3" in run.error[0].value
    assert run.code[0].value == "  vieews\n  ^"


def test_limits_are_shown_and_a_cut_is_told(app: App) -> None:
    run = run_query(app.opened("single", "sql"), "select range as n from range(1000)")
    assert "Limits: 60 s, 40 rows" in shown_text(run)
    assert "first 40 rows" in run.warning[0].value
    assert len(run.dataframe[0].value) == 40


def test_a_result_that_is_cut_to_nothing_does_not_say_that_nothing_matches(app: App) -> None:
    run = run_query(app.opened("single", "sql"), "select repeat('x', 20000000) as x")
    assert "the first alone is larger than 16 MB" in run.warning[0].value
    assert not run.info
    assert not run.dataframe


def test_days_and_numbers_are_a_chart_with_choices(app: App) -> None:
    run = run_query(app.opened("single", "sql"), "select day, views, clones from v_daily order by day")
    run.segmented_control(key="sql_as").set_value("Chart").run()
    (chart,) = run.get("vega_lite_chart")
    assert chart.proto.alt.startswith("Lines of views, clones by day")
    assert {"X axis", "Colour"} <= {each.label for each in run.selectbox}


def test_an_example_opens_and_answers_at_one_press(app: App) -> None:
    run = app.opened("tenant", "sql")
    run.selectbox(key="sql_choice").set_value("example:days-of-one-repository").run()
    run.button(key="sql_run").click().run()
    assert set(names(run)) <= set(READERS["tenant"])


def test_rows_that_were_read_with_other_rights_are_forgotten(app: App) -> None:
    run = run_query(app.opened("both", "sql"), NAMES)
    assert len(names(run)) == 4
    app.sign_in("single")
    run.run()
    assert not run.dataframe
    assert "telescope" not in shown_text(run)


def test_nothing_is_shown_after_the_session_has_ended(app: App) -> None:
    run = run_query(app.opened("both", "sql"), NAMES)
    app.sign_out()
    run.run()
    assert run.title[0].value == "GitHub Traffic"
    assert not run.dataframe


def test_a_third_query_at_once_is_refused_in_words(app: App, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "_of_user", Counter({"single": 2}))
    run = run_query(app.opened("single", "sql"), NAMES)
    assert "2 queries running already" in run.error[0].value


def test_the_operator_switches_it_off(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_sandbox, "is_on", lambda: False)
    run = app.opened("tenant", "sql")
    assert "SQL is switched off" in run.info[0].value
    assert not run.text_area


def test_a_query_that_runs_can_be_cancelled(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "QUICK_S", 0)
    monkeypatch.setattr(view, "REFRESH_S", 30)
    run = run_query(app.opened("single", "sql"), "select sleep_ms(50000)")
    assert "at most 60 s" in shown_text(run)
    run.button(key="sql_cancel").click().run()
    assert run.info[0].value == "The query was cancelled."


def test_a_result_of_another_statement_says_so(app: App) -> None:
    run = run_query(app.opened("tenant", "sql"), NAMES)
    assert "previous query" not in shown_text(run)
    run.text_area(key="sql_statement").set_value("select 1").run()
    assert "previous query" in shown_text(run)


def test_a_query_is_saved_changed_and_found_under_its_address_and_in_the_list(app: App) -> None:
    run = app.opened("viewer", "sql", sql="select 41 + 1 as answer")
    run.button(key="sql_save_new").click().run()
    assert "name has 1 to 80" in run.error[0].value
    run.text_input(key="sql_name_0").set_value("The answer")
    run.button(key="sql_save_new").click().run()
    number = run.query_params["query"]
    again = app.opened("viewer", "sql", query=number)
    assert statement(again) == "select 41 + 1 as answer"
    assert "**The answer** · private" in shown_text(again)
    again.text_area(key="sql_statement").set_value("select 2 as two")
    again.button(key="sql_save_changes").click().run()
    run = app.opened("viewer", "sql")
    run.selectbox(key="sql_choice").set_value(f"saved:{number[0] if isinstance(number, list) else number}").run()
    assert statement(run) == "select 2 as two"
    assert run.query_params["query"] == number


@pytest.mark.parametrize("number", ["own", "99", "0", "x", "9" * 30])
def test_another_tenants_query_is_answered_as_one_that_is_not_there(app: App, number: str) -> None:
    run = app.opened("viewer", "sql", query=saved(app, "tenant") if number == "own" else number)
    assert "There is no such query." in run.info[0].value
    assert "like" not in statement(run)


def test_a_shared_query_opens_with_its_parameters_and_runs_with_ones_own_rows(app: App) -> None:
    run = app.opened("viewer", "sql", query=saved(app, "tenant", shared=True))
    assert "shared by The tenant" in shown_text(run)
    assert run.text_input(key="sql_value_like_text").value == "%"
    assert not run.dataframe
    assert not {"sql_save_changes", f"sql_share_{BLUE}", "sql_unshare", "sql_remove"} & buttons(run)
    assert "sql_save_new" in buttons(run)
    assert len(names(run.button(key="sql_run").click().run())) == 3


def test_who_manages_the_tenant_shares_and_takes_back(app: App) -> None:
    run = app.opened("tenant", "sql", query=saved(app, "tenant"))
    run.button(key=f"sql_share_{BLUE}").click().run()
    assert "shared by you" in shown_text(run)
    assert run.code[0].value.endswith(f"/sql?query={run.query_params['query']}")
    run.button(key="sql_unshare").click().run()
    assert "private" in shown_text(run)


def test_a_query_is_removed_after_a_second_question(app: App) -> None:
    number = saved(app, "viewer")
    confirmed(app.opened("viewer", "sql", query=number), "sql_remove")
    assert "There is no such query." in app.opened("viewer", "sql", query=number).info[0].value


def test_a_hostile_name_is_shown_as_it_is(app: App) -> None:
    query_id = QUERIES.add(app.store, "viewer", NewQuery("<b>[x](http://a.b)</b> :red[y]", "select 1"), utc_now())
    text = shown_text(app.opened("viewer", "sql", query=str(query_id)))
    assert "\\[x\\]" in text
    assert "(http://" not in text


def test_what_is_typed_stands_in_the_address_and_is_there_after_another_page(app: App) -> None:
    run = app.opened("viewer", "sql")
    run.text_area(key="sql_statement").input("select 4711").run()
    assert "select 4711" in run.query_params["sql"]
    run.query_params.clear()
    go_to(run, "profile").run()
    assert go_to(run, "sql").run().text_area(key="sql_statement").value == "select 4711"
