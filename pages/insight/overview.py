"""The overview: what the period adds up to, what stood out, what moved, what needs attention, every repository."""

from data.accounts import grants
from pages.insight import overview_cards, overview_health, overview_readers
from pages.ui import filters, readers, session
from pages.ui.store import the_store

account = session.require_account()
who = grants.viewer_of(the_store(), account)
if readers.day_range(who) is None:
    overview_health.draw(who, account)
filters.stop_without_traffic(who)
selection = filters.chosen(who)
found = overview_readers.glance(who, selection)
if not found.totals.final_days and not found.totals.gap_days:
    overview_health.draw(who, account)
    filters.stop_without_days(who)
overview_cards.draw_totals(found.totals, selection)
overview_cards.draw_outstanding(who, selection)
overview_cards.draw_movers(who, selection, found)
overview_health.draw(who, account)
overview_cards.draw_repositories(who, selection)
