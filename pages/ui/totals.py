"""What the days of a selection add up to, each number beside that of the days before."""

from collections.abc import Mapping

import streamlit as st

from data.calendar import DAY
from data.insight.text import change
from data.text import DAILY_CLONERS, DAILY_VISITORS, SUM_HELP, counted, days_text, number_text
from data.traffic.models import Selection
from data.traffic.traffic import Totals

SUMS = {DAILY_VISITORS, DAILY_CLONERS}


def draw_totals(totals: Totals, selection: Selection, *, with_stars: bool = False) -> None:
    cards = {
        "Views": totals.views,
        DAILY_VISITORS: totals.visitor_days,
        "Clones": totals.clones,
        DAILY_CLONERS: totals.cloner_days,
    }
    if with_stars:
        cards["Stars gained"] = totals.stars
    is_compared = totals.comparable and selection.counterpart is not None
    changes = {name: change(total.compared, total.before) for name, total in cards.items()} if is_compared else {}
    draw_numbers("totals", {name: total.value for name, total in cards.items()}, changes)
    st.caption(" ".join(_notes(totals, selection)))


def draw_numbers(
    key: str, numbers: Mapping[str, int | None], changes: Mapping[str, str | None] | None = None, width: int = 140
) -> None:
    """Numbers by name beside each other, each with its change where that is known."""
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key=key):
        for name, number in numbers.items():
            shown, help_text = "unknown" if number is None else number, SUM_HELP if name in SUMS else None
            st.metric(name, shown, (changes or {}).get(name), format="localized", width=width, help=help_text)


def _notes(totals: Totals, selection: Selection) -> list[str]:
    notes = [f"{days_text(selection.first, selection.last)} (UTC), pending days included."]
    if selection.counterpart is not None:
        notes.append(_comparison(totals, selection.counterpart, selection))
    if totals.gap_days:
        notes.append(
            f"**{counted(totals.gap_days, 'repository day')} missing**: not collected in time, partial at most."
        )
    return notes


def _comparison(totals: Totals, before: Selection, selection: Selection) -> str:
    compared, final = totals.compared_days, totals.final_days
    part = "" if compared == final else f" ({number_text(compared)} of {number_text(final)} repository days comparable)"
    if before.last + DAY != selection.first:
        days = days_text(before.first, before.last)
    else:
        days = "the previous day" if before.days == 1 else f"the previous {number_text(before.days)} days"
    if not totals.comparable:
        return f"No comparison: less than half of {days} is known."
    return f"Final days compared with {days}{part}."
