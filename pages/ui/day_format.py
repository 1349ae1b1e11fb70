"""How a day is written in a table: in the order and with the signs that the reader's locale has for dates.

Streamlit's own "localized" format is not used for days: it takes a day for a moment of the reader's zone, and shows the
day before to whoever lives west of Greenwich. Under a format that is given, a day stays GitHub's UTC day.
"""

import streamlit as st

IN_WORDS = "D MMM YYYY"  # for whoever writes English, and where nothing is known of the reader
BY_LOCALE = {"en-us": "MMM D, YYYY", "en-ca": "MMM D, YYYY", "fr-ca": "YYYY-MM-DD", "zh-tw": "YYYY/M/D"}
BY_LANGUAGE = {
    "D.M.YYYY": "cs de et fi hr nb nn no sk sl",
    "DD.MM.YYYY": "az bg da hy ka kk lv mk pl ro ru sq tr uk",
    "DD/MM/YYYY": "ca el es fr gl he it pt vi",
    "D-M-YYYY": "nl",
    "YYYY-MM-DD": "lt sv",
    "YYYY/M/D": "ja zh",
    "YYYY. M. D.": "hu ko",
}
_OF_LANGUAGE = {language: form for form, languages in BY_LANGUAGE.items() for language in languages.split()}


def readers_day_format() -> str:
    """The format for whoever's page is running, as Streamlit's columns take it."""
    return day_format(st.context.locale)


def day_format(locale: str | None) -> str:
    """The format of a locale as a browser names it (de-CH). Other languages get ISO's order."""
    known = (locale or "en").replace("_", "-").casefold()
    language = known.partition("-")[0]
    return BY_LOCALE.get(known) or _OF_LANGUAGE.get(language) or (IN_WORDS if language == "en" else "YYYY-MM-DD")
