"""Days are GitHub's UTC days for every reader; the program's own moments are in the reader's zone."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from data.text import day_text
from tests.pages.app import days_ago
from tests.pages.browser.conftest import cookie_of
from tests.pages.browser.visitor import Visitor, visiting
from tests.pages.ui.live import Live

READERS = {"America/Los_Angeles": "ja-JP", "Pacific/Kiritimati": "en-GB"}
MARK = '[role="graphics-symbol"][aria-roledescription="bar"]'
NOTE_WHAT_IS_DRAWN = """(() => {
    const draw = CanvasRenderingContext2D.prototype.fillText;
    window.drawnTexts = [];
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        window.drawnTexts.push(String(text));
        return draw.call(this, text, ...place);
    };
})()"""


@pytest.fixture(scope="module")
def readers(browser: Browser, live: Live) -> Iterator[dict[str, Visitor]]:
    """A reader in each zone, whose tables note the texts that they draw."""
    with ExitStack() as stack:
        found = {
            zone: stack.enter_context(visiting(browser, live.url, timezone_id=zone, locale=locale))
            for zone, locale in READERS.items()
        }
        for visitor in found.values():
            visitor.page.add_init_script(NOTE_WHAT_IS_DRAWN)
            visitor.bring(cookie_of(live, "single"))
        yield found


def drawn(visitor: Visitor) -> set[str]:
    """The texts that tables have drawn since the page was opened."""
    return set(visitor.page.evaluate("window.drawnTexts"))


@pytest.mark.parametrize("zone", READERS)
def test_the_days_of_a_table_are_utc_days_in_every_zone(readers: dict[str, Visitor], zone: str) -> None:
    reader = readers[zone]
    reader.open("daily?range=14+days")
    reader.drawn()
    days = [days_ago(days) for days in range(1, 15)]
    assert [row[1] for row in reader.rows()[1:]] == [str(day) for day in days]
    assert {day_text(day) for day in days} <= drawn(reader)
    assert day_text(days_ago(0)) not in drawn(reader)
    assert day_text(days_ago(15)) not in drawn(reader)


def test_a_chart_and_its_numbers_are_the_same_in_every_zone(readers: dict[str, Visitor]) -> None:
    shown = []
    for reader in readers.values():
        reader.open("chart?range=14+days")
        reader.drawn()
        picture = reader.page.get_by_test_id("stVegaLiteChart")
        expect(picture.locator(MARK)).to_have_count(14)
        marks = picture.locator(MARK).evaluate_all("marks => marks.map(mark => mark.ariaLabel)")
        words = reader.page.get_by_test_id("stCaptionContainer").all_inner_texts()
        numbers = reader.page.get_by_test_id("stMetricValue").all_inner_texts()
        shown.append((picture.get_attribute("aria-label"), set(marks), words, numbers))
    assert shown[0] == shown[1]
    assert f"{day_text(days_ago(1))} (UTC)" in str(shown[0][0])


@pytest.mark.parametrize("zone", READERS)
def test_when_a_repository_was_collected_is_in_the_reader_s_zone(
    readers: dict[str, Visitor], live: Live, zone: str
) -> None:
    with live.store.traffic.read() as cursor:
        (at,) = (
            cursor.execute("select last_collected_at from v_repositories where full_name = 'blue/engine'").fetchone()
            or ()
        )
    local = at.replace(tzinfo=at.tzinfo or UTC).astimezone(ZoneInfo(zone))
    reader = readers[zone]
    reader.open("repositories")
    header, row = reader.rows()
    collected = datetime.fromisoformat(row[header.index("Last collected")])
    assert (collected.utcoffset(), collected) == (local.utcoffset(), local.replace(microsecond=0))
    assert f"{day_text(local)}, {local:%H:%M}" in drawn(reader)


def test_the_readers_days_differ_from_one_another() -> None:
    now = datetime.now(UTC)
    zones = {now.astimezone(ZoneInfo(zone)).utcoffset() for zone in READERS}
    assert max(zones, key=lambda each: each or timedelta()) == timedelta(hours=14)  # never the same day as in the west
