"""The report's page: the numbers of a month or week as its reader may see them, by its address and its arrows."""

from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.accounts.authority import COMMAND_LINE
from data.accounts.grants import viewer_of
from data.calendar import utc_now
from data.reports.models import Period, newest_period
from data.reports.report import report
from data.repositories.groups import add_group
from data.traffic.models import Grain
from pages.ui import periods
from tests.data.filled import DOCS, NAMES
from tests.pages.app import BLUE, App, days_ago, shown_text

PAGE = "report"


def views(run: AppTest) -> Any:
    return next(card.value for card in run.metric if card.label == "Views")


@pytest.mark.parametrize(("grain", "query"), [(Grain.MONTH, {}), (Grain.WEEK, {"period": "newest"})])
def test_it_shows_the_report_of_the_newest_month_or_a_week(app: App, grain: Grain, query: dict[str, str]) -> None:
    period = newest_period(grain, days_ago(0))
    run = app.opened("viewer", PAGE, **dict.fromkeys(query, period.name))
    viewer = viewer_of(app.store, app.account("viewer"))
    made = report(viewer, app.store, period, subject="", top=10, now=utc_now())
    assert run.title[0].value == f"Report, {period.text}"
    assert views(run) == str(made.totals.views.value)
    assert all(each.full_name in shown_text(run) for each in made.top)
    assert "green/telescope" not in shown_text(run)
    run.button("report_earlier").click().run()
    assert run.query_params["period"] < period.name
    run.button("report_later").click().run()
    assert run.query_params["period"] == period.name


def test_it_is_of_the_chosen_group(app: App) -> None:
    add_group(app.store, COMMAND_LINE, BLUE, "Manuals", [DOCS], now=utc_now())
    run = app.opened("viewer", PAGE, repository="Manuals")
    assert "Manuals" in [each.value for each in run.markdown]
    assert NAMES[DOCS] in shown_text(run)
    assert "blue/engine" not in shown_text(run)


@pytest.mark.parametrize("asked", ["2099-01", "nonsense", "1999-W01"])
def test_an_address_of_no_such_period_shows_one_all_the_same(app: App, asked: str) -> None:
    run = app.opened("single", PAGE, period=asked)
    assert not run.exception
    assert run.title[0].value.startswith("Report, ")
    assert run.info


@pytest.mark.parametrize("username", ["admin", "nobody", None])
def test_for_whoever_reads_no_traffic_there_is_no_such_page(app: App, username: str | None) -> None:
    assert not app.opened(username, PAGE).metric


@pytest.mark.parametrize(("grain", "unit"), [(Grain.WEEK, "week"), (Grain.MONTH, "month")])
def test_a_report_compares_with_the_days_that_the_pages_compare_with(grain: Grain, unit: str) -> None:
    for first in {grain.first_day(date(2026, month, 1)) for month in range(1, 13)}:
        chosen = Period(grain, first).selection(date(2027, 1, 4))
        days = (chosen.first, chosen.last)
        assert chosen.before_days == periods.before_days(unit, periods.BEFORE, days), first
