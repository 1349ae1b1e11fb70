"""Numbers as the reader's locale writes them, where Streamlit does not do it: in charts, and in tables of HTML."""

from typing import Any

import streamlit as st

POINT_AND_COMMA = "az bs ca da de el es eu gl hr id is it mk nl pt ro sl sr tr vi"  # 26.055,5
SPACE_AND_COMMA = "bg cs et fi fr hu hy kk lt lv nb nn no pl ru sk sv uk"  # 26 055,5
BY_LOCALE = {"de-at": " ,", "de-ch": "’.", "de-li": "’.", "es-mx": ",.", "es-us": ",.", "it-ch": "’.", "pt-pt": " ,"}
NO_BREAK = "\N{NO-BREAK SPACE}"


def separators(locale: str | None) -> tuple[str, str]:
    """Between thousands and before decimals, in a locale as a browser names it (de-CH). Other languages: as English."""
    tag = (locale or "en").replace("_", "-").casefold()
    language = tag.partition("-")[0]
    of_language = ".," if language in POINT_AND_COMMA.split() else " ," if language in SPACE_AND_COMMA.split() else ",."
    both = BY_LOCALE.get(tag, of_language).replace(" ", NO_BREAK)
    return both[0], both[1]


def number_text(number: int) -> str:
    """A whole number in the reader's own way: not for what is cached for all."""
    return f"{number:,}".replace(",", separators(st.context.locale)[0])


def numbers_of_reader() -> dict[str, Any]:
    """How the reader writes numbers, as Vega takes it."""
    thousands, decimal = separators(st.context.locale)
    return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["$", ""]}


def with_readers_numbers(specification: dict[str, Any]) -> dict[str, Any]:
    """A chart's specification, which stays as it is, with the numbers of axes and tooltips in the reader's own way."""
    return specification | {"config": specification.get("config", {}) | {"locale": {"number": numbers_of_reader()}}}
