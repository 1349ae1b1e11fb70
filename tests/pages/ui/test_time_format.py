"""Moments, days and numbers as they are written for their readers."""

from datetime import UTC, datetime

import pytest

from pages.ui.number_format import separators
from pages.ui.time_format import moment_text

LATE = datetime(2026, 5, 3, 22, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (None, "3 May 2026, 22:15 UTC"),
        ("UTC", "3 May 2026, 22:15 UTC"),
        ("Europe/Berlin", "4 May 2026, 00:15 CEST"),
        ("America/Los_Angeles", "3 May 2026, 15:15 PDT"),
        ("Asia/Tokyo", "4 May 2026, 07:15 JST"),
    ],
)
def test_a_moment_is_told_in_the_zone_of_whoever_reads_it(zone: str | None, told: str) -> None:
    assert moment_text(LATE, zone) == told


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "/etc/localtime", "\0", "", "x" * 300])
def test_what_a_browser_makes_up_is_no_zone(zone: str) -> None:
    assert moment_text(LATE, zone) == "3 May 2026, 22:15 UTC"


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en-US", "26,055"),
        ("de", "26.055"),
        ("de-CH", "26’055"),
        ("fr_FR", "26\N{NO-BREAK SPACE}055"),
        (None, "26,055"),
    ],
)
def test_a_chart_writes_numbers_as_the_reader_s_locale(locale: str | None, written: str) -> None:
    assert f"26{separators(locale)[0]}055" == written
