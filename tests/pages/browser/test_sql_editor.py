"""The editor of SQL: one file from this server, built from what lies beside it; it fills the text area of the page."""

import hashlib

from playwright.sync_api import expect

from pages.ui import sql_editor
from tests.pages.browser.conftest import Visit, cookie_of
from tests.pages.ui.live import Live

INTERACTION_DELAY_MS = 75  # after a list of choices has opened, CodeMirror takes none


def test_its_file_is_built_from_its_source() -> None:
    """Where this fails: make code-editor."""
    source = hashlib.sha256(sql_editor.SCRIPT.with_name("editor.js").read_bytes()).hexdigest()[:12]
    assert f"editor.js {source} */" in sql_editor.SCRIPT.read_text(encoding="utf-8")[:300]


def test_a_query_is_completed_run_left_by_keyboard_and_still_there_after_another_page(live: Live, visit: Visit) -> None:
    visitor = visit(live.url)
    visitor.bring(cookie_of(live, "tenant"))
    visitor.open("sql")
    page, editor = visitor.page, visitor.page.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("select distinct full_name from v_daily where full_na")
    choice = page.get_by_role("option", name="full_name").first
    choice.wait_for()
    page.wait_for_timeout(INTERACTION_DELAY_MS * 4)
    choice.click()
    page.keyboard.type(" like '%engine'")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("No result yet")).to_have_count(0)  # on a busy machine it may take long, or too long
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(visitor.button("Run").first).to_be_focused()
    visitor.follow("Daily traffic")
    visitor.follow("SQL")
    expect(editor).to_have_text("select distinct full_name from v_daily where full_name like '%engine'")
