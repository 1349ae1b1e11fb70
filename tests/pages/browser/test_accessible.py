"""Every page in light, in the dark and on a narrow screen: axe finds nothing grave, but for what Streamlit leaves us no
say in, and nothing scrolls sideways.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, expect

from tests.pages.browser.conftest import cookie_of
from tests.pages.browser.visitor import Visitor, visiting
from tests.pages.ui.live import Live

GRAVE = {"serious", "critical"}
STREAMLIT_S_OWN = {  # rule: where in the page its finding is Streamlit's, which has no setting for it
    # The navigation's sections are blocks within a list.
    "list": '[data-testid="stSidebarNavItems"]',
    "listitem": '[data-testid="stSidebarNavItems"] li',
    # The keys that a primary button names, in a paler shade of its own.
    "color-contrast": '[data-testid^="stBaseButton-primary"] kbd',
}
IN_THE_DARK = {
    # It writes on primary buttons in white, and what is chosen in the primary colour itself on the dark background:
    # no colour has a contrast of 4.5 to both.
    "color-contrast": '[data-testid^="stBaseButton-primary"] *',
}
OPEN_TO = {  # of these pages, the user who opens them
    **dict.fromkeys(("overview", "repository", "compare", "report", "chart", "daily", "weekly"), "tenant"),
    **dict.fromkeys(
        ("dashboards", "sql", "connect", "subscriptions", "repositories", "add", "import", "profile", "help"), "tenant"
    ),
    **dict.fromkeys(("tenants", "users", "log", "audit"), "admin"),
}
ALL_SIDEBARS = {"overview", "chart", "tenants"}  # each kind: with filters, with those of a chart, of who manages
SIDEBAR = '[data-testid="stSidebar"]'
DESKTOP, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 844}


@dataclass(frozen=True, slots=True)
class People:
    """Visitors: somebody signed out, and two who are signed in."""

    nobody: Visitor
    tenant: Visitor
    admin: Visitor


@pytest.fixture(scope="module")
def people(browser: Browser, live: Live) -> Iterator[People]:
    with ExitStack() as stack:
        nobody, tenant, admin = (stack.enter_context(visiting(browser, live.url)) for _ in range(3))
        tenant.bring(cookie_of(live, "tenant"))
        admin.bring(cookie_of(live, "admin"))
        yield People(nobody, tenant, admin)


def faults(visitor: Visitor, *, with_sidebar: bool = True) -> list[str]:
    """What axe finds in the open page in a light and in a dark room, each with its place, and what is too wide."""
    context = {} if with_sidebar else {"exclude": [[SIDEBAR]]}
    found = _findings(visitor, "light", context, STREAMLIT_S_OWN, {})
    only_colours = {"runOnly": ["color-contrast"]}  # all that the dark changes
    found += _findings(visitor, "dark", context, STREAMLIT_S_OWN | IN_THE_DARK, only_colours)
    visitor.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    visitor.drawn()
    found += visitor.too_wide()
    visitor.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return found


def _findings(
    visitor: Visitor,
    scheme: Literal["light", "dark"],
    context: dict[str, Any],
    excused: dict[str, str],
    options: dict[str, Any],
) -> list[str]:
    visitor.page.emulate_media(color_scheme=scheme)
    expect(visitor.page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
    visitor.drawn()
    options = {"resultTypes": ["violations"], "preload": False, **options}
    found: dict[str, Any] = Axe().run(visitor.page, context=context or None, options=options).response
    grave = [(each["id"], node) for each in found["violations"] if each["impact"] in GRAVE for node in each["nodes"]]
    ours = [(rule, node) for rule, node in grave if not is_within(visitor, node["target"][0], excused.get(rule, ""))]
    return [f"{rule}: {node['html'][:150]} {node['failureSummary'][:200]}" for rule, node in ours]


def is_within(visitor: Visitor, target: str, place: str) -> bool:
    return bool(place) and bool(visitor.page.locator(target).evaluate("(each, place) => each.matches(place)", place))


def test_the_sign_in_is_without_fault(people: People) -> None:
    people.nobody.open("daily")
    expect(people.nobody.button("Sign in")).to_be_visible()
    assert faults(people.nobody) == []


@pytest.mark.parametrize(("page", "user"), OPEN_TO.items())
def test_a_page_is_without_fault_and_no_table_has_a_file_of_its_own(people: People, page: str, user: str) -> None:
    visitor: Visitor = getattr(people, user)
    visitor.open(page if page != "chart" else "chart?repository=blue/engine")
    visitor.drawn()
    visitor.is_signed_in()
    for table in visitor.page.get_by_test_id("stDataFrame").all():  # its own CSV has formulas in it
        table.hover()
        expect(visitor.page.get_by_role("button", name="Fullscreen").first).to_be_visible()
        assert visitor.page.get_by_role("button", name="Download as CSV").count() == 0
    assert faults(visitor, with_sidebar=page in ALL_SIDEBARS) == []
    assert (len(visitor.asked) > 0, visitor.foreign_addresses()) == (True, []), "no request leaves for another host"
