"""The overview: the totals of the period, spikes, the biggest changes, what needs attention, every repository."""

from data.accounts import grants
from data.traffic.traffic import day_range, selection_totals
from pages.overview import view
from pages.ui import collecting, filters, session
from pages.ui.store import the_store
from pages.ui.totals import draw_totals

account, store = session.require_account(), the_store()
viewer = grants.viewer_of(store, account)
collecting.progress(viewer, own=True)
if day_range(viewer, store) is None:
    view.draw_health(viewer, store, account)
filters.stop_without_traffic(viewer)
selection = filters.chosen(viewer)
with filters.reading():
    totals = selection_totals(viewer, store, selection)
if totals.views.value is None and totals.clones.value is None and not totals.gap_days:
    view.draw_health(viewer, store, account)
    filters.stop_without_days(viewer)
draw_totals(totals, selection, with_stars=True)
view.draw_spikes(viewer, store, selection, selection.usual_grain)
view.draw_movers(viewer, store, selection, comparable=totals.comparable)
view.draw_health(viewer, store, account)
view.draw_repositories(viewer, store, selection)
