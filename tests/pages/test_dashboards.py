"""The page of dashboards: for readers of traffic what they may see, theirs to build, share and take away."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts import grants
from data.calendar import utc_now
from data.dashboards.dashboards import DASHBOARDS, canned_dashboards
from data.dashboards.specification import Dashboard, Kind, Panel, Source, written
from data.traffic.models import Selection
from data.traffic.traffic import selection_totals
from pages.dashboards.editor import STARTS
from tests.pages.app import BLUE, App, confirmed, days_ago, shown_text

PAGE = "dashboards"
READERS = ("tenant", "viewer", "single", "green-tenant", "both")
NO_READERS = ("admin", "maintainer", "nobody")
MINE = Dashboard("Mine", "", (Panel(Kind.NUMBER, "All views", measure="views", width=3),))
HOSTILE = '{"version": 1, "name": "<b>x</b>", "panels": [{"kind": "pie", "title": "[a](http://x.example)"}]}'


def opened(app: App, username: str | None, dashboard: str = "", **query: str) -> AppTest:
    run = app.opened(username, PAGE, **({"dashboard": dashboard} if dashboard else {}), **query)
    assert not run.exception
    return run


def kept(app: App, username: str, dashboard: Dashboard = MINE) -> int:
    return DASHBOARDS.add(app.store, username, dashboard, utc_now())


def charts(run: AppTest) -> list[dict[str, Any]]:
    return [json.loads(each.proto.spec) for each in run.get("vega_lite_chart")]


def names_of(app: App, username: str) -> list[str]:
    return [each.name for each in DASHBOARDS.seen_by(app.account(username), app.store)]


def imported(run: AppTest, text: str) -> AppTest:
    run.button(key="dashboards_import").click().run()
    run.text_area(key="dashboards_import_text").input(text)
    run.button(key="dashboards_import").click()
    return run.button(key="dashboards_import_submit").click().run()


@pytest.mark.parametrize("username", READERS)
def test_a_reader_finds_the_month_in_review_drawn(app: App, username: str) -> None:
    run = opened(app, username)
    assert run.title[0].value == "Dashboards"
    assert not run.error
    assert [card.label.replace("\\", "") for card in run.metric] == [
        "Views",
        "Daily visitors (sum)",
        "Clones",
        "Stars gained",
    ]
    assert all(int(card.value) >= 0 for card in run.metric)
    assert len(charts(run)) == 3


@pytest.mark.parametrize("name", list(canned_dashboards()))
def test_each_canned_dashboard_shows_something_in_every_panel(app: App, name: str) -> None:
    run = opened(app, "tenant", name)
    panels = canned_dashboards()[name].panels
    # CSV, and Excel where there are rows, and two pictures of a chart
    files = sum({Kind.TEXT: 0, Kind.NUMBER: 1, Kind.TABLE: 2}.get(each.kind, 4) for each in panels)
    assert len(run.get("download_button")) == files + 1
    assert "No data for" not in shown_text(run)


@pytest.mark.parametrize("username", [*NO_READERS, None])
def test_for_whoever_reads_no_traffic_there_is_no_such_page(app: App, username: str | None) -> None:
    run = app.opened(username, PAGE)
    assert run.title[0].value != "Dashboards"
    assert not run.metric


def test_a_repository_viewer_sees_no_other_name(app: App) -> None:
    run = opened(app, "single")
    assert "blue/docs" not in f"{charts(run)} {shown_text(run)}"
    assert "blue/engine" in str(charts(run))


def test_another_tenants_dashboard_is_answered_as_one_that_is_not_there(app: App) -> None:
    strange = kept(app, "green-tenant")
    texts = {shown_text(opened(app, "tenant", key)) for key in (str(strange), "4711", "no-such-name")}
    assert len(texts) == 1
    assert "have access to it" in texts.pop()


def test_what_is_exported_is_what_is_imported(app: App) -> None:
    assert "dashboards_export" in [each.key for each in opened(app, "viewer", "growth").get("download_button")]
    run = imported(opened(app, "viewer"), written(canned_dashboards()["growth"]))
    (saved,) = DASHBOARDS.seen_by(app.account("viewer"), app.store)
    assert saved.dashboard() == canned_dashboards()["growth"]
    assert run.query_params["dashboard"] == str(saved.item_id)


def test_what_is_no_dashboard_is_refused_with_the_reason_and_nothing_is_kept(app: App) -> None:
    run = opened(app, "viewer")
    for text in (HOSTILE, "{", "", "[" * 40_000, '{"version": 1, "name": "x", "panels": [1]}'):
        assert "cannot be imported" in imported(run, text).error[0].value
        assert "[a](" not in shown_text(run)
    assert not names_of(app, "viewer")


def test_texts_of_a_dashboard_are_shown_literally(app: App) -> None:
    panels = (Panel(Kind.TEXT, "<b>T</b>", text="**bold** <script>x</script>"), Panel(Kind.NUMBER, "# 1 $x$"))
    run = opened(app, "single", str(kept(app, "single", Dashboard("*n*", "![i](http://x.example)", panels))))
    text = shown_text(run)
    assert "**bold**" not in text
    assert "<script>" not in text
    assert "![i]" not in text


def test_a_copy_of_a_canned_dashboard_is_ones_own_to_change_and_save(app: App) -> None:
    run = opened(app, "single")
    run.button(key="dashboards_copy").click().run()
    assert names_of(app, "single") == ["Month in review"]
    run.button(key="dashboards_remove_0").click().run()
    run.button(key="dashboards_right_0").click().run()
    key = run.query_params["dashboard"]
    run.text_input(key=f"dashboards_name_{key}").input("My month").run()
    run.button(key="dashboards_save").click().run()
    (saved,) = DASHBOARDS.seen_by(app.account("single"), app.store)
    assert saved.name == "My month"
    assert [each.title for each in saved.dashboard().panels][:2] == ["Clones", "Daily visitors (sum)"]


def test_what_is_not_saved_is_said_and_can_be_discarded(app: App) -> None:
    run = opened(app, "single", str(kept(app, "single")))
    run.button(key="dashboards_change").click().run()
    assert "All saved" in shown_text(run)
    run.button(key="dashboards_duplicate_0").click().run()
    assert "Unsaved changes" in shown_text(run)
    assert len(run.metric) == 2
    run.button(key="dashboards_discard").click().run()
    assert len(run.metric) == 1


def test_a_panel_is_added_changed_and_drawn_at_once(app: App) -> None:
    run = opened(app, "viewer", str(kept(app, "viewer", Dashboard("Empty"))))
    run.button(key="dashboards_change").click().run()
    run.menu_button(key="dashboards_add_panel").click("Views by day").run()
    assert len(charts(run)) == 1
    next(each for each in run.selectbox if each.label == "Source").select(Source.REFERRERS.value).run()
    apart = next(each for each in run.selectbox if each.label == "Split by")
    assert apart.options == ["None", "Referrer", "Repository"]
    apart.select("referrer").run()
    assert [each.value for each in run.subheader] == ["Panel 1", "Views by day and referrer"]
    assert "Google" in str(charts(run))


def test_only_a_tenants_manager_shares_and_everybody_of_the_tenant_sees_it(app: App) -> None:
    own = str(kept(app, "viewer"))
    assert not [each.key for each in opened(app, "viewer", own).button if "share" in str(each.key)]
    shared = str(kept(app, "tenant"))
    opened(app, "tenant", shared).button(key=f"dashboards_share_{BLUE}").click().run()
    assert opened(app, "viewer", shared).metric[0].label == "All views"
    assert "have access to it" in shown_text(opened(app, "green-tenant", shared))
    assert "have access to it" in shown_text(opened(app, "single", shared))


def test_a_dashboard_is_removed_after_a_question(app: App) -> None:
    run = confirmed(opened(app, "single", str(kept(app, "single"))), "dashboards_remove")
    assert not names_of(app, "single")
    assert run.selectbox(key="dashboards_choice").value == "month-in-review"


@pytest.mark.parametrize("days", ["Last month", "31 days", "All"])  # this month has no day yet on its first
def test_the_days_of_a_dashboard_go_by_the_names_of_all_pages(app: App, days: str) -> None:
    run = opened(app, "viewer", days=days)
    assert run.selectbox(key="range").value == days
    assert not run.info
    assert charts(run)


def test_a_link_holds_other_days_and_repositories_of_ones_own_only(app: App) -> None:
    run = opened(app, "viewer", days="14 days", repository="blue/docs")
    words = [word for chart in charts(run) for word in str(chart).split("'")]
    assert {word for word in words if word.startswith("blue/")} == {"blue/docs"}
    buttons = [each for each in run.get("download_button") if str(each.key).endswith("_csv")]
    labels = [str(getattr(each, "label", "")) for each in buttons]
    assert labels
    assert all(label.startswith(("Last 14 days", "Newest lists")) for label in labels)
    assert "is ignored" in opened(app, "viewer", repository="green/telescope").info[0].value


def test_what_a_panel_may_begin_as_shows_something_at_once(app: App) -> None:
    every = Dashboard("Starts", "", tuple(STARTS.values()))
    run = opened(app, "tenant", str(kept(app, "tenant", every)))
    assert not run.error
    assert "No data for" not in shown_text(run)


def test_the_days_and_the_comparison_of_all_pages_go_before_those_of_the_panels(app: App) -> None:
    own = str(kept(app, "viewer"))
    assert opened(app, "viewer", own).selectbox(key="range").value == "Default"
    run = opened(app, "viewer", own, range="14 days", against="No comparison")
    assert not run.metric[0].delta
    viewer, today = grants.viewer_of(app.store, app.account("viewer")), days_ago(0)
    run.button(key="period_earlier").click().run()
    earlier = selection_totals(viewer, app.store, Selection(days_ago(28), days_ago(15), today))
    assert run.metric[0].value == str(earlier.views.value)
