"""Numbers and days in the notation of the reader's browser: words of the app are English, so are names of months.

What is written in sentences and charts is data.text's; a chart's axes and tooltips are Vega's, which is set the
same here. A month stands before its day where people who write English in the reader's region write so.
"""

from calendar import day_abbr, day_name, month_abbr, month_name
from functools import cache
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from data.text import PLAIN, Notation, notation

POINT_AND_COMMA = "az bs ca da de el es eu gl hr id is it mk nl pt ro sl sr tr vi"  # 26.055,5
SPACE_AND_COMMA = "bg cs et fi fr hu hy kk lt lv nb nn no pl ru sk sv uk"  # 26 055,5
BY_LOCALE = {"de-at": " ,", "de-ch": "’.", "de-li": "’.", "es-mx": ",.", "es-us": ",.", "it-ch": "’.", "pt-pt": " ,"}
MONTH_FIRST = {"en", "en-us", "en-ca", "en-ph"}
NO_BREAK = "\N{NO-BREAK SPACE}"
DAY_TICK, DAY_OF_CHART = "%x", "%c"  # of a day in a chart's axis, and in its tooltips: see `in_readers_notation`


def notation_of(locale: str | None) -> Notation:
    """How a locale writes, as a browser names it (de-CH). Other languages: as English."""
    tag = (locale or "").replace("_", "-").casefold()
    language = tag.partition("-")[0]
    of_language = ".," if language in POINT_AND_COMMA.split() else " ," if language in SPACE_AND_COMMA.split() else ",."
    thousands, decimal = tuple(BY_LOCALE.get(tag, of_language).replace(" ", NO_BREAK))
    return Notation(thousands, decimal, tag in MONTH_FIRST)


def notation_of_reader() -> Notation:
    """That of whoever a page is drawn for; the plain one where no page is."""
    return notation_of(st.context.locale) if get_script_run_ctx(suppress_warning=True) else PLAIN


def day_format() -> str:
    """Of days in tables, as day_text writes them."""
    return "MMM D, YYYY" if notation().month_first else "D MMM YYYY"


def for_vega() -> dict[str, Any]:
    """The reader's notation, as Vega takes it."""
    return _for_vega(notation())


@cache
def _for_vega(written: Notation) -> dict[str, Any]:
    day = "%b %-d" if written.month_first else "%-d %b"
    return {
        "number": {
            "decimal": written.decimal,
            "thousands": written.thousands,
            "grouping": [3],
            "currency": ["$", ""],
        },
        "time": {
            "dateTime": f"{day}, %Y" if written.month_first else f"{day} %Y",
            "date": day,
            "time": "%H:%M",
            "periods": ["AM", "PM"],
            "days": [day_name[6], *day_name[:6]],
            "shortDays": [day_abbr[6], *day_abbr[:6]],
            "months": month_name[1:],
            "shortMonths": month_abbr[1:],
        },
    }


def in_readers_notation(specification: dict[str, Any]) -> dict[str, Any]:
    """A chart's specification, which stays as it is, with its numbers and days in the reader's own way; and without the
    room that Streamlit leaves below.
    """
    config = specification.get("config", {}) | {"locale": for_vega()}
    return specification | {"config": config, "padding": {"bottom": 4}}
