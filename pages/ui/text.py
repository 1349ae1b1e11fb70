"""Words that several pages use: changes, roles, grants, causes of spikes. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape
from urllib.parse import quote, urlencode

from data.accounts.grants import NamedGrant
from data.accounts.models import Role
from data.insight.spike_causes import Cause, Listed, Noted, Released, Spike, Starred
from data.text import day_text
from pages.ui import messages
from pages.ui.addresses import base_path
from pages.ui.time_format import short_day_text

STORE_ANOTHER = "Store another token for the tenant under Administration, Tenants."
NAME_IN_LINK = r"of=([^&]*)"  # the name in a link of repository_link
LONGEST_NOTE = 120  # characters of a note where it is told as a cause
TIMES_USUAL = 3  # from so many times the usual on, a number is told in times
MANIFOLD = 10  # times: from here on a change is told in times, not in percent
ROLES = {
    Role.REPOSITORY_VIEWER: "Repository viewer",
    Role.TENANT_VIEWER: "Tenant viewer",
    Role.TENANT: "Tenant manager",
    Role.MAINTAINER: "Maintainer",
    Role.ADMIN: "Admin",
}


def grant_text(grant: NamedGrant) -> str:
    place = grant.repository or grant.tenant
    gone = grant.grant.tenant_id is not None and grant.tenant is None
    where = " for something deleted since" if gone else f" · {messages.literal(place)}" if place else ""
    if grant.repository and grant.tenant:
        where += f" ({messages.literal(grant.tenant)})"
    since = f"by {messages.literal(grant.granted_by)}, {day_text(grant.granted_at)}"
    return f"**{ROLES[grant.grant.role]}**{where}  \n:gray[:small[{since}]]"


def change(now: int | None, before: int | None) -> str | None:
    """By how much a number has changed; None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return of_ratio(now / before)


def of_ratio(ratio: float) -> str:
    """How many times as much it is: +12%, -3%, 0%, ×12; without decimals, so that it is right in every locale."""
    if ratio >= MANIFOLD:
        return f"×{ratio:.0f}"
    percent = round(100 * (ratio - 1))
    return f"{percent:+}%" if percent else "0%"


def beside_usual(value: int, expected: float) -> str:
    """How an unusual number stands to what was expected: "12 times the usual 100", "usually 100", "usually none"."""
    usual = round(expected)
    if not usual:
        return "usually none"
    return f"{value / usual:,.0f} times the usual {usual:,}" if value >= TIMES_USUAL * usual else f"usually {usual:,}"


def repository_link(name: str, days: tuple[date, date] | None = None) -> str:
    """The address of a repository's page, with the first and last day that it is to show (None: its usual ones)."""
    shown = f"&{urlencode([('range', 'Custom'), *(('dates', str(day)) for day in days)])}" if days else ""
    return f"{base_path()}/repository?of={quote(name, safe='/')}{shown}"


def spike_text(spike: Spike) -> str:
    return f"{spike.value:,} {spike.metric}, {beside_usual(spike.value, spike.expected)}"


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def capitalised(text: str) -> str:
    """A sentence with a capital letter, unlike str.capitalize with all others as they are."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Markup:
    """How a text from outside is kept a text, and how it is set in bold."""

    literal: Callable[[str], str]
    bold: str


HTML = Markup(escape, "<strong>{}</strong>")
MARKDOWN = Markup(messages.literal, "**{}**")


def cause_text(cause: Cause, day: date, markup: Markup) -> str:
    """A likely cause of a spike, as the middle of a sentence."""
    name = markup.bold.format(markup.literal(cause.what))
    match cause.detail:
        case Listed() as listed:
            return f"{name} {_listed_text(listed, cause.kind == 'path')}"
        case Released(name=title, published_on=published):
            when = {-1: "the day before", 0: "that day", 1: "the day after"}.get(
                (published - day).days, f"on {short_day_text(published)}"
            )
            called = f" ({markup.literal(title)})" if title and title != cause.what else ""
            return f"release {name}{called} was published {when}"
        case Noted():
            return f"note: “{markup.literal(shortened(cause.what, LONGEST_NOTE))}”"
        case Starred(gained=gained, usual=usual):
            return f"{gained:,} new {'star' if gained == 1 else 'stars'}, usually {usual:,.0f}"


def _listed_text(listed: Listed, is_path: bool) -> str:
    on_day = f", {_between(listed.low, listed.high)} on this day" if listed.low and listed.high else ""
    rise = f"at least {listed.gained:,}" if listed.gained else ""
    if listed.is_new:
        views = f", with {rise} views{_over_days(listed)}" if rise else ""
        return f"appeared among the {'popular pages' if is_path else 'referrers'}{views}{on_day}"
    verb, more = "was viewed" if is_path else "brought", "" if listed.views_before is None else " more"
    if rise:
        return f"{verb} {rise}{more} {'times' if is_path else 'views'}{_over_days(listed)}{on_day}"
    before = "not listed before" if listed.views_before is None else f"{listed.views_before:,} before"
    seen = f"list of {short_day_text(listed.seen_on)}"
    return f"{verb} more: {listed.views:,} views in 14 days ({seen}), {before}{on_day}"


def _between(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _over_days(listed: Listed) -> str:
    """The days between the two lists that a rise is of, which are several: the day itself may have had less."""
    before, seen = listed.seen_before, listed.seen_on
    if before is None:
        return ""
    begin = f"{before.day}" if (before.year, before.month) == (seen.year, seen.month) else short_day_text(before)
    return f" from {begin} to {short_day_text(seen)}"
