"""Every page of traffic: its readers see what is granted, others no trace of it; a broken link is read as it can be."""

import pytest
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, remove_repositories_with_data
from tests.data.filled import DOCS, ENGINE, MIRROR
from tests.pages.app import GREEN, App, shown_text, titled

BLUE = {"blue/engine", "blue/docs", "blue/mirror"}
READERS = {
    "tenant": BLUE,
    "single": {"blue/engine"},
    "green-tenant": {"green/telescope"},
    "both": BLUE | {"green/telescope"},
}
TABLES = {"overview": {}, "compare": {}, "chart": {"as": "Table"}, "daily": {"rows": "500"}, "weekly": {"rows": "500"}}
TITLES = {
    "overview": "Overview",
    "repository": "blue/engine",
    "compare": "Compare",
    "chart": "Chart",
    "daily": "Daily traffic",
    "weekly": "Weekly traffic",
}
SCRIPT = "<script>alert(1)</script>"
WRONG = [{"dates": value, "repository": value} for value in (SCRIPT, "", "0")]
WORDS = {
    "overview": ("ranked",),
    "compare": ("compare", "measure", "scale", "after", "by"),
    "chart": ("range", "metric", "by", "as"),
    "daily": ("state", "page", "rows", "sort", "order", "range"),
    "weekly": ("state", "rows", "sort"),
    "repository": ("range",),
}
BROKEN = [(page, dict.fromkeys(keys, SCRIPT)) for page, keys in WORDS.items()]  # each key by itself: test_filters.py
BROKEN += [("chart", {"range": "Custom"} | wrong) for wrong in WRONG]
FORGIVEN = [("repository", {"see": "Referrers", "referrer": SCRIPT}), ("repository", {"see": SCRIPT, "event": SCRIPT})]
FORGIVEN += [("daily", {"page": "99"}), ("weekly", {"page": "99"})]


def names_in(rows: DataFrame) -> set[str]:
    if "link" in rows:
        return {link.partition("of=")[2].partition("&")[0] for link in rows["link"]}
    return set(rows["full_name"])


def opened(app: App, username: str | None, page: str, link: dict[str, str]) -> AppTest:
    of = {"of": "blue/engine"} if page == "repository" else {}
    return app.opened(username, page, **(of | link))


@pytest.mark.parametrize("page", TABLES)
@pytest.mark.parametrize(("username", "names"), READERS.items())
def test_a_reader_sees_the_repositories_that_are_granted(app: App, page: str, username: str, names: set[str]) -> None:
    run = opened(app, username, page, TABLES[page])
    assert titled(run) == TITLES[page]
    assert names_in(run.dataframe[-1].value) == names
    assert set(run.multiselect(key="repository").options) == names
    others = {"blue/", "green/"} - {name[: name.index("/") + 1] for name in names}
    assert not any(each in shown_text(run) for each in others)


def test_a_repository_of_two_tenants_counts_once_and_every_address_of_it_works(app: App) -> None:
    facts = [RepositoryFacts(100 + ENGINE, "blue/engine", "public", False, False)]
    (twin,) = add_repositories(app.store, COMMAND_LINE, GREEN, facts, utc_now())
    for number in (ENGINE, twin.repository_id):
        link: dict[str, str | list[str]] = {
            "repository": ["green/telescope", f"blue/engine · {number}"],
            "as": "Table",
        }
        run = app.opened("both", "chart", **link)
        assert names_in(run.dataframe[-1].value) == {"blue/engine", "green/telescope"}
        assert set(run.multiselect(key="repository").options) == READERS["both"]
        run = app.opened("both", "repository", of=f"blue/engine · {number}")
        assert titled(run) == "blue/engine"
        assert "Also tracked by Green." in shown_text(run)
    assert "Green" not in shown_text(app.opened("tenant", "repository", of="blue/engine"))


@pytest.mark.parametrize("page", TITLES)
@pytest.mark.parametrize("username", ["admin", "nobody", None])
def test_nobody_else_gets_a_page_by_its_address(app: App, page: str, username: str | None) -> None:
    run = opened(app, username, page, {})
    assert titled(run) != TITLES[page]
    assert username or titled(run) == "GitHub Traffic"
    assert not [*run.metric, *run.get("vega_lite_chart")]
    assert not [each for each in run.multiselect if each.key == "repository"]
    assert "blue/" not in shown_text(run)


@pytest.mark.parametrize("page", ["overview", "chart", "daily", "compare"])
def test_another_tenants_repository_is_answered_as_one_that_is_not_there(app: App, page: str) -> None:
    theirs, missing = (
        shown_text(app.opened("tenant", page, repository=name)) for name in ("green/telescope", "blue/none")
    )
    assert theirs == missing


@pytest.mark.parametrize(("page", "link"), BROKEN + FORGIVEN)
def test_a_broken_link_is_read_as_far_as_it_makes_sense(app: App, page: str, link: dict[str, str]) -> None:
    run = opened(app, "single", page, link)
    assert titled(run) == TITLES[page]
    assert not run.error
    assert run.dataframe or run.get("vega_lite_chart")
    assert (page, link) in FORGIVEN or "is ignored" in run.info[0].value


@pytest.mark.parametrize("page", ["chart", "daily", "weekly"])
def test_without_repositories_a_page_says_what_to_do(app: App, page: str) -> None:
    for key in (ENGINE, DOCS, MIRROR):
        remove_repositories_with_data(app.store, COMMAND_LINE, [key], utc_now())
    run = app.opened("viewer", page)
    assert "You don’t have any repositories yet" in run.info[0].value
    assert not run.error
