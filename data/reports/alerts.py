"""Alerts: what is worth an interruption, sent once an episode; of what lasts, its end as well.

An event is found in what is stored, each time anew; an episode is kept in `control`. So nothing is sent twice, whatever
crashes: the message is made in the commit that notes its episodes. Final days only: neither a gap nor a pending day is
ever a drop.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from data.accounts.models import Viewer
from data.accounts.tokens import tokens
from data.calendar import DAY, stored, utc_day
from data.collection.health import FindingKind, collection_health
from data.collection.log import runs
from data.collection.models import HARMLESS_OUTCOMES, RunState
from data.insight.spike_causes import explained_spikes
from data.insight.text import beside_usual, why
from data.reports.message import PLAIN, Line, Links, Message, Section, Span
from data.reports.report import new_referrers, reached_milestones
from data.reports.subscription_settings import AlertKind, AlertSettings
from data.reports.subscriptions import Subscription
from data.store import Store
from data.store.leases import Lease, require_fence
from data.store.sql import insert, query
from data.text import counted, number_text, short_day_text, writing
from data.traffic.models import Selection

LOOKED_BACK_DAYS = 14  # a day's surroundings show whether it stands out: an alert may come so much later
TOGETHER_DAYS = 2  # stretches that are so near to each other are one episode
EXPIRY_DAYS = (1, 7, 14)
FAILED_RUNS = 2
TITLES = {
    AlertKind.SPIKE: "Spikes",
    AlertKind.DROP: "Drops",
    AlertKind.REFERRER: "New referrers",
    AlertKind.MILESTONE: "Milestones",
    AlertKind.LOSS: "Days about to be lost",
    AlertKind.RUN: "Failed collections",
    AlertKind.REFUSED: "Refused repositories",
    AlertKind.TOKEN: "Tokens",
    AlertKind.MISSED: "Missed collections",
}
KEPT = timedelta(days=100)
OPEN = """
insert into alert_episode
    (subscription_id, episode, name, repository_id, first_day, last_day, opened_at, resolved_at)
select
    $key,
    unnest($episodes::text[]),
    unnest($names::text[]),
    unnest($repository_ids::integer[]),
    unnest($first_days::date[]),
    unnest($last_days::date[]),
    $now,
    unnest($over::timestamp[])
"""
CLOSE = """
update alert_episode set resolved_at = $now
where subscription_id = $key and resolved_at is null and episode in (select unnest($episodes::text[]))
"""
FORGET = (  # but a milestone: stars that are lost and gained again do not make it news again
    "delete from alert_message where made_at < $before",
    "delete from alert_episode where resolved_at < $before and not starts_with(episode, 'milestone ')",
)
MOST_LINES = 20  # of a kind in one message


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """Something that an alert reports. `episode` says what it is of: the same as long as it lasts; stretches of days of
    one episode are the same where they touch. Without a repository it is the whole tenant's.
    """

    kind: AlertKind
    episode: str
    name: str
    text: str
    repository_id: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode that was reported, and may be over."""

    episode: str
    name: str
    repository_id: int | None
    first_day: date | None
    last_day: date | None
    is_open: bool

    @property
    def kind(self) -> AlertKind:
        return AlertKind(self.episode.partition(" ")[0])

    def has(self, event: AlertEvent) -> bool:
        if self.episode != event.episode:
            return False
        if event.first_day is None or event.last_day is None or self.first_day is None or self.last_day is None:
            return self.is_open or not event.kind.lasts
        near = timedelta(days=TOGETHER_DAYS)
        return event.first_day <= self.last_day + near and self.first_day <= event.last_day + near


def events(
    viewer: Viewer, store: Store, settings: AlertSettings, managed: frozenset[int], *, since: date, now: datetime
) -> tuple[AlertEvent, ...]:
    """What there is to report at this moment, of days from `since` on; of the tokens of `managed` tenants, too.

    Source: v_spikes, referrer_snapshot, star_history, and that of collection_health. Raises: StoreMissing.
    """
    since = max(since, utc_day(now) - LOOKED_BACK_DAYS * DAY)
    found = [*_unusual(viewer, store, settings, since, now), *_lists(viewer, store, settings, since, now)]
    found += [*_collecting(viewer, store, managed, now), *_tokens(store, managed, now)]
    return tuple(each for each in found if each.kind in settings.kinds)


def save_alert(
    store: Store, subscription: Subscription, current_events: Sequence[AlertEvent], now: datetime, lease: Lease
) -> str | None:
    """Note the episodes that have begun or ended, and the one message that says so. Its occasion; None: no news.

    While it is muted, episodes are saved and not sent. Raises: LeaseLost.
    """
    known = _episodes(store, subscription.subscription_id)
    new = _unreported(current_events, known)
    current = {each.episode for each in current_events}
    ended = [each for each in known if each.is_open and each.episode not in current]
    if not new and not ended:
        return None
    over = [
        AlertEvent(
            each.kind,
            each.episode,
            each.name,
            f"resolved ({TITLES[each.kind].lower()})",
            each.repository_id,
            is_over=True,
        )
        for each in ended
        if each.kind in subscription.alert.kinds and not _goes_on(each, current)
    ]
    muted = subscription.alert.muted_until
    to_send = () if muted is not None and utc_day(now) <= muted else (*new, *over)
    occasion = f"{now:%Y-%m-%d %H:%M:%S}"
    with store.control.commit("noting what an alert tells") as connection:
        require_fence(store, connection, lease)
        key = subscription.subscription_id
        values = {
            "key": key,
            "episodes": [each.episode for each in new],
            "names": [each.name for each in new],
            "repository_ids": [each.repository_id for each in new],
            "first_days": [each.first_day for each in new],
            "last_days": [each.last_day for each in new],
            "now": stored(now),
            "over": [None if each.kind.lasts else stored(now) for each in new],
        }
        connection.execute(OPEN, values)
        connection.execute(CLOSE, {"now": stored(now), "key": key, "episodes": [each.episode for each in ended]})
        for forget in FORGET:
            connection.execute(forget, {"before": stored(now - KEPT)})
        if to_send:
            kept = json.dumps([asdict(each) for each in to_send], default=str)
            row = {"subscription_id": key, "occasion": occasion, "made_at": stored(now), "events": kept}
            insert(connection, "alert_message", row)
    return occasion if to_send else None


def message_events(store: Store, subscription_id: int, occasion: str, viewer: Viewer) -> tuple[AlertEvent, ...]:
    """What a message reports, as far as its recipient may see it now: of a whole tenant only to who sees that."""
    question = "select events from alert_message where subscription_id = $key and occasion = $occasion"
    rows = store.control.rows(question, {"key": subscription_id, "occasion": occasion})
    seen = viewer.of_each_tenant().repository_ids
    found = [_event(kept) for (text,) in rows for kept in json.loads(text)]
    return tuple(e for e in found if (e.repository_id in seen if e.repository_id is not None else viewer.tenant_ids))


@writing()
def alert_message(reported: Sequence[AlertEvent], subject: str, links: Links) -> Message:
    """All of a run in one message: what is new by kind, then what is over."""
    new, over = ([each for each in reported if each.is_over is ended] for ended in (False, True))
    sections = []
    for kind in AlertKind:
        if of_kind := [each for each in new if each.kind is kind]:
            sections.append(Section(TITLES[kind], _lines(of_kind, links)))
    if over:
        sections.append(Section("Resolved", _lines(over, links)))
    counts = [f"{counted(len(new), 'alert')}" if new else "", f"{number_text(len(over))} resolved" if over else ""]
    summary = ", ".join(filter(None, counts)) or "Nothing to report at present."
    first = new[0] if new else over[0] if over else None
    if first is not None:
        summary = f"{summary}: {first.name}, {first.text}"
    footer: tuple[Line, ...] = ()
    if address := links.page("subscriptions"):
        footer = ((Span("Tune or mute these alerts", link=address),),)
    return Message(f"Alert: {subject}", summary, tuple(sections), footer)


def _lines(reported: Sequence[AlertEvent], links: Links) -> tuple[Line, ...]:
    more = ((Span(f"and {number_text(len(reported) - MOST_LINES)} more"),),) if len(reported) > MOST_LINES else ()
    return (*(_line(each, links) for each in reported[:MOST_LINES]), *more)


def _line(event: AlertEvent, links: Links) -> Line:
    days = (event.first_day, event.last_day) if event.first_day and event.last_day else None
    link = links.repository(event.name, days) if event.repository_id is not None else None
    return (Span(event.name, bold=True, link=link), Span(f": {event.text}"))


def _unusual(viewer: Viewer, store: Store, settings: AlertSettings, since: date, now: datetime) -> Iterator[AlertEvent]:
    today, values = utc_day(now), {"visible": sorted(viewer.repository_ids), "since": since}
    unusual = store.traffic.rows(query(__name__, "spikes"), values, today=today)
    for key, name, metric, kind, first, last, peak, value, expected, score in unusual:
        if not settings.is_notable(value, expected, score):
            continue
        text = f"{number_text(value)} {metric} on {short_day_text(peak)}, {beside_usual(value, expected)}"
        if kind == "spike":
            selection = Selection(peak, peak, today, frozenset({key}))
            causes = [each for each in explained_spikes(viewer, store, selection, 2) if each.metric == metric]
            text += f". {why(causes[0], PLAIN)}." if causes else "."
        yield AlertEvent(AlertKind(kind), f"{kind} {key} {metric}", name, text, key, first, last)


def _lists(viewer: Viewer, store: Store, settings: AlertSettings, since: date, now: datetime) -> Iterator[AlertEvent]:
    values = {"visible": sorted(viewer.repository_ids), "first_day": since, "last_day": utc_day(now)}
    with store.traffic.read() as cursor:
        referrers, reached = new_referrers(cursor, values), reached_milestones(cursor, values)
    for new in referrers:
        if new.views >= settings.referrer_views:
            text = f"{new.referrer} brought {counted(new.views, 'view')} in 14 days, for the first time"
            key = new.repository_id
            yield AlertEvent(AlertKind.REFERRER, f"referrer {key} {new.referrer}", new.full_name, text, key)
    for each in reached:
        text = f"reached {number_text(each.stars)} stars on {short_day_text(each.day)}"
        key = each.repository_id
        yield AlertEvent(AlertKind.MILESTONE, f"milestone {key} {each.stars}", each.full_name, text, key)


def _collecting(viewer: Viewer, store: Store, managed: frozenset[int], now: datetime) -> Iterator[AlertEvent]:
    for each in collection_health(viewer.of_each_tenant(), store, managed, now).findings:
        if each.kind is FindingKind.LOSS:
            key = each.repository_id
            yield AlertEvent(AlertKind.LOSS, f"loss {key}", each.about, each.text, key)
        elif each.kind is FindingKind.MISSED:
            yield AlertEvent(AlertKind.MISSED, f"missed {each.about}", each.about, each.text)
        elif each.kind in {FindingKind.TOKEN, FindingKind.INSTALLATION} and each.is_problem:
            yield AlertEvent(AlertKind.TOKEN, f"token refused {each.about}", each.about, each.text)
    ended = [each for each in runs(viewer.of_each_tenant(), store, 20) if each.state is not RunState.RUNNING]
    newest = ended[:FAILED_RUNS]
    if len(newest) == FAILED_RUNS and all(each.state is RunState.FAILED for each in newest):
        text = f"The last {FAILED_RUNS} collections failed. {newest[0].message or ''}".strip()
        yield AlertEvent(AlertKind.RUN, "run", "Collection", text)
    values = {"visible": sorted(viewer.of_each_tenant().repository_ids), "harmless": HARMLESS_OUTCOMES}
    rows = store.traffic.rows(query(__name__, "refused"), values)
    for key, name, reason in rows:
        yield AlertEvent(AlertKind.REFUSED, f"refused {key}", name, reason or "GitHub refuses it.", key)


def _tokens(store: Store, managed: frozenset[int], now: datetime) -> Iterator[AlertEvent]:
    """A token that expires in a day, in a week, in two: each once."""
    for token in tokens(Viewer(frozenset(), managed), store):
        at = token.facts.expires_at
        days = None if at is None else (utc_day(at) - utc_day(now)).days
        step = next((most for most in EXPIRY_DAYS if days is not None and days <= most), None)
        if at is not None and days is not None and step is not None:
            when = (
                "has expired" if at <= now else "expires today" if days == 0 else f"expires in {counted(days, 'day')}"
            )
            text = f"The token ending in {token.last_four} {when}."
            yield AlertEvent(AlertKind.TOKEN, f"token {token.token_id} {step}", "Token", text)


def _goes_on(ended: Episode, current: Collection[str]) -> bool:
    """Whether an episode has only come to its next step: a token that now expires in a week, not in two."""
    about = ended.episode.rpartition(" ")[0]
    is_step = about.removeprefix("token ").isdigit()
    return is_step and any(each.rpartition(" ")[0] == about for each in current)


def _unreported(current_events: Sequence[AlertEvent], episodes: Sequence[Episode]) -> tuple[AlertEvent, ...]:
    """Those of episodes that are not known, and of several of one episode the first."""
    by_episode: defaultdict[str, list[Episode]] = defaultdict(list)
    for one in episodes:
        by_episode[one.episode].append(one)
    kept = []
    for each in current_events:
        if not any(one.has(each) for one in by_episode[each.episode]):
            kept.append(each)
            new = Episode(each.episode, each.name, each.repository_id, each.first_day, each.last_day, True)
            by_episode[each.episode].append(new)
    return tuple(kept)


def _episodes(store: Store, subscription_id: int) -> list[Episode]:
    question = (
        "select episode, name, repository_id, first_day, last_day, resolved_at is null "
        "from alert_episode where subscription_id = $key"
    )
    return [Episode(*row) for row in store.control.rows(question, {"key": subscription_id})]


def _event(kept: dict[str, object]) -> AlertEvent:
    days = {name: kept[name] and date.fromisoformat(str(kept[name])) for name in ("first_day", "last_day")}
    return AlertEvent(**kept | days | {"kind": AlertKind(str(kept["kind"]))})  # type: ignore[arg-type]
