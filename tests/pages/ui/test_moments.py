"""Moments in words, in UTC or in the reader's zone."""

from datetime import UTC, datetime

import pytest

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
