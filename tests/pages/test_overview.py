"""The overview: the first page of whoever reads traffic, with what they may see, in words for somebody new."""

import json
from datetime import UTC, datetime, time, timedelta

from streamlit.testing.v1 import AppTest

from data.accounts.authority import COMMAND_LINE
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import utc_day, utc_now
from data.insight.spikes import save_spikes
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, remove_repositories_with_data
from tests.data.filled import DOCS, ENGINE, MIRROR
from tests.pages.app import BLUE, App, days_ago, shown_text

PAGE = "overview"


def names_in_table(run: AppTest) -> list[str]:
    return [link.partition("of=")[2].partition("&")[0] for link in run.dataframe[-1].value["link"]]


def events(run: AppTest) -> str:
    """The list of what stood out."""
    return "".join(each.proto.body for each in run.get("html") if "<ol" in each.proto.body)


def moved(run: AppTest) -> str:
    """The table of what has risen and fallen."""
    return "".join(each.proto.body for each in run.get("html") if "<table" in each.proto.body)


def change(app: App, statement: str, **values: object) -> None:
    app.store.control.version()
    with app.store.traffic.commit("test") as connection:
        connection.execute(statement, values)


def with_spike(app: App, referrer: str = "lobste.rs") -> None:
    """Many views of the engine on a day, with a referrer that was not there before."""
    day = days_ago(10)
    change(app, "update daily_traffic set views = 5000 where repository_id = 1 and day = $day", day=day)
    change(app, "delete from referrer_snapshot where observed_on > $day", day=day)
    change(app, "insert into referrer_snapshot values (1, $at, $name, 4500, 2000)", at=days_ago(9), name=referrer)
    seen = "insert into snapshot values (1, 'referrers', $at, $at, 'digest', 1, null)"
    change(app, seen, at=days_ago(9))
    save_spikes(app.store, [ENGINE], days_ago(0))


def with_token(app: App, days: int) -> None:
    expires = datetime.combine(utc_day(utc_now()) + timedelta(days=days), time(23, 59), UTC)  # whatever time it is now
    facts = TokenFacts("classic", "octo", 1, "repo", expires)
    save_token(app.store, COMMAND_LINE, BLUE, "ghp_" + "a" * 36, facts, now=utc_now())


def test_a_spike_is_told_with_its_cause_and_leads_to_the_repository_at_that_day(app: App) -> None:
    with_spike(app)
    spikes = events(app.opened("viewer", PAGE))
    day = days_ago(10)
    assert f"<strong>blue/engine</strong>, {day.day} {day:%b %Y}</a>" in spikes
    assert "5,000 views" in spikes
    assert "<strong>lobste.rs</strong> appeared among the referrers" in spikes
    assert f"repository?of=blue/engine&amp;range=Custom&amp;dates={days_ago(24)}" in spikes


def test_a_referrer_is_never_markup(app: App) -> None:
    with_spike(app, "<img src=x> [y](http://z.example)")
    spikes = events(app.opened("viewer", PAGE))
    assert "&lt;img src=x&gt;" in spikes
    assert "<img" not in spikes


def test_the_spikes_of_others_are_not_told(app: App) -> None:
    with_spike(app)
    assert "engine" not in shown_text(app.opened("green-tenant", PAGE))


def test_what_fell_is_told_with_its_numbers(app: App) -> None:
    change(app, "update daily_traffic set views = views * 9 where repository_id = 2 and day < $day", day=days_ago(31))
    assert "blue/docs" not in moved(app.opened("single", PAGE)), "it is not theirs to see"
    (row,) = [each for each in moved(app.opened("viewer", PAGE)).split("<tr>") if "blue/docs" in each]
    assert ">Views<" in row
    assert ">▼ -" in row


def test_a_spike_of_clones_has_its_number_on_the_chart_too(app: App) -> None:
    day = days_ago(10)
    change(app, "update daily_traffic set clones = 5000 where repository_id = 1 and day = $day", day=day)
    save_spikes(app.store, [ENGINE], days_ago(0))
    chart = app.opened("viewer", PAGE).get("vega_lite_chart")[0]
    (numbers,) = [layer for layer in json.loads(chart.proto.spec)["layer"] if "data" in layer]
    assert [(row["number"], "5,000 clones" in row["tooltip"]) for row in numbers["data"]["values"]] == [("1", True)]


def test_all_days_have_no_period_before_and_the_page_says_so(app: App) -> None:
    run = app.opened("viewer", PAGE, range="All")
    assert not any(card.delta for card in run.metric)
    assert "No comparison" in run.caption[0].value
    assert "No earlier period" in shown_text(run)


def test_a_collection_that_was_missed_is_told_within_the_hour_though_nothing_was_written(app: App) -> None:
    assert "missed" not in shown_text(app.opened("viewer", PAGE))
    tomorrow = utc_now() + timedelta(days=1)
    app.monkeypatch.setattr("pages.overview.view.utc_now", lambda: tomorrow)
    assert "scheduled collections were missed" in app.opened("viewer", PAGE).error[0].value


def test_health_is_well_until_something_needs_attention(app: App) -> None:
    assert "All repositories are up to date: 3 tracked" in shown_text(app.opened("viewer", PAGE))
    change(app, "update repository set state = 'blocked', state_reason = '*No* right' where repository_id = 2")
    run = app.opened("viewer", PAGE)
    assert r"**blue/docs**: \*No\* right" in run.warning[0].value.replace("\\/", "/")
    change(app, "update collection_run set state = 'failed', message = 'GitHub is down'")
    assert "The last collection failed" in app.opened("viewer", PAGE).error[0].value


def test_a_token_that_expires_is_told_to_those_who_manage_it(app: App) -> None:
    with_token(app, 20)
    assert "token" not in shown_text(app.opened("tenant", PAGE)).lower()
    with_token(app, 13)
    assert "expires in 13 days" in app.opened("tenant", PAGE).warning[0].value.replace("\\", "")
    for username in ("viewer", "single", "green-tenant"):
        assert not app.opened(username, PAGE).warning


def test_without_repositories_it_says_what_to_do_and_the_health_still_shows(app: App) -> None:
    for key in (ENGINE, DOCS, MIRROR):
        remove_repositories_with_data(app.store, COMMAND_LINE, [key], utc_now())
    with_token(app, 1)
    run = app.opened("tenant", PAGE)
    assert "You are not tracking any repositories yet" in run.info[0].value
    assert "not tracking any repositories at present" in shown_text(run)
    assert run.button(key="filters_add").click().run().title[0].value == "Add repositories"


def test_before_anything_is_collected_it_says_when_that_comes(app: App) -> None:
    for table in ("daily_traffic", "endpoint_state"):
        change(app, f"delete from {table}")
    run = app.opened("tenant", PAGE)
    assert "Nothing has been collected yet" in run.info[0].value
    assert "Health" in [each.value for each in run.header]
    assert not run.metric


def test_many_repositories_come_page_by_page_and_are_found_by_name(app: App) -> None:
    facts = [RepositoryFacts(900 + n, f"blue/many-{n:02}", "public", False, False) for n in range(40)]
    add_repositories(app.store, COMMAND_LINE, BLUE, facts, utc_now())
    run = app.opened("tenant", PAGE)
    assert len(names_in_table(run)) == 20
    assert names_in_table(run)[0] == "blue/docs", "the one with the most views comes first"
    assert "1 to 20 of 43 repositories" in shown_text(run)
    found = app.opened("tenant", PAGE, search="MANY-3", ranked="Name")
    assert names_in_table(found) == [f"blue/many-{n}" for n in range(30, 40)]
