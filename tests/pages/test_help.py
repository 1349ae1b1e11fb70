"""The help: chapters of docs/ whose links lead from one to another, and a place in them for every page."""

import re

import pytest

from pages.help.view import CHAPTERS, DOCS, anchor, text_of
from pages.ui.navigation import ENTRIES, SECTIONS, help_address
from tests.pages.app import App, shown_text

PLACE = re.compile(r"/help\?chapter=(\w+)(?:#([\w-]+))?")


def headings(chapter: str) -> set[str]:
    return {anchor(each) for each in re.findall(r"^#+ (.+)$", text_of(chapter), re.MULTILINE)}


@pytest.mark.parametrize("address", ENTRIES)
def test_each_page_has_a_place_in_the_help(address: str) -> None:
    place = PLACE.fullmatch(help_address(ENTRIES[address]))
    assert place is not None
    assert place[2] is None or place[2] in headings(place[1])


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_links_between_chapters_lead_to_what_is_there_and_nothing_is_loaded_from_elsewhere(chapter: str) -> None:
    text = text_of(chapter)
    assert not re.search(r"\]\([^)]*\.md|!\[|<img", text)
    for other, heading in re.findall(r"\(help\?chapter=(\w+)(?:#([\w-]+))?\)", text):
        assert heading in {"", *headings(other)}


def test_every_file_of_the_documentation_is_a_chapter() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} == set(CHAPTERS)


def test_the_address_names_the_chapter(app: App) -> None:
    assert "On the SQL page" in shown_text(app.opened("nobody", "help", chapter="sql"))
    assert "# User guide" in shown_text(app.opened("nobody", "help", chapter="../README"))


def test_the_listed_pages_have_keys(app: App) -> None:
    script = (DOCS.parent / "pages/ui/frame.js").read_text(encoding="utf-8")
    keys = dict(re.findall(r'\b([a-z]): "([^"]+)"', script))
    assert set(keys.values()) == {each.title for entries in SECTIONS.values() for each in entries if each.listed}
