"""What pages still ask here until they call the cached readers of data/ themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pandas import DataFrame

from data.accounts.models import Viewer
from data.repositories import repositories
from data.traffic import traffic
from data.traffic.models import Grain, Paging, Selection
from pages.ui.charts import traffic as charts
from pages.ui.charts.chart import Chart as Picture
from pages.ui.controls import download, everything
from pages.ui.filters import READING
from pages.ui.store import the_store

__all__ = ["KEYS", "READING", "Picture", "Place", "day_range", "download", "everything", "picture", "place"]
__all__ += ["repository_names", "series"]


@dataclass(frozen=True, slots=True)
class Place:
    """Which data is read: the directory, and the number of its version."""

    directory: str
    version: int


KEYS: dict[str | type, Callable[[Any], Any]] = {
    Viewer: lambda viewer: (sorted(viewer.repository_ids), sorted(viewer.tenant_ids)),
    Selection: repr,
    Paging: repr,
    Place: lambda place: (place.directory, place.version),
}


def series(viewer: Viewer, selection: Selection, grain: Grain) -> DataFrame:
    """The rows of traffic.series."""
    return traffic.series(viewer, the_store(), selection, grain)


def picture(viewer: Viewer, selection: Selection, metric: str, grain: Grain) -> Picture | None:
    """The rows of traffic.series as a chart of one metric; None where no number at all is known."""
    return charts.traffic_chart(viewer, the_store(), selection, metric, grain)


def day_range(viewer: Viewer) -> tuple[date, date] | None:
    """The first and the last day that is known to the viewer."""
    return traffic.day_range(viewer, the_store())


def repository_names(viewer: Viewer) -> Mapping[int, str]:
    """The visible repositories by id."""
    return repositories.repository_names(viewer, the_store())


def place() -> Place:
    """The data that the app reads, as it is now."""
    store = the_store()
    return Place(str(store.directory), store.traffic.version())
