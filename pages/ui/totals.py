"""What the days of a selection add up to, each number beside that of the days before."""

import streamlit as st

from data.calendar import DAY
from data.insight.text import change
from data.text import DAILY_CLONERS, DAILY_VISITORS, SUM_HELP, counted, days_text, number_text
from data.traffic.models import Selection
from data.traffic.traffic import Totals


def draw_totals(totals: Totals, selection: Selection, *, with_stars: bool = False) -> None:
    cards = {
        "Views": totals.views,
        DAILY_VISITORS: totals.visitor_days,
        "Clones": totals.clones,
        DAILY_CLONERS: totals.cloner_days,
    }
    if with_stars:
        cards["Stars gained"] = totals.stars
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="totals"):
        for name, total in cards.items():
            delta = change(total.compared, total.before) if totals.comparable and selection.counterpart else None
            number = "unknown" if total.value is None else total.value
            help_text = SUM_HELP if name in {DAILY_VISITORS, DAILY_CLONERS} else None
            st.metric(name, number, delta, format="localized", width=140, help=help_text)
    st.caption(" ".join(_notes(totals, selection)))


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
