"""Moments and days as their readers write them."""

from datetime import UTC, datetime

import pytest

from pages.ui.time_format import BY_LANGUAGE, BY_LOCALE, IN_WORDS, day_format, moment_text

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
    ("locale", "form"),
    [
        ("en-US", "MMM D, YYYY"),
        ("en-GB", "D MMM YYYY"),
        ("de-CH", "D.M.YYYY"),
        ("pt_BR", "DD/MM/YYYY"),
        ("fr-CA", "YYYY-MM-DD"),
        ("ja-JP", "YYYY/M/D"),
        ("xx", "YYYY-MM-DD"),
        ("", "D MMM YYYY"),
        (None, "D MMM YYYY"),
    ],
)
def test_a_day_is_written_as_the_locale_writes_it(locale: str | None, form: str) -> None:
    assert day_format(locale) == form


def test_each_format_names_the_day_itself() -> None:
    """Streamlit 1.67 writes a "localized" date in the browser’s zone: west of Greenwich, that is the day before."""
    for form in (IN_WORDS, *BY_LOCALE.values(), *BY_LANGUAGE):
        assert all(part in form for part in ("YYYY", "M", "D"))


def test_no_language_stands_twice() -> None:
    named = " ".join(BY_LANGUAGE.values()).split()
    assert len(named) == len(set(named))
