"""The page's own filters: other days or repositories than the panels say, in the address for links."""

from dataclasses import dataclass, replace

import streamlit as st

from data.accounts.models import Viewer
from data.dashboards.specification import Dashboard, Kind, Panel, Range
from pages.ui import filters, readers

OWN = "As made"
DAYS = {"14 days": 14, "31 days": 31, "Quarter": 92, "Year": 365}
ALL = "All"
KEYS = ("days", filters.REPOSITORY)  # in the address, and of the widgets


@dataclass(frozen=True, slots=True)
class Override:
    """What stands in place of what the panels say; None leaves it to them."""

    range: Range | None = None
    repositories: tuple[str, ...] = ()

    def of(self, dashboard: Dashboard) -> Dashboard:
        """The dashboard with these days and repositories."""
        if self == Override():
            return dashboard
        return replace(dashboard, panels=tuple(self._of_panel(each) for each in dashboard.panels))

    def _of_panel(self, panel: Panel) -> Panel:
        if panel.kind is Kind.TEXT:
            return panel
        return replace(panel, range=self.range or panel.range, repositories=self.repositories or panel.repositories)


def draw(viewer: Viewer) -> Override:
    """Draw the filters; what they say."""
    names = readers.repository_names(viewer)
    asked = {key: set(st.query_params.get_all(key)) for key in KEYS}
    if not (asked["days"] <= {OWN, *DAYS, ALL} and asked[filters.REPOSITORY] <= set(names.values())):
        st.info(filters.UNUSABLE, icon=":material/link_off:")
    with st.container(horizontal=True, vertical_alignment="top", key="dashboards_filters"):
        days = st.segmented_control(
            "Days (UTC)", [OWN, *DAYS, ALL], default=OWN, required=True, key="days", bind="query-params", wrap=True
        )
        chosen = st.multiselect(
            "Repositories",
            list(names),
            format_func=names.__getitem__,
            placeholder="As made",
            key=filters.REPOSITORY,
            bind="query-params",
        )
    wanted = Range(last_days=DAYS[days]) if days in DAYS else Range() if days == ALL else None
    return Override(wanted, tuple(names[each].partition(" · ")[0] for each in chosen))
