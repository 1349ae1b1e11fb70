"""Saving on the SQL page: a query of one's own, one that is shared, and a stranger's number that is none."""

import pytest
from streamlit.testing.v1 import AppTest

from data.calendar import utc_now
from data.sandbox.parameters import Kind, Parameter
from data.sandbox.saved_queries import QUERIES, NewQuery
from tests.pages.app import BLUE, App, confirmed, shown_text

NAMES = NewQuery(
    "Names", "select full_name from v_repositories where full_name like $like", (Parameter("like", Kind.TEXT, "%"),)
)
pytestmark = pytest.mark.usefixtures("box")


def saved(app: App, username: str, *, shared: bool = False) -> str:
    query_id = QUERIES.add(app.store, username, NAMES, utc_now())
    if shared:
        QUERIES.share(app.store, username, query_id, BLUE, utc_now())
    return str(query_id)


def statement(run: AppTest) -> str:
    return str(run.text_area(key="sql_statement").value)


def buttons(run: AppTest) -> set[str]:
    return {str(each.key) for each in run.button}


def test_a_query_is_saved_and_its_address_opens_it(app: App) -> None:
    run = app.opened("viewer", "sql", sql="select 41 + 1 as answer")
    run.text_input(key="sql_name_0").set_value("The answer")
    run.button(key="sql_save_new").click().run()
    number = run.query_params["query"]
    again = app.opened("viewer", "sql", query=number)
    assert statement(again) == "select 41 + 1 as answer"
    assert "**The answer** · yours alone" in shown_text(again)


def test_a_name_that_cannot_be_is_refused_in_words(app: App) -> None:
    run = app.opened("viewer", "sql")
    run.button(key="sql_save_new").click().run()
    assert "name has 1 to 80" in run.error[0].value


@pytest.mark.parametrize("number", ["own", "99", "0", "x", "9" * 30])
def test_a_strangers_query_is_answered_as_one_that_is_not_there(app: App, number: str) -> None:
    asked = saved(app, "tenant") if number == "own" else number
    run = app.opened("viewer", "sql", query=asked)
    assert "There is no such query." in run.info[0].value
    assert "like" not in statement(run)


def test_a_shared_query_opens_with_its_parameters_and_runs_with_ones_own_rows(app: App) -> None:
    run = app.opened("viewer", "sql", query=saved(app, "tenant", shared=True))
    assert "shared by The tenant" in shown_text(run)
    assert run.text_input(key="sql_value_like_text").value == "%"
    assert not run.dataframe
    run.button(key="sql_run").click().run()
    assert len(run.dataframe[0].value) == 3


def test_who_may_only_read_a_shared_query_saves_it_anew_only(app: App) -> None:
    run = app.opened("viewer", "sql", query=saved(app, "tenant", shared=True))
    assert "sql_save_new" in buttons(run)
    assert not {"sql_save_changes", f"sql_share_{BLUE}", "sql_unshare", "sql_remove"} & buttons(run)


def test_who_manages_the_tenant_shares_and_takes_back(app: App) -> None:
    run = app.opened("tenant", "sql", query=saved(app, "tenant"))
    run.button(key=f"sql_share_{BLUE}").click().run()
    assert "yours, shared in the tenant" in shown_text(run)
    run.button(key="sql_unshare").click().run()
    assert "yours alone" in shown_text(run)


def test_a_change_is_saved_under_the_same_number(app: App) -> None:
    number = saved(app, "viewer")
    run = app.opened("viewer", "sql", query=number)
    run.text_area(key="sql_statement").set_value("select 2 as two")
    run.button(key="sql_save_changes").click().run()
    assert statement(app.opened("viewer", "sql", query=number)) == "select 2 as two"


def test_a_query_is_removed_after_a_second_question(app: App) -> None:
    number = saved(app, "viewer")
    run = app.opened("viewer", "sql", query=number)
    confirmed(run, "sql_remove")
    assert "There is no such query." in app.opened("viewer", "sql", query=number).info[0].value


def test_a_saved_query_is_chosen_from_the_list(app: App) -> None:
    number = saved(app, "viewer")
    run = app.opened("viewer", "sql")
    run.selectbox(key="sql_choice").set_value(f"saved:{number}").run()
    assert statement(run) == NAMES.statement
    assert run.query_params["query"] in (number, [number])


def test_a_hostile_name_is_shown_as_it_is(app: App) -> None:
    query_id = QUERIES.add(app.store, "viewer", NewQuery("<b>[x](http://a.b)</b> :red[y]", "select 1"), utc_now())
    run = app.opened("viewer", "sql", query=str(query_id))
    assert "\\[x\\]" in shown_text(run)
    assert "(http://" not in shown_text(run)
