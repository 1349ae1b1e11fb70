"""Moments, days and numbers as they are written for their readers."""

from datetime import UTC, date, datetime

import pytest

from data.text import day_text, days_text, number_text, writing
from pages.ui.notation import notation_of
from pages.ui.time_format import moment_text

LATE = datetime(2026, 5, 3, 22, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (None, "3 May 2026, 22:15 UTC"),
        ("UTC", "3 May 2026, 22:15 UTC"),
        ("Europe/Berlin", "4 May 2026, 00:15 CEST"),
        ("America/Los_Angeles", "3 May 2026, 15:15 PDT"),
        ("Asia/Tokyo", "4 May 2026, 07:15 JST"),
    ],
)
def test_a_moment_is_told_in_the_zone_of_whoever_reads_it(zone: str | None, expected: str) -> None:
    assert moment_text(LATE, zone) == expected


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "/etc/localtime", "\0", "", "x" * 300])
def test_what_a_browser_makes_up_is_no_zone(zone: str) -> None:
    assert moment_text(LATE, zone) == "3 May 2026, 22:15 UTC"


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en-US", "26,055 on Nov 14, 2026, Nov 16 to 22, 0.5"),
        ("en-GB", "26,055 on 14 Nov 2026, 16 to 22 Nov, 0.5"),
        ("de", "26.055 on 14 Nov 2026, 16 to 22 Nov, 0,5"),
        ("de-CH", "26’055 on 14 Nov 2026, 16 to 22 Nov, 0.5"),
        ("fr_FR", "26\N{NO-BREAK SPACE}055 on 14 Nov 2026, 16 to 22 Nov, 0,5"),
        (None, "26,055 on 14 Nov 2026, 16 to 22 Nov, 0.5"),
    ],
)
def test_numbers_and_days_are_written_as_in_the_reader_s_region(locale: str | None, written: str) -> None:
    with writing(notation_of(locale)):
        days = days_text(date(2026, 11, 16), date(2026, 11, 22), year=False)
        text = f"{number_text(26055)} on {day_text(date(2026, 11, 14))}, {days}, {number_text(0.5, 1)}"
    assert text == written
