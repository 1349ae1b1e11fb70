"""The chart: views, clones and their uniques by day, week or month, with what they add up to, as a chart or a table."""

import streamlit as st

from data.accounts.models import Viewer
from data.traffic.models import Grain, Selection
from data.traffic.traffic import Totals
from pages.ui import controls, drawings, filters, numbers, readers, session, tables
from pages.ui.changes import change


def draw_totals(found: Totals, selection: Selection) -> None:
    """What the days add up to, each against as many days before."""
    days = (selection.last - selection.first).days + 1
    cards = (
        ("Views", found.views),
        ("Visitor-days", found.visitor_days),
        ("Clones", found.clones),
        ("Cloner-days", found.cloner_days),
    )
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="chart_totals"):
        for name, total in cards:
            delta = change(total.compared, total.before) if found.comparable else None
            number = "unknown" if total.value is None else total.value
            st.metric(name, number, delta, format="localized", width=150)
    as_many = "day" if days == 1 else f"{days:,} days"
    notes = [
        f"{tables.day_text(selection.first)} to {tables.day_text(selection.last)}, UTC days; of final days only.",
        f"Changes are against the {as_many} before, of those days of each repository that are final in both."
        if found.comparable
        else f"No change is shown: of the {as_many} before, less than half is known.",
        "Visitor-days and cloner-days add up each day’s unique people: who came on three days counts three times, "
        "since GitHub does not tell who is who.",
    ]
    if found.gap_days:
        notes.append(
            f"**{found.gap_days:,} days of repositories are gaps**: what happened then is not in these numbers."
        )
    st.caption(" ".join(notes))


def chosen() -> tuple[str, Grain, bool]:
    """The metric, the grain, and whether the numbers are to be a table."""
    with st.container(horizontal=True, key="chart_controls"):
        metric = controls.choice("Metric", filters.METRICS, "Views", "metric")
        grain = controls.choice("Period", filters.GRAINS, "Day", "by")
        view = controls.choice("Shown as", filters.VIEWS, "Chart", "as")
    return filters.METRICS.get(metric, "views"), filters.GRAINS.get(grain, Grain.DAY), view == "Table"


def draw(viewer: Viewer, selection: Selection) -> None:
    """The page below its filters."""
    draw_totals(readers.totals(viewer, selection), selection)
    metric, grain, as_table = chosen()
    if grain is not (grain := drawings.legible(grain, selection.first, selection.last)):
        st.caption(f"More than {drawings.LONGEST_BY_DAY} days are shown by week.")
    picture = readers.picture(viewer, selection, metric, grain)
    if picture is None:
        filters.stop_without_days(viewer)
    elif as_table:
        st.dataframe(
            numbers.table(viewer, selection, metric, grain),
            column_config=tables.columns(drawings.METRICS[metric]),
            hide_index=True,
            placeholder=tables.UNKNOWN,
        )
    else:
        st.vega_lite_chart(picture.rows, picture.specification, alt=picture.alt, key="chart_traffic")
        st.html(picture.legend)
    st.download_button(
        "Download these numbers",
        readers.download(lambda viewer, store: numbers.csv(viewer, store, selection, metric, grain)),
        f"{metric}-by-{grain}-{selection.first}-to-{selection.last}.csv",
        "text/csv",
        icon=":material/download:",
        key="chart_csv",
        on_click="ignore",
    )


who = session.viewer()
filters.stop_without_traffic(who)
draw(who, filters.chosen(who))
