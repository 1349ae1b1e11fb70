"""The comparison: repositories beside each other on the same days, or launches from their day 0 on."""

from pages.compare import view
from pages.ui import filters, session
from pages.ui.controls import choice
from pages.ui.store import the_store

viewer, store = session.viewer(), the_store()
filters.stop_without_traffic(viewer)
selection = filters.chosen(viewer)
if choice("Compare", filters.COMPARED, "Repositories", "compare") == "Launches":
    view.draw_launches(viewer, store, selection)
else:
    view.draw_beside(viewer, store, selection)
