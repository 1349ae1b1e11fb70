"""The health of what is collected, as the overview tells it: repositories, lists, tokens that need somebody."""

from collections.abc import Iterator, Sequence

import streamlit as st

from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.repositories.health import StaleEndpoint
from pages.insight import overview_readers
from pages.insight.overview_rows import Attention
from pages.ui import messages
from pages.ui.text import counted
from pages.ui.time_format import day_text, expiry, expiry_level, moment_text

MOST_TOLD = 4  # of each kind
ENDPOINTS = {"referrers": "referrers", "paths": "popular paths", "star_history": "stars", "releases": "releases"}


def draw(viewer: Viewer, account: Account) -> None:
    """What needs attention, or that nothing does."""
    st.header("Health", anchor=False)
    found = overview_readers.attention(viewer)
    lines = [*_repositories(found), *_lists(found.stale), *_tokens(account)]
    if lines:
        st.warning("\n".join(f"- {line}" for line in lines), icon=":material/warning:")
    elif found.followed and found.collected_at:
        st.markdown(
            f":green[:material/check_circle:] All is well: {counted(found.followed, 'repository')} "
            f"followed, last collected {moment_text(found.collected_at)}. No day is about to be lost."
        )
    else:
        st.markdown(":gray[:material/info:] Nothing is followed at present, so nothing can be lost.")


def _repositories(found: Attention) -> Iterator[str]:
    for name, text in found.urgent[:MOST_TOLD]:
        yield f"**{messages.literal(name)}**: {messages.literal(text)}"
    if (more := len(found.urgent) - MOST_TOLD) > 0:
        yield f"**{counted(more, 'more repository')}**: *Repositories*, *Needs attention* lists them."


def _lists(stale: Sequence[StaleEndpoint]) -> Iterator[str]:
    for each in stale[:MOST_TOLD]:
        since = f"since {day_text(each.last_good_at)}" if each.last_good_at else "so far"
        name, what = messages.literal(each.full_name), ENDPOINTS.get(each.endpoint, each.endpoint)
        yield f"**{name}**: no {what} {since}. {messages.literal(each.reason)}"
    if (more := len(stale) - MOST_TOLD) > 0:
        yield f"**{counted(more, 'more list')}** asked for in vain: the system log says which."


def _tokens(account: Account) -> Iterator[str]:
    now = utc_now()
    for token, tenant in overview_readers.tokens_of(account):
        name = messages.literal(tenant)
        if token.state != "valid":
            reason = messages.literal(token.state_reason or "GitHub refuses it.")
            yield f"The token of **{name}** is not accepted any more: {reason} Store a new one under *Tenants*."
        elif expiry_level(token.facts.expires_at, now) is not None:
            yield (
                f"The token of **{name}** expires {expiry(token.facts.expires_at, now)}. Store a new one under "
                "*Tenants* before: nothing is collected with an expired one."
            )
