"""The comparison's page: repositories beside each other, launches from day 0 on; for each reader what they may see."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import accounts
from data.accounts.authority import COMMAND_LINE
from data.accounts.grants import viewer_of
from data.calendar import utc_now
from data.insight.notes import NewNote, add_note
from data.repositories.groups import add_group
from data.text import days_text
from tests.data.filled import DOCS, ENGINE, TELESCOPE
from tests.pages.app import App, chart, days_ago, shown_text

PAGE = "compare"


def noted(app: App, key: int, days: int, text: str) -> str:
    """A note of that many days ago; answers how an address calls its launch."""
    add_note(app.store, COMMAND_LINE, NewNote(days_ago(days), text, None, key), utc_now())
    names = {ENGINE: "blue/engine", DOCS: "blue/docs", TELESCOPE: "green/telescope"}
    return f"{names[key]}@{days_ago(days)}"


def launches(app: App, username: str, *asked: str, **query: str) -> AppTest:
    return app.opened(username, PAGE, compare="Launches", launch=list(asked), **query)


def names_in_table(run: AppTest) -> set[str]:
    return {link.partition("of=")[2] for link in run.dataframe[0].value["link"]}


def test_a_link_opens_the_same_comparison(app: App) -> None:
    link: dict[str, str | list[str]]
    link = {"range": "Quarter", "repository": ["blue/docs", "blue/engine"], "measure": "Clones", "by": "Week"}
    link |= {"scale": "Index"}
    run = app.opened("viewer", PAGE, **link)
    assert names_in_table(run) == {"blue/docs", "blue/engine"}
    assert run.query_params == link
    assert "clones per week, in percent of the repository’s median" in run.get("vega_lite_chart")[0].proto.alt


def test_groups_are_one_line_each_until_their_repositories_are_asked_for(app: App) -> None:
    account = accounts.active_account(app.store, "viewer")
    assert account is not None
    (tenant,) = viewer_of(app.store, account).tenant_ids
    add_group(app.store, COMMAND_LINE, tenant, "Machine", [ENGINE, DOCS], now=utc_now())
    asked: dict[str, Any] = {"repository": ["Machine", "blue/mirror"], "measure": "Unique visitors"}
    run = app.opened("viewer", PAGE, **asked)
    assert set(run.dataframe[0].value["name"]) == {"Machine", "blue/mirror"}
    assert "visitors (sum of the repositories) per day" in run.get("vega_lite_chart")[0].proto.alt
    each = app.opened("viewer", PAGE, **asked, groups="By repository")
    assert names_in_table(each) >= {"blue/engine", "blue/mirror"}


def test_a_few_lines_are_compared_at_once_and_each_says_with_what(app: App) -> None:
    run = app.opened("viewer", PAGE, range="14 days", repository=["blue/docs", "blue/engine"])
    (*_, line) = chart(run)["layer"]
    assert (line["encoding"]["opacity"], line["encoding"]["color"]["field"]) == ({"value": 0.7}, "name")
    assert "Compared" in [
        each["title"] for layer in chart(run)["layer"] for each in layer["encoding"].get("tooltip", ())
    ]
    assert f"Dashed: {days_text(days_ago(28), days_ago(15))}" in run.get("vega_lite_chart")[0].proto.alt
    assert (run.dataframe[0].value["before"] > 0).all()
    weeks = app.opened("viewer", PAGE, range="30 days", measure="Unique visitors", by="Week")
    assert "compared by day" in shown_text(weeks), "it says why not"


def test_people_are_not_added_up_to_months(app: App) -> None:
    run = app.opened("viewer", PAGE, measure="Unique visitors", by="Month", range="Quarter")
    assert "never added up" in run.info[0].value
    assert not run.get("vega_lite_chart")


def test_what_has_no_median_has_no_index_and_the_page_says_so(app: App) -> None:
    run = app.opened("viewer", PAGE, scale="Index")
    assert r"as the median is 0 or unknown: blue\/mirror" in shown_text(run)


def test_launches_start_with_the_newest_notes_and_stand_in_the_address(app: App) -> None:
    asked = noted(app, ENGINE, 25, "Told the world"), noted(app, DOCS, 20, "A talk")
    run = launches(app, "viewer")
    assert run.query_params["launch"] == [*asked[::-1]]
    table = run.dataframe[0].value
    assert {text.partition(" · ")[0] for text in table["launch"]} == {"Told the world", "A talk"}
    assert set(table["metric"]) == {"Views", "Clones", "Stars gained"}
    assert {layer["mark"]["type"] for layer in chart(run)["layer"]} == {"line", "point"}


def test_a_link_opens_a_launch_on_any_day(app: App) -> None:
    day = days_ago(12)
    run = launches(app, "viewer", f"blue/docs@{day}", after="7 days")
    assert set(run.dataframe[0].value["launch"]) == {f"{day.day} {day:%b %Y} · blue/docs"}
    assert set(run.dataframe[0].value["known"]) == {"8 of 8"}
    assert not run.info


def test_a_line_that_ends_early_says_why(app: App) -> None:
    asked = noted(app, ENGINE, 12, "Just *now*")
    shown = shown_text(launches(app, "viewer", asked))
    assert "not final yet" in shown
    assert r"Just \*now\*" in shown


def test_what_was_usual_is_unknown_after_too_few_weeks(app: App) -> None:
    run = launches(app, "viewer", f"blue/docs@{days_ago(66)}")
    assert "the usual is unknown" in shown_text(run)
    table = run.dataframe[0].value.set_index("metric")
    assert table.loc[["Views", "Clones"], "usual"].isna().all()


@pytest.mark.parametrize("asked", ["green/telescope@{day}", "blue/none@{day}", "blue/engine@9999-99-99", "<script>"])
def test_a_launch_that_is_not_there_or_not_theirs_is_left_out_and_said(app: App, asked: str) -> None:
    noted(app, TELESCOPE, 20, "A secret launch")
    run = launches(app, "tenant", asked.format(day=days_ago(20)))
    assert "is ignored" in run.info[0].value
    assert "Choose launches above" in run.info[1].value
    assert "secret" not in shown_text(run)
    assert not any("telescope" in option for option in run.multiselect(key="compare_launches").options)


@pytest.mark.parametrize("query", [{}, {"compare": "Launches"}])
def test_everything_can_be_downloaded(app: App, query: dict[str, str]) -> None:
    noted(app, ENGINE, 25, "Told the world")
    keys = [button.key for button in app.opened("viewer", PAGE, **query).get("download_button")]
    files = ["compare_lifts", "compare_days"] if query else ["compare"]
    chart = "compare_chart" if query else "compare_beside"
    expected = [f"{chart}_png", f"{chart}_svg", *(f"{file}_{form}" for file in files for form in ("csv", "excel"))]
    assert keys == expected
