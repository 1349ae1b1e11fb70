"""A chart on a phone; with a keyboard alone one can sign in and change a filter. All pages: test_accessible.py."""

import re

from playwright.sync_api import expect

from tests.pages.app import PASSWORD
from tests.pages.browser.conftest import Visit, cookie_of
from tests.pages.browser.visitor import Visitor
from tests.pages.ui.live import Live

PHONE_HEIGHT = 844
PHONE = {
    "viewport": {"width": 390, "height": PHONE_HEIGHT},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
FOCUSED = """() => { const at = document.activeElement;
    const words = [at.ariaLabel, at.closest('[aria-label]')?.ariaLabel, at.innerText];
    return ['BODY', 'MAIN'].includes(at.tagName) ? '' : words.filter(Boolean).join(' ') }"""
HALF_A_BAR = 5  # pixels, of a chart of 30 days on a phone: its middle is between two
MOST_TABS = 60


def test_on_a_phone_the_chart_is_on_the_first_screen_and_a_tap_tells_its_numbers(live: Live, visit: Visit) -> None:
    phone = visit(live.url, **PHONE)
    phone.bring(cookie_of(live, "tenant"))
    phone.open("chart")
    phone.drawn()
    assert phone.too_wide() == []
    chart = phone.page.get_by_test_id("stVegaLiteChart").first
    box = chart.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE_HEIGHT
    phone.page.touchscreen.tap(box["x"] + box["width"] / 2 + HALF_A_BAR, box["y"] + box["height"] * 0.7)
    numbers = re.compile(r"(Views|Total)\d")  # of a bar, or, where the day's is lower than that, of all together
    expect(phone.page.locator("#vg-tooltip-element")).to_contain_text(numbers)


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
    visitor.drawn()
    keyboard.press("?")
    dialog = visitor.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Compare")
    keyboard.press("Escape")
    expect(dialog).to_have_count(0)  # keys in a dialog are the dialog's
    keyboard.press("g")
    keyboard.press("c")
    expect(visitor.page).to_have_title("Compare · GitHub Traffic")
    visitor.page.evaluate("window.stays = true")
    to_help = visitor.page.get_by_role("link", name="Help")
    expect(to_help).to_have_attribute("href", re.compile("#compare$"))  # the title comes before the page's own help
    visitor.settle()
    to_help.click()
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
