"""Connect: links for programs, and what the API has."""

from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from data.accounts import api_tokens
from data.calendar import utc_now
from pages.api import v1
from tests.data.filled import ENGINE
from tests.pages.app import App, shown_text

PAGE = "connect"


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[*v1.routes()]))


def asked(client: TestClient, link: str) -> tuple[int, str]:
    parts = urlsplit(link)
    answer = client.get(f"{parts.path}?{parts.query}")
    return answer.status_code, answer.text


def with_link(app: App, table: str) -> tuple[AppTest, str]:
    """The page after a link to the engine's rows was made on it, and the link."""
    run = app.opened("viewer", PAGE)
    run.selectbox(key="connect_table").select(table)
    run.multiselect(key="connect_repositories").select(ENGINE)
    run.button(key="connect_submit").click().run()
    return run, run.code[0].value


def test_a_link_answers_its_own_rows_until_it_is_revoked(app: App, client: TestClient) -> None:
    run, link = with_link(app, "Traffic by week")
    assert "/api/v1/traffic.csv?by=week&days=30&repository=blue%2Fengine&link=gta_" in link
    status, text = asked(client, link)
    assert status == 200
    assert "blue/engine" in text
    assert "blue/docs" not in text
    for changed in (link.replace("engine", "docs"), link.replace("days=30&", ""), link.replace("traffic", "stars")):
        assert asked(client, changed)[0] == 403, "its filters cannot be changed"
    assert asked(client, link.replace("link=", "token="))[0] == 200
    (made,) = api_tokens.api_tokens(app.account("viewer"), app.store, utc_now())
    assert (made.expires_at - made.made_at).total_seconds() == 3600
    run.button(key=f"connect_revoke_{made.token_id}").click().run()
    assert asked(client, link)[0] == 401


def test_a_link_has_the_address_and_the_columns_of_the_former_system(app: App, client: TestClient) -> None:
    _, link = with_link(app, "Traffic by day, former columns")
    assert "/api/v1/data/repositorystats.csv?days=30&repository=blue%2Fengine&link=gta_" in link
    for address in (link, link.replace("link=", "token=")):
        status, text = asked(client, address)
        header, *rows = text.splitlines()
        assert (status, header) == (200, "RID,ORGNAME,REPONAME,TDATE,VIEWCOUNT,VUNIQUES,CLONECOUNT,CUNIQUES")
        assert (len(rows), {row.split(",")[2] for row in rows}) == (30, {'"engine"'})


def test_each_program_is_told_how_to_read_a_link(app: App) -> None:
    for program, word in {"Excel": "From Web", "Grafana": "Infinity", "pandas": "read_csv", "DuckDB": "httpfs"}.items():
        run = app.opened("viewer", PAGE, program=program)
        assert word in shown_text(run) + "".join(each.value for each in run.code)
        assert not run.error


def test_the_reference_has_every_address_and_its_columns(app: App) -> None:
    for address in ("traffic", "health", "releases"):
        run = app.opened("viewer", PAGE, part="API", address=address)
        assert f"/api/v1/{address}" in [each.value for each in run.subheader]
        assert all(run.table[-1].value["Meaning"])
    assert "POST: Start a run" in shown_text(app.opened("viewer", PAGE, part="API", address="runs"))
    columns = app.opened("viewer", PAGE, part="API", address="traffic").table[-1].value
    (meaning,) = columns.loc[columns["Column"] == "views_state", "Meaning"]
    assert "By week: final" in meaning, "what only weeks and months have is told, too"
