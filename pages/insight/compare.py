"""The comparison: repositories beside each other on the same days, or launches from their day 0 on."""

from pages.insight import compare_beside, compare_launches
from pages.ui import filters, session
from pages.ui.controls import choice

who = session.viewer()
filters.stop_without_traffic(who)
selection = filters.chosen(who)
if choice("Compare", filters.COMPARED, "Repositories", "compare") == "Launches":
    compare_launches.draw(who, selection)
else:
    compare_beside.draw(who, selection)
