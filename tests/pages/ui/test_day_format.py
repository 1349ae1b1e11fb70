"""Days in the reader's own order: by the locale that the browser names, and never by Streamlit's localized format."""

import pytest

from pages.ui.time_format import BY_LANGUAGE, BY_LOCALE, IN_WORDS, day_format


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
