"""The list of pages: what stands in the navigation, in its order, and for which roles. Plain values.

It needs nothing of Streamlit, so the server can ask it before there is a page.
"""

from typing import NamedTuple

from data.accounts.models import Role

READERS = {Role.TENANT, Role.TENANT_VIEWER, Role.REPOSITORY_VIEWER}
EVERYBODY = set(Role)


class Entry(NamedTuple):
    """A page in the navigation: its file, its name, whose it is, and whether it shares the filters of traffic."""

    path: str
    title: str
    icon: str
    may: set[Role]
    filtered: bool = False


SECTIONS: dict[str, list[Entry]] = {
    "Insight": [
        Entry("insight/overview.py", "Overview", ":material/dashboard:", READERS, filtered=True),
        Entry("insight/repository.py", "Repository", ":material/query_stats:", READERS),
        Entry("insight/compare.py", "Compare", ":material/compare_arrows:", READERS, filtered=True),
    ],
    "Traffic": [
        Entry("traffic/chart.py", "Chart", ":material/show_chart:", READERS, filtered=True),
        Entry("traffic/daily.py", "Daily traffic", ":material/calendar_view_day:", READERS, filtered=True),
        Entry("traffic/weekly.py", "Weekly traffic", ":material/calendar_view_week:", READERS, filtered=True),
    ],
    "Explore": [
        Entry("dashboards/dashboards.py", "Dashboards", ":material/space_dashboard:", READERS),
        Entry("sql/sql.py", "SQL", ":material/database:", READERS),
    ],
    "Repositories": [
        Entry("repositories/repositories.py", "Repositories", ":material/folder_code:", READERS),
        Entry("repositories/add.py", "Add repositories", ":material/add_circle:", {Role.TENANT}),
    ],
    "Administration": [
        Entry(
            "administration/log.py", "System log", ":material/receipt_long:", {Role.ADMIN, Role.MAINTAINER, Role.TENANT}
        ),
        Entry("administration/tenants.py", "Tenants", ":material/domain:", {Role.ADMIN, Role.TENANT}),
        Entry("administration/users.py", "Users", ":material/group:", {Role.ADMIN, Role.TENANT}),
        Entry("administration/audit.py", "Audit log", ":material/fact_check:", {Role.ADMIN, Role.TENANT}),
    ],
    "Account": [Entry("account/profile.py", "Profile", ":material/person:", EVERYBODY)],
}
