"""Which constraints contradict each other: a cycle of negative length among them. Pure."""

from collections.abc import Sequence
from typing import NamedTuple


class Edge(NamedTuple):
    """From one place to another, how long that is, and the number of what it stands for; None: it is beyond doubt."""

    start: int
    end: int
    length: float
    of: int | None


def negative_cycle(places: int, edges: Sequence[Edge]) -> set[int]:
    """The numbers of what takes part in one cycle of negative length; empty: there is none (Bellman and Ford)."""
    distances, came_by = [0.0] * places, [-1] * places
    changed = -1
    for _ in range(places):
        changed = -1
        for number, (start, end, length, _) in enumerate(edges):
            if distances[start] + length < distances[end]:
                distances[end], came_by[end], changed = distances[start] + length, number, end
        if changed < 0:
            return set()
    for _ in range(places):  # surely on the cycle after so many steps back
        changed = edges[came_by[changed]].start
    numbers, place = set(), changed
    while True:
        edge = edges[came_by[place]]
        numbers.add(edge.of)
        place = edge.start
        if place == changed:
            return {number for number in numbers if number is not None}
