"""Badges: one number of a repository or a group, for anybody who knows its address. Off until a manager makes one.

AccountRefused      it cannot be made so, or there is no such badge (see data/accounts/authority.py)
NotAllowed          whoever acts may not do this (see data/accounts/authority.py)
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from data.accounts.audit import Subject, record
from data.accounts.authority import AccountRefused, acting
from data.accounts.grants import managed_tenant, whole_tenant
from data.accounts.models import Account, Viewer
from data.calendar import DAY, newest_settled_week, stored
from data.repositories.groups import groups
from data.repositories.repositories import repositories
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert

MOST = 500  # of a tenant
LABEL_LIMIT = 60
COLOURS = ("blue", "brightgreen", "green", "yellowgreen", "yellow", "orange", "red", "grey", "lightgrey")
_HEX = re.compile(r"#[0-9a-f]{6}")
NUMBERS = {  # what a badge adds up, and of which rows; daily uniques added up are visitor_days
    "views": ("sum(views) as views", "v_daily"),
    "clones": ("sum(clones) as clones", "v_daily"),
    "visitors": ("sum(view_uniques) as visitor_days", "v_daily"),
    "cloners": ("sum(clone_uniques) as cloner_days", "v_daily"),
    "clones not by Actions": ("sum(clones) - sum(at_least_by_actions) as clones", "v_clones"),
    "stars": ("sum(stars_gained) as stars", "v_stars"),
    "downloads": ("sum(downloads_gained) as downloads", "v_releases"),
}
COUNTERS = {"stars": ("v_stars", "repository_id"), "downloads": ("v_releases", "repository_id, asset_id")}
TRUE_OF_FORTNIGHT = """
select arg_max(uniques, (last_day, observed_at)) as uniques
from traffic_window
where
    repository_id in (select unnest($visible::integer[])) and metric = $metric and uniques is not null
    and last_day between $last_day::date - 3 and $last_day
"""
TRUE_OF_WEEK = {
    "views": "select max(view_uniques) as uniques from v_weekly where repository_id in "
    "(select unnest($visible::integer[])) and week = $first_day",
    "clones": "select max(clone_uniques) as uniques from v_weekly where repository_id in "
    "(select unnest($visible::integer[])) and week = $first_day",
}
UNIQUES_OF = {"visitors": "views", "cloners": "clones"}
NO_BADGE = "There is no such badge."


class BadgeMeasure(StrEnum):
    """What is counted. Visitors and cloners of one repository in 14 days or a week are GitHub's; else days added up.

    Clones not by Actions are so many at most; unknown where workflow runs are known of no day.
    """

    VIEWS = "views"
    VISITORS = "visitors"
    CLONES = "clones"
    NOT_BY_ACTIONS = "clones not by Actions"
    CLONERS = "cloners"
    STARS = "stars"
    DOWNLOADS = "downloads"


class BadgePeriod(StrEnum):
    """Which days: the last so many up to yesterday, the newest whole week that is final, or all that are known."""

    FORTNIGHT = "14 days"
    MONTH = "30 days"
    WEEK = "week"
    YEAR = "year"
    ALL = "all"

    def days(self, today: date) -> tuple[date, date]:
        if self is BadgePeriod.WEEK:
            week = newest_settled_week(today)
            return week, week + timedelta(days=6)
        many = {BadgePeriod.FORTNIGHT: 14, BadgePeriod.MONTH: 30, BadgePeriod.YEAR: 365}.get(self)
        return (date(2008, 1, 1) if many is None else today - many * DAY), today - DAY


class Style(StrEnum):
    FLAT = "flat"
    FLAT_SQUARE = "flat-square"
    PLASTIC = "plastic"
    FOR_THE_BADGE = "for-the-badge"


@dataclass(frozen=True, slots=True)
class NewBadge:
    """A badge to be made, of a repository or of a group of the tenant."""

    tenant_id: int
    measure: BadgeMeasure
    period: BadgePeriod
    label: str
    repository_id: int | None = None
    group_id: int | None = None
    colour: str = COLOURS[0]
    style: Style = Style.FLAT


@dataclass(frozen=True, slots=True)
class Badge:
    badge_id: int
    public_id: str
    about: NewBadge


def usual_label(measure: BadgeMeasure, period: BadgePeriod, *, of_group: bool) -> str:
    """What a badge says unless another label is chosen: a sum of daily uniques is called one."""
    is_true = period in {BadgePeriod.FORTNIGHT, BadgePeriod.WEEK} and not of_group
    of_days = measure in {BadgeMeasure.VISITORS, BadgeMeasure.CLONERS} and not is_true
    name = f"daily {measure} (sum)" if of_days else str(measure)
    name += " (at most)" if measure is BadgeMeasure.NOT_BY_ACTIONS else ""
    return name if period is BadgePeriod.ALL else f"{name} · {'last week' if period is BadgePeriod.WEEK else period}"


def badge_colour(text: str) -> str | None:
    """A colour as badges have it: one by its name, or like #1a64d6; None for what is none."""
    colour = text.strip().casefold()
    return colour if colour in COLOURS or _HEX.fullmatch(colour) else None


def add_badge(store: Store, by: str, new: NewBadge, now: datetime) -> Badge:
    """Make a badge. For those who manage the tenant. Raises: NotAllowed, AccountRefused."""
    label = " ".join(new.label.split())
    if not label or len(label) > LABEL_LIMIT or not label.isprintable():
        raise AccountRefused(f"A label has 1 to {LABEL_LIMIT} printable characters.")
    colour = badge_colour(new.colour)
    if colour is None:
        raise AccountRefused(f"A colour is one of {', '.join(COLOURS)}, or like #1a64d6.")
    with store.control.commit("making a badge") as connection:
        name = _name_of(store, managed_tenant(acting(connection, by), store, new.tenant_id), new)
        having = "select count(*) as having from badge where tenant_id = $tenant_id"
        ((count,),) = connection.execute(having, {"tenant_id": new.tenant_id}).fetchall()
        if count >= MOST:
            raise AccountRefused(f"The tenant has {MOST} badges, the maximum. Remove one first.")
        badge_id, public_id = next_id(connection, "badge"), secrets.token_urlsafe(16)
        row = {
            "badge_id": badge_id,
            "public_id": public_id,
            "tenant_id": new.tenant_id,
            "repository_id": new.repository_id,
            "group_id": new.group_id,
            "measure": new.measure.value,
            "period": new.period.value,
            "label": label,
            "colour": colour,
            "style": new.style.value,
            "made_by": by,
            "made_at": stored(now),
        }
        insert(connection, "badge", row)
        detail = f"{new.measure}, {new.period} of {name}"
        record(connection, "badge made", Subject(f"badge {badge_id}", new.tenant_id), by, now, detail=detail)
    return _badges(store)[public_id]


def remove_badge(store: Store, by: str, badge_id: int, now: datetime) -> None:
    """Have a badge answered to nobody any more. For those who manage the tenant. Raises: AccountRefused."""
    with store.control.commit("removing a badge") as connection:
        account = acting(connection, by)
        rows = connection.execute("select tenant_id from badge where badge_id = $id", {"id": badge_id}).fetchall()
        if not rows or not account.manages(rows[0][0]):
            raise AccountRefused(NO_BADGE)
        connection.execute("delete from badge where badge_id = $id", {"id": badge_id})
        record(connection, "badge removed", Subject(f"badge {badge_id}", rows[0][0]), by, now)


def badges(account: Account, store: Store) -> tuple[Badge, ...]:
    """The badges of the tenants that this user manages, the newest first."""
    found = [each for each in _badges(store).values() if account.active and account.manages(each.about.tenant_id)]
    return tuple(sorted(found, key=lambda each: -each.badge_id))


def badge_of_address(store: Store, public_id: str) -> Badge | None:
    """The badge with that address, for whoever knows it."""
    return _badges(store).get(public_id)


def badge_viewer(store: Store, badge: Badge) -> Viewer:
    """What a badge is of: its repository, or the members of its group at this moment; nothing of a tenant that is not
    active.
    """
    about, visible = badge.about, whole_tenant(store, badge.about.tenant_id)
    members = {key for each in groups(visible, store) if each.group_id == about.group_id for key in each.repository_ids}
    return Viewer(visible.repository_ids & (members | {about.repository_id}), frozenset())


@cached("traffic")
def badge_number(viewer: Viewer, store: Store, measure: BadgeMeasure, period: BadgePeriod, today: date) -> int | None:
    """The number of a badge; None where it is unknown.

    Source: v_daily, v_clones, v_weekly, traffic_window, v_stars, v_releases.
    """
    first, last = period.days(today)
    text, values = _statement(measure, period, of_one=len(viewer.repository_ids) == 1)
    values |= {"visible": sorted(viewer.repository_ids), "first_day": first, "last_day": last}
    used = {name: value for name, value in values.items() if f"${name}" in text}
    ((number,),) = store.traffic.rows(text, used, today=today)
    return None if number is None else int(number)


def _statement(measure: BadgeMeasure, period: BadgePeriod, *, of_one: bool) -> tuple[str, dict[str, Any]]:
    """GitHub's own uniques where it counted them: of one repository, in 14 days and in a week."""
    metric = UNIQUES_OF.get(measure)
    if of_one and metric and period is BadgePeriod.FORTNIGHT:
        return TRUE_OF_FORTNIGHT, {"metric": metric}
    if of_one and metric and period is BadgePeriod.WEEK:
        return TRUE_OF_WEEK[metric], {}
    visible = "repository_id in (select unnest($visible::integer[]))"
    if measure in COUNTERS and period is BadgePeriod.ALL:  # of each counter the newest reading, today's included
        rows, each = COUNTERS[measure]
        newest = f"select arg_max({measure}, day) as {measure} from {rows} where {visible} group by {each}"  # noqa: S608
        return f"select sum({measure}) as {measure} from ({newest})", {}  # noqa: S608 - our own names
    what, rows = NUMBERS[measure]
    return f"select {what} from {rows} where {visible} and day between $first_day and $last_day", {}  # noqa: S608


def _name_of(store: Store, viewer: Viewer, new: NewBadge) -> str:
    """What the badge is of, by name. Raises: AccountRefused, also for what is another tenant's."""
    if new.group_id is not None:
        names = {each.group_id: each.name for each in groups(viewer, store) if each.tenant_id == new.tenant_id}
        found = names.get(new.group_id)
    else:
        every = repositories(viewer, store)
        found = next(
            (r.full_name for r in every if (r.repository_id, r.tenant_id) == (new.repository_id, new.tenant_id)), None
        )
    if found is None:
        raise AccountRefused("There is no such repository or group.")
    return found


@cached("control")
def _badges(store: Store) -> Mapping[str, Badge]:
    rows = store.control.rows(
        "select badge_id, public_id, tenant_id, measure, period, label, repository_id, group_id, colour, style "
        "from badge"
    )
    found = {}
    for badge_id, public_id, tenant_id, measure, period, label, repository_id, group_id, colour, style in rows:
        place = (repository_id, group_id)
        about = NewBadge(tenant_id, BadgeMeasure(measure), BadgePeriod(period), label, *place, colour, Style(style))
        found[public_id] = Badge(badge_id, public_id, about)
    return MappingProxyType(found)
