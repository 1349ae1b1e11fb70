"""How the lanes of a repository's chart look, and its legend. Pure."""

import html
from collections.abc import Collection
from dataclasses import dataclass

from pages.ui.charts.chart import COLOURS

BLUE, ORANGE, TEAL, PINK, OLIVE, VIOLET, RED = COLOURS["series"].split()[:7]
SPIKE_COLOUR = RED
MARK_COLOURS = {"Release": VIOLET, "Note": PINK}
MARK_SHAPES = {"Release": "diamond", "Note": "circle"}
_BOX = '<span style="display:inline-block;width:.75em;height:.75em;border-radius:.15em;margin-right:.4em;{}"></span>'


@dataclass(frozen=True, slots=True)
class Lane:
    """How a lane looks: its title, its height, the colours of its bars and of the people before them, what they are."""

    title: str
    height: int
    colour: str
    people: str = ""
    people_colour: str = ""


LANES = {
    "views": Lane("Views and unique visitors", 170, BLUE, "Unique visitors", ORANGE),
    "clones": Lane("Clones and unique cloners", 110, TEAL, "Unique cloners", PINK),
    "stars_gained": Lane("Stars gained", 80, OLIVE),
    "forks": Lane("Forks, all", 60, VIOLET),
    "downloads": Lane("Release downloads, all", 60, BLUE),
}


def legend(lanes: Collection[str], states: Collection[str], kinds: Collection[str]) -> str:
    """The legend as HTML, which wraps at any width."""
    parts: list[tuple[str, str]] = []
    for name, lane in LANES.items():
        if name in lanes and lane.people:
            parts.append((f"border-radius:50%;background:{lane.people_colour}", lane.people))
    parts += [(f"background:{MARK_COLOURS[kind]}", kind) for kind in MARK_COLOURS if kind in kinds]
    if "Spike" in kinds:
        parts.append((f"background:{RED};clip-path:polygon(0 0,100% 0,50% 100%)", "Stands out"))
    if "pending" in states:
        parts.append((f"border:1.5px dashed {COLOURS['rest']}", "Pending: may still change"))
    if "gap" in states:
        parts.append((f"background:{COLOURS['gap']};opacity:.35", "Gap: GitHub forgot it before it was collected"))
    items = [f'<span style="white-space:nowrap">{_BOX.format(css)}{html.escape(name)}</span>' for css, name in parts]
    return f'<div style="display:flex;flex-wrap:wrap;gap:.3em 1.2em;font-size:.85rem">{"".join(items)}</div>'
