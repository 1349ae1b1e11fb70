"""In how many clicks people do what they come for, from the first page on: counted where the browser counts them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.app import days_ago
from tests.pages.browser.conftest import cookie_of
from tests.pages.browser.visitor import Visitor, visiting
from tests.pages.ui.live import Live

COUNTED = """addEventListener('click', event => {
    if (event.isTrusted) sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0) }, true)"""


@pytest.fixture
def reader(browser: Browser, live: Live) -> Iterator[Visitor]:
    with visiting(browser, live.url, permissions=["clipboard-read", "clipboard-write"]) as visitor:
        visitor.page.add_init_script(COUNTED)
        visitor.bring(cookie_of(live, "tenant"))
        yield visitor


def link(visitor: Visitor, title: str) -> None:
    visitor.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    expect(visitor.page).to_have_title(f"{title} · GitHub Traffic")


def days(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("combobox", name="Days (UTC)").click()
    visitor.page.get_by_role("option", name=name, exact=True).click()
    visitor.settle()


def saved(visitor: Visitor, button: str) -> str:
    with visitor.page.expect_download() as found:
        visitor.button(button).first.click()
    return Path(found.value.suggested_filename).suffix


def last_months_csv(visitor: Visitor) -> None:
    link(visitor, "Report")
    visitor.drawn()
    assert saved(visitor, "CSV") == ".csv"


def this_year_against_last(visitor: Visitor) -> None:
    days(visitor, "This year")
    expect(visitor.page.get_by_text(re.compile(f"1 Jan .*{days_ago(1).year - 1}")).first).to_be_visible()


def weekly_uniques_of_eight_weeks(visitor: Visitor) -> None:
    link(visitor, "Weekly traffic")
    days(visitor, "90 days")
    assert "Visitors" in visitor.rows()[0]


def a_link_to_this_view(visitor: Visitor) -> None:
    visitor.page.get_by_text("Copy link").click()
    visitor.page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('dates='))")


def a_picture_for_slides(visitor: Visitor) -> None:
    visitor.drawn()
    visitor.button("Picture").first.click()
    assert saved(visitor, "PNG") == ".png"


def which_grew_most(visitor: Visitor) -> None:
    expect(visitor.heading("Biggest changes")).to_be_visible()


def is_the_collector_healthy(visitor: Visitor) -> None:
    expect(visitor.page.locator(".st-key-frame_health")).to_contain_text("●")


def the_report_to_print(visitor: Visitor) -> None:
    link(visitor, "Report")
    visitor.drawn()
    visitor.page.evaluate("window.print = () => { window.printed = true }")
    visitor.page.get_by_text("Print or save as PDF").click()
    visitor.page.wait_for_function("window.printed")


JOBS: dict[Callable[[Visitor], None], int] = {  # and how many clicks each may take
    which_grew_most: 0,
    is_the_collector_healthy: 0,
    a_link_to_this_view: 1,
    a_picture_for_slides: 2,
    this_year_against_last: 2,
    weekly_uniques_of_eight_weeks: 3,
    last_months_csv: 2,
    the_report_to_print: 2,
}


def test_people_do_what_they_come_for_in_few_clicks(reader: Visitor) -> None:
    reader.open("overview")
    took = {}
    for job in JOBS:
        reader.page.evaluate("sessionStorage.clicks = 0")
        job(reader)
        took[job] = int(reader.page.evaluate("sessionStorage.clicks"))
    assert took == JOBS
