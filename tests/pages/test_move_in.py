"""Importing what other tools have kept: what it would bring is shown, then it is made, and taken back."""

from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts.tenants import operator
from data.imports.imports import imports
from tests.data.filled import ENGINE
from tests.pages.app import App, confirmed, days_ago, shown_text

PAGE = "import"
LONG_AGO = days_ago(200)


def pasted(app: App, text: str, username: str = "tenant") -> AppTest:
    run = app.opened(username, PAGE)
    return run.text_area("import_pasted_0").input(text).run()


def answer(name: str = "blue/engine") -> str:
    rows = ", ".join(
        f'{{"timestamp": "{LONG_AGO + timedelta(days=n)}T00:00:00Z", "count": {count}, "uniques": 1}}'
        for n, count in ((0, 4), (2, 1))
    )
    return f'gh api repos/{name}/traffic/views\n{{"count": 5, "uniques": 2, "views": [{rows}]}}'


def stored(app: App, key: int = ENGINE) -> list[tuple[Any, ...]]:
    days = "select views, views_source from daily_traffic where repository_id = $key and day between $a and $a + 2"
    with app.store.traffic.read() as cursor:
        return cursor.execute(f"{days} order by day", {"key": key, "a": LONG_AGO}).fetchall()


def test_what_is_pasted_is_shown_imported_and_taken_back(app: App) -> None:
    run = pasted(app, answer())
    assert "3 new" in shown_text(run)
    assert not stored(app), "nothing is written before"
    run.button("import_make").click().run()
    assert stored(app) == [(4, "import"), (0, "import"), (1, "import")]
    (batch,) = imports(operator(app.store), app.store)
    assert run.toast[0].value.startswith("Imported")
    for imported, days in (("Included", 3), ("Left out", 0)):
        dates = [str(LONG_AGO), str(LONG_AGO + timedelta(days=2))]
        page = app.opened("tenant", "daily", range="Custom", dates=dates, imported=imported)
        assert page.selectbox("imported").value == imported
        assert sum(len(each.value) for each in page.dataframe) == days
    assert "imported" not in str(app.opened("green-tenant", "daily").selectbox)
    run = app.opened("tenant", PAGE)
    run.selectbox("import_chosen").set_value(batch.batch_id)
    confirmed(run, "import_undo")
    assert not stored(app)
    assert not imports(operator(app.store), app.store)


def test_columns_are_mapped_by_hand_and_remembered(app: App) -> None:
    text = f"when;hits;repo\n{LONG_AGO};7;blue/engine"
    run = pasted(app, text)
    assert "Say which column is which" in run.error[0].value
    run.toggle("import_by_hand").set_value(True).run()
    run.selectbox("import_map_day").set_value("when")
    run.selectbox("import_map_repository").set_value("repo")
    run.selectbox("import_map_views").set_value("hits").run()
    run.button("import_make").click().run()
    assert stored(app)[:1] == [(7, "import")]
    assert "1 equal" in shown_text(pasted(app, text))


def test_an_unknown_repository_is_asked_for(app: App) -> None:
    run = pasted(app, answer("blue/former"))
    assert run.button("import_make").disabled
    run.selectbox("import_alias_0").set_value("blue/engine").run()
    run.button("import_make").click().run()
    assert len(stored(app)) == 3


def test_files_that_name_no_repository_bring_the_history_of_one_that_is_not_tracked(app: App) -> None:
    run = pasted(app, f"date,views\n{LONG_AGO},7")
    run.radio("import_unknown").set_value("Add their history, without tracking them").run()
    assert run.button("import_make").disabled
    typed = "https://github.com/blue/former"
    run.selectbox("import_alias_0").options.append(typed)
    run.selectbox("import_alias_0").set_value(typed).run()
    run.selectbox("import_alias_0").options.append(typed)
    run.button("import_make").click().run()
    with app.store.traffic.read() as cursor:
        assert cursor.execute("select views from v_daily where full_name = 'blue/former'").fetchall() == [(7,)]


def test_another_tenants_imports_and_repositories_are_not_there(app: App) -> None:
    pasted(app, answer()).button("import_make").click().run()
    run = app.opened("green-tenant", PAGE)
    assert not [each for each in run.selectbox if each.key == "import_chosen"]
    run = pasted(app, answer(), "green-tenant")
    assert run.button("import_make").disabled
    assert "blue/engine" not in run.selectbox("import_repository").options


@pytest.mark.parametrize("username", ["viewer", "single", None])
def test_who_may_only_read_does_not_find_the_page(app: App, username: str | None) -> None:
    run = app.opened(username, PAGE)
    assert [each.value for each in run.title] != ["Import"]
