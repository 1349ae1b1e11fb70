"""Spikes as a list of sentences, each with its causes."""

from collections.abc import Sequence
from html import escape

from data.insight.spike_causes import Spike
from data.insight.text import HTML, spike_text, why
from data.text import day_text, days_text

LINK_STYLE = "color:inherit;text-underline-offset:.2em"  # it would be blue or violet on any background


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
