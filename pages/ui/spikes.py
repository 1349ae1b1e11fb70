"""Spikes as several pages show them: numbered on the chart of views, and as a list of sentences with their causes."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from data.accounts.models import Viewer
from data.insight.spike_causes import Spike, explained_spikes
from data.insight.text import HTML, spike_text, why
from data.store import Store
from data.store.arrow import numpy_values
from data.store.cache import cached
from data.text import day_text, days_text, number_text
from data.traffic.models import Grain, Selection
from pages.ui.charts.chart import Chart
from pages.ui.charts.overview import SpikeMark, marked
from pages.ui.charts.traffic import traffic_chart

MOST_SPIKES = 5
LINK_STYLE = "color:inherit;text-underline-offset:.2em"  # it would be blue or violet on any background


@cached("traffic", in_words=True)
def spikes_in_chart(
    viewer: Viewer, store: Store, selection: Selection, grain: Grain, *, split: bool = True
) -> Chart | None:
    """The chart of views with the number of each spike that `explained_spikes` answers. Raises: StoreMissing."""
    chart = traffic_chart(viewer, store, selection, "views", grain, split=split)
    notable = explained_spikes(viewer, store, selection, MOST_SPIKES)
    if chart is None or not notable:
        return chart
    periods, tops = (numpy_values(chart.rows.column(name)) for name in ("at", "top"))
    # of a period the last row is on top of all others
    heights = dict(zip(periods.astype("datetime64[D]").tolist(), tops.tolist(), strict=True))
    marks = [
        SpikeMark(number, each.peak, int(heights.get(grain.first_day(each.peak), 0)), _named(each))
        for number, each in enumerate(notable, start=1)
    ]
    return replace(
        chart,
        specification=marked(chart.specification, marks, grain),
        alt=f"{chart.alt} Numbered spikes: {'; '.join(_named(each) for each in notable)}.",
    )


def spike_list(spikes: Sequence[tuple[Spike, str]]) -> str:
    items = [
        f'<li style="margin-bottom:.8em"><a href="{escape(address)}" style="{LINK_STYLE}">'
        f"<strong>{escape(spike.full_name)}</strong>, {day_text(spike.peak)}</a><br>{spike_sentence(spike)}</li>"
        for spike, address in spikes
    ]
    return f'<ol style="padding-left:1.4em;margin:0;overflow-wrap:anywhere">{"".join(items)}</ol>'


def spike_sentence(spike: Spike) -> str:
    """How much came, against what is usual, and why."""
    line = spike_text(spike)
    if spike.first != spike.last:
        line += f"; unusual from {days_text(spike.first, spike.last, year=False)}"
    return f"{line}. {why(spike, HTML)}."


def _named(spike: Spike) -> str:
    return f"{spike.full_name}, {day_text(spike.peak)}, {number_text(spike.value)} {spike.metric}"
