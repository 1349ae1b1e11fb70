"""What the days of a selection add up to, each number beside that of the days before."""

import streamlit as st

from data.traffic.models import Selection
from data.traffic.traffic import Totals
from pages.ui.text import change
from pages.ui.time_format import day_text


def draw_totals(totals: Totals, selection: Selection, *, with_stars: bool = False) -> None:
    cards = {
        "Views": totals.views,
        "Visitor-days": totals.visitor_days,
        "Clones": totals.clones,
        "Cloner-days": totals.cloner_days,
    }
    if with_stars:
        cards["Stars gained"] = totals.stars
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="totals"):
        for name, total in cards.items():
            delta = change(total.compared, total.before) if totals.comparable else None
            number = "unknown" if total.value is None else total.value
            st.metric(name, number, delta, format="localized", width=140)
    st.caption(" ".join(_notes(totals, selection)))


def _notes(totals: Totals, selection: Selection) -> list[str]:
    days = (selection.last - selection.first).days + 1
    as_many = "day" if days == 1 else f"{days:,} days"
    notes = [
        f"{day_text(selection.first)} to {day_text(selection.last)}, UTC days; of final days only.",
        f"Changes are against the {as_many} before, of those days of each repository that are final in both."
        if totals.comparable
        else f"No change is shown: of the {as_many} before, less than half is known.",
        "Visitor-days and cloner-days add up each day’s unique people: who came on three days counts three times, "
        "since GitHub does not tell who is who.",
    ]
    if totals.gap_days:
        notes.append(
            f"**{totals.gap_days:,} days of repositories are gaps**: what happened then is not in these numbers."
        )
    return notes
