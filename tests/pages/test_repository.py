"""The page of one repository: for its readers what they may see, for others no trace of it; notes for who may write."""

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import grants
from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import COMMAND_LINE, NotAllowed
from data.accounts.models import Grant, Role
from data.accounts.tenants import operator
from data.calendar import utc_now
from data.insight.notes import NewNote, add_note, notes
from data.insight.spikes import save_spikes
from data.text import days_text
from tests.data.filled import ENGINE
from tests.pages.app import BLUE, App, days_ago, go_to, shown_text, titled

PAGE = "repository"
NAME = "blue/engine"
HOSTILE = "<script>alert(1)</script> [x](javascript:1) $a$ :material/bug:"
CHARTS = {  # of each section, below that of views
    "All counts": 1,
    "Unique visitors": 0,
    "Referrers": 3,
    "Popular content": 3,
    "Before and after": 1,
    "Coverage": 2,
    "Notes": 0,
}


def opened(app: App, username: str | None = "tenant", /, **query: str) -> AppTest:
    return app.opened(username, PAGE, **({"of": NAME} | query))


def charts(run: AppTest) -> int:
    return len(run.get("vega_lite_chart"))


def noted(app: App, text: str = "On the front page", repository_id: int | None = ENGINE, days: int = 9) -> None:
    tenant_id = None if repository_id else BLUE
    new = NewNote(days_ago(days), text, "https://example.org/", repository_id, tenant_id)
    add_note(app.store, "tenant", new, utc_now())


def spiked(app: App, days: int = 10) -> None:
    """Many views on one day of the engine."""
    values = {"key": ENGINE, "day": days_ago(days)}
    with app.store.traffic.commit("test") as connection:
        connection.execute("update daily_traffic set views = 5000 where repository_id = $key and day = $day", values)
    save_spikes(app.store, [ENGINE], days_ago(0))


def writers(run: AppTest) -> set[str]:
    """The buttons that write."""
    return {str(each.key) for each in run.button if str(each.key).startswith("repository_")}


def typed(run: AppTest, opener: str, text: str | None = None, link: str | None = None) -> AppTest:
    """The dialog that a button opens, with that typed into it."""
    run.button(opener).click().run()
    if text is not None:
        run.text_area("repository_note_text").input(text)
    if link is not None:
        run.text_input("repository_note_link").input(link)
    return run


def answered(run: AppTest, opener: str, button: str) -> AppTest:
    """AppTest always runs the whole page: what opens a dialog is pressed again to answer it."""
    run.button(opener).click()
    return run.button(f"repository_note_{button}").click().run()


def test_a_reader_sees_the_repository_and_only_its_tenant_may_write(app: App) -> None:
    noted(app)
    spiked(app)
    for username in ("tenant", "viewer", "single", "both"):
        run = opened(app, username)
        assert titled(run) == NAME
        assert not run.error
        assert charts(run) == 2
        assert bool(writers(run)) == (username == "tenant")


def test_another_tenants_repository_is_answered_as_one_that_is_not_there(app: App) -> None:
    theirs, missing = (opened(app, "tenant", of=name) for name in ("green/telescope", "blue/none"))
    assert shown_text(theirs) == shown_text(missing)
    assert "don’t have access" in theirs.info[0].value
    assert not charts(theirs)
    assert not theirs.dataframe


def test_whoever_names_none_gets_the_first_and_the_address_says_so(app: App) -> None:
    run = app.opened("tenant", PAGE)
    assert titled(run) == "blue/docs"
    assert run.query_params["of"] == "blue/docs"


def test_each_section_is_drawn_alone_and_stands_in_the_address(app: App) -> None:
    noted(app)
    for section, number in CHARTS.items():
        run = opened(app, "viewer", see=section, range="Quarter")
        assert not run.error
        assert charts(run) == number + 1
        assert run.session_state["see"] == section
        assert run.query_params["of"] == NAME


def test_the_days_stay_when_the_page_changes(app: App) -> None:
    run = opened(app, "viewer", range="Quarter")
    go_to(run, "chart").run()
    assert run.session_state["range"] == "Quarter"
    go_to(run, PAGE).run()
    assert titled(run) == NAME
    assert run.session_state["range"] == "Quarter"


def test_a_repository_of_which_little_is_known_says_so(app: App) -> None:
    """No lists, no stars, no counters; of its days only those of the newest answer."""
    with app.store.traffic.commit("test") as connection:
        for table in ("snapshot", "referrer_snapshot", "path_snapshot", "star_history", "repository_stats", "release"):
            connection.execute(f"delete from {table}")
        connection.execute("delete from daily_traffic where day < $day", {"day": days_ago(14)})
        connection.execute(
            "update daily_traffic set views_source = null, clones_source = null where day < $day", {"day": days_ago(14)}
        )
    for section in CHARTS:
        run = opened(app, "viewer", see=section)
        assert not run.error
        assert charts(run) or run.info


def test_a_note_is_written_changed_and_removed(app: App) -> None:
    run = typed(opened(app, see="Notes"), "repository_note", text="A talk")
    assert "A talk" in shown_text(answered(run, "repository_note", "save"))
    (note,) = notes(operator(app.store), app.store, days_ago(60), days_ago(0))
    run = opened(app, see="Notes")
    change = f"repository_change_{note.note_id}"
    refused = answered(typed(run, change, link="javascript:alert(1)"), change, "save")
    assert "starts with https" in refused.error[0].value
    answered(typed(run, change, link=""), change, "remove")
    logged = entries(app.account("tenant"), app.store, AuditFilter("note "))
    assert sorted(each.action for each in logged) == ["note added", "note removed"]


def test_whoever_may_not_write_any_more_is_refused_at_the_moment_of_acting(app: App) -> None:
    run = typed(opened(app), "repository_note", text="A talk")
    key = app.account("tenant").user_id
    grants.revoke(app.store, COMMAND_LINE, key, Grant(Role.TENANT, BLUE), utc_now())
    grants.grant(app.store, COMMAND_LINE, key, Grant(Role.TENANT_VIEWER, BLUE), utc_now())
    with pytest.raises(NotAllowed):
        add_note(app.store, "tenant", NewNote(days_ago(1), "A talk", None, ENGINE), utc_now())
    answered(run, "repository_note", "save")
    assert not notes(operator(app.store), app.store, days_ago(60), days_ago(0))


def test_a_note_of_the_whole_tenant_is_for_those_who_see_the_whole_tenant(app: App) -> None:
    noted(app, "A talk about all", None)
    assert "A talk about all" in shown_text(opened(app, "viewer", see="Notes"))
    assert "A talk about all" not in shown_text(opened(app, "single", see="Notes"))


def test_a_spike_stands_out_with_what_is_known_and_one_click_begins_a_note(app: App) -> None:
    noted(app, "Front page", days=10)
    spiked(app)
    run = opened(app)
    assert "5,000 views" in run.button(f"spike_{days_ago(10)}-views").label
    assert "Note: “Front page”" in shown_text(run)
    run.button(f"repository_note_{days_ago(10)}-views").click().run()
    assert str(run.text_area("repository_note_text").value).startswith("5,000 views")
    assert run.date_input("repository_note_day").value == days_ago(10)


def test_the_page_begins_with_totals_records_and_the_newest_lists(app: App) -> None:
    run = opened(app, "viewer")
    assert [card.label for card in run.metric][:3] == ["Views", "Daily visitors (sum)", "Clones"]
    shown = shown_text(run)
    for words in ("All time since", "Best day: ", ">Referrer</th>", ">Page</th>"):
        assert words in shown


def test_the_chart_of_views_shows_what_it_is_compared_with_unless_that_is_not_wanted(app: App) -> None:
    before = f"Compared: {days_text(days_ago(60), days_ago(31))}"
    assert before in shown_text(opened(app, "viewer"))
    assert before not in shown_text(opened(app, "viewer", against="No comparison"))


def test_one_card_of_a_spike_is_open_and_a_link_or_a_click_opens_another(app: App) -> None:
    spiked(app, days=10)
    spiked(app, days=20)
    first, second = (f"{days_ago(days)}-views" for days in (10, 20))
    assert "No likely cause" in shown_text(opened(app))

    def is_open(run: AppTest, key: str) -> bool:
        return f"repository_note_{key}" in writers(run)

    run = opened(app, spike=second)
    assert (is_open(run, first), is_open(run, second)) == (False, True)
    run.button(f"spike_{first}").click().run()
    assert (is_open(run, first), is_open(run, second)) == (True, False)
    assert run.query_params["spike"] == first


def test_texts_from_outside_are_shown_as_texts(app: App) -> None:
    noted(app, HOSTILE, days=10)
    spiked(app)
    values = {"name": HOSTILE, "path": f"/{NAME}/{HOSTILE}"}
    with app.store.traffic.commit("test") as connection:
        connection.execute("update referrer_snapshot set referrer = $name where referrer = 'Google'", {"name": HOSTILE})
        connection.execute("update path_snapshot set path = $path, title = $name where path like '%releases'", values)
    for section in CHARTS:
        run = opened(app, "tenant", see=section, range="Quarter")
        assert not run.error
        assert "<script>" not in shown_text(run)
        read_as_markup = "\n".join(str(each.value) for each in (*run.markdown, *run.caption, *run.info))
        assert "](javascript" not in read_as_markup.replace("Open](https", "")


def test_before_and_after_opens_on_the_day_that_stood_out_and_its_link_holds_no_text(app: App) -> None:
    noted(app, "A quiet talk", days=5)
    spiked(app, days=10)
    run = opened(app, see="Before and after")
    assert run.selectbox("repository_event").value == f"{days_ago(10)}-views"
    asked = opened(app, see="Before and after", event=f"{days_ago(5)}-note")
    assert asked.selectbox("repository_event").value == f"{days_ago(5)}-note"
    assert f"{days_ago(5)}-note" in asked.query_params["event"]


def test_where_nothing_is_known_the_page_says_where_it_is(app: App) -> None:
    run = opened(app, "single", range="Custom", dates=str(days_ago(0)))
    assert "No traffic for these days and repositories" in run.info[0].value
    assert not charts(run)
