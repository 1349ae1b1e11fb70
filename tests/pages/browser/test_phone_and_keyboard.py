"""On a phone no page is wider than its screen; with a keyboard alone one can sign in and change a filter."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.app import PASSWORD
from tests.pages.browser.conftest import Visit, cookie_of
from tests.pages.browser.visitor import Visitor, visiting
from tests.pages.ui.live import Live

PHONE_HEIGHT = 844
PHONE = {
    "viewport": {"width": 390, "height": PHONE_HEIGHT},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
PAGES = {
    **dict.fromkeys(
        (
            *("overview", "compare", "report", "subscriptions", "chart", "daily", "weekly"),
            *("repositories", "add", "import", "profile", "help"),
        ),
        "tenant",
    ),
    **dict.fromkeys(("log", "tenants", "users", "audit"), "admin"),
    "": "nobody at all",
}
TOO_WIDE = """() => [document.scrollingElement, document.querySelector('[data-testid="stMain"]')]
    .filter(each => each && (each.scrollWidth > each.clientWidth || each.clientWidth > window.screen.width))
    .map(each => `${each.tagName}: ${each.scrollWidth} in ${each.clientWidth}`)"""
FOCUSED = """() => { const at = document.activeElement;
    const words = [at.ariaLabel, at.closest('[aria-label]')?.ariaLabel, at.innerText];
    return ['BODY', 'MAIN'].includes(at.tagName) ? '' : words.filter(Boolean).join(' ') }"""
HALF_A_BAR = 5  # pixels, of a chart of 30 days on a phone: its middle is between two
MOST_TABS = 60


@pytest.fixture(scope="module")
def phones(browser: Browser, live: Live) -> Iterator[dict[str, Visitor]]:
    """The phone of each user."""
    with ExitStack() as stack:
        found = {user: stack.enter_context(visiting(browser, live.url, **PHONE)) for user in set(PAGES.values())}
        for user in ("tenant", "admin"):
            found[user].bring(cookie_of(live, user))
        yield found


@pytest.mark.parametrize(("address", "user"), PAGES.items())
def test_on_a_phone_no_page_scrolls_sideways(phones: dict[str, Visitor], address: str, user: str) -> None:
    phone = phones[user]
    phone.open(address)
    phone.drawn()
    expect(phone.page.locator("h1, h2, h3").first).to_be_visible()
    assert phone.page.evaluate(TOO_WIDE) == []
    assert (len(phone.asked) > 0, phone.foreign_addresses()) == (True, []), "no request leaves for another host"


def test_on_a_phone_the_chart_is_on_the_first_screen_and_a_tap_tells_its_numbers(phones: dict[str, Visitor]) -> None:
    phone = phones["tenant"]
    phone.open("chart")
    phone.drawn()
    chart = phone.page.get_by_test_id("stVegaLiteChart").first
    box = chart.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE_HEIGHT
    phone.page.touchscreen.tap(box["x"] + box["width"] / 2 + HALF_A_BAR, box["y"] + box["height"] * 0.7)
    expect(phone.page.locator("#vg-tooltip-element")).to_contain_text("Views")


def tab_to(visitor: Visitor, words: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(MOST_TABS):
        visitor.page.keyboard.press("Tab")
        if words in visitor.page.evaluate(FOCUSED):
            return
    raise AssertionError(f"{MOST_TABS} times Tab do not lead to {words}")


def test_with_a_keyboard_alone_one_signs_in_and_changes_a_filter(live: Live, visit: Visit) -> None:
    visitor = visit(live.url)
    visitor.open("chart")
    keyboard = visitor.page.keyboard
    tab_to(visitor, "Username")
    keyboard.type("viewer")
    tab_to(visitor, "Password")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    visitor.is_signed_in()
    visitor.drawn()
    tab_to(visitor, "Days (UTC)")
    for key in ("ArrowUp", "Enter"):
        keyboard.press(key)
    visitor.page.wait_for_url("**range=14*")
    tab_to(visitor, "Earlier")
    keyboard.press("Enter")
    visitor.page.wait_for_url("**range=Custom*")
    visitor.page.go_back()
    visitor.page.wait_for_url("**range=14*")


def test_keys_lead_to_pages_whose_help_says_what_they_are(live: Live, visit: Visit) -> None:
    visitor = visit(live.url)
    visitor.bring(cookie_of(live, "viewer"))
    visitor.open("overview")
    expect(visitor.page).to_have_title("Overview · GitHub Traffic")
    keyboard, navigation = visitor.page.keyboard, visitor.page.get_by_test_id("stSidebarNav")
    expect(navigation.locator("[aria-current=page]")).to_have_text(re.compile("Overview$"))
    keyboard.press("?")
    dialog = visitor.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Compare")
    keyboard.press("Escape")
    expect(dialog).to_have_count(0)  # keys in a dialog are the dialog's
    keyboard.press("g")
    keyboard.press("c")
    expect(visitor.page).to_have_title("Compare · GitHub Traffic")
    visitor.settle()  # the title comes before the page's own help
    visitor.page.evaluate("window.stays = true")
    visitor.page.get_by_role("link", name="Help").click()
    expect(visitor.heading("Compare")).to_be_in_viewport()
    visitor.page.locator(".st-key-help_text").get_by_role("link", name="dashboards").click()
    expect(visitor.heading("Dashboards")).to_be_in_viewport()
    assert visitor.page.evaluate("window.stays"), "nothing is loaded anew"


def test_the_theme_that_is_chosen_is_that_of_all_pages(live: Live, visit: Visit) -> None:
    visitor = visit(live.url, color_scheme="light")
    visitor.bring(cookie_of(live, "viewer"))
    visitor.open("profile")
    visitor.choose_in_menu("Dark theme")
    expect(visitor.page.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")
    visitor.open("help")
    expect(visitor.page.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")
